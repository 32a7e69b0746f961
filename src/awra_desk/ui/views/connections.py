"""Connections: every connected system at the left, one with its evidence at the right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from awra_desk.domain.errors import UserError
from awra_desk.ui.keymap import CONNECTIONS, hint
from awra_desk.ui.tables.connection_list import ConnectionTable
from awra_desk.ui.theme import size
from awra_desk.ui.views.connect_dialog import connect_system
from awra_desk.ui.views.connection_panel import ConnectionPanel
from awra_desk.ui.views.dialogs import ask_text
from awra_desk.ui.views.rereading_panel import RereadingPanel
from awra_desk.ui.views.screen import Screen, band
from awra_desk.ui.views.table_mapping import TableMappingPage
from awra_desk.ui.widgets.bottom_bar import Total
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.notices import Banner, EmptyState
from awra_desk.ui.widgets.plain import chip, column, edge, elided, grounded, label, retone, row
from awra_desk.viewmodels.connection_view import ConnectionView
from awra_desk.viewmodels.connections import Connections, ConnectionsState
from awra_desk.viewmodels.table_mapping import TableMapping

_NATURES = {"payments": "Payments", "shop": "Shop", "ledger": "Ledger", "file": "Statement file", "": "System"}
_NARROW, _NARROW_LIST = 1208, 276
_CHIPS = {"ok": "accent", "danger": "danger", "muted": "neutral"}


class ConnectionsView(Screen):
    """Binds a `viewmodels.connections.Connections`; `exception_asked` carries an exception's id."""

    exception_asked = Signal(str)

    def __init__(self, connections: Connections, tables: TableMapping) -> None:
        super().__init__(CONNECTIONS, "Connections")
        self.connections, self.tables = connections, tables
        self._rows: object = None
        self._noticed: object = None
        self._build()
        self._bind()
        connections.subscribe(self._render)
        connections.rereading.subscribe(self._render)
        tables.subscribe(self._render)
        self._render()

    # Parts

    def _build(self) -> None:
        listed = QWidget()
        whole = row(listed, gap=0)
        whole.addWidget(self._list_panel())
        whole.addWidget(edge())
        right = column()
        self.notice, self.panel, self.rereading = Banner(), ConnectionPanel(), RereadingPanel()
        self.bodies = QStackedWidget()
        self.bodies.addWidget(self.panel)
        self.bodies.addWidget(self.rereading)
        right.addWidget(self._head())
        right.addWidget(self.notice)
        right.addWidget(self.bodies, 1)
        self.right, self.empty = QWidget(), EmptyState()
        self.right.setLayout(right)
        self.sides = QStackedWidget()
        self.sides.addWidget(self.right)
        self.sides.addWidget(self.empty)
        whole.addWidget(self.sides, 1)
        self.columns_page, self.pages = TableMappingPage(self.tables), QStackedWidget()
        for part in (listed, self.columns_page):
            self.pages.addWidget(part)
        self.page.addWidget(self.banner)
        self.page.addWidget(self.pages, 1)

    def _list_panel(self) -> QWidget:
        made = grounded(QWidget(), "panel")
        made.setFixedWidth(size("list_panel"))
        self.list_panel = made
        stack = column(made)
        head = band()
        line = row(head, margins=(12, 0, 12, 0), gap=8)
        self.count = label("", "quiet")
        self.connect_button = KeyButton("Connect…", symbol="plus", hint=hint("connect"))
        line.addWidget(label("Connections", "title"))
        line.addWidget(self.count)
        line.addStretch(1)
        line.addWidget(self.connect_button)
        self.rows = ConnectionTable()
        stack.addWidget(head)
        stack.addWidget(self.rows, 1)
        return made

    def _head(self) -> QWidget:
        made = band()
        whole = row(made, margins=(16, 0, 16, 0), gap=8)
        left, first = column(margins=(0, 8, 0, 6), gap=4), row(gap=8)
        self.heading, self.provider, self.tested = elided("title"), chip("", "accent"), chip("")
        self.subtitle = elided("quiet")
        for part in (self.heading, self.provider, self.tested):
            first.addWidget(part)
        first.addStretch(1)
        left.addLayout(first)
        left.addWidget(self.subtitle)
        self.test = KeyButton("Test", hint=hint("test"))
        self.reread = KeyButton("Re-read…")
        self.reread.setToolTip(f"What the contract in force makes different  {hint('reread')}")
        self.columns = KeyButton("Columns…")
        self.columns.setToolTip(f"Say which column of its files is what  {hint('import')}")
        self.credentials = KeyButton("Credentials…")
        self.credentials.setToolTip(f"Change its address, enter new credentials  {hint('credentials')}")
        self.pull = KeyButton("Pull now", kind="primary", hint=hint("pull_one"))
        whole.addLayout(left, 1)
        for button in (self.columns, self.credentials, self.reread, self.test, self.pull):
            whole.addWidget(button)
        return made

    def _bind(self) -> None:
        connections, rereading = self.connections, self.connections.rereading
        self.rows.picked.connect(connections.go)
        self.rows.opened.connect(lambda _row: self.panel.checks.setFocus())
        self.panel.exception_asked.connect(self.exception_asked)
        self.panel.acknowledged.connect(lambda drift: self._run(partial(self._acknowledge, drift)))
        self.rereading.applied.connect(partial(self._run, rereading.apply))
        self.rereading.closed.connect(rereading.close)
        self._keys: dict[str, Callable[[], object]] = {
            "test": connections.test,
            "pull_one": connections.pull,
            "climb": connections.climb,
            "descend": self._descend,
            "reread": rereading.compare,
            "connect": self._connect,
            "credentials": self._change,
            "import": self._columns,
            "next_open": partial(self._step, 1),
            "previous_open": partial(self._step, -1),
            "escape": self._back,
        }
        self.handlers = self._keys
        self.columns_page.left.connect(self.enter)
        for button, act in (
            (self.columns, self._columns),
            (self.test, connections.test), (self.pull, connections.pull), (self.reread, rereading.compare),
            (self.credentials, self._change), (self.connect_button, self._connect),
            (self.panel.up, connections.climb), (self.panel.down, self._descend),
            (self.panel.remove, connections.forget),
        ):  # fmt: skip
            button.clicked.connect(partial(self._run, act))

    # Showing

    def totals(self) -> tuple[Total, ...]:
        """How many there are, and how many are as they should be."""
        rows = self.connections.state.rows
        fine = sum(row.tone == "ok" for row in rows)
        figures = [Total("Connections", f"{len(rows):,}"), Total("Up to date", f"{fine:,}")]
        worst = "danger" if any(row.tone == "danger" for row in rows) else "warning"
        return tuple(figures + ([Total("To look at", f"{len(rows) - fine:,}", worst)] if fine < len(rows) else []))

    def enter(self) -> None:
        """The keyboard goes to the list, or to the one thing that can be done."""
        if self.tables.state.name:
            self.columns_page.enter()
        else:
            (self.rows if self.connections.state.rows else self.empty).setFocus()

    def _render(self) -> None:
        state = self.connections.state
        self.handlers = self.columns_page.handlers if self.tables.state.name else self._keys
        self.pages.setCurrentIndex(int(bool(self.tables.state.name)))
        if state.rows is not self._rows:
            self._rows = state.rows
            self.rows.show_found(state.rows)
            self.count.setText(f"{len(state.rows):,}")
        self.rows.show_current(state.cursor)
        commands = {**dict(state.commands), **dict(self.tables.state.commands)}
        self.columns.setVisible(commands["columns"].enabled)
        for name, button in (("test", self.test), ("pull", self.pull), ("reread", self.reread),
                             ("credentials", self.credentials), ("connect", self.connect_button)):  # fmt: skip
            if name in commands:
                button.setEnabled(commands[name].enabled)
        self.connect_button.setToolTip(commands["connect"].reason if "connect" in commands else "")
        if state.shown is not None:
            self._render_head(state, state.shown)
        self.panel.show_view(state.shown, commands)
        rereading = self.connections.rereading.state
        if rereading.name:
            self.rereading.show_state(rereading, commands)
        self.bodies.setCurrentIndex(int(bool(rereading.name)))
        self._render_empty(state)
        self.totals_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """In a narrow window the list is smaller and says alone what the chips say; the name stays."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self.list_panel.setFixedWidth(_NARROW_LIST if narrow else size("list_panel"))
        self.panel.set_narrow(narrow=narrow)
        for part in (self.count, self.provider, self.tested):
            part.setVisible(not narrow)

    def _render_head(self, state: ConnectionsState, shown: ConnectionView) -> None:
        self.heading.setText(shown.name)
        self.provider.setText(_NATURES[shown.nature])
        testing = state.testing == shown.name
        self.tested.setText("Testing…" if testing else shown.tested)
        retone(self.tested, "chip", "info" if testing else _CHIPS[shown.tested_tone])
        self.subtitle.setText(shown.subtitle)
        if self.connections.rereading.state.name:  # it shows what the notice speaks of
            self.notice.hide()
            self._noticed = None
        else:
            self._render_notice(shown)

    def _render_notice(self, shown: ConnectionView) -> None:
        """The gravest thing about this connection; once closed it stays away until something changes."""
        read = [drift for drift in shown.drifts if drift.read]
        known = (shown.name, shown.lost_secret, shown.stale, tuple(drift.drift_id for drift in read))
        if known == self._noticed:
            return
        self._noticed = known
        if shown.lost_secret:
            what, more = (
                "The keyring holds none of its credentials",
                "What was pulled is safe. Enter them to go on.",
            )
            self.notice.show_words("danger", what, more, [("Credentials…", "", partial(self._run, self._change))])
        elif shown.stale:
            what = f"Its contract changed: what was pulled before was read otherwise than by {shown.contract} now"
            more = "The books stand as they were. See what becomes different before anything is applied."
            compare = partial(self._run, self.connections.rereading.compare)
            self.notice.show_words("warning", what, more, [("Show the differences", "", compare)])
        elif read:
            first = read[0]
            what = f"{shown.provider} sends something its contract does not know: {first.place}, {first.what}"
            more = f"{first.change}. Books that may be wrong: {first.books}."
            look, show = partial(self.panel.drifts.setFocus), f"Show all {len(read):,}" if len(read) > 1 else "Show it"
            self.notice.show_words("warning", what, more, [(show, "", look)])
        else:
            self.notice.hide()

    def _render_empty(self, state: ConnectionsState) -> None:
        again = ("Try again", "", self.connections.reload)
        if state.failed is not None or state.unread is not None:
            error = state.failed or state.unread
            assert error is not None
            if self.tables.unsaid:
                say = (
                    dict(self.tables.state.commands)["columns"].text,
                    hint("import"),
                    partial(self._run, self._columns),
                )
                words = "Choose a file and say which column is what."
                self.empty.show_state("columns-2", "Nothing says yet how its files are read", words, [say])
            else:
                self.empty.show_state("cloud-off", error.what, error.remedy, [again], "danger")
        elif state.empty is not None:
            offer = (state.empty.action, hint("connect"), partial(self._run, self._connect))
            self.empty.show_state("plug", state.empty.title, "\n".join(state.empty.lines), [offer])
        elif state.shown is None and self.sides.currentIndex() == 1:
            self.empty.show_state("refresh-cw", "Reading the connection", "")
        nothing = state.failed is not None or state.unread is not None or not state.rows
        first = state.shown is None and not self.heading.text()
        self.sides.setCurrentIndex(int(nothing or first))

    # What the person does

    def _run(self, act: object, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - Qt's signal
        try:
            act()  # type: ignore[operator]
        except UserError as error:
            self.connections.session.asker.tell(error)

    def _connect(self) -> None:
        self.connections.require("connect")
        connect_system(self, self.connections, None)
        self.enter()
        if self.tables.unsaid:
            self._columns()  # nothing can be read before that

    def _columns(self) -> None:
        self.tables.open()
        self.columns_page.enter()

    def _change(self) -> None:
        self.connections.require("credentials")
        connect_system(self, self.connections, self.connections.current())

    def _descend(self) -> None:
        self.connections.require("descend")
        connection = self.connections.current()
        assert connection is not None  # required
        below = connection.rung.below
        assert below is not None  # required
        reason = ask_text(self, f"Step {connection.name} down to “{below.words}”?", label="Reason", verb="Step down",
                          detail="At once. What it takes to climb again is proven anew.")  # fmt: skip
        if reason:
            self.connections.descend(reason)

    def _acknowledge(self, drift_id: str) -> None:
        self.connections.require("acknowledge")
        note = ask_text(self, "Say that this is in order?", label="Why it is in order", verb="It is in order",
                        detail="It then belongs to what is known of this source.")  # fmt: skip
        if note:
            self.connections.acknowledge(drift_id, note)

    def _step(self, step: int) -> None:
        self.connections.go(self.connections.state.cursor + step)

    def _back(self) -> None:
        if self.connections.rereading.state.name:
            self.connections.rereading.close()
        self.enter()
