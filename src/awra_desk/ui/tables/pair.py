"""Two tables that face each other, the gutter between them and the overview beside them: one list, one scroll."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from awra_desk.ui.tables.grid import ColumnFit, ColumnPlan, Index, plain_table
from awra_desk.ui.tables.gutter import Gutter, Overview
from awra_desk.ui.tables.side_model import LEDGER, SOURCE, Marks, SideDelegate, SideModel
from awra_desk.ui.theme import look, tokens
from awra_desk.ui.widgets.plain import row
from awra_desk.viewmodels.side_rows import LEDGER_COLUMNS, SOURCE_COLUMNS, SheetColumn
from awra_desk.viewmodels.slot_view import Slot, SlotReader


class SideTable(QTableView):
    """One of the two tables."""

    moved = Signal(int)
    pressed_at = Signal(int, object)
    toggled = Signal(int)
    opened = Signal(int)
    left_pane = Signal()

    def __init__(self, side: int, columns: tuple[SheetColumn, ...], name: str, marks: Marks, row_height: int) -> None:
        super().__init__()
        self.sheet = SideModel(side, columns)
        self.setModel(self.sheet)
        self.setItemDelegate(SideDelegate(self, self.sheet, marks))
        self.setAccessibleName(name)
        plain_table(self, row_height)
        self._fit = ColumnFit(self, [ColumnPlan(column.width, column.grows, column.hides) for column in columns])
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().setSectionsClickable(True)
        self.setMouseTracking(True)
        self._quiet = False

    def go(self, position: int) -> None:
        """Put the cursor there without saying so."""
        column = self.currentIndex().column()
        self._quiet = True
        self.setCurrentIndex(self.sheet.index(position, column if column >= 0 else self._first_column()))
        self._quiet = False

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: N802 - Qt's name
        """Tell that the person moved to another slot."""
        super().currentChanged(current, previous)
        if current.isValid() and not self._quiet and current.row() != previous.row():
            self.moved.emit(current.row())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Where was pressed, with which keys held."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self._quiet = True
            super().mousePressEvent(event)
            self._quiet = False
            self.pressed_at.emit(index.row(), event.modifiers())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Tab goes to the other pane, Space selects, J and K move, letters belong to the window's commands."""
        at = self.currentIndex().row()
        if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self.left_pane.emit()
        elif event.matches(QKeySequence.StandardKey.Copy) and at >= 0:
            self._copy(at)
        elif event.key() == Qt.Key.Key_Space and at >= 0:
            self.toggled.emit(at)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and at >= 0:
            self.opened.emit(at)
        elif event.key() in (Qt.Key.Key_J, Qt.Key.Key_K) and not event.modifiers():
            step = 1 if event.key() == Qt.Key.Key_J else -1
            target = at + step
            if 0 <= target < self.sheet.rowCount():
                self.setCurrentIndex(self.sheet.index(target, max(0, self.currentIndex().column())))
        elif event.text().isalpha() and not event.modifiers():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next_child: bool) -> bool:  # noqa: FBT001, N802 - Qt's signature
        """Tab arrives as a key press, not as a change of focus."""
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Spare room goes to names and memos; in a narrow window the kinds hide first."""
        super().resizeEvent(event)
        self._fit.fit()

    def _first_column(self) -> int:
        return next(number for number, column in enumerate(self.sheet.columns) if column.kind == "money")

    def _copy(self, position: int) -> None:
        """The row's raw values: amounts as "-1234.50", days as ISO."""
        reader, half = self.sheet.reader, self.sheet.half(position)
        if reader is None or half is None or not half.record_id:
            return
        rows = reader.table.sides[self.sheet.side]
        at = rows.index(half.record_id)
        if at is not None:
            keys = [column.key for column in self.sheet.columns if column.kind != "state"]
            QGuiApplication.clipboard().setText("\t".join(rows.raw(at, key) for key in keys))


class Pair(QWidget):
    """Both tables as one list.

    Signals: `moved(position)` when the cursor went elsewhere, `pressed(position, side, modifiers)` (side -1 in the
    gutter), `toggled(position, side)` for Space, `opened(position)` for Enter, `sort_asked(side, column key)`.
    """

    moved = Signal(int)
    pressed = Signal(int, int, object)
    toggled = Signal(int, int)
    opened = Signal(int)
    sort_asked = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks()
        self.row_height: int = tokens()["row"]["compact"]
        self.left = SideTable(SOURCE, SOURCE_COLUMNS, "Source", self.marks, self.row_height)
        self.right = SideTable(LEDGER, LEDGER_COLUMNS, "Ledger", self.marks, self.row_height)
        self.gutter = Gutter(self.marks, self.row_height)
        self.overview = Overview()
        line = row(self, gap=0)
        line.addWidget(self.left, 1)
        line.addWidget(self.gutter)
        line.addWidget(self.right, 1)
        line.addWidget(self.overview)
        self._connect()
        look().changed.connect(self.repaint_all)

    def show_list(
        self,
        reader: SlotReader | None,
        sorted_by: tuple[int, str, bool],
        selected: Callable[[Slot, int], bool],
        *,
        keep: bool,
    ) -> None:
        """Show a list or its new order.

        Args:
            sorted_by: (side or -1, column key, descending). keep: stay at the present scroll position.
        """
        top = self.left.verticalScrollBar().value() if keep else 0
        self.marks.selected = selected
        for table in (self.left, self.right):
            mine = sorted_by[0] == table.sheet.side
            table.sheet.show_reader(reader, (sorted_by[1], sorted_by[2]) if mine else ("", False))
            table.updateGeometries()  # Qt would do it later, and clip the position to nothing
        self.gutter.reader = self.overview.reader = reader
        self.left.verticalScrollBar().setValue(top)
        self._scrolled(self.left.verticalScrollBar().value())

    def go(self, position: int) -> None:
        """Put the cursor on a position, in view."""
        self.marks.cursor = position
        count = self.left.sheet.rowCount()
        if 0 <= position < count:
            for table in (self.left, self.right):
                table.go(position)
        self.repaint_all()

    def repaint_all(self) -> None:
        """Selection or pointer changed; the rows did not."""
        for part in (self.left.viewport(), self.right.viewport(), self.gutter, self.overview):
            part.update()

    def rows_in_view(self) -> int:
        """How many rows are wholly visible."""
        return self.left.viewport().height() // self.row_height

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """A cursor that was in view stays in view; the frame in the overview follows."""
        super().resizeEvent(event)
        index, top = self.left.currentIndex(), self.left.verticalScrollBar().value()
        if top <= index.row() < top + event.oldSize().height() // self.row_height:
            self.left.scrollTo(index)
        self._scrolled(self.left.verticalScrollBar().value())

    def _connect(self) -> None:
        for table, other in ((self.left, self.right), (self.right, self.left)):
            table.verticalScrollBar().valueChanged.connect(other.verticalScrollBar().setValue)
            table.moved.connect(self._moved)
            side = table.sheet.side
            table.pressed_at.connect(lambda at, keys, side=side: self._pressed(at, side, keys))
            table.toggled.connect(lambda at, side=side: self.toggled.emit(at, side))
            table.opened.connect(self.opened)
            table.left_pane.connect(other.setFocus)
            table.entered.connect(lambda index: self._hover(index.row()))
            table.horizontalHeader().sectionClicked.connect(lambda number, side=side: self._sort(side, number))
        self.left.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.gutter.pressed.connect(lambda at, keys: self._pressed(at, -1, keys))
        self.gutter.hovered.connect(self._hover)
        self.gutter.turned.connect(self._turned)
        self.overview.jumped.connect(self.left.verticalScrollBar().setValue)

    def _moved(self, position: int) -> None:
        self.go(position)
        self.moved.emit(position)

    def _pressed(self, position: int, side: int, modifiers: Qt.KeyboardModifier) -> None:
        self.go(position)
        self.pressed.emit(position, side, modifiers)

    def _hover(self, position: int) -> None:
        if position != self.marks.hovered:
            self.marks.hovered = position
            self.repaint_all()

    def _sort(self, side: int, number: int) -> None:
        column = (self.left, self.right)[side].sheet.columns[number]
        if column.kind != "state":
            self.sort_asked.emit(side, column.key)

    def _turned(self, event: QWheelEvent) -> None:
        QGuiApplication.sendEvent(self.left.viewport(), event)

    def _scrolled(self, top: int) -> None:
        self.gutter.top = self.overview.top = top
        self.overview.rows = max(1, self.rows_in_view())
        self.gutter.update()
        self.overview.update()
