"""The decisions of this session, the last one first; each can be taken back by name."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from awra_desk.ui.keymap import hint
from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.theme import size
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.plain import column, label, row
from awra_desk.viewmodels.history import History

_COLUMNS = (GridColumn("Time", 72), GridColumn("Decision", 280, grows=True), GridColumn("", 90))


class HistoryPane(QDialog):
    """Lists the steps; undo and redo work here as they do outside."""

    def __init__(self, parent: QWidget, history: History) -> None:
        super().__init__(parent)
        self.setWindowTitle("Decisions of this session")
        self.setFixedSize(size("dialog_width"), 360)
        self._history = history
        self.rows = GridView(_COLUMNS, "Decisions of this session")
        self.empty = label("Nothing was decided in this session.", "quiet")
        self.undo = KeyButton("Undo", hint=hint("undo"), symbol="undo-2")
        self.redo = KeyButton("Redo", hint=hint("redo"), symbol="redo-2")
        self.back = KeyButton("Undo down to this line")
        stack = column(self, margins=(16, 14, 16, 14), gap=10)
        stack.addWidget(label("Decisions of this session", "title"))
        stack.addWidget(self.empty)
        stack.addWidget(self.rows, 1)
        line = row(gap=8)
        for button in (self.undo, self.redo, self.back):
            line.addWidget(button)
        line.addStretch(1)
        stack.addLayout(line)
        self.undo.clicked.connect(lambda _checked=False: history.undo())
        self.redo.clicked.connect(lambda _checked=False: history.redo())
        self.back.clicked.connect(lambda _checked=False: history.undo_to(self.rows.currentIndex().row()))
        self.finished.connect(history.subscribe(self._render))
        self._render()

    def _render(self) -> None:
        steps = self._history.state

        def cell(at: int, number: int) -> Cell:
            step = steps[at]
            tone = "text.muted" if step.undone else "text.primary"
            words = (
                f"{step.at.astimezone():%H:%M:%S}",
                step.name[:1].upper() + step.name[1:],
                "undone" if step.undone else "",
            )
            return Cell(words[number], tone=tone, tip=words[1])

        self.rows.show_rows(len(steps), cell)
        self.rows.setVisible(bool(steps))
        self.empty.setVisible(not steps)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.undo.setEnabled(self._history.undo_command.enabled)
        self.redo.setEnabled(self._history.redo_command.enabled)
        self.back.setEnabled(bool(steps))
