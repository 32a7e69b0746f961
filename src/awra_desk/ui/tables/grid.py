"""A table of modest size: queue, entries, candidates, preflight. The model asks for a cell only when it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from awra_desk.ui.tables.painting import Cell, hairline, paint_cell
from awra_desk.ui.theme import color, look, tokens

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column: header, width in pixels, whether it takes spare room, whether its header stands at the right, whether
    it hides in a narrow window.
    """

    label: str
    width: int
    grows: bool = False
    right: bool = False
    key: str = ""
    hides: bool = False


class GridModel(QAbstractTableModel):
    """Rows by number, cells by call."""

    def __init__(self, columns: Sequence[GridColumn]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self._count = 0
        self._cell: Callable[[int, int], Cell] = lambda _row, _column: Cell()

    def show_rows(self, count: int, cell: Callable[[int, int], Cell]) -> None:
        """Replace all rows; `cell(row, column)` must answer at once."""
        self.beginResetModel()
        self._count, self._cell = count, cell
        self.endResetModel()

    def touch(self, cell: Callable[[int, int], Cell]) -> None:
        """The same rows with other contents."""
        self._cell = cell
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, len(self.columns) - 1))

    def cell(self, row: int, column: int) -> Cell:
        """What a cell shows."""
        return self._cell(row, column)

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Rows, none below a cell."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Columns, none below a cell."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words for the screen, for the screen reader and for the tooltip."""
        if not index.isValid() or role not in _ROLES:
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter if column.right else None
        cell = self._cell(index.row(), index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        return cell.tip or None if role == Qt.ItemDataRole.ToolTipRole else _spoken(column, cell)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        """Column heads; rows have none."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].label
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if self.columns[section].right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


_ROLES = frozenset({
    Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole,
    Qt.ItemDataRole.TextAlignmentRole,
})  # fmt: skip


def _spoken(column: GridColumn, cell: Cell) -> str:
    """What a screen reader says."""
    if cell.checked is not None:
        return "selected" if cell.checked else "not selected"
    return f"{column.label} {cell.glyph}{cell.text}".strip()


class GridDelegate(QStyledItemDelegate):
    """Paints cells from the model's `Cell`, and the row's state from the view."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Ground, cell, hairline, bar of the current row."""
        view, model = option.widget, index.model()
        if not isinstance(view, GridView) or not isinstance(model, GridModel):
            return
        frame = QRectF(option.rect)
        row = index.row()
        if row in view.chosen or (view.marks_current and row == view.currentIndex().row()):
            painter.fillRect(frame, color("row.selected"))
        elif row == view.hovered:
            painter.fillRect(frame, color("row.hover"))
        cell = model.cell(row, index.column())
        paint_cell(painter, frame.adjusted(0, 0, 0, -1), cell)
        hairline(painter, frame)
        if row == view.currentIndex().row() and view.marks_current and index.column() == 0:
            painter.fillRect(QRectF(frame.left(), frame.top(), 3, frame.height()), color("row.selected.border"))
        if (
            view.hasFocus()
            and index.row() == view.currentIndex().row()
            and index.column() == view.currentIndex().column()
        ):
            painter.setPen(QPen(color("focus"), 2))
            painter.drawRect(frame.adjusted(1, 1, -1, -2))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Rows are uniform; width is the column's."""
        return QSize(40, 20)


class GridView(QTableView):
    """The view of a `GridModel`; `picked` carries a row when the current one changes by hand, `opened` on Enter."""

    picked = Signal(int)
    opened = Signal(int)
    toggled = Signal(int)
    header_pressed = Signal(str)

    def __init__(self, columns: Sequence[GridColumn], name: str, *, row_height: int = 0, current: bool = True) -> None:
        super().__init__()
        self.grid = GridModel(columns)
        self.chosen: frozenset[int] = frozenset()
        self.hovered = -1
        self.marks_current = current
        self.setModel(self.grid)
        self.setItemDelegate(GridDelegate(self))
        self.setAccessibleName(name)
        plain_table(self, row_height or tokens()["row"]["compact"])
        self._fit = ColumnFit(self, [ColumnPlan(column.width, column.grows, column.hides) for column in columns])
        self.setMouseTracking(True)
        self.entered.connect(self._hover)
        self.horizontalHeader().sectionClicked.connect(lambda n: self.header_pressed.emit(self.grid.columns[n].key))
        self.horizontalHeader().setSectionsClickable(any(column.key for column in columns))
        look().changed.connect(self.viewport().update)

    def show_rows(self, count: int, cell: Callable[[int, int], Cell]) -> None:
        """Replace the rows; the scroll position stays."""
        at = self.verticalScrollBar().value()
        self.grid.show_rows(count, cell)
        self.updateGeometries()  # Qt would do it later, and clip the position to nothing
        self.verticalScrollBar().setValue(at)

    def show_current(self, row: int) -> None:
        """Move the cursor without saying so."""
        if 0 <= row < self.grid.rowCount() and row != self.currentIndex().row():
            column = max(0, self.currentIndex().column())
            self.selectionModel().blockSignals(True)
            self.setCurrentIndex(self.grid.index(row, column))
            self.selectionModel().blockSignals(False)
            self.scrollTo(self.grid.index(row, column))
            self.viewport().update()

    def show_chosen(self, rows: frozenset[int]) -> None:
        """Mark rows as selected."""
        self.chosen = rows
        self.viewport().update()

    def fit_height(self) -> None:
        """As high as all rows: for tables inside a page that scrolls as a whole."""
        rows = self.verticalHeader().defaultSectionSize() * self.grid.rowCount()
        self.setFixedHeight(rows + self.horizontalHeader().height() + 1)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: N802 - Qt's name
        """Tell who listens that the person moved."""
        super().currentChanged(current, previous)
        self.viewport().update()
        if current.isValid() and current.row() != previous.row():
            self.picked.emit(current.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter opens, Space toggles, copying gives raw values."""
        row = self.currentIndex().row()
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy(row)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and row >= 0:
            self.opened.emit(row)
        elif event.key() == Qt.Key.Key_Space and row >= 0:
            self.toggled.emit(row)
        elif event.text().isalpha() and not event.modifiers():
            event.ignore()  # single letters are commands of the window, never a search in the table
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Ctrl-click and a click on a check box toggle."""
        index = self.indexAt(event.position().toPoint())
        super().mousePressEvent(event)
        box = index.isValid() and self.grid.columns[index.column()].key == "check"
        if index.isValid() and (box or event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            self.toggled.emit(index.row())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Open the row."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.opened.emit(index.row())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Give spare room to the columns that grow."""
        super().resizeEvent(event)
        self._fit.fit()

    def _hover(self, index: QModelIndex) -> None:
        self.hovered = index.row()
        self.viewport().update()

    def _copy(self, row: int) -> None:
        cells = [self.grid.cell(row, column) for column in range(len(self.grid.columns))]
        QGuiApplication.clipboard().setText("\t".join(cell.raw or cell.text for cell in cells))


def plain_table(view: QTableView, row_height: int) -> None:
    """What every table here has: fixed rows, no grid, no wrapping, own selection."""
    view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.setCornerButtonEnabled(False)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    rows, heads = view.verticalHeader(), view.horizontalHeader()
    rows.hide()
    rows.setMinimumSectionSize(row_height)
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(row_height)
    heads.setFixedHeight(tokens()["row"]["header"])
    heads.setMinimumSectionSize(16)
    heads.setHighlightSections(False)
    heads.setTextElideMode(Qt.TextElideMode.ElideRight)
    heads.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    heads.setAccessibleName(f"{view.accessibleName()} columns")


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How a column takes room: pixels, whether it takes the spare ones, whether it hides in a narrow window."""

    width: int
    grows: bool = False
    hides: bool = False


class ColumnFit:
    """Keeps a table's columns as wide as the table, also while the person drags one: nothing is pushed out of view."""

    LEAST, NARROW = 40, 1280

    def __init__(self, view: QTableView, plans: Sequence[ColumnPlan]) -> None:
        self._view, self._plans = view, tuple(plans)
        self._widths = [plan.width for plan in plans]
        self._fitting = False
        view.horizontalHeader().sectionResized.connect(self._dragged)

    def fit(self) -> None:
        """Spare room goes to the columns that grow; a lack is taken from them down to 60 pixels."""
        narrow = self._view.window().width() < self.NARROW
        self._fitting = True
        for number, plan in enumerate(self._plans):
            self._view.setColumnHidden(number, plan.hides and narrow)
        shown = [number for number, plan in enumerate(self._plans) if not (plan.hides and narrow)]
        growing = sum(self._plans[number].grows for number in shown)
        spare = self._view.viewport().width() - sum(self._widths[number] for number in shown)
        for number in shown:
            width = self._widths[number]
            grows = growing and self._plans[number].grows
            self._view.setColumnWidth(number, max(60, width + spare // growing) if grows else width)
        self._fitting = False

    def _dragged(self, number: int, before: int, after: int) -> None:
        """What a column gains is taken from the one that grows, or from its neighbour where it grows itself."""
        if self._fitting:
            return
        if self._plans[number].grows:
            behind = range(number + 1, len(self._plans))
            free = (at for at in behind if not self._view.isColumnHidden(at) and not self._plans[at].grows)
            if (other := next(free, None)) is not None:
                self._widths[other] = max(self.LEAST, self._widths[other] - (after - before))
        else:
            room = sum(self._view.columnWidth(at) - 60 for at, plan in enumerate(self._plans) if plan.grows)
            self._widths[number] = max(self.LEAST, min(after, before + room))
        self.fit()
