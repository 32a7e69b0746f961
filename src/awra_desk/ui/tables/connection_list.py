"""The list of connections: two lines each, name and freshness above, where it is and its rung below."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from awra_desk.ui import icons
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.tables.two_lines import LOWER, ROW, UPPER, TwoLineList, Words, draw_ends, line
from awra_desk.ui.theme import color
from awra_desk.viewmodels.connections import ConnectionRow

_ICON = 16
_BEHIND_ICON = 40
NATURES = {"payments": "credit-card", "shop": "shopping-bag", "ledger": "book-open", "file": "landmark", "": "plug"}
"""Nature of a provider -> its icon."""


class ConnectionTable(TwoLineList[ConnectionRow]):
    """The list."""

    def __init__(self) -> None:
        super().__init__("Connection", "Connections", _paint, _spoken)


def _paint(painter: QPainter, frame: QRectF, found: ConnectionRow) -> None:
    sign = QRectF(frame.left() + 12, frame.top() + (ROW - _ICON) / 2 - 0.5, _ICON, _ICON)
    icons.paint(painter, NATURES[found.nature], sign, color("text.secondary"))
    tone = "text.muted" if found.tone == "muted" else found.tone
    age = Words(f"{found.glyph} {found.age}", "cell", 500, tone)
    draw_ends(painter, line(frame, UPPER, left=_BEHIND_ICON), Words(found.name, "cell", 500, "text.primary"), age)
    # What is not as it should be is said in words, in the place of the rung.
    words, ink = (found.rung, "text.secondary") if found.tone == "ok" else (found.state, tone)
    where = Words(found.where, "small", 400, "text.secondary")
    draw_ends(painter, line(frame, LOWER, left=_BEHIND_ICON), where, Words(words, "small", 400, ink))


def _spoken(row: ConnectionRow) -> Cell:
    said = f"{row.name}, {row.where}, {row.state}, pulled {row.age}, rung {row.rung}"
    return Cell(said, tip=f"{row.name}: {row.state}\n{row.where}")
