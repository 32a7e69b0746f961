"""One value beside the tables: how it came to what it means, and the form that lets it mean something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from awra_desk.domain.mappings import ACCOUNT, ROLE_FIELD
from awra_desk.ledger.coding import ROLES
from awra_desk.ui import forms
from awra_desk.ui.keymap import hint
from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.theme import size
from awra_desk.ui.views.screen import action_bar
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.plain import column, edge, elided, grounded, label, row
from awra_desk.viewmodels import words
from awra_desk.viewmodels.mapping_rows import HistoryLine, MappingLine
from awra_desk.viewmodels.mappings import MappingsState
from awra_desk.viewmodels.observable import Command

_HISTORY = (GridColumn("Row", 52, right=True), GridColumn("From", 92), GridColumn("Means", 130, grows=True),
            GridColumn("Recorded", 116), GridColumn("", 68))  # fmt: skip
_FIELDS = (ACCOUNT, *(f"{ROLE_FIELD}{role}" for role in sorted(ROLES)), "branch", "class", "location")
_TONES = {"in force": "ok", "to come": "info", "ended": "warning"}


@dataclass(frozen=True, slots=True)
class _Form:
    root: QWidget
    ledger: QComboBox
    axis: QComboBox
    value: QLineEdit
    field: QComboBox
    target: QLineEdit
    validFrom: QLineEdit  # noqa: N815 - the widget's name in the form
    note: QLineEdit


class MappingPanel(QWidget):
    """Shows the value under the cursor and holds the form; what is typed stays until another value is chosen."""

    def __init__(self) -> None:
        super().__init__()
        grounded(self, "panel")
        self.setAccessibleName("Mapping in full")
        self.setFixedWidth(size("detail_panel"))
        self._shown: object = self  # nothing yet: not even an empty form
        self._ledgers: tuple[str, ...] = ()
        self.form = forms.load("mapping", _Form, self)
        for axis, title in words.AXES.items():
            self.form.axis.addItem(title, axis.value)
        self.form.field.addItems(_FIELDS)
        if (inner := self.form.field.lineEdit()) is not None:
            inner.setAccessibleName("Field")
        self._build()

    def show_state(self, state: MappingsState, line: MappingLine | None, commands: Mapping[str, Command]) -> None:
        """The value under the cursor, or an empty form."""
        if state.ledgers != self._ledgers:
            self._ledgers = state.ledgers
            self.form.ledger.clear()
            self.form.ledger.addItems(state.ledgers)
        for widget in (self.form.ledger, self._ledger_label):
            widget.setVisible(len(state.ledgers) > 1)
        about = (line.subject.key, line.field, line.target) if line else None
        if about != self._shown:
            self._shown = about
            self._fill(line, state.day)
        self.heading.setText(line.subject.value if line else "New mapping")
        self.subtitle.setText(f"{words.AXES[line.subject.axis]} in {line.subject.ledger}" if line else "")
        self._show_history(state.history)
        buttons = {"set": self.set_button, "end": self.end_button, "undo": self.undo_button}
        for name, button in buttons.items():
            command = commands.get(name)
            button.setVisible(command is not None and command.enabled)
            if command is not None:
                button.setText(command.text)
        refused = commands.get("set")
        self.why_not.setText(refused.reason if refused is not None else "")

    def cells(self) -> dict[str, str]:
        """What the form says, by the columns of a file."""
        form = self.form
        return {
            "ledger": form.ledger.currentText(),
            "table": str(form.axis.currentData()),
            "value": form.value.text(),
            "field": form.field.currentText(),
            "target": form.target.text(),
            "valid_from": form.validFrom.text(),
            "note": form.note.text(),
        }

    def write(self) -> None:
        """The keyboard goes to what is most likely to be typed."""
        (self.form.target if self.form.value.text() else self.form.value).setFocus()

    # Parts

    def _build(self) -> None:
        self.heading, self.subtitle = elided("title"), elided("quiet")
        self.history_label = label("History", "section")
        self.history = GridView(_HISTORY, "History of the value", current=False)
        self.why_not = label("", "note", wrap=True)
        found = self.findChild(QWidget, "ledgerLabel")
        assert isinstance(found, QWidget)
        self._ledger_label = found
        inside = grounded(QWidget(), "surface")
        stack = column(inside, margins=(16, 12, 16, 12), gap=6)
        for part in (self.heading, self.subtitle):
            stack.addWidget(part)
        stack.addSpacing(6)
        stack.addWidget(self.form.root)
        stack.addSpacing(6)
        stack.addWidget(self.history_label)
        stack.addWidget(self.history, 100)
        stack.addStretch(1)
        whole = row(self, gap=0)
        whole.addWidget(edge())
        right = column()
        right.addWidget(inside, 1)
        right.addWidget(self._actions())
        whole.addLayout(right, 1)

    def _actions(self) -> QWidget:
        bar = action_bar()
        line = row(bar, margins=(12, 0, 12, 0), gap=6)
        self.set_button = KeyButton("Set", kind="primary", hint=hint("set_mapping"))
        self.end_button = KeyButton("End it")
        self.end_button.setToolTip("Nothing is meant any more, from the day in the form on")
        self.undo_button = KeyButton("Undo", hint=hint("undo"))
        for button in (self.set_button, self.end_button, self.undo_button):
            line.addWidget(button)
        line.addWidget(self.why_not, 1)
        return bar

    # Showing

    def _fill(self, line: MappingLine | None, day: date | None) -> None:
        """The form for a value: what it means now may be changed, what is missing is to be said."""
        form = self.form
        if line is not None:
            form.ledger.setCurrentText(line.subject.ledger)
            form.axis.setCurrentIndex(form.axis.findData(line.subject.axis.value))
            form.field.setCurrentText(line.field.partition(",")[0] or ACCOUNT)
        form.value.setText(line.subject.value if line else "")
        form.target.setText(line.target_id if line else "")
        first = day.replace(day=1) if day else None
        if first and line and line.first:
            first = max(first, line.first)
        form.validFrom.setText(first.isoformat() if first else "")
        form.note.clear()

    def _show_history(self, found: tuple[HistoryLine, ...]) -> None:
        def cell(at: int, number: int) -> Cell:
            line = found[at]
            gone = "text.muted" if line.state in ("replaced", "over") else "text.primary"
            means = f"{line.field} {line.target}"
            return (
                Cell(str(line.number), tone="text.secondary"),
                Cell(line.since, tone=gone),
                Cell(means, tone=gone, tip=f"{means}. {line.note}" if line.note else means),
                Cell(line.recorded, tone="text.secondary", tip=line.at),
                Cell(line.state, tone=_TONES.get(line.state, "text.muted")),
            )[number]

        self.history_label.setVisible(bool(found))
        self.history.setVisible(bool(found))
        self.history.show_rows(len(found), cell)
