"""What `bench ui` compares with: a bare window, and two bare tables over the same columns, as Qt's examples do."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QTableView, QWidget

from awra_desk.ui.tables.pair import Pair
from awra_desk.viewmodels.side_rows import SideRows

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()

BARE_WINDOW = """
import os, time
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1440, 900)
window.setCentralWidget(QLabel("Opening…"))
window.show()
app.processEvents()
print(time.process_time(), flush=True)
os._exit(0)
"""

OUR_WINDOW = """
import os, time
from argparse import Namespace
from awra_desk.app import desktop_command
desktop_command.hold_collector()
from awra_desk.app import gui
def painted(self):
    print(time.process_time(), flush=True)
    os._exit(0)
gui.Desktop.open = painted
desktop_command.run(Namespace(window=""))
"""


class BareModel(QAbstractTableModel):
    """One side's rows as the same texts, without any state."""

    def __init__(self, rows: SideRows) -> None:
        super().__init__()
        self._rows = rows
        self._keys = [column.key for column in rows.columns]

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """All rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """The side's columns."""
        return 0 if parent.isValid() else len(self._keys)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The cell's text."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        key = self._keys[index.column()]
        return "=" if key == "state" else self._rows.text(index.row(), key)


class BarePair(QWidget):
    """Two bare tables with the widths and the row height of ours, scrolled as one."""

    def __init__(self, sides: tuple[SideRows, SideRows], like: Pair) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        self.left, self.right = (self._table(rows, ours) for rows, ours in
                                 zip(sides, (like.left, like.right), strict=True))  # fmt: skip
        for table, other in ((self.left, self.right), (self.right, self.left)):
            line.addWidget(table)
            table.verticalScrollBar().valueChanged.connect(other.verticalScrollBar().setValue)

    def _table(self, rows: SideRows, like: QTableView) -> QTableView:
        table = QTableView()
        table.setModel(BareModel(rows))
        table.model().setParent(table)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(like.verticalHeader().defaultSectionSize())
        for number in range(table.model().columnCount()):
            table.setColumnWidth(number, like.columnWidth(number))
        return table
