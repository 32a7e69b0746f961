"""`awra-desk demo` on a machine with a display: the finished month in the window, its systems still answering."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from awra_desk.app import demo_books
from awra_desk.app.bootstrap import open_desk
from awra_desk.app.demo import Systems, fresh, job
from awra_desk.app.gui import Opener, run
from awra_desk.app.output import LineProgress
from awra_desk.ports.progress import Progress
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import quickbooks_line_ids, running_sandbox
from awra_desk.services.desk import Desk
from awra_desk.services.people import add_person
from awra_desk.system.secrets import MemorySecrets

PASSWORD = "kilimani-demo-2026"  # noqa: S105 - of two simulated people in a workspace of their own


@dataclass(frozen=True, slots=True)
class LiveMonth:
    """A finished month whose simulated systems still answer."""

    opener: Opener
    workspace: str
    secrets: MemorySecrets


@contextmanager
def live_month(*, orders: int, seed: int, out: Path, progress: Progress) -> Iterator[LiveMonth]:
    """Make the month in a fresh workspace below `out`; its people have `PASSWORD`."""
    month = simulate(MonthSpec(seed=seed, orders=orders))
    keys, workspace = MemorySecrets(), str(fresh(out))
    with running_sandbox(month) as box:
        stripe, ledger = ({**box[provider], "provider": provider} for provider in ("stripe", "quickbooks"))
        systems = Systems(stripe, ledger, "QuickBooks", quickbooks_line_ids(month))
        opener = partial(open_desk, workspace, company=month.company_name, zone=month.spec.zone, secrets=keys)
        with opener(create=True) as desk:
            job(desk, keys, month, systems, out=out, progress=progress)
            set_passwords(desk)
        yield LiveMonth(opener, workspace, keys)


def run_demo_window(*, orders: int, seed: int, out: Path) -> int:
    """Make the month, then open the window on it; pulling and posting reach the sandbox until it is closed."""
    progress = LineProgress()
    with live_month(orders=orders, seed=seed, out=out, progress=progress) as month:
        progress.end()
        names = f"{demo_books.ACCOUNTANT} (accountant) or {demo_books.SUPERVISOR} (supervisor)"
        hint = f"Simulated month. Sign in as {names}, password {PASSWORD}."
        return run(month.opener, workspace=month.workspace, hint=hint, secrets=month.secrets)


def set_passwords(desk: Desk) -> None:
    """Give the simulated people a password that the sign-in page may show."""
    with desk.read() as uow:
        people = uow.people.all()
    for person in people:
        add_person(desk, person, PASSWORD, by=person.name)
