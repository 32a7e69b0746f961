"""The first window: who is sitting here. Shown before the workspace is open; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget

from awra_desk.ui import forms


@dataclass(frozen=True, slots=True)
class _Form:
    root: QWidget
    company: QLabel
    name: QLineEdit
    password: QLineEdit
    message: QLabel
    enter: QPushButton
    hint: QLabel


class SignIn(QObject):
    """Name and password; `asked` carries both, and the password field is emptied at once."""

    asked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.form = forms.load("sign_in", _Form)
        self.form.enter.clicked.connect(self._ask)
        self.form.name.returnPressed.connect(self.form.password.setFocus)
        self.form.password.returnPressed.connect(self._ask)
        self.set_ready(company="", hint="")

    @property
    def widget(self) -> QWidget:
        """What the window shows."""
        return self.form.root

    def set_ready(self, *, company: str, hint: str) -> None:
        """The workspace is open ("" while it is not): people may sign in."""
        self.form.company.setText(company or "Opening the workspace…")
        self.form.enter.setEnabled(bool(company))
        self.form.hint.setText(hint)
        self.form.hint.setVisible(bool(hint))

    def clear(self) -> None:
        """Nothing of the one before is left for the next person."""
        self.form.name.clear()
        self.form.password.clear()
        self.show_trouble("")

    def show_trouble(self, words: str) -> None:
        """Why it did not work."""
        self.form.message.setText(words[:1].upper() + words[1:])

    def show_busy(self, *, busy: bool) -> None:
        """A try is under way; the keyboard stays with the password, which is what is written again after a mistake."""
        if busy:
            self.form.password.setFocus()
        self.form.enter.setEnabled(not busy)
        self.form.enter.setText("Signing in…" if busy else "Sign in")

    def _ask(self) -> None:
        if not self.form.enter.isEnabled():
            return
        name, password = self.form.name.text(), self.form.password.text()
        if not name or not password:
            self.show_trouble("Enter a name and a password.")
            return
        self.show_trouble("")
        self.form.password.clear()
        self.asked.emit(name, password)
