"""The studio of `awra-desk shot`: one window, its camera, and the patience to wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget

from awra_desk.app.demo_window import PASSWORD
from awra_desk.app.gui import Desktop, Opener, make_application
from awra_desk.ports.system import SecretStore
from awra_desk.ui.theme import LIGHT, look
from awra_desk.ui.views.frame import Frame
from awra_desk.ui.views.palette import PAUSE
from awra_desk.viewmodels.session import Session

SIZE = (1440, 900)
PATIENCE = 120.0  # seconds


class Studio:
    """Takes pictures of one desktop."""

    def __init__(self, desktop: Desktop, out: Path, schemes: Sequence[str]) -> None:
        self.desktop = desktop
        self.desktop.window.resize(*SIZE)
        self._out, self._schemes = out, schemes
        self.taken: list[Path] = []

    @property
    def session(self) -> Session:
        """The session, once the workspace is open."""
        assert self.desktop.session is not None
        return self.desktop.session

    @property
    def frame(self) -> Frame:
        """The frame, once the workspace is open."""
        assert self.desktop.frame is not None
        return self.desktop.frame

    def wait(self, ready: Callable[[], bool]) -> None:
        """Let the application work until it is so.

        Raises:
            TimeoutError: it never is.
        """
        until = time.monotonic() + PATIENCE
        while not ready():
            QApplication.processEvents()
            time.sleep(0.005)
            if time.monotonic() > until:
                raise TimeoutError("the window never came to rest")
        self.rest()

    @staticmethod
    def rest() -> None:
        """Let layouts come to rest: what a new part or style asks for comes one round of events later."""
        for _ in range(12):
            QApplication.processEvents()
            time.sleep(0.005)

    def settle(self) -> None:
        """Wait until nothing is under way."""
        self.wait(lambda: self.desktop.runner is not None and not self.desktop.runner.busy)

    def take(self, name: str, of: QWidget | None = None) -> None:
        """A picture in every scheme."""
        for scheme in self._schemes:
            look().choose(scheme)
            self.rest()
            path = self._out / f"{name}-{scheme}.png"
            (of or self.desktop.window).grab().save(str(path))
            self.taken.append(path)

    def take_dialog(self, name: str, ask: Callable[[], object], *, agree: bool = False, typed: str = "") -> None:
        """A picture of the dialog that an act opens, with this typed into its field; it is dismissed, or agreed to."""

        def shot() -> None:
            dialog = QApplication.activeModalWidget()
            assert isinstance(dialog, QDialog)
            if typed:
                field = dialog.findChild(QLineEdit)
                assert isinstance(field, QLineEdit)
                field.setText(typed)
                paused = time.monotonic() + 2 * PAUSE / 1_000
                self.wait(lambda: time.monotonic() > paused)
                self.settle()
            self.take(name, dialog)
            dialog.accept() if agree else dialog.reject()

        QTimer.singleShot(200, shot)
        ask()
        self.rest()

    def enter(self, name: str) -> None:
        """Sign in as a person of the demo."""
        self.desktop.window.sign_in.asked.emit(name, PASSWORD)
        self.wait(lambda: self.session.state.person is not None and self.session.state.loaded)
        self.settle()


@dataclass(frozen=True, slots=True)
class Parts:
    """What is to be photographed on one workspace, in order."""

    opener: Opener
    workspace: str
    secrets: SecretStore
    hint: str
    steps: tuple[Callable[[Studio], None], ...]


def shoot(parts: Parts, out: Path, schemes: Sequence[str]) -> list[Path]:
    """The pictures of one workspace."""
    out.mkdir(parents=True, exist_ok=True)
    make_application(LIGHT)
    desktop = Desktop(parts.opener, workspace=parts.workspace, hint=parts.hint, secrets=parts.secrets)
    studio = Studio(desktop, out, schemes)
    try:
        for step in parts.steps:
            step(studio)
    finally:
        desktop.window.close()
    return studio.taken
