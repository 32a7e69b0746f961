"""One side of the list as a Qt model, and how its cells are painted. Both sides show the same slots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView

from awra_desk.ui.fonts import font, metrics
from awra_desk.ui.tables.painting import PAD, Cell, hairline, paint_hatch, paint_text
from awra_desk.ui.theme import color
from awra_desk.viewmodels.side_rows import SheetColumn
from awra_desk.viewmodels.slot_view import HalfSlot, Slot, SlotReader

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
SOURCE, LEDGER = 0, 1
_QUIET = frozenset({"reference", "kind", "type", "document"})
_INK = {"muted": "text.muted", "accent": "accent", "primary": "text.primary"}


class SideModel(QAbstractTableModel):
    """Slots of one side; holds nothing itself."""

    def __init__(self, side: int, columns: tuple[SheetColumn, ...]) -> None:
        super().__init__()
        self.side = side
        self.columns = columns
        self.reader: SlotReader | None = None
        self.sorted = ("", False)

    def show_reader(self, reader: SlotReader | None, sorted_by: tuple[str, bool]) -> None:
        """Read from here on from this reader; (column, descending) is marked in the header."""
        self.beginResetModel()
        self.reader, self.sorted = reader, sorted_by
        self.endResetModel()

    def slot(self, position: int) -> Slot | None:
        """The slot shown at a position."""
        return self.reader.slot(position) if self.reader else None

    def half(self, position: int) -> HalfSlot | None:
        """This side of it."""
        slot = self.slot(position)
        return None if slot is None else slot.left if self.side == SOURCE else slot.right

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Slots in view."""
        return 0 if parent.isValid() or self.reader is None else len(self.reader.table)

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """The side's columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words for the screen reader, the tooltip and the clipboard; the delegate paints from the slot itself."""
        if role not in _WORDY or not index.isValid():
            return None
        half = self.half(index.row())
        if half is None:
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(half, index)
        text = half.texts[index.column()] if half.record_id else half.note
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        return self._spoken(index, half, text)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        """Column heads: the currency stands with the amount, an arrow with the sorted one."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            currency = f" {self.reader.spec.currency}" if self.reader and column.kind == "money" else ""
            arrow = ("  ↓" if self.sorted[1] else "  ↑") if column.key == self.sorted[0] else ""
            return f"{column.label}{currency}{arrow}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.kind == "money" else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def _tooltip(self, half: HalfSlot, index: Index) -> str | None:
        if not half.record_id:
            return half.note or None
        column = self.columns[index.column()]
        return half.state.word.capitalize() if column.kind == "state" else half.texts[index.column()] or None

    def _spoken(self, index: Index, half: HalfSlot, text: str) -> str:
        column = self.columns[index.column()]
        if column.kind != "state" or not half.record_id:
            return f"{column.label} {text}".strip()
        slot = self.slot(index.row())
        link = slot.link.words if slot else ""
        return f"{half.state.word}, {link}" if link else half.state.word


_WORDY = frozenset({Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole})


class SideDelegate(QStyledItemDelegate):
    """Paints one side straight from slots. Order: ground, state, changed cells, text, hairline, bar, focus."""

    def __init__(self, view: QTableView, model: SideModel, marks: Marks) -> None:
        super().__init__(view)
        self._view, self._model, self._marks = view, model, marks

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One cell."""
        position, number = index.row(), index.column()
        slot = self._model.slot(position)
        if slot is None:
            return
        half = slot.left if self._model.side == SOURCE else slot.right
        frame = QRectF(option.rect)
        marked = self._marks.selected(slot, self._model.side)
        if marked:
            painter.fillRect(frame, color("row.selected"))
        elif position == self._marks.hovered:
            painter.fillRect(frame, color("row.hover"))
        if half.record_id:
            self._paint_cell(painter, frame, half, number)
        else:
            self._paint_gap(painter, frame, half, marked=marked)
        hairline(painter, frame)
        self._paint_marks(painter, frame, position, number)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Rows are uniform; width is the column's."""
        return QSize(40, self._view.verticalHeader().defaultSectionSize())

    def _paint_cell(self, painter: QPainter, frame: QRectF, half: HalfSlot, number: int) -> None:
        column = self._model.columns[number]
        if column.kind == "state":
            if half.state.key:
                painter.fillRect(frame.adjusted(0, 0, 0, -1), color(f"state.{half.state.key}"))
            painter.setFont(font("cell", weight=600))
            painter.setPen(color(_INK[half.state.tone]))
            painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), half.state.glyph)
            return
        strong, mild = half.changed.get(column.key), half.near.get(column.key)
        if strong is not None:
            painter.fillRect(frame.adjusted(0, 0, 0, -1), color("state.changed"))
        kind = {"money": "money", "id": "id"}.get(column.kind, "text")
        tone = "text.secondary" if column.key in _QUIET and strong is None else "text.primary"
        last = column.grows and bool(half.chip)
        paint_text(
            painter,
            frame.adjusted(PAD, 0, -2 if column.kind == "day" else -PAD, 0),
            Cell(half.texts[number], kind, tone, runs=strong or mild or (), mild=strong is None,
                 chips=(half.chip,) if last else ()),
        )  # fmt: skip

    def _paint_gap(self, painter: QPainter, frame: QRectF, half: HalfSlot, *, marked: bool) -> None:
        if not half.note:
            if not marked:
                paint_hatch(painter, frame)
            return
        if not marked:
            painter.fillRect(frame, color("row.gap"))
        heads = self._view.horizontalHeader()
        whole = QRectF(heads.sectionViewportPosition(0), frame.top(), heads.length(), frame.height())
        whole.adjust(PAD, 0, -PAD, 0)
        right = self._model.side == SOURCE
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.save()
        painter.setClipRect(frame)
        painter.setFont(font("small"))
        painter.setPen(color("text.secondary"))
        words = metrics("small").elidedText(half.note, Qt.TextElideMode.ElideRight, int(whole.width()))
        painter.drawText(whole, int(side | Qt.AlignmentFlag.AlignVCenter), words)
        painter.restore()

    def _paint_marks(self, painter: QPainter, frame: QRectF, position: int, number: int) -> None:
        if position != self._marks.cursor:
            return
        if self._model.side == SOURCE and number == 0:
            painter.fillRect(QRectF(frame.left(), frame.top(), 3, frame.height()), color("row.selected.border"))
        current = self._view.currentIndex()
        if self._view.hasFocus() and (current.row(), current.column()) == (position, number):
            painter.setPen(QPen(color("focus"), 2))
            painter.drawRect(frame.adjusted(1, 1, -1, -2))


class Marks:
    """What both tables and the gutter know about rows beside the slots: cursor, pointer, selection.

    Attributes:
        cursor, hovered: positions, -1 for none. selected: whether the row of a slot on a side is; side -1: on either.
    """

    def __init__(self) -> None:
        self.cursor = -1
        self.hovered = -1
        self.selected: Callable[[Slot, int], bool] = lambda _slot, _side: False
