"""Ctrl+K: run a command by its name, go to a record of any reconciliation, or list what holds a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.theme import size
from awra_desk.ui.widgets.plain import column

_MOST = 12


PAUSE = 150  # milliseconds without a keystroke before records are looked up


@dataclass(frozen=True, slots=True)
class Entry:
    """A line: what taking it does, its words, and its key or the reconciliation it leads to."""

    act: Callable[[], object]
    words: str
    key: str = ""


Ask = Callable[[str, Callable[[list[Entry]], None]], None]
"""Looks a text up and hands over the records found, soon."""


class Palette(QDialog):
    """A field and at most twelve lines; the first fits best."""

    def __init__(self, parent: QWidget, commands: Sequence[Entry], ask: Ask, find: Callable[[str], None]) -> None:
        super().__init__(parent, Qt.WindowType.FramelessWindowHint | Qt.WindowType.Dialog)
        self.setObjectName("palette")
        self.setAccessibleName("Find anything, run a command")
        self._commands, self._ask, self._find = tuple(commands), ask, find
        self._records: list[Entry] = []
        self.shown: list[Entry] = []
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find an id, a name or an amount, or run a command")
        self.field.setAccessibleName("Find or run")
        columns = (GridColumn("Command", 460, grows=True), GridColumn("Key", 150, right=True))
        self.lines = GridView(columns, "Commands", row_height=28)
        self.lines.horizontalHeader().hide()
        self.lines.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        stack = column(self, margins=(8, 8, 8, 8), gap=6)
        stack.addWidget(self.field)
        stack.addWidget(self.lines, 1)
        self.setFixedSize(size("palette_width"), 36 + 28 * _MOST + 22)
        corner = parent.mapToGlobal(QPoint((parent.width() - self.width()) // 2, size("top_bar")))
        self.move(corner)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._look_up)
        self.field.textChanged.connect(self._typed)
        self.field.installEventFilter(self)
        self.lines.opened.connect(self._take)
        self._show_lines()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Arrows move in the lines while the text is typed; Enter takes one."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        at = self.lines.currentIndex().row()
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in steps:
            self.lines.show_current(max(0, min(len(self.shown) - 1, at + steps[Qt.Key(event.key())])))
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(at)
            return True
        return False

    def _typed(self) -> None:
        self._records = []
        self._pause.start()
        self._show_lines()

    def _look_up(self) -> None:
        asked = self.field.text()

        def found(records: list[Entry]) -> None:
            if self.isVisible() and self.field.text() == asked:
                self._records = records
                self._show_lines()

        self._ask(asked, found)

    def _show_lines(self) -> None:
        """Commands, then records, then the search of the whole list."""
        text = self.field.text().strip()
        wanted = text.casefold()
        named = [entry for entry in self._commands if wanted in entry.words.casefold()]
        named.sort(key=lambda entry: not entry.words.casefold().startswith(wanted))
        listing = [Entry(lambda: self._find(text), f"List every row that holds “{text}”")] if wanted else []
        room = _MOST - len(listing)
        self.shown = (named[: room - min(len(self._records), room // 2)] + self._records)[:room] + listing
        chosen = self.lines.currentIndex().row()
        self.lines.show_rows(len(self.shown), self._cell)
        self.lines.show_current(max(0, min(chosen, len(self.shown) - 1)) if self._records else 0)

    def _cell(self, at: int, number: int) -> Cell:
        entry = self.shown[at]
        return Cell(entry.words) if number == 0 else Cell(entry.key, "money", "text.muted")

    def _take(self, at: int) -> None:
        if 0 <= at < len(self.shown):
            entry = self.shown[at]
            self.accept()
            entry.act()
