"""One exception beside the queue: what it is, its records, what came near, what would settle it, who said what."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from awra_desk.ui.keymap import hint
from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.theme import size
from awra_desk.ui.views.entry_table import EntryTable
from awra_desk.ui.views.screen import action_bar
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.plain import chip, clear, column, edge, grounded, label, retone, row
from awra_desk.ui.widgets.top_bar import Avatar
from awra_desk.viewmodels.exception_case import CaseView, RecordRow, Remark
from awra_desk.viewmodels.observable import Command

_RECORDS = (GridColumn("Side", 56), GridColumn("Record", 92), GridColumn("Text", 130, grows=True),
            GridColumn("Date", 62), GridColumn("Amount", 84, right=True))  # fmt: skip
_NEAREST = (GridColumn("Nearest", 84), GridColumn("Text", 120, grows=True), GridColumn("Date", 62),
            GridColumn("Amount", 84, right=True), GridColumn("Fails by", 106))  # fmt: skip
_TONES = {"Critical": "danger", "High": "danger", "Medium": "warning", "Low": "neutral"}
_MOST = 6


class CasePanel(QWidget):
    """Shows a `CaseView`; `commented` carries a remark."""

    commented = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        grounded(self, "panel")
        self.setAccessibleName("Exception in full")
        self.setFixedWidth(size("detail_panel"))
        self._case: CaseView | None = None
        self._current = ""
        self.pages = QStackedWidget()
        self.body = grounded(QWidget(), "surface")
        self._stack = column(self.body, margins=(16, 12, 16, 12), gap=6)
        self._build_head()
        self._build_parts()
        self._stack.addStretch(1)
        area = QScrollArea()
        area.setObjectName("surface")
        area.setWidget(self.body)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        blank = grounded(QWidget(), "surface")
        self.pages.addWidget(area)
        self.pages.addWidget(blank)
        whole = row(self, gap=0)
        whole.addWidget(edge())
        inside = column()
        inside.addWidget(self.pages, 1)
        inside.addWidget(self._actions())
        whole.addLayout(inside, 1)

    def show_case(self, case: CaseView | None, commands: Mapping[str, Command], *, current: str, bulk: bool) -> None:
        """Show it, or nothing; with a bulk selection the primary button is in the bulk bar.

        Args:
            current: id of the exception under the cursor, whose case may still be read. What is typed is about it.
        """
        self._show_actions(commands, bulk=bulk)
        if current != self._current:
            self._current = current
            self.comment.clear()
        if case is self._case:
            return
        self._case = case
        if case is None:
            return  # the one before stays until the next is read
        self.pages.setCurrentIndex(0)
        self._show_head(case)
        self._show_records(self.records, self.records_label, case.records, side=True)
        self._show_records(self.nearest, self.nearest_label, case.nearest, side=False)
        self.remedy.setText(case.remedy)
        self.remedy.setVisible(bool(case.remedy))
        self.entry_label.setVisible(case.entry is not None)
        self.entry_note.setText(case.entry.day if case.entry else "")
        self.entry.show_entry(case.entry)
        self.coded.setText(f"Coded by {'; '.join(case.coded)}." if case.coded else "")
        self.coded.setVisible(bool(case.coded))
        self._show_remarks(self.comments, case.comments, with_face=True)
        self._show_remarks(self.history, case.history, with_face=False)
        self.history_label.setVisible(bool(case.history))

    # Parts

    def _build_head(self) -> None:
        first = row(gap=8)
        self.heading, self.severity, self.state = label("", "title"), chip(""), chip("")
        self.identity = label("", "note")
        for part in (self.heading, self.severity, self.state):
            first.addWidget(part)
        first.addStretch(1)
        first.addWidget(self.identity)
        second = row(gap=6)
        self.amount, self.currency = label("", "headline"), label("", "quiet")
        self.subtitle = label("", "quiet", wrap=True)
        second.addWidget(self.amount)
        second.addWidget(self.currency, 0, Qt.AlignmentFlag.AlignBottom)
        second.addStretch(1)
        self.advice = QFrame()
        self.advice.setObjectName("advice")
        inside = column(self.advice, margins=(12, 8, 12, 8), gap=2)
        self.suggestion, self.remark = label("", "strong", wrap=True), label("", "quiet", wrap=True)
        inside.addWidget(self.suggestion)
        inside.addWidget(self.remark)
        self._stack.addLayout(first)
        self._stack.addLayout(second)
        self._stack.addWidget(self.subtitle)
        self._stack.addSpacing(4)
        self._stack.addWidget(self.advice)

    def _build_parts(self) -> None:
        self.records_label, self.nearest_label = label("Evidence", "section"), label("What came nearest", "section")
        self.records = GridView(_RECORDS, "Records of the exception", current=False)
        self.nearest = GridView(_NEAREST, "Nearest candidates", current=False)
        self.remedy = label("", "quiet", wrap=True)
        self.entry_label, self.entry_note = label("Suggested entry", "section"), label("", "caption")
        self.entry, self.coded = EntryTable("Suggested entry"), label("", "quiet", wrap=True)
        self.comment = QLineEdit()
        self.comment.setPlaceholderText(f"Add a comment  {hint('note')}")
        self.comment.setAccessibleName("Add a comment")
        self.comment.returnPressed.connect(self._say)
        self.comments, self.history = column(gap=8), column(gap=3)
        self.history_label = label("History", "section")
        for title, table in ((self.records_label, self.records), (self.nearest_label, self.nearest)):
            self._stack.addSpacing(6)
            self._stack.addWidget(title)
            self._stack.addWidget(table)
        self._stack.addWidget(self.remedy)
        self._stack.addSpacing(6)
        line = row()
        line.addWidget(self.entry_label)
        line.addStretch(1)
        line.addWidget(self.entry_note)
        self._stack.addLayout(line)
        self._stack.addWidget(self.entry)
        self._stack.addWidget(self.coded)
        self._stack.addSpacing(6)
        self._stack.addWidget(label("Comments", "section"))
        self._stack.addLayout(self.comments)
        self._stack.addWidget(self.comment)
        self._stack.addSpacing(6)
        self._stack.addWidget(self.history_label)
        self._stack.addLayout(self.history)

    def _actions(self) -> QWidget:
        bar = action_bar()
        line = row(bar, margins=(12, 0, 12, 0), gap=6)
        self.propose = KeyButton("Propose entry", kind="primary", hint=hint("propose"))
        self.map = KeyButton("Fix the mapping", kind="primary", hint=hint("propose"))
        self.show_rows = KeyButton("Show")
        self.show_rows.setToolTip(f"Show them in the workbench  {hint('find')}")
        self.assign = KeyButton("Assign…", hint=hint("assign"))
        self.assign.setToolTip(f"Give it an owner  {hint('assign')}")
        self.resolve = KeyButton("Resolve…", hint=hint("resolve"))
        self.reopen = KeyButton("Reopen")
        self.why_not = label("", "note", wrap=True)
        for button in (self.propose, self.map, self.show_rows, self.resolve, self.assign, self.reopen):
            line.addWidget(button)
        line.addWidget(self.why_not, 1)
        return bar

    # Showing

    def _show_actions(self, commands: Mapping[str, Command], *, bulk: bool) -> None:
        named = {"propose": self.propose, "map": self.map, "show": self.show_rows, "assign": self.assign,
                 "resolve": self.resolve, "reopen": self.reopen}  # fmt: skip
        for name, button in named.items():
            command = commands.get(name)
            button.setVisible(not bulk and command is not None and command.enabled)
            if command is not None and not bulk and name != "show":
                button.setText(command.text)
        self.why_not.hide()

    def _show_head(self, case: CaseView) -> None:
        self.heading.setText(case.heading)
        self.heading.setToolTip(case.item.reason.value)
        self.severity.setText(case.severity)
        retone(self.severity, "chip", _TONES.get(case.severity, "neutral"))
        self.state.setText(case.state)
        self.identity.setText(case.exception_id[:10])
        self.identity.setToolTip(case.exception_id)
        self.amount.setText(case.amount)
        self.currency.setText(f"{case.currency}, {case.stake}")
        self.subtitle.setText(case.subtitle)
        words = case.resolution and f"Resolved: {case.resolution}"
        self.suggestion.setText(case.staged or words or case.suggestion)
        self.remark.setText("" if case.entry or case.staged else case.no_entry)
        self.remark.setVisible(bool(self.remark.text()))
        self.advice.setVisible(bool(self.suggestion.text()))

    def _show_records(self, table: GridView, title: QWidget, found: tuple[RecordRow, ...], *, side: bool) -> None:
        title.setVisible(bool(found))
        table.setVisible(bool(found))
        shown = found[:_MOST]

        def cell(at: int, number: int) -> Cell:
            record = shown[at]
            cells = {
                "side": Cell(record.side, tone="text.secondary"),
                "reference": Cell(record.reference, "id", tip=record.reference),
                "text": Cell(record.text, tone="text.secondary", tip=record.text),
                "day": Cell(record.day),
                "amount": Cell(record.amount, "money"),
                "failed": Cell(record.failed, glyph="×", glyph_tone="danger", tone="danger", tip=record.failed),
            }
            order = (
                ("side", "reference", "text", "day", "amount")
                if side
                else ("reference", "text", "day", "amount", "failed")
            )
            return cells[order[number]]

        table.show_rows(len(shown), cell)
        table.fit_height()

    def _show_remarks(self, into: QVBoxLayout, found: tuple[Remark, ...], *, with_face: bool) -> None:
        clear(into)
        for remark in found:
            line = row(gap=8)
            if with_face:
                face = Avatar()
                face.show_initials(remark.initials)
                line.addWidget(face, 0, Qt.AlignmentFlag.AlignTop)
                words = column(gap=1)
                head = row(gap=6)
                head.addWidget(label(remark.who, "strong"))
                head.addWidget(label(remark.at, "note"))
                head.addStretch(1)
                words.addLayout(head)
                words.addWidget(label(remark.text, "cell", wrap=True))
                line.addLayout(words, 1)
            else:
                at, who = label(remark.at, "quiet"), label(remark.who, "cell")
                at.setFixedWidth(104)
                who.setFixedWidth(112)
                for part in (at, who):
                    line.addWidget(part, 0, Qt.AlignmentFlag.AlignTop)
                line.addWidget(label(remark.text, "quiet", wrap=True), 1)
            into.addLayout(line)

    def _say(self) -> None:
        text = self.comment.text().strip()
        if text:
            self.comment.clear()
            self.commented.emit(text)
