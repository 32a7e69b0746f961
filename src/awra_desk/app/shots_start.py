"""Pictures of a new workspace: nothing pulled, a pull under way and cancelled, not reconciled, a system away."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from awra_desk.app import demo_books
from awra_desk.app.bootstrap import open_desk
from awra_desk.app.demo import LiveMonth, set_up
from awra_desk.app.demo_secrets import SimulatedSecrets
from awra_desk.app.demo_window import PASSWORD, hint
from awra_desk.app.shots_connections import connections_of
from awra_desk.app.shots_month import approvals_of, exceptions_of, workbench_of
from awra_desk.app.shots_studio import Parts, Studio
from awra_desk.services.desk import ENGINE
from awra_desk.services.setup import put_connection

NOBODY_LISTENS = "http://127.0.0.1:9"


def start_parts(month: LiveMonth, folder: Path) -> Parts:
    """All pictures of a workspace that is set up in the folder against the same simulated systems."""
    folder.mkdir()
    simulated, workspace = month.result.month, str(folder / "workspace.sqlite")
    secrets = SimulatedSecrets(folder / "simulated-secrets.json")
    opener = partial(open_desk, workspace, company=simulated.company_name, zone=simulated.spec.zone, secrets=secrets)
    with opener(create=True) as desk:
        set_up(desk, secrets, simulated, month.systems, out=folder, password=PASSWORD)
        with desk.read() as uow:
            names = [connection.secret_name for connection in uow.connections.all()]
    for name in names:
        if newest := month.secrets.get(name):  # tokens that the finished month has used up meanwhile
            secrets.put(name, newest)
    steps = (_nothing_yet, _pulling, _pulled, _away)
    return Parts(opener, workspace, secrets, hint(), steps)


def _nothing_yet(studio: Studio) -> None:
    """Every screen before the first pull."""
    studio.desktop.show()
    studio.wait(lambda: studio.desktop.session is not None)
    studio.enter(demo_books.ACCOUNTANT)
    workbench_of(studio)
    studio.settle()
    studio.take("40-new-workbench")
    exceptions_of(studio)
    studio.settle()
    studio.take("41-new-exceptions")
    approvals_of(studio)
    studio.take("42-new-approvals")
    connections_of(studio)
    studio.take("42-new-connections")


def _pulling(studio: Studio) -> None:
    """A pull with its counts, and what a cancel leaves."""
    workbench_of(studio)
    studio.frame.run("pull")
    studio.wait(lambda: any(job.done for job in studio.session.jobs.state))
    studio.take("43-new-pulling")
    for job in studio.session.jobs.state:
        studio.session.jobs.cancel(job.number)
    pressed = time.monotonic()
    studio.wait(lambda: not studio.session.jobs.state)
    assert time.monotonic() - pressed < 2, "a cancel is heard within a second"
    studio.take("44-new-cancelled")
    studio.settle()


def _pulled(studio: Studio) -> None:
    """The next pull goes on; both sides are here, nothing is matched yet."""
    view = workbench_of(studio)
    studio.frame.run("pull")
    studio.wait(lambda: not studio.session.jobs.state)
    studio.settle()
    view.workbench.reload()
    studio.settle()
    studio.take("45-new-pulled")


def _away(studio: Studio) -> None:
    """A system that does not answer: what, what is safe, what to do."""
    desk = studio.session.desk
    with desk.read() as uow:
        known = next(found for found in uow.connections.all() if found.name == demo_books.STRIPE)
    put_connection(desk, replace(known, base_url=NOBODY_LISTENS), by=ENGINE)
    studio.session.pull((demo_books.STRIPE,))
    studio.wait(lambda: not studio.session.jobs.state)
    studio.settle()
    studio.take("46-new-failed")
    view = connections_of(studio)
    view.connections.go_to(demo_books.STRIPE)
    studio.settle()
    studio.frame.run("test")
    studio.wait(lambda: not studio.session.jobs.state)
    studio.settle()
    studio.frame.toast.hide()
    studio.take("47-new-connection-away")
