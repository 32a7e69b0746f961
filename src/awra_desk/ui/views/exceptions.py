"""The exception queue: severity, age and money at the left, evidence and what would settle it at the right."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QStackedWidget, QWidget

from awra_desk.domain.errors import UserError
from awra_desk.services.queue import shown_members
from awra_desk.ui.keymap import EXCEPTIONS, hint
from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.theme import size
from awra_desk.ui.views.case_panel import CasePanel
from awra_desk.ui.views.dialogs import ask_text
from awra_desk.ui.views.history import HistoryPane
from awra_desk.ui.views.screen import Screen, action_bar, band
from awra_desk.ui.widgets.bottom_bar import Total
from awra_desk.ui.widgets.buttons import KeyButton, Segments
from awra_desk.ui.widgets.filter_field import FilterField
from awra_desk.ui.widgets.notices import EMPTY_SIGNS, EmptyState
from awra_desk.ui.widgets.plain import clear, column, label, row
from awra_desk.viewmodels.exception_rows import Cause, ExceptionRow, QueueView, unmapped
from awra_desk.viewmodels.exceptions import Exceptions, ExceptionsState

_VIEWS = (
    (QueueView.MINE, "Mine"), (QueueView.OPEN, "All open"), (QueueView.EXPECTED, "Expected"),
    (QueueView.RESOLVED, "Resolved"),
)  # fmt: skip
_COLUMNS = (
    GridColumn("", 28, key="check"), GridColumn("Severity", 94, key="severity"),
    GridColumn("Reason", 142, key="reason"), GridColumn("What", 200, grows=True, key="what"),
    GridColumn("Reconciliation", 112, key="reconciliation", hides=True),
    GridColumn("Amount", 88, right=True, key="amount"), GridColumn("", 42),
    GridColumn("Age", 46, key="age", hides=True), GridColumn("Due", 66, key="due", hides=True),
    GridColumn("Owner", 82, key="owner", hides=True),
)  # fmt: skip
_TONES = {"critical": "danger", "high": "danger", "medium": "warning", "low": "text.muted"}
_CAUSES_SHOWN = 3
_NARROW, _NARROW_PANEL = 1208, 432


class ExceptionsView(Screen):
    """Binds a `viewmodels.exceptions.Exceptions`; `show_asked` wants a record shown in the workbench,
    `mapping_asked` a value mapped: its ledger, table, value.
    """

    show_asked = Signal(str, str, str)
    mapping_asked = Signal(str, str, str)
    export_asked = Signal()

    def __init__(self, queue: Exceptions) -> None:
        super().__init__(EXCEPTIONS, "Exceptions")
        self.queue = queue
        self._rows: tuple[ExceptionRow, ...] = ()
        self._shown_causes: list[Cause] = []
        self._cause_buttons: dict[tuple[str, str], QPushButton] = {}
        self._build()
        self._bind()
        queue.subscribe(self._render)
        self._render()

    # Parts

    def _build(self) -> None:
        self.counts = label("", "quiet")
        self.views = Segments("Exceptions listed", _VIEWS)
        self.filter = FilterField("Filter the exceptions", 180)
        self.causes = row(gap=6)
        self.rows = GridView(_COLUMNS, "Exceptions")
        self.empty = EmptyState()
        self.lists = QStackedWidget()
        self.lists.addWidget(self.rows)
        self.lists.addWidget(self.empty)
        self.panel = CasePanel()
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
        whole = row(made, margins=(12, 0, 16, 0), gap=16)
        left, first, second = column(margins=(0, 6, 0, 4), gap=4), row(gap=10), row(gap=8)
        first.addWidget(label("Exceptions", "title"))
        first.addWidget(self.counts, 1)
        second.addWidget(self.views)
        second.addWidget(self.filter)
        second.addStretch(1)
        left.addLayout(first)
        left.addLayout(second)
        right = column(margins=(0, 6, 0, 4), gap=4)
        self.causes_label = label("Root causes", "caption")
        right.addWidget(self.causes_label, 0, Qt.AlignmentFlag.AlignRight)
        right.addLayout(self.causes)
        whole.addLayout(left)
        whole.addStretch(1)
        whole.addLayout(right)
        return made

    def _action_bar(self) -> QWidget:
        self.bulk = action_bar()
        line = row(self.bulk, margins=(12, 0, 12, 0), gap=8)
        self.chosen, self.sums = label("", "strong"), label("", "cell")
        self.bulk_assign = KeyButton("", hint=hint("assign"))
        self.bulk_resolve = KeyButton("", hint=hint("resolve"))
        self.bulk_propose = KeyButton("", kind="primary", hint=hint("propose"))
        line.addWidget(self.chosen)
        line.addWidget(self.sums)
        line.addStretch(1)
        for button in (self.bulk_assign, self.bulk_resolve, self.bulk_propose):
            line.addWidget(button)
        return self.bulk

    def _bind(self) -> None:
        queue, triage = self.queue, self.queue.triage
        self.views.chosen.connect(lambda key: queue.show_view(QueueView(key)))
        self.filter.typed.connect(queue.set_filter)
        self.filter.left.connect(self.enter)
        self.rows.picked.connect(queue.go)
        self.rows.toggled.connect(queue.toggle)
        self.rows.opened.connect(lambda _row: self.panel.comment.setFocus())
        self.rows.header_pressed.connect(self._sort)
        self.rows.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.rows.customContextMenuRequested.connect(self._offer)
        pressed: tuple[tuple[QPushButton, str], ...] = (
            (self.bulk_assign, "assign"), (self.bulk_resolve, "resolve"), (self.bulk_propose, "propose"),
            (self.panel.assign, "assign"), (self.panel.resolve, "resolve"), (self.panel.propose, "propose"),
            (self.panel.map, "propose"), (self.panel.show_rows, "find"), (self.panel.reopen, "reopen"),
        )  # fmt: skip
        self.handlers = {
            "next_open": queue.next_open,
            "previous_open": lambda: queue.next_open(step=-1),
            "assign": self._assign,
            "resolve": self._resolve,
            "reopen": triage.reopen,
            "propose": self._settle,
            "note": self.panel.comment.setFocus,
            "find": self._show_record,
            "undo": triage.undo,
            "redo": triage.redo,
            "select_all": queue.check_all,
            "filter": self.filter.take_keyboard,
            "views": self.views.step,
            "escape": self._escape,
            "history": lambda: HistoryPane(self, queue.history).exec(),
        }
        for button, name in pressed:
            button.clicked.connect(partial(self._run, name))
        self.panel.commented.connect(triage.comment)

    # Showing

    def totals(self) -> tuple[Total, ...]:
        """Counts over the whole queue, and what is selected."""
        totals = self.queue.state.totals
        due = Total("Due", f"{totals.due:,}", "danger" if totals.due else "")
        figures = [Total("Open", f"{totals.open:,}"), Total("Mismatch", f"{totals.mismatch:,}"),
                   Total("Expected", f"{totals.expected:,}"), due]  # fmt: skip
        if totals.selected:
            figures.append(Total(f"Selected {totals.selected:,}", "   ".join(totals.sums)))
        return tuple(figures)

    def enter(self) -> None:
        """The keyboard goes to the queue."""
        (self.empty if self.lists.currentIndex() else self.rows).setFocus()

    def _render(self) -> None:
        state = self.queue.state
        self._render_band(state)
        self._render_rows(state)
        self._render_actions(state)
        self.panel.setVisible(bool(state.rows))
        about = self.queue.current
        self.panel.show_case(state.case, dict(state.commands), current=about, bulk=bool(state.checked))
        self.totals_changed.emit()

    def _render_band(self, state: ExceptionsState) -> None:
        due = f", {state.totals.due:,} due" if state.totals.due else ""
        self.counts.setText(f"{state.totals.open:,} open{due}")
        self.views.show_counts({view.value: count for view, count in state.counts}, state.view)
        self.filter.show_text(state.filter)
        self._render_causes(state, self.causes)
        self.causes_label.setVisible(bool(state.causes))

    def _render_causes(self, state: ExceptionsState, line: QHBoxLayout) -> None:
        """The most frequent, each where it was: pressing one neither moves nor remakes it."""
        most = _CAUSES_SHOWN if self.width() >= _NARROW else 1
        shown = list(state.causes[:most])
        chosen = [cause for cause in state.causes if cause.key == state.cause and cause not in shown]
        shown[len(shown) - len(chosen) :] = chosen
        if shown != self._shown_causes:
            self._shown_causes = shown
            clear(line)
            self._cause_buttons = {cause.key: self._cause_button(cause) for cause in shown}
            line.addStretch(1)
            for button in self._cause_buttons.values():
                line.addWidget(button)
        for key, button in self._cause_buttons.items():
            button.setChecked(key == state.cause)

    def _cause_button(self, cause: Cause) -> QPushButton:
        button = QPushButton(f"{cause.text}  {cause.count:,}")
        button.setProperty("segment", "single")
        button.setCheckable(True)
        button.setFixedHeight(24)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip("List only these; press again to list all")
        button.clicked.connect(partial(self._cause, cause.key))
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """In a narrow window the list keeps its amounts: the panel is smaller, fewer causes are offered."""
        super().resizeEvent(event)
        self.panel.setFixedWidth(size("detail_panel") if self.width() >= _NARROW else _NARROW_PANEL)
        self._render_causes(self.queue.state, self.causes)

    def _render_rows(self, state: ExceptionsState) -> None:
        def cell(at: int, number: int) -> Cell:
            found = state.rows[at]
            return _cell(found, number, checked=found.exception_id in state.checked)

        if state.rows is not self._rows:
            self._rows = state.rows
            self.rows.show_rows(len(state.rows), cell)
        else:
            self.rows.grid.touch(cell)
        marked = frozenset(at for at, found in enumerate(state.rows) if found.exception_id in state.checked)
        self.rows.show_chosen(marked)
        self.rows.show_current(state.cursor)
        if state.failed is not None:
            self.empty.show_state("cloud-off", state.failed.what, state.failed.remedy,
                                  [("Try again", "", self.queue.reload)], "danger")  # fmt: skip
        elif state.empty is not None:
            acts = {
                "clear_filter": ("Esc", self.queue.clear_filter),
                "reconcile": (hint("reconcile"), self.queue.session.reconcile),
                "pull": (hint("pull"), self.queue.session.pull),
                "export": (hint("export"), self.export_asked.emit),
            }
            found = state.empty
            offers = [(found.action, *acts[found.command])] if found.command in acts else []
            symbol, tone = EMPTY_SIGNS[found.kind]
            self.empty.show_state(symbol, found.title, "\n".join(found.lines), offers, tone)
        self.swap(self.lists, int(state.failed is not None or (state.empty is not None and not state.rows)))

    def _render_actions(self, state: ExceptionsState) -> None:
        commands = dict(state.commands)
        self.bulk.setVisible(bool(state.checked))
        self.chosen.setText(f"{len(state.checked):,} selected")
        self.sums.setText("   ".join(state.totals.sums))
        for name, button in (
            ("assign", self.bulk_assign),
            ("resolve", self.bulk_resolve),
            ("propose", self.bulk_propose),
        ):
            command = commands.get(name)
            button.setVisible(command is not None and command.enabled)
            if command is not None:
                button.setText(command.text)

    # What the person does

    def _run(self, name: str, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - Qt's signal
        try:
            self.handlers[name]()
        except UserError as error:
            self.queue.session.asker.tell(error)

    def _offer(self, point: QPoint) -> None:
        known = {
            "propose": "propose",
            "map": "propose",
            "show": "find",
            "resolve": "resolve",
            "assign": "assign",
            "reopen": "reopen",
        }
        commands = dict(self.queue.state.commands)
        self.offer_at(
            self.rows, point, {known[name]: commands[name] for name in known if commands[name].enabled}, self._run
        )

    def _sort(self, key: str) -> None:
        if key == "check":
            self.queue.uncheck_all() if self.queue.state.checked else self.queue.check_all()
        elif key:
            self.queue.sort(key)

    def _cause(self, key: tuple[str, str], _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - Qt's signal
        self.queue.show_cause(key)

    def _assign(self) -> None:
        self._require("assign")
        menu = QMenu(self)
        for name, full in self.queue.state.people:
            menu.addAction(full, partial(self.queue.triage.assign, name))
        menu.setAccessibleName("Assign to")
        corner = self.rows.mapToGlobal(QPoint(self.rows.width() // 2, self.rows.height() // 3))
        menu.popup(corner)
        if menu.actions():
            menu.setActiveAction(menu.actions()[0])

    def _resolve(self) -> None:
        self._require("resolve")
        chosen = self.queue.chosen()
        count = "this exception" if len(chosen) == 1 else f"{len(chosen):,} exceptions"
        sums = "   ".join(self.queue.state.totals.sums) if self.queue.state.checked else ""
        question = f"Resolve {count}{', ' if sums else ''}{sums}?"
        detail = "What is open stays named in the statement until its records match. You can undo this as one step."
        reason = ask_text(self, question, detail=detail, label="Reason", verb="Resolve")
        if reason:
            self.queue.triage.resolve(reason)

    def _show_record(self) -> None:
        self._require("show")
        item = self.queue.chosen()[0].item
        self.show_asked.emit(item.reconciliation, *shown_members(item)[0])

    def _settle(self) -> None:
        """Propose the entry, or where a mapping is what lacks, go where it is said."""
        if dict(self.queue.state.commands)["map"].enabled:
            value = unmapped(self.queue.chosen()[0].item)
            assert value is not None  # allowed
            self.mapping_asked.emit(value.ledger, value.axis.value, value.value)
        else:
            self.queue.triage.propose()

    def _escape(self) -> None:
        state = self.queue.state
        if state.filter or state.cause is not None:
            self.queue.clear_filter()
        elif state.checked:
            self.queue.uncheck_all()
        self.enter()

    def _require(self, name: str) -> None:
        command = dict(self.queue.state.commands).get(name)
        if command is None or not command.enabled:
            raise UserError(command.reason if command else "Nothing is selected.")


def _cell(found: ExceptionRow, number: int, *, checked: bool) -> Cell:
    tone = _TONES[found.item.severity.value]
    return (
        Cell(checked=checked),
        Cell(found.severity, glyph=found.glyph, glyph_tone=tone, tone=tone),
        Cell(found.reason, weight=500, tip=found.item.reason.value),
        Cell(found.what, tone="text.secondary", tip=found.what),
        Cell(found.reconciliation, tone="text.secondary"),
        Cell(found.amount, "money"),
        Cell(found.currency, tone="text.secondary"),
        Cell(found.age, tone="text.secondary"),
        Cell(found.due, tone="danger" if found.urgent else "text.primary", weight=600 if found.urgent else 400),
        Cell(found.owner or "–", tone="text.secondary" if found.owner else "text.muted"),
    )[number]
