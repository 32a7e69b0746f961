"""What reading again with a changed contract makes different: shown first, applied second."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.views.screen import action_bar
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.plain import column, elided, grounded, label, row
from awra_desk.viewmodels.observable import Command
from awra_desk.viewmodels.rereading import RereadingState

_COLUMNS = (GridColumn("Record", 208), GridColumn("What", 88), GridColumn("Field", 124),
            GridColumn("Now", 200, grows=True), GridColumn("Then", 200, grows=True))  # fmt: skip
_GLYPHS = {"new": "+", "gone": "×", "changed": "≠"}


class RereadingPanel(QWidget):
    """Shows a `RereadingState`; `applied` and `closed` are the two ways out."""

    applied = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        grounded(self, "surface")
        self.setAccessibleName("What reading again makes different")
        stack = column(self)
        head = column(margins=(16, 10, 16, 8), gap=2)
        self.summary, self.title = label("", "title"), elided("quiet")
        head.addWidget(self.summary)
        head.addWidget(self.title)
        self.rows = GridView(_COLUMNS, "Differences")
        stack.addLayout(head)
        stack.addWidget(self.rows, 1)
        stack.addWidget(self._foot())

    def show_state(self, state: RereadingState, commands: Mapping[str, Command]) -> None:
        """Show the differences and whether they can be applied."""
        self.summary.setText(state.summary)
        self.title.setText(state.title)

        def cell(at: int, number: int) -> Cell:
            found = state.rows[at]
            return (
                Cell(found.record, "id", tip=found.record),
                Cell(found.what, glyph=_GLYPHS[found.what]),
                Cell(found.field),
                Cell(found.now, tone="text.secondary", tip=found.now),
                Cell(found.then, tint="state.changed" if found.field else "", tip=found.then),
            )[number]

        self.rows.show_rows(len(state.rows), cell)
        command = commands.get("apply")
        self.apply.setEnabled(command is not None and command.enabled)
        more = f"{state.more:,} more are not listed. " if state.more else ""
        self.words.setText(more + (command.reason if command is not None else ""))

    def _foot(self) -> QWidget:
        bar = action_bar()
        line = row(bar, margins=(16, 0, 16, 0), gap=8)
        self.words = elided("quiet")
        self.close_button, self.apply = KeyButton("Leave it as it is"), KeyButton("Apply the changes", kind="primary")
        self.close_button.clicked.connect(lambda _checked=False: self.closed.emit())
        self.apply.clicked.connect(lambda _checked=False: self.applied.emit())
        line.addWidget(self.words, 1)
        line.addWidget(self.close_button)
        line.addWidget(self.apply)
        return bar
