"""The inspector's page on a payout: the sum it is made of at the left, its way through the books at the right."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.widgets.plain import column, grounded, label, row
from awra_desk.viewmodels.payout import PayoutLeg, PayoutPart, PayoutView

_PARTS = (GridColumn("Made of", 160, grows=True), GridColumn("Rows", 70, right=True),
          GridColumn("Amount", 120, right=True))  # fmt: skip
_LEGS = (GridColumn("", 24), GridColumn("Its way", 320, grows=True), GridColumn("Finding", 260))
_TONES = {"✓": "ok", "×": "danger", "…": "text.muted"}


class PayoutPage(QWidget):
    """Shows a `PayoutView`."""

    def __init__(self) -> None:
        super().__init__()
        grounded(self, "surface")
        self._shown: PayoutView | None = None
        self.verdict = label("", "quiet")
        self.parts = GridView(_PARTS, "What the payout is made of", row_height=18, current=False)
        self.legs = GridView(_LEGS, "The payout's way", row_height=18, current=False)
        stack = column(self)
        head = row(margins=(12, 4, 12, 2), gap=8)
        head.addWidget(label("What this payout is made of", "section"))
        head.addWidget(self.verdict, 1)
        stack.addLayout(head)
        both = row(gap=24)
        both.addWidget(self.parts, 2)
        both.addWidget(self.legs, 3)
        stack.addLayout(both, 1)

    def show_payout(self, found: PayoutView | None, *, looking: bool) -> None:
        """Show it, or that it is being read."""
        self.verdict.setText(found.verdict if found else "Reading its members…" if looking else "")
        if found is self._shown:
            return
        self._shown = found
        parts, legs = (found.parts, found.legs) if found else ((), ())
        self.parts.show_rows(len(parts), lambda at, number: _part_cell(parts[at], number))
        self.legs.show_rows(len(legs), lambda at, number: _leg_cell(legs[at], number))


def _part_cell(part: PayoutPart, number: int) -> Cell:
    weight = 600 if part.strong else 0
    return (
        Cell(part.label, weight=weight),
        Cell(part.rows, "money", tone="text.secondary", weight=400),
        Cell(part.amount, "money", weight=weight),
    )[number]


def _leg_cell(leg: PayoutLeg, number: int) -> Cell:
    tone = _TONES[leg.mark]
    return (
        Cell("", glyph=leg.mark, glyph_tone=tone),
        Cell(leg.label, tip=leg.label),
        Cell(leg.remark, tone="danger" if tone == "danger" else "text.secondary", tip=leg.remark),
    )[number]
