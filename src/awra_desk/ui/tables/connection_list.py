"""The list of connections: two lines each, name and freshness above, where it is and its rung below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from awra_desk.ui import icons
from awra_desk.ui.fonts import font, metrics
from awra_desk.ui.tables.grid import GridColumn, GridView, Index
from awra_desk.ui.tables.painting import Cell, hairline
from awra_desk.ui.theme import color
from awra_desk.viewmodels.connections import ConnectionRow

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_ICON = 16
NATURES = {"payments": "credit-card", "shop": "shopping-bag", "ledger": "book-open", "file": "landmark", "": "plug"}
"""Nature of a provider -> its icon."""
ROW = 48


class _Lines(QStyledItemDelegate):
    """Paints one connection."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Ground, bar, icon, two lines, hairline, focus."""
        view = option.widget
        if not isinstance(view, ConnectionTable):
            return
        found, frame = view.found[index.row()], QRectF(option.rect)
        current = index.row() == view.currentIndex().row()
        if current:
            painter.fillRect(frame, color("row.selected"))
            painter.fillRect(QRectF(frame.left(), frame.top(), 3, frame.height()), color("row.selected.border"))
        elif index.row() == view.hovered:
            painter.fillRect(frame, color("row.hover"))
        sign = QRectF(frame.left() + 12, frame.top() + (ROW - _ICON) / 2 - 0.5, _ICON, _ICON)
        icons.paint(painter, NATURES[found.nature], sign, color("text.secondary"))
        upper = QRectF(frame.left() + 40, frame.top() + 5, frame.width() - 52, 19)
        tail = f"{found.glyph} {found.age}"
        tone = "text.muted" if found.tone == "muted" else found.tone
        _two(painter, upper, found.name, tail, ("cell", 500, "text.primary"), ("cell", 500, tone))
        lower = upper.translated(0, 19)
        quiet = ("small", 400, "text.secondary")
        # What is not as it should be is said in words, in the place of the rung.
        words = found.rung if found.tone == "ok" else found.state
        _two(painter, lower, found.where, words, quiet, quiet if found.tone == "ok" else ("small", 400, tone))
        hairline(painter, frame, "line.soft")
        if current and view.hasFocus():
            painter.setPen(QPen(color("focus"), 2))
            painter.drawRect(frame.adjusted(1, 1, -1, -2))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Rows are uniform."""
        return QSize(200, ROW)


def _two(
    painter: QPainter, frame: QRectF, head: str, tail: str, first: tuple[str, int, str], second: tuple[str, int, str]
) -> None:
    """Words at the left, which give way to those at the right; (role, weight, ink) of each."""
    role, weight, ink = second
    painter.setFont(font(role, weight=weight))
    painter.setPen(color(ink))
    painter.drawText(frame, _RIGHT, tail)
    room = int(frame.width()) - metrics(role, weight=weight).horizontalAdvance(tail) - 12
    role, weight, ink = first
    painter.setFont(font(role, weight=weight))
    painter.setPen(color(ink))
    painter.drawText(frame, _LEFT, metrics(role, weight=weight).elidedText(head, Qt.TextElideMode.ElideRight, room))


class ConnectionTable(GridView):
    """The list; the base class brings cursor, keys and hover."""

    def __init__(self) -> None:
        super().__init__((GridColumn("Connection", 200, grows=True),), "Connections", row_height=ROW)
        self.found: tuple[ConnectionRow, ...] = ()
        self.setItemDelegate(_Lines(self))
        self.horizontalHeader().hide()

    def show_connections(self, found: Sequence[ConnectionRow]) -> None:
        """Replace the rows."""
        self.found = tuple(found)
        self.show_rows(len(self.found), lambda at, _column: self._words(at))

    def _words(self, at: int) -> Cell:
        """What a screen reader says of a row."""
        row = self.found[at]
        said = f"{row.name}, {row.where}, {row.state}, pulled {row.age}, rung {row.rung}"
        return Cell(said, tip=f"{row.name}: {row.state}\n{row.where}")
