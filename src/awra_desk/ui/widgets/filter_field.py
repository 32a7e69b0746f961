"""The field that narrows a list as one types; the same on every screen."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit

from awra_desk.ui.icons import icon
from awra_desk.ui.keymap import hint
from awra_desk.ui.tables.painting import chip_width, paint_chip
from awra_desk.ui.theme import look


class FilterField(QLineEdit):
    """A line edit with the filter's icon; `typed` carries what the person writes, `show_text` sets it silently.

    `left` asks for the rows: Down was pressed.
    """

    typed = Signal(str)
    left = Signal()

    def __init__(self, name: str, width: int) -> None:
        super().__init__()
        self.setPlaceholderText("Filter")
        self.setAccessibleName(name)
        self.setProperty("dense", "true")
        self.setClearButtonEnabled(True)
        self.setMinimumWidth(min(width, 96))
        self.setMaximumWidth(width)
        self._showing = False
        self.textChanged.connect(self._changed)
        self._sign = self.addAction(icon("list-filter"), QLineEdit.ActionPosition.LeadingPosition)
        # A method of this object, not a lambda: Qt lets go of it together with the field.
        look().changed.connect(self._retint)

    def show_text(self, text: str) -> None:
        """The view model's filter; what is being typed stays as it is."""
        if self.text() != text:
            # Qt's own signals go on: the clear button comes and goes with them.
            self._showing = True
            self.setText(text)
            self._showing = False
            if not self.hasFocus():
                self.setCursorPosition(0)

    def take_keyboard(self) -> None:
        """Type from here on, over what stood there."""
        self.setFocus()
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Down goes to what was found."""
        if event.key() == Qt.Key.Key_Down:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The field, and while it is empty its key at the right edge, as on buttons."""
        super().paintEvent(event)
        words = hint("filter")
        if not self.text():
            paint_chip(QPainter(self), QPointF(self.width() - chip_width(words) - 6, self.height() / 2), words)

    def _changed(self, text: str) -> None:
        if not self._showing:
            self.typed.emit(text)

    def _retint(self) -> None:
        self._sign.setIcon(icon("list-filter"))
