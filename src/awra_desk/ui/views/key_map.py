"""F1: every key, in its groups."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from awra_desk.ui.keymap import KEYS, Key
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.plain import chip, column, label, row


class KeyMap(QDialog):
    """Read from the one key map, so it cannot disagree with the window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        groups: dict[str, list[Key]] = {}
        for key in KEYS:
            groups.setdefault(key.group, []).append(key)
        whole = column(self, margins=(24, 20, 24, 20), gap=16)
        whole.addWidget(label("Keys", "title"))
        columns = row(gap=40)
        for pair in (("Move", "See"), ("Decide",), ("Work",)):
            stack = column(gap=12)
            for name in pair:
                stack.addLayout(_group(name, groups[name]))
            stack.addStretch(1)
            columns.addLayout(stack)
        whole.addLayout(columns)
        close = KeyButton("Close", kind="primary", hint="Esc")
        close.clicked.connect(self.accept)
        whole.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)


def _group(name: str, keys: list[Key]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(5)
    grid.addWidget(label(name, "section"), 0, 0, 1, 2)
    for at, key in enumerate(keys, 1):
        grid.addWidget(chip(key.hint, "outline"), at, 0, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(label(key.words, "quiet"), at, 1)
    grid.setColumnMinimumWidth(0, 92)
    return grid
