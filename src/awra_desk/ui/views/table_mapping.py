"""Which column of a table is what: the columns and the form at the left, the file and the rows as read at the right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QComboBox, QMenu, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from awra_desk.domain.errors import UserError
from awra_desk.ui.keymap import hint
from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.views.screen import band
from awra_desk.ui.views.table_form import TableForm
from awra_desk.ui.widgets.buttons import KeyButton, Segments
from awra_desk.ui.widgets.notices import Banner, EmptyState, Symbol
from awra_desk.ui.widgets.plain import chip, column, edge, elided, grounded, label, retone, row
from awra_desk.viewmodels.table_form import MEANINGS
from awra_desk.viewmodels.table_lines import ColumnLine, ReadLine, ReadView, RejectLine, VersionLine
from awra_desk.viewmodels.table_mapping import TableMapping, TableMappingState

_LEFT = 432
_COLUMNS = (GridColumn("Column of the file", 130, grows=True), GridColumn("Read as", 112),
            GridColumn("First values", 90, grows=True))  # fmt: skip
_READ = (GridColumn("Date", 92), GridColumn("Amount", 104, right=True), GridColumn("", 46),
         GridColumn("Counterparty", 110, grows=True), GridColumn("Description", 180, grows=True),
         GridColumn("References", 140, grows=True, hides=True), GridColumn("State", 92))  # fmt: skip
_REJECTS = (GridColumn("Row", 130), GridColumn("Column", 110), GridColumn("What stands there", 130),
            GridColumn("Why it does not fit", 260, grows=True))  # fmt: skip
_SAID = (GridColumn("What the files say of themselves", 400, grows=True),)
_VERSIONS = (GridColumn("Version", 64, right=True), GridColumn("Saved", 108), GridColumn("By", 110),
             GridColumn("What it says otherwise", 300, grows=True))  # fmt: skip
_TABS = (("read", "As read"), ("rejects", "Do not fit"), ("said", "Checks"), ("versions", "Versions"))
_MONEY = frozenset({"amount", "debit", "credit", "balance"})
_WIDTHS = {"date": 92, "description": 184, "counterparty": 156}
"""Of a column of the sample; a text needs more room than a number."""
_STATES = {"new": ("+", "ok"), "stored": ("=", "text.muted"), "changes": ("≠", "warning")}


class TableMappingPage(QWidget):
    """Binds a `viewmodels.table_mapping.TableMapping`; `left` says that it was put away."""

    left = Signal()

    def __init__(self, model: TableMapping) -> None:
        super().__init__()
        self.model = model
        grounded(self, "surface")
        self.setAccessibleName("How the columns of a table are read")
        self._shown = TableMappingState()
        self._tab = "read"
        self.notice = Banner()
        whole = column(self)
        whole.addWidget(self._band())
        whole.addWidget(self.notice)
        body = row(gap=0)
        body.addWidget(self._left())
        body.addWidget(edge())
        body.addLayout(self._right(), 1)
        whole.addLayout(body, 1)
        self.handlers: dict[str, Callable[[], object]] = {
            "set_mapping": model.save,
            "views": self.tabs.step,
            "escape": self.leave,
        }
        model.subscribe(self._render)

    def enter(self) -> None:
        """The keyboard goes to the columns."""
        (self.columns if self.model.state.columns else self.empty).setFocus()

    def leave(self) -> None:
        """Put it away; the model may ask first."""
        if self.model.close():
            self.left.emit()

    # Parts

    def _band(self) -> QWidget:
        made = band()
        whole = row(made, margins=(16, 0, 16, 0), gap=8)
        left, first = column(margins=(0, 8, 0, 6), gap=4), row(gap=8)
        self.heading, self.version, self.subtitle = elided("title"), chip(""), elided("quiet")
        first.addWidget(self.heading)
        first.addWidget(self.version)
        first.addStretch(1)
        left.addLayout(first)
        left.addWidget(self.subtitle)
        self.file = QComboBox()
        self.file.setAccessibleName("Sample file")
        self.file.setMinimumWidth(200)
        line = row(self.file, margins=(0, 0, 8, 0))
        line.addStretch(1)
        line.addWidget(Symbol("chevron-down"))
        self.again = KeyButton("Guess again")
        self.again.setToolTip("Begin anew with what the columns seem to be")
        self.back = KeyButton("Leave", hint=hint("escape"))
        self.save = KeyButton("Save", kind="primary", hint=hint("set_mapping"))
        whole.addLayout(left, 1)
        for part in (self.file, self.again, self.back, self.save):
            whole.addWidget(part)
        self.file.activated.connect(self.model.choose_file)
        self.again.clicked.connect(lambda _checked=False: self._run("guess"))
        self.back.clicked.connect(lambda _checked=False: self.leave())
        self.save.clicked.connect(lambda _checked=False: self._run("save"))
        return made

    def _left(self) -> QWidget:
        made = QWidget()
        made.setFixedWidth(_LEFT)
        stack = column(made)
        self.columns = GridView(_COLUMNS, "Columns of the file", row_height=24)
        self.columns.opened.connect(self._offer)
        self.columns.clicked.connect(lambda index: self._offer(index.row()) if index.column() == 1 else None)
        self.form = TableForm(self)
        self.form.said.connect(self.model.write)
        inside = grounded(QWidget(), "surface")
        below = column(inside, margins=(16, 10, 16, 12), gap=6)
        below.addWidget(label("How it is written", "section"))
        below.addWidget(self.form.parts.root)
        below.addStretch(1)
        area = QScrollArea()
        area.setObjectName("surface")
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        stack.addWidget(self.columns, 1)
        stack.addWidget(edge(level=True))
        stack.addWidget(area, 1)
        return made

    def _right(self) -> QVBoxLayout:
        self.sample = GridView((), "The file as it is", current=False)
        self.file_place, self.empty = column(), EmptyState()
        self.file_place.addWidget(self.sample)
        self.tabs = Segments("What comes of it", _TABS)
        self.tabs.chosen.connect(self._show_tab)
        self.totals = elided("strong")
        self.read = GridView(_READ, "Rows as they would be read", current=False)
        self.rejects = GridView(_REJECTS, "Rows that do not fit", current=False)
        self.said = GridView(_SAID, "What the files say of themselves", current=False)
        self.versions = GridView(_VERSIONS, "Versions of the mapping")
        self.versions.opened.connect(lambda at: self.model.take(self._shown.versions[at].number))
        self.nothing = EmptyState()
        self.lists = QStackedWidget()
        for part in (self.read, self.rejects, self.said, self.versions, self.nothing):
            self.lists.addWidget(part)
        inside = QWidget()
        stack = column(inside)
        self.caption = elided("section")
        top = column(margins=(16, 8, 16, 6))
        top.addWidget(self.caption)
        stack.addLayout(top)
        stack.addLayout(self.file_place, 4)
        stack.addWidget(edge(level=True))
        line = column(margins=(16, 8, 16, 8), gap=6)
        line.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignLeft)
        line.addWidget(self.totals)  # on its own line: an amount is never cut off
        stack.addLayout(line)
        stack.addWidget(self.lists, 5)
        self.bodies = QStackedWidget()
        self.bodies.addWidget(inside)
        self.bodies.addWidget(self.empty)
        made = column()
        made.addWidget(self.bodies, 1)
        return made

    # Showing

    def _render(self) -> None:
        state, before = self.model.state, self._shown
        if not state.name:
            return
        self._shown = state
        self._render_band(state)
        self._render_notice(state)
        if state.columns is not before.columns:
            self.columns.show_rows(len(state.columns), lambda at, number: _column_cell(state.columns[at], number))
            self.columns.show_current(max(0, self.columns.currentIndex().row()))
        has_currency = any(one.meaning == "currency" for one in state.columns)
        self.form.show_written(
            state.written or {}, state.sheets, has_currency=has_currency, text=not state.sheets, closed=bool(state.long)
        )
        if (state.sample, state.columns) != (before.sample, before.columns):
            self._show_sample(state)
        self._render_lists(state)
        self._render_empty(state)
        if state.columns and not before.columns:
            self.enter()

    def _render_band(self, state: TableMappingState) -> None:
        self.heading.setText(f"{state.name}: which column is what")
        force = next((one.number for one in state.versions if one.in_force), 0)
        self.version.setText(f"Version {force} is in force" if force else "Nothing in force yet")
        retone(self.version, "chip", "accent" if force else "neutral")
        if [self.file.itemText(at) for at in range(self.file.count())] != list(state.files):
            self.file.clear()
            self.file.addItems(list(state.files))
        self.file.setCurrentIndex(state.file)
        commands = dict(state.commands)
        for name, button in (("guess", self.again), ("save", self.save)):
            button.setEnabled(commands[name].enabled)
        self.save.setText(commands["save"].text)
        every = f"All {len(state.files):,} files are read so. " if len(state.files) > 1 else ""
        self.subtitle.setText(commands["save"].reason or f"{every}Nothing is stored before you save it.")

    def _render_notice(self, state: TableMappingState) -> None:
        """The gravest thing about it."""
        if state.trouble is not None:
            what = f"{state.trouble.record}: {state.trouble.what}" if state.trouble.record else state.trouble.what
            said = ("danger", what, state.trouble.remedy)
        elif state.long:
            words = "A form cannot show it; below is what it reads."
            said = ("info", "This mapping is written in the long form.", words)
        elif state.doubts:
            said = ("warning", "The file alone cannot tell day and month apart.", " ".join(state.doubts))
        else:
            self.notice.hide()
            self._noticed: object = None
            return
        if said != getattr(self, "_noticed", None):
            self._noticed = said
            self.notice.show_words(*said)

    def _show_sample(self, state: TableMappingState) -> None:
        """The file as it is; what is not read is grey."""
        columns = [GridColumn("Row", 48)]
        columns += [
            GridColumn(one.heading, _WIDTHS.get(one.meaning, 100), right=one.meaning in _MONEY) for one in state.columns
        ]
        made = GridView(columns, "The file as it is", current=False)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

        def cell(at: int, number: int) -> Cell:
            line, cells = state.sample[at]
            if not number:
                return Cell(str(line), tone="text.muted")
            text = cells[number - 1] if number <= len(cells) else ""
            meaning = state.columns[number - 1].meaning
            kind = "money" if meaning in _MONEY else "text"
            return Cell(text, kind, tone="text.primary" if meaning else "text.muted", tip=text)

        made.show_rows(len(state.sample), cell)
        self.file_place.replaceWidget(self.sample, made)
        self.sample.hide()
        self.sample.deleteLater()
        self.sample = made

    def _render_lists(self, state: TableMappingState) -> None:
        found = state.read
        counts = {"versions": len(state.versions)}
        if found is not None:
            counts |= {"read": found.count, "rejects": found.rejected, "said": len(found.said)}
            self._fill(found)
        versions = state.versions
        self.versions.show_rows(len(versions), lambda at, number: _version_cell(versions[at], number))
        self.tabs.show_counts(counts, self._tab)
        self.totals.setText("Reading the files…" if state.reading and found is None else _totals(found))
        retone(self.totals, "tone", "danger" if found is not None and found.broken else "")
        where = state.files[state.file] if 0 <= state.file < len(state.files) else ""
        self.caption.setText(f"{where}, heading in row {state.heading_row:,}" if state.heading_row else where)
        self._choose_list(state)

    def _fill(self, found: ReadView) -> None:
        self.read.show_rows(len(found.lines), lambda at, number: _read_cell(found.lines[at], number))
        self.rejects.show_rows(len(found.rejects), lambda at, number: _reject_cell(found.rejects[at], number))
        self.said.show_rows(len(found.said), lambda at, _number: Cell(found.said[at], tip=found.said[at]))

    def _choose_list(self, state: TableMappingState) -> None:
        """The list of the tab, or why it is empty."""
        at = [key for key, _ in _TABS].index(self._tab)
        found = state.read
        sizes = (len(found.lines), len(found.rejects), len(found.said)) if found is not None else (0, 0, 0)
        if (*sizes, len(state.versions))[at]:
            self.lists.setCurrentIndex(at)
            return
        if self._tab == "versions":
            self.nothing.show_state("history", "No version yet", "Saving makes the first one; every one is kept.")
        elif found is None:
            words = state.lacks or ("Reading the files" if state.reading else "The files cannot be read so")
            more = "At the left; Enter on a column opens what it may be." if state.lacks else ""
            self.nothing.show_state("columns-2", words.rstrip("."), more)
        else:
            title = {
                "read": "No row is read",
                "rejects": "Every row fits",
                "said": "Nothing is there twice, every balance holds",
            }[self._tab]
            tone = "" if self._tab == "read" else "ok"
            self.nothing.show_state("circle-check" if tone else "calendar-x", title, "", (), tone)
        self.lists.setCurrentIndex(self.lists.count() - 1)

    def _render_empty(self, state: TableMappingState) -> None:
        if state.failed is not None:
            head = f"{state.failed.what[:1].upper()}{state.failed.what[1:]}"
            more = "\n".join(part for part in (state.failed.record, state.failed.remedy) if part)
            self.empty.show_state("cloud-off", head, more, [("Look again", "", self.model.reload)], "danger")
        elif not state.columns:
            self.empty.show_state("refresh-cw", "Opening the file", "")
        self.bodies.setCurrentIndex(int(state.failed is not None or not state.columns))

    # What the person does

    def _show_tab(self, key: str) -> None:
        self._tab = key
        self._render_lists(self.model.state)

    def _offer(self, at: int) -> None:
        """What a column may be."""
        if not 0 <= at < len(self._shown.columns) or self._shown.long:
            return
        menu = QMenu(self)
        for meaning, words in MEANINGS.items():
            action = menu.addAction(words, partial(self.model.mean, at, meaning))
            action.setCheckable(True)
            action.setChecked(meaning == self._shown.columns[at].meaning)
            if action.isChecked():
                menu.setActiveAction(action)
        place = self.columns.visualRect(self.columns.grid.index(at, 1)).bottomLeft()
        menu.popup(self.columns.viewport().mapToGlobal(QPoint(place.x(), place.y() + 1)))
        self.menu = menu

    def _run(self, command: str) -> None:
        try:
            (self.model.save if command == "save" else self.model.guess)()
        except UserError as error:
            self.model.session.asker.tell(error)


def _totals(found: ReadView | None) -> str:
    if found is None:
        return ""
    more = f"  ·  {found.count - len(found.lines):,} more rows are not listed" if found.count > len(found.lines) else ""
    unfit = [f"{found.rejected:,} {'does' if found.rejected == 1 else 'do'} not fit"] if found.rejected else []
    return "  ·  ".join([*found.totals, *unfit, f"{found.new:,} not stored yet"]) + more


def _column_cell(line: ColumnLine, number: int) -> Cell:
    if number == 0:
        return Cell(line.heading, weight=500 if line.meaning else 0, tip=line.heading)
    if number == 1:
        tone = "accent" if line.meaning else "text.muted"
        return Cell(MEANINGS[line.meaning], tone=tone, weight=500 if line.meaning else 0)
    return Cell(line.examples, tone="text.secondary", tip=line.examples)


def _read_cell(line: ReadLine, number: int) -> Cell:
    glyph, tone = _STATES[line.state]
    return (
        Cell(line.day),
        Cell(line.amount, "money", raw=line.raw),
        Cell(line.currency, tone="text.muted"),
        Cell(line.counterparty, tip=line.counterparty),
        Cell(line.description, tip=line.description),
        Cell(line.references, "id", tone="text.secondary", tip=line.references),
        Cell(line.state, glyph=glyph, glyph_tone=tone, tone="text.secondary" if line.state == "new" else tone),
    )[number]


def _reject_cell(line: RejectLine, number: int) -> Cell:
    return (
        Cell(line.record, "id", tip=line.record),
        Cell(line.column),
        Cell(line.value, tint="state.changed", tip=line.value),
        Cell(line.reason, tip=line.reason),
    )[number]


def _version_cell(line: VersionLine, number: int) -> Cell:
    return (
        Cell(f"{line.number:,}", glyph="✓" if line.in_force else "", glyph_tone="ok"),
        Cell(line.at[:-3], tone="text.secondary", tip=line.at),
        Cell(line.by, tone="text.secondary"),
        Cell(line.changed, tip=line.changed),
    )[number]
