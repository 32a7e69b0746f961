"""The list of staged entries: two lines each, what and how much above, who and where it stands below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from awra_desk.ui.fonts import font, metrics
from awra_desk.ui.tables.grid import GridColumn, GridView, Index
from awra_desk.ui.tables.painting import Cell, hairline
from awra_desk.ui.theme import color
from awra_desk.viewmodels.approvals import WriteRow

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_INK = {"accent": "ok", "info": "info", "danger": "danger", "warning": "warning", "neutral": "text.muted"}
ROW = 48


class _Lines(QStyledItemDelegate):
    """Paints one entry."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Ground, bar, two lines, hairline, focus."""
        view = option.widget
        if not isinstance(view, WriteList):
            return
        found, frame = view.found[index.row()], QRectF(option.rect)
        current = index.row() == view.currentIndex().row()
        if current:
            painter.fillRect(frame, color("row.selected"))
            painter.fillRect(QRectF(frame.left(), frame.top(), 3, frame.height()), color("row.selected.border"))
        elif index.row() == view.hovered:
            painter.fillRect(frame, color("row.hover"))
        upper = QRectF(frame.left() + 12, frame.top() + 5, frame.width() - 24, 19)
        lower = upper.translated(0, 19)
        painter.setPen(color("text.secondary"))
        painter.setFont(font("badge", weight=500))
        painter.drawText(upper, _RIGHT, found.currency)
        money = upper.adjusted(0, 0, -metrics("badge", weight=500).horizontalAdvance(found.currency) - 4, 0)
        painter.setFont(font("cell", weight=600))
        painter.setPen(color("text.primary"))
        painter.drawText(money, _RIGHT, found.amount)
        room = int(money.width()) - metrics("cell", weight=600).horizontalAdvance(found.amount) - 12
        painter.setFont(font("cell", weight=500))
        title = metrics("cell", weight=500).elidedText(found.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(upper, _LEFT, title)
        self._paint_lower(painter, lower, found)
        hairline(painter, frame, "line.soft")
        if current and view.hasFocus():
            painter.setPen(QPen(color("focus"), 2))
            painter.drawRect(frame.adjusted(1, 1, -1, -2))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Rows are uniform."""
        return QSize(200, ROW)

    def _paint_lower(self, painter: QPainter, frame: QRectF, found: WriteRow) -> None:
        painter.setFont(font("small"))
        painter.setPen(color("text.secondary"))
        if found.waiting:
            tail, ink = found.at, "text.secondary"
        else:
            tail, ink = f"{found.glyph} {found.state}", _INK.get(found.tone, "text.muted")
        measure = metrics("small")
        painter.setPen(color(ink))
        painter.drawText(frame, _RIGHT, tail)
        painter.setPen(color("text.secondary"))
        room = int(frame.width()) - measure.horizontalAdvance(tail) - 12
        head = f"{found.write_id[:10]} · {found.maker}"
        painter.drawText(frame, _LEFT, measure.elidedText(head, Qt.TextElideMode.ElideRight, room))


class WriteList(GridView):
    """The list; the base class brings cursor, keys and hover."""

    def __init__(self) -> None:
        super().__init__((GridColumn("Entry", 200, grows=True),), "Staged entries", row_height=ROW)
        self.found: tuple[WriteRow, ...] = ()
        self.setItemDelegate(_Lines(self))
        self.horizontalHeader().hide()

    def show_writes(self, found: Sequence[WriteRow]) -> None:
        """Replace the rows."""
        self.found = tuple(found)
        self.show_rows(len(self.found), lambda at, _column: self._words(at))

    def _words(self, at: int) -> Cell:
        """What a screen reader says of a row."""
        row = self.found[at]
        return Cell(f"{row.title}, {row.amount} {row.currency}, {row.state}, {row.maker}, {row.at}", tip=row.title)
