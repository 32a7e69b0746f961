"""Pictures of the connections: one of each kind, a test under way, without credentials, the form, and nothing yet."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from awra_desk.app import demo_books
from awra_desk.app.bootstrap import open_desk
from awra_desk.app.demo import LiveMonth
from awra_desk.app.demo_window import PASSWORD, hint
from awra_desk.app.shots_studio import Parts, Studio
from awra_desk.ui.views.connections import ConnectionsView


def connections_of(studio: Studio) -> ConnectionsView:
    """The connections' screen, brought up and at rest."""
    studio.frame.show_screen("connections")
    view = studio.frame.screens["connections"]
    assert isinstance(view, ConnectionsView)
    studio.settle()
    studio.wait(lambda: view.connections.state.shown is not None or not view.connections.state.rows)
    studio.frame.toast.hide()
    return view


def _show(studio: Studio, view: ConnectionsView, name: str) -> None:
    """One of them, read."""
    view.connections.go_to(name)
    studio.settle()


def connected(studio: Studio) -> None:
    """Every kind, tested and untested; a test under way; stepping down."""
    view = connections_of(studio)
    _show(studio, view, "QuickBooks")
    studio.take("50-connections-untested")
    studio.frame.run("test")
    studio.wait(lambda: bool(studio.session.jobs.state))
    studio.take("51-connections-testing")
    studio.wait(lambda: not studio.session.jobs.state)
    studio.settle()
    studio.frame.toast.hide()
    studio.take("52-connections-ledger")
    studio.take_dialog("53-connections-down", lambda: studio.frame.run("descend"))
    studio.take_dialog("53-connections-credentials", lambda: studio.frame.run("credentials"))
    for name, picture in ((demo_books.STRIPE, "54-connections-payments"), (demo_books.BANK, "55-connections-file")):
        _show(studio, view, name)
        studio.take(picture)


def without_credentials(studio: Studio) -> None:
    """Its credentials removed, then put back."""
    view = connections_of(studio)
    _show(studio, view, demo_books.STRIPE)
    connection, secrets = view.connections.current(), studio.desktop.secrets
    assert connection is not None
    assert secrets is not None
    secret = secrets.get(connection.secret_name)
    assert secret is not None
    studio.take_dialog("56-connections-remove", view.connections.forget, agree=True)
    studio.settle()
    studio.frame.toast.hide()
    studio.take("57-connections-no-credentials")
    secrets.put(connection.secret_name, secret)
    view.connections.connected(demo_books.STRIPE)
    studio.settle()


def empty_parts(month: LiveMonth, folder: Path) -> Parts:
    """A workspace with people and nothing else."""
    folder.mkdir()
    simulated, workspace = month.result.month, str(folder / "workspace.sqlite")
    opener = partial(
        open_desk, workspace, company=simulated.company_name, zone=simulated.spec.zone, secrets=month.secrets
    )
    with opener(create=True) as desk:
        demo_books.people(desk, PASSWORD)
    return Parts(opener, workspace, month.secrets, hint(), (_nothing_connected,))


def _nothing_connected(studio: Studio) -> None:
    """The screen of a company that begins, and its form."""
    studio.desktop.show()
    studio.wait(lambda: studio.desktop.session is not None)
    studio.enter(demo_books.ACCOUNTANT)
    connections_of(studio)
    studio.take("58-connections-none")
    studio.take_dialog("59-connect", lambda: studio.frame.run("connect"))
