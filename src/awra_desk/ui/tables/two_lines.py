"""Lists of rows of two lines: what all of them share, and how words at both ends of a line are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from awra_desk.ui.fonts import font, metrics
from awra_desk.ui.tables.grid import GridColumn, GridView, Index
from awra_desk.ui.tables.painting import Cell, hairline
from awra_desk.ui.theme import color

R = TypeVar("R")

LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
ROW = 48
UPPER, LOWER = 5, 24  # where the lines begin in a row
LINE = 19


class Words(NamedTuple):
    """A text, its font and the role of its ink."""

    text: str
    role: str
    weight: int
    ink: str


class _Lines(QStyledItemDelegate):
    """Paints ground, bar, hairline and focus; the list paints its lines."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One row."""
        view = option.widget
        if not isinstance(view, TwoLineList):
            return
        frame, current = QRectF(option.rect), index.row() == view.currentIndex().row()
        if current:
            painter.fillRect(frame, color("row.selected"))
            painter.fillRect(QRectF(frame.left(), frame.top(), 3, frame.height()), color("row.selected.border"))
        elif index.row() == view.hovered:
            painter.fillRect(frame, color("row.hover"))
        view.paint_lines(painter, frame, view.found[index.row()])
        hairline(painter, frame, "line.soft")
        if current and view.hasFocus():
            painter.setPen(QPen(color("focus"), 2))
            painter.drawRect(frame.adjusted(1, 1, -1, -2))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Rows are uniform."""
        return QSize(200, ROW)


class TwoLineList(GridView, Generic[R]):
    """A list of such rows; the base class brings cursor, keys and hover.

    Args:
        column: heading of the hidden header. name: for a screen reader.
        paint: draws both lines of a row into its frame. speak: what a screen reader says of a row.
    """

    def __init__(
        self, column: str, name: str, paint: Callable[[QPainter, QRectF, R], None], speak: Callable[[R], Cell]
    ) -> None:
        super().__init__((GridColumn(column, 200, grows=True),), name, row_height=ROW)
        self.paint_lines, self._speak = paint, speak
        self.found: tuple[R, ...] = ()
        self.setItemDelegate(_Lines(self))
        self.horizontalHeader().hide()

    def show_found(self, found: Sequence[R]) -> None:
        """Replace the rows."""
        self.found = tuple(found)
        self.show_rows(len(self.found), lambda at, _column: self._speak(self.found[at]))


def line(frame: QRectF, top: int, *, left: int = 12) -> QRectF:
    """A line of a row, `left` pixels from its edge."""
    return QRectF(frame.left() + left, frame.top() + top, frame.width() - left - 12, LINE)


def draw_ends(painter: QPainter, frame: QRectF, head: Words, tail: Words) -> None:
    """Words at the left, which give way to those at the right."""
    _pen(painter, tail)
    painter.drawText(frame, RIGHT, tail.text)
    room = int(frame.width()) - metrics(tail.role, weight=tail.weight).horizontalAdvance(tail.text) - 12
    _pen(painter, head)
    cut = metrics(head.role, weight=head.weight).elidedText(head.text, Qt.TextElideMode.ElideRight, room)
    painter.drawText(frame, LEFT, cut)


def _pen(painter: QPainter, words: Words) -> None:
    painter.setFont(font(words.role, weight=words.weight))
    painter.setPen(color(words.ink))
