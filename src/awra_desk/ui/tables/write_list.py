"""The list of staged entries: two lines each, what and how much above, who and where it stands below."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from awra_desk.ui.fonts import font, metrics
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.tables.two_lines import LOWER, RIGHT, UPPER, TwoLineList, Words, draw_ends, line
from awra_desk.ui.theme import color
from awra_desk.viewmodels.approvals import WriteRow

_INK = {"accent": "ok", "info": "info", "danger": "danger", "warning": "warning", "neutral": "text.muted"}


class WriteList(TwoLineList[WriteRow]):
    """The list."""

    def __init__(self) -> None:
        super().__init__("Entry", "Staged entries", _paint, _spoken)


def _paint(painter: QPainter, frame: QRectF, found: WriteRow) -> None:
    upper = line(frame, UPPER)
    painter.setPen(color("text.secondary"))
    painter.setFont(font("badge", weight=500))
    painter.drawText(upper, RIGHT, found.currency)
    money = upper.adjusted(0, 0, -metrics("badge", weight=500).horizontalAdvance(found.currency) - 4, 0)
    amount = Words(found.amount, "cell", 600, "text.primary")
    draw_ends(painter, money, Words(found.title, "cell", 500, "text.primary"), amount)
    where, ink = (found.at, "text.secondary") if found.waiting else _standing(found)
    head = Words(f"{found.write_id[:10]} · {found.maker}", "small", 0, "text.secondary")
    draw_ends(painter, line(frame, LOWER), head, Words(where, "small", 0, ink))


def _standing(found: WriteRow) -> tuple[str, str]:
    """Where a decided entry stands, and the ink of it."""
    return f"{found.glyph} {found.state}", _INK.get(found.tone, "text.muted")


def _spoken(row: WriteRow) -> Cell:
    return Cell(f"{row.title}, {row.amount} {row.currency}, {row.state}, {row.maker}, {row.at}", tip=row.title)
