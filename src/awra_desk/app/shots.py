"""Pictures of every screen on real data: `python3 dev.py shot [--out DIR] [--orders N] [--scheme light]`.

Runs without a display, drives the real window through its view models, and waits for what is asked; each picture is a
PNG of 1440 x 900. Used to look at the product, never by it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtWidgets import QApplication, QDialog, QWidget

from awra_desk.app import demo_books
from awra_desk.app.demo import LiveMonth, live_month
from awra_desk.app.demo_window import PASSWORD
from awra_desk.app.gui import Desktop, make_application
from awra_desk.app.output import LineProgress
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.reasons import Reason
from awra_desk.ui.theme import DARK, LIGHT, look
from awra_desk.ui.views.approvals import ApprovalsView
from awra_desk.ui.views.exceptions import ExceptionsView
from awra_desk.ui.views.frame import Frame
from awra_desk.ui.views.key_map import KeyMap
from awra_desk.ui.views.workbench import WorkbenchView
from awra_desk.viewmodels.approvals import WritesView
from awra_desk.viewmodels.session import Session
from awra_desk.viewmodels.states import View

SIZE = (1440, 900)
PATIENCE = 60.0  # seconds


class Studio:
    """One window, its camera, and the patience to wait for it."""

    def __init__(self, month: LiveMonth, out: Path, schemes: Sequence[str]) -> None:
        self.desktop = Desktop(month.opener, workspace=month.workspace, secrets=month.secrets)
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

    def settled(self) -> bool:
        """Whether nothing is under way."""
        return self.desktop.runner is not None and not self.desktop.runner.busy

    def take(self, name: str, of: QWidget | None = None) -> None:
        """A picture in every scheme."""
        for scheme in self._schemes:
            look().choose(scheme)
            self.rest()
            path = self._out / f"{name}-{scheme}.png"
            (of or self.desktop.window).grab().save(str(path))
            self.taken.append(path)

    def enter(self, name: str) -> None:
        """Sign in as a person of the demo."""
        self.desktop.window.sign_in.asked.emit(name, PASSWORD)
        self.wait(lambda: self.session.state.person is not None and self.session.state.loaded)
        self.wait(self.settled)


def sign_in(studio: Studio) -> None:
    """The first page, before and after a refused try."""
    studio.desktop.show()
    studio.wait(lambda: studio.desktop.session is not None)
    studio.take("01-sign-in")
    studio.desktop.window.sign_in.asked.emit(demo_books.ACCOUNTANT, "a wrong password")
    studio.wait(lambda: bool(studio.session.state.refused))
    studio.take("02-sign-in-refused")
    studio.enter(demo_books.ACCOUNTANT)


def workbench(studio: Studio) -> None:
    """All views of the busiest reconciliation, the inspector's pages, and an empty place."""
    view = studio.frame.screens["workbench"]
    assert isinstance(view, WorkbenchView)
    model = view.workbench
    model.choose("Stripe balance")
    studio.wait(lambda: model.loaded is not None and not model.state.loading)
    studio.wait(studio.settled)
    for name, listed in (
        ("all", View.ALL),
        ("open", View.OPEN),
        ("matched", View.MATCHED),
        ("suggested", View.SUGGESTED),
    ):
        model.show_view(listed)
        model.go(0)
        if listed != View.MATCHED:
            model.next_to_decide()
        studio.take(f"03-workbench-{name}")
    model.inspector.show_tab("why")
    studio.take("04-workbench-why")
    view.splitter.setSizes([400, 400])
    model.show_view(View.OPEN)
    model.go(0)
    for tab in ("why_not", "trace", "raw"):
        model.inspector.show_tab(tab)
        studio.wait(lambda: not model.inspector.state.looking)
        studio.take(f"05-workbench-{tab.replace('_', '-')}")
    view.splitter.setSizes([10_000, 152])
    model.set_filter("no such text")
    studio.take("06-workbench-filtered")
    model.clear_filter()
    model.show_view(View.SUGGESTED)
    model.inspector.show_tab("difference")
    _decide(studio, view)


def _decide(studio: Studio, view: WorkbenchView) -> None:
    """A decision with its undo, and a job with its counts."""
    commands = dict(view.workbench.state.commands)
    while not commands["accept"].enabled:
        view.workbench.next_to_decide()
        commands = dict(view.workbench.state.commands)
    studio.frame.run("accept")
    studio.wait(studio.settled)
    studio.take("07-workbench-accepted")
    studio.frame.run("undo")
    studio.wait(studio.settled)
    studio.frame.run("reconcile")
    studio.wait(lambda: any(job.done for job in studio.session.jobs.state))
    studio.take("08-workbench-job")
    studio.frame.run("pull")
    studio.wait(lambda: not studio.session.jobs.state and studio.settled())


def exceptions(studio: Studio) -> None:
    """The queue, one case, a bulk, and what remains after one entry was proposed."""
    studio.frame.show_screen("exceptions")
    view = studio.frame.screens["exceptions"]
    assert isinstance(view, ExceptionsView)
    queue = view.queue
    studio.wait(lambda: bool(queue.state.rows) and queue.state.case is not None)
    studio.take("10-exceptions")
    for at in range(6, 12):
        queue.toggle(at)
    studio.take("11-exceptions-bulk")
    queue.uncheck_all()
    queue.set_filter("no such text")
    studio.take("12-exceptions-filtered")
    queue.clear_filter()
    wanted = next(
        at for at, row in enumerate(queue.state.rows)
        if row.item.reason == Reason.CHARGEBACK and row.item.state == ExceptionState.OPEN
    )  # fmt: skip
    queue.go(wanted)
    studio.wait(lambda: queue.state.case is not None)
    queue.triage.comment("The bank confirms the chargeback. I book it today.")
    studio.wait(studio.settled)
    studio.wait(lambda: queue.state.case is not None)
    studio.take("13-exceptions-case")
    queue.triage.propose()
    studio.wait(studio.settled)
    studio.take("14-exceptions-proposed")


def approvals(studio: Studio) -> None:
    """The maker's view, the approver's, and the posted entry."""
    studio.frame.show_screen("approvals")
    view = studio.frame.screens["approvals"]
    assert isinstance(view, ApprovalsView)
    model = view.approvals
    resting = lambda: model.state.shown is not None and not model.state.checking and studio.settled()  # noqa: E731
    studio.wait(resting)
    studio.take("20-approvals-own")
    studio.session.sign_out()
    studio.desktop.window.show_sign_in()
    studio.enter(demo_books.SUPERVISOR)
    studio.frame.show_screen("approvals")
    model.reload()
    studio.wait(resting)
    studio.take("21-approvals-waiting")
    model.approve(PASSWORD)
    studio.wait(studio.settled)
    model.show_view(WritesView.ALL)
    studio.wait(resting)
    studio.take("22-approvals-approved")


def dialogs(studio: Studio) -> None:
    """The key map."""
    keys: QDialog = KeyMap(studio.frame)
    keys.show()
    QApplication.processEvents()
    studio.take("30-keys", keys)
    keys.close()


def shoot(month: LiveMonth, out: Path, schemes: Sequence[str]) -> list[Path]:
    """All pictures of a live month."""
    out.mkdir(parents=True, exist_ok=True)
    make_application(LIGHT)
    studio = Studio(month, out, schemes)
    with _closing(studio):
        for part in (sign_in, workbench, exceptions, approvals, dialogs):
            part(studio)
    return studio.taken


@contextmanager
def _closing(studio: Studio) -> Iterator[None]:
    try:
        yield
    finally:
        studio.desktop.window.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a month, take the pictures, say where they are."""
    parser = argparse.ArgumentParser(prog="dev.py shot", description="Pictures of every screen.")
    parser.add_argument("--out", type=Path, default=Path("build/shots"))
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--scheme", choices=(LIGHT, DARK, "both"), default="both")
    args = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    schemes = (LIGHT, DARK) if args.scheme == "both" else (args.scheme,)
    progress = LineProgress()
    with (
        TemporaryDirectory() as folder,
        live_month(orders=args.orders, seed=1, out=Path(folder), progress=progress, password=PASSWORD) as month,
    ):
        progress.end()
        for path in shoot(month, args.out, schemes):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
