"""The desktop: one application, one window, one workspace. Built here, and nowhere else.

The window is painted before anything heavy is imported; the workspace opens behind it on the store lane.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from awra_desk import __version__
from awra_desk.app.single import SingleInstance
from awra_desk.domain.errors import UserError
from awra_desk.ui import fonts
from awra_desk.ui.theme import SYSTEM, look
from awra_desk.ui.views.window import Window

if TYPE_CHECKING:
    from awra_desk.app.tasks import BackgroundRunner
    from awra_desk.ports.system import SecretStore
    from awra_desk.services.desk import Desk
    from awra_desk.ui.views.frame import Frame
    from awra_desk.viewmodels.session import Session

NOBODY = "Nobody has an account in this workspace yet. `awra-desk demo` opens a simulated month to look at."

Opener = Callable[[], AbstractContextManager["Desk"]]
"""Opens a company's desk; imports what it needs when it is called."""


def make_application(choice: str = SYSTEM) -> QApplication:
    """The application with its style, typefaces and look; the one that is there is used again."""
    there = QApplication.instance()
    app = there if isinstance(there, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("AWRA Desk")
    app.setApplicationVersion(__version__)
    app.setStyle("Fusion")
    fonts.load()
    app.setFont(fonts.font("body"))
    look().choose(choice)
    return app


class Desktop:
    """The window and what stands behind it.

    Args:
        opener: opens the desk, off the main thread. workspace: what spawned jobs open.
        hint: a line under the sign-in fields, "" for none. secrets: what jobs use in place of the keyring, None for it.
    """

    def __init__(self, opener: Opener, *, workspace: str, hint: str = "", secrets: SecretStore | None = None) -> None:
        self.window = Window()
        self.runner: BackgroundRunner | None = None
        self.session: Session | None = None
        self.frame: Frame | None = None
        self._opener, self._workspace, self._hint, self.secrets = opener, workspace, hint, secrets
        self._opened = ExitStack()
        self.window.before_close = self.close
        self.window.painted.connect(self.open)

    def show(self) -> None:
        """Paint the window, then open the workspace behind it."""
        self.window.show_fitting()

    def open(self) -> None:
        """Open the workspace on the store lane; here the imports begin that the first paint does not need."""
        gc.enable()
        self.window.sign_in.asked.connect(self._sign_in)
        self.window.show_sign_in()
        from awra_desk.app.crash import install_hooks  # noqa: PLC0415
        from awra_desk.app.tasks import BackgroundRunner  # noqa: PLC0415
        from awra_desk.ports.tasks import Lane  # noqa: PLC0415
        from awra_desk.ui.main_thread import MainThread  # noqa: PLC0415

        door = MainThread()
        self.hooks = install_hooks(door, self.window)
        self.runner = BackgroundRunner(door)
        self.runner.start(Lane.STORE, lambda _: self._enter(), done=self._ready, failed=self._refused)

    def close(self) -> None:
        """Stop the jobs at a safe place, then let the workspace go."""
        if self.runner is not None:
            self.runner.close()
        self._opened.close()

    def _enter(self) -> Desk:
        """On the store lane: the engine is imported here, so that the window stays alive meanwhile."""
        import_module("awra_desk.viewmodels.workbench")
        desk = self._opened.enter_context(self._opener())
        with desk.read() as uow:
            if not uow.people.all():
                self._hint = NOBODY
        return desk

    def _refused(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            raise error
        self.window.sign_in.show_trouble(error.text)

    def _ready(self, desk: Desk) -> None:
        from awra_desk.app.composition import build_frame, build_session  # noqa: PLC0415 - after the first paint
        from awra_desk.app.task_process import Place  # noqa: PLC0415

        assert self.runner is not None
        self.runner.place = Place(self._workspace, desk.company, desk.zone, self.secrets)
        asker, self.session = build_session(desk, self.runner)
        self.frame = build_frame(self.session)
        asker.frame = self.frame
        self.frame.signed_out.connect(self._next_person)
        self.frame.titled.connect(self.window.show_title)
        self.session.subscribe(self._session_changed)
        self.window.sign_in.set_ready(company=desk.company, hint=self._hint)
        self.window.show_sign_in()

    def _next_person(self) -> None:
        self.window.sign_in.clear()
        self.window.show_sign_in()

    def _sign_in(self, name: str, password: str) -> None:
        if self.session is not None:
            self.session.sign_in(name, password)

    def _session_changed(self) -> None:
        assert self.session is not None
        assert self.frame is not None
        state = self.session.state
        self.window.sign_in.show_busy(busy=state.signing_in)
        if state.refused:
            self.window.sign_in.show_trouble(state.refused)
        if state.person is not None and self.window.pages.currentWidget() is not self.frame:
            self.window.sign_in.show_trouble("")
            self.window.show_frame(self.frame)
            self.frame.show_title()
            self.frame.current.enter()


def run(opener: Opener, *, workspace: str, hint: str = "", secrets: SecretStore | None = None) -> int:
    """Open the desktop and stay until it is closed; a second start brings the first window to the front."""
    app = make_application()
    single = SingleInstance(workspace)
    if not single.is_first:
        single.call_first()
        return 0
    desktop = Desktop(opener, workspace=workspace, hint=hint, secrets=secrets)
    desktop.window.painted.connect(lambda: single.listen(lambda: _to_front(desktop.window)))
    desktop.show()
    code = app.exec()
    single.close()
    return code


def run_workspace(workspace: str) -> int:
    """The desktop over a workspace (path or URL)."""

    def opener() -> AbstractContextManager[Desk]:
        from awra_desk.app.bootstrap import open_desk  # noqa: PLC0415 - after the first paint

        return open_desk(workspace)

    return run(opener, workspace=workspace)


def _to_front(window: Window) -> None:
    window.showNormal() if window.isMinimized() else window.show()
    window.raise_()
    window.activateWindow()
