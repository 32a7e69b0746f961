"""The inbox of events: what came, what waits, dead letters; beside it one event with its payload."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from awra_desk.domain.errors import UserError
from awra_desk.domain.events import EventState
from awra_desk.ui.keymap import EVENTS, hint
from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.theme import size
from awra_desk.ui.views.event_panel import EventPanel
from awra_desk.ui.views.screen import Screen, action_bar, band
from awra_desk.ui.widgets.bottom_bar import Total
from awra_desk.ui.widgets.buttons import KeyButton, Segments
from awra_desk.ui.widgets.filter_field import FilterField
from awra_desk.ui.widgets.notices import EMPTY_SIGNS, EmptyState
from awra_desk.ui.widgets.plain import column, label, row
from awra_desk.viewmodels.event_rows import EventRow, InboxView
from awra_desk.viewmodels.events import Events, EventsState

_VIEWS = (
    (InboxView.ALL, "All"), (InboxView.WAITING, "Waiting"), (InboxView.DEAD, "Dead letters"),
    (InboxView.PROCESSED, "Processed"),
)  # fmt: skip
_COLUMNS = (
    GridColumn("", 28, key="check"), GridColumn("State", 104), GridColumn("Received", 118),
    GridColumn("Connection", 104), GridColumn("Kind", 170, grows=True),
    GridColumn("Event", 150, grows=True, hides=True),
    GridColumn("Tries", 56, right=True, hides=True), GridColumn("New", 52, right=True, hides=True),
    GridColumn("Next try", 118, hides=True),
)  # fmt: skip
_NARROW, _NARROW_PANEL = 1208, 400
_QUIET = EventState.PROCESSED
"""What is done speaks only by its glyph, so that what is not is seen."""


class EventsView(Screen):
    """Binds a `viewmodels.events.Events`; `connections_asked` wants the screen of the connections."""

    connections_asked = Signal()

    def __init__(self, inbox: Events) -> None:
        super().__init__(EVENTS, "Events")
        self.inbox = inbox
        self._rows: tuple[EventRow, ...] = ()
        self._build()
        self._bind()
        inbox.subscribe(self._render)
        self._render()

    # Parts

    def _build(self) -> None:
        self.counts = label("", "quiet")
        self.views = Segments("Events listed", _VIEWS)
        self.filter = FilterField("Filter the events", 180)
        self.process = KeyButton("Process due", hint=hint("process"))
        self.replay_dead = KeyButton("", hint=hint("replay_dead"))
        self.rows = GridView(_COLUMNS, "Events")
        self.empty = EmptyState()
        self.lists = QStackedWidget()
        self.lists.addWidget(self.rows)
        self.lists.addWidget(self.empty)
        self.panel = EventPanel()
        self.page.addWidget(self._band())
        self.page.addWidget(self.banner)
        body = row(gap=0)
        left = column()
        left.addWidget(self.lists, 1)
        left.addWidget(self._action_bar())
        body.addLayout(left, 1)
        body.addWidget(self.panel)
        self.page.addLayout(body, 1)

    def _band(self) -> QWidget:
        made = band()
        whole = row(made, margins=(12, 0, 16, 0), gap=8)
        left, first, second = column(margins=(0, 6, 0, 4), gap=4), row(gap=10), row(gap=8)
        first.addWidget(label("Events", "title"))
        first.addWidget(self.counts, 1)
        second.addWidget(self.views)
        second.addWidget(self.filter)
        second.addStretch(1)
        left.addLayout(first)
        left.addLayout(second)
        whole.addLayout(left, 1)
        for button in (self.process, self.replay_dead):
            whole.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return made

    def _action_bar(self) -> QWidget:
        self.bulk = action_bar()
        line = row(self.bulk, margins=(12, 0, 12, 0), gap=8)
        self.chosen = label("", "strong")
        self.bulk_replay = KeyButton("", kind="primary", hint=hint("replay"))
        line.addWidget(self.chosen, 1)
        line.addWidget(self.bulk_replay)
        return self.bulk

    def _bind(self) -> None:
        inbox = self.inbox
        self.views.chosen.connect(lambda key: inbox.show_view(InboxView(key)))
        self.filter.typed.connect(inbox.set_filter)
        self.filter.left.connect(self.enter)
        self.rows.picked.connect(inbox.go)
        self.rows.toggled.connect(inbox.toggle)
        self.rows.opened.connect(lambda _row: self.panel.payload.setFocus())
        self.rows.header_pressed.connect(self._head)
        self.rows.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.rows.customContextMenuRequested.connect(self._offer)
        self.handlers = {
            "replay": inbox.replay,
            "replay_dead": inbox.replay_dead,
            "process": inbox.process,
            "next_open": lambda: inbox.go(inbox.state.cursor + 1),
            "previous_open": lambda: inbox.go(inbox.state.cursor - 1),
            "select_all": inbox.check_all,
            "filter": self.filter.take_keyboard,
            "views": self.views.step,
            "escape": self._escape,
        }
        pressed = ((self.process, "process"), (self.replay_dead, "replay_dead"), (self.bulk_replay, "replay"),
                   (self.panel.replay, "replay"))  # fmt: skip
        for button, name in pressed:
            button.clicked.connect(partial(self._run, name))

    # Showing

    def totals(self) -> tuple[Total, ...]:
        """Counts of every event that came, and of what was refused at the door."""
        state = self.inbox.state
        counts = dict(state.counts)
        dead = counts.get(InboxView.DEAD, 0)
        figures = [
            Total("Events", f"{counts.get(InboxView.ALL, 0):,}"),
            Total("Waiting", f"{counts.get(InboxView.WAITING, 0):,}"),
            Total("Dead", f"{dead:,}", "danger" if dead else ""),
            Total("Refused deliveries", f"{state.refused:,}"),
        ]
        if state.checked:
            figures.append(Total("Selected", f"{len(state.checked):,}"))
        return tuple(figures)

    def enter(self) -> None:
        """The keyboard goes to the list."""
        (self.empty if self.lists.currentIndex() else self.rows).setFocus()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Events come from outside, so the screen is read again whenever it comes up."""
        super().showEvent(event)
        if self.inbox.session.state.person is not None:
            self.inbox.reload()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """In a narrow window the list keeps what happened: the panel is smaller."""
        super().resizeEvent(event)
        self.panel.setFixedWidth(size("detail_panel") if self.width() >= _NARROW else _NARROW_PANEL)

    def _render(self) -> None:
        state = self.inbox.state
        commands = dict(state.commands)
        more = f"; the latest are listed, {state.more:,} more are kept" if state.more else ""
        dead = dict(state.counts).get(InboxView.DEAD, 0)
        self.counts.setText(f"{dead:,} dead{more}" if dead else more.lstrip("; "))
        self.views.show_counts({view.value: count for view, count in state.counts}, state.view)
        self.filter.show_text(state.filter)
        self._render_rows(state)
        for name, button in (("process", self.process), ("replay_dead", self.replay_dead)):
            command = commands.get(name)
            button.setVisible(command is not None and command.enabled)
            button.setText(command.text if command is not None else "")
        self.bulk.setVisible(bool(state.checked))
        self.chosen.setText(f"{len(state.checked):,} selected")
        replay = commands.get("replay")
        self.bulk_replay.setVisible(replay is not None and replay.enabled)
        self.bulk_replay.setText(replay.text if replay is not None else "")
        self.panel.setVisible(bool(state.rows))
        self.panel.show_state(state.detail, commands, bulk=bool(state.checked))
        self.totals_changed.emit()

    def _render_rows(self, state: EventsState) -> None:
        def cell(at: int, number: int) -> Cell:
            found = state.rows[at]
            return _cell(found, number, checked=found.key in state.checked)

        if state.rows is not self._rows:
            self._rows = state.rows
            self.rows.show_rows(len(state.rows), cell)
        else:
            self.rows.grid.touch(cell)
        self.rows.show_chosen(frozenset(at for at, found in enumerate(state.rows) if found.key in state.checked))
        self.rows.show_current(state.cursor)
        if state.failed is not None:
            self.empty.show_state("cloud-off", state.failed.what, state.failed.remedy,
                                  [("Try again", "", self.inbox.reload)], "danger")  # fmt: skip
        elif state.empty is not None:
            found = state.empty
            acts = {
                "clear_filter": ("Esc", lambda: self.inbox.set_filter("")),
                "connections": (hint("screen_4"), self.connections_asked.emit),
            }
            offers = [(found.action, *acts[found.command])] if found.command in acts else []
            symbol, tone = EMPTY_SIGNS[found.kind]
            self.empty.show_state(symbol, found.title, "\n".join(found.lines), offers, tone)
        elif state.loading and not state.rows:
            self.empty.show_state("refresh-cw", "Reading the inbox…", "")
        nothing = state.failed is not None or not state.rows
        self.swap(self.lists, int(nothing))

    # What the person does

    def _run(self, name: str, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - Qt's signal
        try:
            self.handlers[name]()
        except UserError as error:
            self.inbox.session.asker.tell(error)

    def _offer(self, point: QPoint) -> None:
        self.offer_at(self.rows, point, dict(self.inbox.state.commands), self._run)

    def _head(self, key: str) -> None:
        if key == "check":
            self.inbox.uncheck_all() if self.inbox.state.checked else self.inbox.check_all()

    def _escape(self) -> None:
        if self.inbox.state.filter:
            self.inbox.set_filter("")
        else:
            self.inbox.uncheck_all()
        self.enter()


def _cell(found: EventRow, number: int, *, checked: bool) -> Cell:
    said = "text.secondary" if found.event.state is _QUIET else found.tone
    unsigned = "" if found.event.verified else " (unsigned)"
    return (
        Cell(checked=checked),
        Cell(found.state, glyph=found.glyph, glyph_tone=found.tone, tone=said, tip=found.error),
        Cell(found.received, tone="text.secondary", raw=found.event.received_at.isoformat()),
        Cell(found.source, tone="text.secondary"),
        Cell(found.kind + unsigned, weight=500, tip=found.error or found.kind),
        Cell(found.event_id, "id", tip=found.event_id),
        Cell(found.tries, "money", tone="text.secondary"),
        Cell(found.brought, "money", tone="text.secondary"),
        Cell(found.next_try, tone="text.secondary"),
    )[number]
