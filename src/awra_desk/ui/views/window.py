"""The one window: the sign-in page first, the frame once somebody is signed in."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from awra_desk.ui.views.sign_in import SignIn


class Window(QMainWindow):
    """Holds pages; `closing` is asked before it goes and may take up to five seconds."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("AWRA Desk")
        self.setMinimumSize(1024, 640)
        self.resize(1440, 900)
        self.sign_in = SignIn()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.sign_in.widget)
        self.setCentralWidget(self.pages)
        self.before_close: Callable[[], None] = lambda: None

    def show_frame(self, frame: QWidget) -> None:
        """Bring the frame up."""
        if self.pages.indexOf(frame) < 0:
            self.pages.addWidget(frame)
        self.pages.setCurrentWidget(frame)

    def show_sign_in(self) -> None:
        """Ask for the next person."""
        self.pages.setCurrentWidget(self.sign_in.widget)
        self.sign_in.form.name.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Let jobs come to a good end first."""
        self.before_close()
        self.closed.emit()
        event.accept()
