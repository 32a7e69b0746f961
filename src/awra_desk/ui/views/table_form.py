"""The form that says how a table is written: currency, days, signs of amounts, and how the file is cut into cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QWidget

from awra_desk.ports.table_samples import DATE_FORMS, Written
from awra_desk.ui import forms
from awra_desk.ui.widgets.notices import Symbol
from awra_desk.ui.widgets.plain import row

_EXAMPLE = datetime(2026, 12, 31, 16, 5, 9)  # noqa: DTZ001 - shows a way of writing, is no moment
_CHOICES: Mapping[str, Sequence[tuple[Written, str]]] = {
    "decimal": ((".", "Point: 1234.50"), (",", "Comma: 1234,50")),
    "thousands": (("", "Nothing"), (",", "Comma: 1,234"), (".", "Point: 1.234"), (" ", "Blank: 1 234"),
                  ("'", "Apostrophe: 1'234")),
    "parentheses": ((False, "With a minus: -12.00"), (True, "Also in brackets: (12.00)")),
    "sign": ((1, "Positive"), (-1, "Negative")),
    "delimiter": ((",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Bar")),
    "encoding": (("utf-8", "UTF-8"), ("cp1252", "Western (Windows)"), ("utf-16", "UTF-16"),
                 ("cp1250", "Central European"), ("cp1256", "Arabic (Windows)")),
}  # fmt: skip
_DEFAULTS: Mapping[str, Written] = {
    "currency": "", "date": DATE_FORMS[0], "decimal": ".", "thousands": "", "sign": 1, "strip": "",
    "parentheses": False, "delimiter": ",", "encoding": "utf-8", "sheet": "",
}  # fmt: skip
_ISO = 3


@dataclass(frozen=True, slots=True)
class Form:
    """The widgets of `table_mapping.ui`."""

    root: QWidget
    currencyLabel: QLabel  # noqa: N815 - the widget's name in the form
    currency: QLineEdit
    day: QComboBox
    decimal: QComboBox
    thousands: QComboBox
    sign: QComboBox
    strip: QLineEdit
    parentheses: QComboBox
    delimiterLabel: QLabel  # noqa: N815
    delimiter: QComboBox
    encodingLabel: QLabel  # noqa: N815
    encoding: QComboBox
    sheetLabel: QLabel  # noqa: N815
    sheet: QComboBox


class TableForm(QObject):
    """`said` carries a word of the mapping and its new value."""

    said = Signal(str, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.parts = forms.load("table_mapping", Form, parent)
        parts = self.parts
        self._combos: dict[str, QComboBox] = {
            "date": parts.day, "decimal": parts.decimal, "thousands": parts.thousands, "sign": parts.sign,
            "parentheses": parts.parentheses,
            "delimiter": parts.delimiter, "encoding": parts.encoding, "sheet": parts.sheet,
        }  # fmt: skip
        for word, combo in self._combos.items():
            line = row(combo, margins=(0, 0, 8, 0))
            line.addStretch(1)
            line.addWidget(Symbol("chevron-down"))
            for value, words in _CHOICES.get(word, ()):
                combo.addItem(words, value)
            combo.activated.connect(lambda at, word=word: self.said.emit(word, self._combos[word].itemData(at)))
        for form in DATE_FORMS:
            parts.day.addItem(_day(form), form)
        parts.currency.textEdited.connect(self._currency)
        parts.strip.editingFinished.connect(lambda: self.said.emit("strip", parts.strip.text()))

    def show_written(
        self, written: Mapping[str, Written], sheets: Sequence[str], *, has_currency: bool, text: bool, closed: bool
    ) -> None:
        """Show how it is written.

        Args:
            sheets: of a workbook. has_currency: a column says the currency. text: the sample is no workbook.
            closed: nothing can be said here, because no form can show the mapping.
        """
        parts, values = self.parts, {**_DEFAULTS, **written}
        if list(sheets) != [parts.sheet.itemData(at) or parts.sheet.itemText(at) for at in range(parts.sheet.count())]:
            parts.sheet.clear()
            for at, name in enumerate(sheets):
                parts.sheet.addItem(name, name if at else "")
        for word, combo in self._combos.items():
            _choose(combo, values[word], _day(str(values[word])) if word == "date" else str(values[word]))
        for field, word in ((parts.currency, "currency"), (parts.strip, "strip")):
            if not field.hasFocus() or field.text().strip().upper() == str(values[word]).upper():
                field.setText(str(values[word]))
        parts.currency.setEnabled(not has_currency)
        parts.currency.setPlaceholderText("Its column says it" if has_currency else "Of all amounts, such as KES")
        for widget in (parts.delimiter, parts.delimiterLabel, parts.encoding, parts.encodingLabel):
            widget.setVisible(text)
        for part in (parts.sheet, parts.sheetLabel):
            part.setVisible(len(sheets) > 1)
        parts.root.setEnabled(not closed)

    def _currency(self, text: str) -> None:
        """Said once it is whole."""
        if len(text.strip()) in (0, _ISO):
            self.said.emit("currency", text.strip().upper())


def _choose(combo: QComboBox, value: Written, words: str) -> None:
    at = combo.findData(value, Qt.ItemDataRole.UserRole)
    if at < 0:
        combo.addItem(words, value)
        at = combo.count() - 1
    combo.setCurrentIndex(at)


def _day(form: str) -> str:
    """A way of writing days, shown by a day that cannot be mistaken."""
    return _EXAMPLE.strftime(form)
