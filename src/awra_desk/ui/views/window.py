"""The one window: a cover, the sign-in page, and the frame once somebody is signed in.

What the cover does not need is imported behind the first paint.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QStackedWidget, QWidget

if TYPE_CHECKING:
    from awra_desk.ui.views.sign_in import SignIn

_TITLE_BAR = 40
"""Room for the title that the desktop puts over a window, in pixels."""


class Window(QMainWindow):
    """Holds pages.

    Signals: `painted` after the first paint, `closed` behind the last.

    Attributes:
        before_close: called before it goes; may take up to five seconds.
    """

    painted = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("AWRA Desk")
        self.setMinimumSize(1024, 640)
        self.resize(1440, 900)
        self.pages = QStackedWidget()
        self.pages.addWidget(_Cover(self.painted.emit))
        self.setCentralWidget(self.pages)
        self.before_close: Callable[[], None] = lambda: None

    def show_fitting(self) -> None:
        """Show it; a screen that does not hold it with its frame is filled instead, so that nothing is out of sight."""
        room = self.screen().availableGeometry()
        fits = self.width() <= room.width() and self.height() + _TITLE_BAR <= room.height()
        self.show() if fits or QGuiApplication.platformName() == "offscreen" else self.showMaximized()

    @cached_property
    def sign_in(self) -> SignIn:
        """The page that asks who is sitting here."""
        from awra_desk.ui.views.sign_in import SignIn  # noqa: PLC0415 - after the first paint

        made = SignIn()
        self.pages.addWidget(made.widget)
        return made

    def show_frame(self, frame: QWidget) -> None:
        """Bring the frame up."""
        if self.pages.indexOf(frame) < 0:
            self.pages.addWidget(frame)
        self.pages.setCurrentWidget(frame)

    def show_sign_in(self) -> None:
        """Ask for the next person."""
        self.pages.setCurrentWidget(self.sign_in.widget)
        self.sign_in.form.name.setFocus()
        ready = self.sign_in.form.enter.isEnabled()
        self.setWindowTitle("Sign in – AWRA Desk" if ready else "AWRA Desk")

    def show_title(self, words: str) -> None:
        """Name what the frame shows, while it is up."""
        if self.pages.currentWidget() is not self.sign_in.widget:
            self.setWindowTitle(f"{words} – AWRA Desk")

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Let jobs come to a good end first."""
        self.before_close()
        self.closed.emit()
        event.accept()


class _Cover(QLabel):
    """What stands in the window while its first page is made; tells once that it was painted."""

    def __init__(self, painted: Callable[[], None]) -> None:
        super().__init__("Opening AWRA Desk…")
        self.setProperty("role", "quiet")
        self.setIndent(24)
        self._painted: Callable[[], None] | None = painted

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The words; whoever waits is told behind this paint, not within it."""
        super().paintEvent(event)
        if self._painted is not None:
            QTimer.singleShot(0, self._painted)
            self._painted = None
