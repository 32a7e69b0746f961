"""One staged entry in full: entry, effect and what it settles; preflight, exact payload and digest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from awra_desk.domain.entries import PreflightFact
from awra_desk.ui.fonts import font
from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.views.entry_table import EntryTable
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.notices import Symbol
from awra_desk.ui.widgets.plain import clear, column, edge, elided, grounded, label, row
from awra_desk.viewmodels.exception_case import Remark
from awra_desk.viewmodels.write_view import EffectRow, EffectView, SettledRow, WriteView

_EFFECT = (("", 170, False), ("Now", 98, True), ("This entry", 86, True), ("After posting", 98, True))
_SETTLES = (GridColumn("Exception", 92, hides=True), GridColumn("Reason", 120), GridColumn("Record", 130, hides=True),
            GridColumn("Text", 130, grows=True), GridColumn("Amount", 96, right=True))  # fmt: skip
_FACTS = (GridColumn("Fact", 150), GridColumn("What was found", 200, grows=True))
_MOST = 40
_RIGHT, _NARROW_RIGHT = 416, 352


class WritePanel(QWidget):
    """Shows a `WriteView`; `check_again` asks the ledger once more."""

    check_again = Signal()

    def __init__(self) -> None:
        super().__init__()
        grounded(self, "panel")
        self.setAccessibleName("Entry in full")
        self._shown: WriteView | None = None
        whole = row(self, gap=0)
        whole.addWidget(self._left(), 1)
        whole.addWidget(edge())
        self.right = self._right()
        whole.addWidget(self.right)

    def set_narrow(self, *, narrow: bool) -> None:
        """Give the entry's debits and credits room at the cost of the payload."""
        self.right.setFixedWidth(_NARROW_RIGHT if narrow else _RIGHT)

    def show_write(
        self, shown: WriteView | None, facts: tuple[PreflightFact, ...], *, checking: bool, unchecked: str
    ) -> None:
        """Show it; the facts come by themselves, as the ledger answers."""
        self._show_facts(facts, checking=checking, unchecked=unchecked)
        if shown is None or shown is self._shown:
            return  # the one before stays until the next is read
        self._shown = shown
        self.entry.show_entry(shown.entry)
        self._show_effects(shown.effects)
        self._show_settled(shown.settles, shown.settles_text)
        self._show_history(shown.history)
        self.payload.setPlainText(shown.payload)
        for part, text in zip(self.digest, shown.digest_text, strict=True):
            part.setText(text)

    # Parts

    def _left(self) -> QScrollArea:
        inside = grounded(QWidget(), "surface")
        stack = column(inside, margins=(16, 12, 16, 12), gap=6)
        self.entry = EntryTable("Entry")
        self.effects = column(gap=6)
        self.effects_label = label("Effect on the account", "section")
        self.settles_note = label("", "caption")
        self.settles = GridView(_SETTLES, "What it settles", row_height=22, current=False)
        self.history = column(gap=3)
        head = row()
        head.addWidget(label("What it settles", "section"))
        head.addStretch(1)
        head.addWidget(self.settles_note)
        stack.addWidget(label("Entry", "section"))
        stack.addWidget(self.entry)
        stack.addSpacing(10)
        stack.addWidget(self.effects_label)
        stack.addLayout(self.effects)
        stack.addSpacing(10)
        stack.addLayout(head)
        stack.addWidget(self.settles)
        stack.addSpacing(10)
        stack.addWidget(label("History", "section"))
        stack.addLayout(self.history)
        stack.addStretch(1)
        return _scrolled(inside)

    def _right(self) -> QScrollArea:
        inside = grounded(QWidget(), "surface")
        stack = column(inside, margins=(16, 12, 16, 12), gap=6)
        head = row(gap=8)
        self.facts_note = elided("caption")
        self.again = KeyButton("Check again", kind="link", dense=True)
        self.again.clicked.connect(lambda _checked=False: self.check_again.emit())
        self.facts_label = label("Preflight", "section")
        head.addWidget(self.facts_label)
        head.addStretch(1)
        head.addWidget(self.facts_note)
        head.addWidget(self.again)
        self.facts = GridView(_FACTS, "Preflight facts", row_height=23, current=False)
        self.facts.horizontalHeader().hide()
        stack.addLayout(head)
        stack.addWidget(self.facts)
        stack.addSpacing(8)
        self._add_payload(stack)
        area = _scrolled(inside)
        area.setFixedWidth(_RIGHT)
        return area

    def _add_payload(self, stack: QVBoxLayout) -> None:
        head = row()
        copy = KeyButton("Copy", kind="link", symbol="copy", dense=True)
        copy.setAccessibleName("Copy the exact payload")
        copy.clicked.connect(self._copy)
        head.addWidget(label("Exact payload", "section"))
        head.addStretch(1)
        head.addWidget(copy)
        self.payload = QPlainTextEdit()
        self.payload.setObjectName("payload")
        self.payload.setReadOnly(True)
        self.payload.setFont(font("mono", "mono"))
        self.payload.setAccessibleName("Exact payload")
        self.payload.setMinimumHeight(220)
        self.payload.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        box = QFrame()
        box.setObjectName("card")
        lines = column(box, margins=(12, 8, 12, 8), gap=2)
        title = row(gap=6)
        title.addWidget(Symbol("fingerprint"))
        title.addWidget(label("SHA-256 of this payload", "quiet"))
        title.addStretch(1)
        lines.addLayout(title)
        self.digest = (label("", "cell"), label("", "cell"))
        for part in self.digest:
            part.setFont(font("mono", "mono", 600))
            part.setProperty("role", "mono")
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            lines.addWidget(part)
        lines.addWidget(label("Your approval counts for these bytes only. Any edit voids it.", "note"))
        stack.addLayout(head)
        stack.addWidget(self.payload, 1)
        stack.addWidget(box)

    # Showing

    def _show_facts(self, facts: tuple[PreflightFact, ...], *, checking: bool, unchecked: str) -> None:
        def cell(at: int, number: int) -> Cell:
            fact = facts[at]
            if number == 0:
                glyph, tone = ("✓", "ok") if fact.holds else ("×", "danger")
                return Cell(fact.name[:1].upper() + fact.name[1:], glyph=glyph, glyph_tone=tone, weight=500)
            return Cell(fact.words, tone="text.secondary" if fact.holds else "danger", tip=fact.words)

        held = sum(fact.holds for fact in facts)
        words = "Asking the ledger…" if checking else unchecked or (f"{held} of {len(facts)} hold" if facts else "")
        self.facts_note.setText(words)
        self.again.setVisible(not checking and bool(facts or unchecked))
        self.facts.setVisible(bool(facts))
        self.facts_label.setVisible(bool(facts or checking or unchecked))
        self.facts.show_rows(len(facts), cell)
        self.facts.setFixedHeight(23 * len(facts) + 1)

    def _show_effects(self, effects: tuple[EffectView, ...]) -> None:
        clear(self.effects)
        self.effects_label.setVisible(bool(effects))
        for effect in effects:
            columns = [GridColumn(name or effect.account, width, grows=not name, right=right)
                       for name, width, right in _EFFECT]  # fmt: skip
            table = GridView(columns, f"Effect on {effect.account}", row_height=22, current=False)
            table.show_rows(len(effect.rows), partial(_effect_cell, effect.rows))
            table.fit_height()
            self.effects.addWidget(table)

    def _show_settled(self, found: tuple[SettledRow, ...], words: str) -> None:
        self.settles_note.setText(words)
        shown = found[:_MOST]

        def cell(at: int, number: int) -> Cell:
            record = shown[at]
            return (
                Cell(record.exception_id[:10], "id", tip=record.exception_id),
                Cell(record.reason),
                Cell(record.reference, "id", "text.secondary", tip=record.reference),
                Cell(record.text, tone="text.secondary", tip=record.text),
                Cell(record.amount, "money"),
            )[number]

        self.settles.show_rows(len(shown), cell)
        self.settles.fit_height()
        self.settles.setVisible(bool(shown))

    def _show_history(self, found: tuple[Remark, ...]) -> None:
        clear(self.history)
        for remark in found:
            line = row(gap=8)
            at, who = label(remark.at, "quiet"), label(remark.who, "cell")
            at.setFixedWidth(104)
            who.setFixedWidth(120)
            for part in (at, who):
                line.addWidget(part, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(remark.text, "quiet", wrap=True), 1)
            self.history.addLayout(line)

    def _copy(self) -> None:
        """The bytes as they will be sent, not as they are laid out here."""
        if self._shown is not None:
            QGuiApplication.clipboard().setText(self._shown.write.payload)


def _effect_cell(rows: Sequence[EffectRow], at: int, number: int) -> Cell:
    found = rows[at]
    weight = 600 if found.strong else 0
    return (
        Cell(found.label, weight=weight),
        Cell(found.now, "money", weight=weight, tone="text.primary"),
        Cell(found.change, "money", weight=weight),
        Cell(found.after, "money", weight=weight or 500),
    )[number]


def _scrolled(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName("surface")
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
