"""`awra-desk demo` on a machine with a display: the finished month in the window, its systems still answering."""

from __future__ import annotations

from pathlib import Path

from awra_desk.app import demo_books
from awra_desk.app.demo import WORKSPACE, live_month
from awra_desk.app.gui import run
from awra_desk.app.output import LineProgress
from awra_desk.app.single import called_first

PASSWORD = "kilimani-demo-2026"  # noqa: S105 - of two simulated people in a workspace of their own


def run_demo_window(*, orders: int, seed: int, out: Path) -> int:
    """Make the month, then open the window on it; pulling and posting reach the sandbox until it is closed.

    A window that is open on this folder's month comes to the front instead: its workspace is not made anew under it.
    """
    folder = out.resolve()
    if called_first(str(folder / WORKSPACE)):
        return 0
    progress = LineProgress()
    with live_month(orders=orders, seed=seed, out=folder, progress=progress, password=PASSWORD) as month:
        progress.end()
        return run(month.opener, workspace=month.workspace, hint=hint(), secrets=month.secrets)


def hint() -> str:
    """The line under the sign-in fields."""
    names = f"{demo_books.ACCOUNTANT} (accountant) or {demo_books.SUPERVISOR} (supervisor)"
    return f"Simulated month. Sign in as {names}, password {PASSWORD}."
