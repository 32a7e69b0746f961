"""Ctrl+K: run a command by its name, or look a text up among all rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.theme import size
from awra_desk.ui.widgets.plain import column

_MOST = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """A line: what it runs, its words, its key. `command` "" looks the text up."""

    command: str
    words: str
    key: str = ""


class Palette(QDialog):
    """A field and at most twelve lines; the first fits best."""

    def __init__(
        self, parent: QWidget, entries: Sequence[Entry], run: Callable[[str], None], find: Callable[[str], None]
    ) -> None:
        super().__init__(parent, Qt.WindowType.FramelessWindowHint | Qt.WindowType.Dialog)
        self.setObjectName("palette")
        self.setAccessibleName("Find anything, run a command")
        self._entries, self._run, self._find = tuple(entries), run, find
        self.shown: list[Entry] = []
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find an id or amount, or run a command")
        self.field.setAccessibleName("Find or run")
        columns = (GridColumn("Command", 480, grows=True), GridColumn("Key", 130, right=True))
        self.lines = GridView(columns, "Commands", row_height=28)
        self.lines.horizontalHeader().hide()
        self.lines.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        stack = column(self, margins=(8, 8, 8, 8), gap=6)
        stack.addWidget(self.field)
        stack.addWidget(self.lines, 1)
        self.setFixedSize(size("palette_width"), 36 + 28 * _MOST + 22)
        corner = parent.mapToGlobal(QPoint((parent.width() - self.width()) // 2, size("top_bar")))
        self.move(corner)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.lines.opened.connect(self._take)
        self._filter("")

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

    def _filter(self, text: str) -> None:
        wanted = text.strip().casefold()
        named = [entry for entry in self._entries if wanted in entry.words.casefold()]
        named.sort(key=lambda entry: not entry.words.casefold().startswith(wanted))
        lookup = [Entry("", f"Search “{text.strip()}” in ids, references, names and amounts")] if wanted else []
        self.shown = (named[: _MOST - len(lookup)] + lookup)[:_MOST]
        self.lines.show_rows(
            len(self.shown),
            lambda at, number: (
                Cell(self.shown[at].words) if number == 0 else Cell(self.shown[at].key, "money", "text.muted")
            ),
        )
        self.lines.show_current(0)

    def _take(self, at: int) -> None:
        if not 0 <= at < len(self.shown):
            return
        entry, text = self.shown[at], self.field.text().strip()
        self.accept()
        if entry.command:
            self._run(entry.command)
        else:
            self._find(text)
