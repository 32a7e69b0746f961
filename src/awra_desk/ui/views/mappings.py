"""Mapping tables: what is in force on a day or missing in the period, and beside it one value with its history."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMenu, QStackedWidget, QWidget

from awra_desk.domain.errors import UserError
from awra_desk.ui.keymap import MAPPINGS, hint
from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.views.mapping_panel import MappingPanel
from awra_desk.ui.views.screen import Screen, band
from awra_desk.ui.widgets.bottom_bar import Total
from awra_desk.ui.widgets.buttons import KeyButton, Segments
from awra_desk.ui.widgets.filter_field import FilterField
from awra_desk.ui.widgets.notices import EMPTY_SIGNS, EmptyState
from awra_desk.ui.widgets.plain import column, label, row
from awra_desk.viewmodels import words
from awra_desk.viewmodels.mapping_rows import MappingLine, Subject
from awra_desk.viewmodels.mappings import Mappings, MappingsState, MappingsTab

_TABS = ((MappingsTab.IN_FORCE, "In force"), (MappingsTab.MISSING, "Missing"))
_IN_FORCE = (GridColumn("Table", 82), GridColumn("Value", 150, grows=True), GridColumn("Field", 120),
             GridColumn("Means", 170, grows=True), GridColumn("From", 92), GridColumn("By", 96),
             GridColumn("Ledger", 110))  # fmt: skip
_MISSING = (GridColumn("Table", 82), GridColumn("Value", 150, grows=True), GridColumn("Leaves open", 150),
            GridColumn("Count", 60, right=True), GridColumn("Sum", 150, right=True), GridColumn("For example", 190),
            GridColumn("Ledger", 110))  # fmt: skip
_FILES = "Tables (*.csv *.xlsx)"


class MappingsView(Screen):
    """Binds a `viewmodels.mappings.Mappings`."""

    def __init__(self, mappings: Mappings) -> None:
        super().__init__(MAPPINGS, "Mappings")
        self.mappings = mappings
        self._rows: object = None
        self._sought: object = None  # key of the value that is to be mapped once it is listed
        self._done = 0
        self._build()
        self._bind()
        mappings.subscribe(self._render)
        self._render()

    # Parts

    def _build(self) -> None:
        self.counts = label("", "quiet")
        self.tabs = Segments("Mappings listed", _TABS)
        self.filter = FilterField("Filter the mappings", 180)
        self.day = QLineEdit()
        self.day.setAccessibleName("In force on this day")
        self.day.setProperty("dense", "true")
        self.day.setFixedWidth(108)
        self.day_label = label("on", "quiet")
        self.bring, self.give = KeyButton("Import…", hint=hint("import")), KeyButton("Export…")
        self.give_menu = QMenu(self.give)
        self.give_day, self.give_all = QAction(self), QAction("All days, with what ended", self)
        self.give_menu.addActions([self.give_day, self.give_all])
        self.in_force = GridView(_IN_FORCE, "Mappings in force")
        self.missing = GridView(_MISSING, "Values without a mapping")
        self.empty = EmptyState()
        self.lists = QStackedWidget()
        for part in (self.in_force, self.missing, self.empty):
            self.lists.addWidget(part)
        self.panel = MappingPanel()
        self.page.addWidget(self._band())
        self.page.addWidget(self.banner)
        body = row(gap=0)
        body.addWidget(self.lists, 1)
        body.addWidget(self.panel)
        self.page.addLayout(body, 1)

    def _band(self) -> QWidget:
        made = band()
        whole = row(made, margins=(12, 0, 16, 0), gap=8)
        left, first, second = column(margins=(0, 6, 0, 4), gap=4), row(gap=10), row(gap=8)
        first.addWidget(label("Mappings", "title"))
        first.addWidget(self.counts, 1)
        for part in (self.tabs, self.day_label, self.day, self.filter):
            second.addWidget(part)
        second.addStretch(1)
        left.addLayout(first)
        left.addLayout(second)
        whole.addLayout(left, 1)
        for button in (self.bring, self.give):
            whole.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return made

    def _bind(self) -> None:
        mappings, panel = self.mappings, self.panel
        self.tabs.chosen.connect(lambda key: mappings.show_tab(MappingsTab(key)))
        self.filter.textChanged.connect(mappings.set_filter)
        self.day.returnPressed.connect(partial(self._run, self._show_day))
        for rows in (self.in_force, self.missing):
            rows.picked.connect(mappings.go)
            rows.opened.connect(lambda _row: panel.write())
        self.handlers = {
            "set_mapping": self._set,
            "undo": mappings.undo,
            "import": self._import,
            "filter": self.filter.take_keyboard,
            "views": self.tabs.step,
            "next_open": lambda: mappings.go(mappings.state.cursor + 1),
            "previous_open": lambda: mappings.go(mappings.state.cursor - 1),
            "escape": self._escape,
        }
        pressed = ((panel.set_button, self._set), (panel.end_button, self._end), (panel.undo_button, mappings.undo),
                   (self.bring, self._import), (self.give, self._offer_export))  # fmt: skip
        for button, act in pressed:
            button.clicked.connect(partial(self._run, act))
        self.give_day.triggered.connect(lambda _checked=False: self._run(partial(self._export, whole=False)))
        self.give_all.triggered.connect(lambda _checked=False: self._run(partial(self._export, whole=True)))

    def seek(self, subject: Subject) -> None:
        """Bring a value up with the keyboard where its target is typed."""
        self._sought = subject.key
        self.mappings.go_to(subject)

    # Showing

    def totals(self) -> tuple[Total, ...]:
        """What is in force, what is missing, and what of it leaves something open."""
        state = self.mappings.state
        counts = dict(state.counts)
        open_ = Total("Leave something open", f"{state.open:,}", "danger" if state.open else "")
        return (
            Total("In force", f"{counts.get(MappingsTab.IN_FORCE, 0):,}"),
            Total("Missing", f"{counts.get(MappingsTab.MISSING, 0):,}"),
            open_,
        )

    def enter(self) -> None:
        """The keyboard goes to the list."""
        (self.in_force, self.missing, self.empty)[self.lists.currentIndex()].setFocus()

    def _render(self) -> None:
        state = self.mappings.state
        commands = dict(state.commands)
        self.counts.setText(f"{state.open:,} left open in the period" if state.open else "")
        self.tabs.show_counts({tab.value: count for tab, count in state.counts}, state.tab)
        self.filter.show_text(state.filter)
        day = state.day.isoformat() if state.day else ""
        if not self.day.hasFocus():
            self.day.setText(day)
        for part in (self.day, self.day_label):
            part.setVisible(state.tab is MappingsTab.IN_FORCE)
        self.give_day.setText(f"In force on {day}")
        for name, button in (("import", self.bring), ("export", self.give)):
            button.setVisible(name in commands and commands[name].enabled)
        self._render_rows(state)
        line = self.mappings.line()
        self.panel.show_state(state, line, commands)
        if line is not None and line.subject.key == self._sought and not state.loading:
            self._sought = None
            self.panel.write()
        if state.done != self._done:  # the form is done with
            self._done = state.done
            self.enter()
        self.totals_changed.emit()

    def _render_rows(self, state: MappingsState) -> None:
        missing = state.tab is MappingsTab.MISSING
        rows, cell = (self.missing, _missing_cell) if missing else (self.in_force, _in_force_cell)
        if state.rows is not self._rows:
            self._rows = state.rows
            rows.show_rows(len(state.rows), lambda at, number: cell(state.rows[at], number))
        rows.show_current(state.cursor)
        if state.failed is not None:
            self.empty.show_state("cloud-off", state.failed.what, state.failed.remedy,
                                  [("Try again", "", self.mappings.reload)], "danger")  # fmt: skip
        elif state.empty is not None:
            found = state.empty
            symbol, tone = EMPTY_SIGNS[found.kind]
            offers = [(found.action, "Esc", lambda: self.mappings.set_filter(""))] if found.action else []
            self.empty.show_state(symbol, found.title, "\n".join(found.lines), offers, tone)
        nothing = state.failed is not None or state.empty is not None
        self.swap(self.lists, 2 if nothing else int(missing))

    # What the person does

    def _run(self, act: object, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - Qt's signal
        try:
            act()  # type: ignore[operator]
        except UserError as error:
            self.mappings.session.asker.tell(error)

    def _show_day(self) -> None:
        self.mappings.show_day(self.day.text())
        self.enter()

    def _set(self) -> None:
        self.mappings.set(self.panel.cells())

    def _end(self) -> None:
        self.mappings.set({**self.panel.cells(), "target": ""})

    def _import(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Import mappings", str(Path.home()), _FILES)
        if chosen:
            self.mappings.import_file(Path(chosen))

    def _offer_export(self) -> None:
        self.give_menu.popup(self.give.mapToGlobal(self.give.rect().bottomLeft()))

    def _export(self, *, whole: bool) -> None:
        proposal = str(Path.home() / "mappings.xlsx")
        chosen, _ = QFileDialog.getSaveFileName(self, "Export the mappings", proposal, _FILES)
        if chosen:
            path = Path(chosen)
            self.mappings.export_file(path if path.suffix else path.with_suffix(".xlsx"), whole=whole)

    def _escape(self) -> None:
        self.mappings.set_filter("")
        self.enter()


def _in_force_cell(line: MappingLine, number: int) -> Cell:
    return (
        Cell(words.AXES[line.subject.axis], tone="text.secondary"),
        Cell(line.subject.value, weight=500, tip=line.subject.value),
        Cell(line.field),
        Cell(line.target, tip=line.target),
        Cell(line.since, tone="text.secondary"),
        Cell(line.by, tone="text.secondary"),
        Cell(line.subject.ledger, tone="text.secondary"),
    )[number]


def _missing_cell(line: MappingLine, number: int) -> Cell:
    open_ = bool(line.field)
    return (
        Cell(words.AXES[line.subject.axis], tone="text.secondary"),
        Cell(line.subject.value, weight=500, tip=line.subject.value),
        Cell(line.field or "nothing", glyph="×" if open_ else "", glyph_tone="danger",
             tone="danger" if open_ else "text.muted", tip=line.field),
        Cell(line.count),
        Cell(line.sums, "money", tip=line.sums),
        Cell(line.example, "id", tip=line.example),
        Cell(line.subject.ledger, tone="text.secondary"),
    )[number]  # fmt: skip
