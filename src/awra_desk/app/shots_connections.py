"""Pictures of the connections: each kind, a test under way, no credentials, the form, a table's columns, none yet."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from awra_desk.app import demo_books
from awra_desk.app.bootstrap import open_desk
from awra_desk.app.demo import LiveMonth
from awra_desk.app.demo_window import PASSWORD, hint
from awra_desk.app.shots_studio import SIZE, Parts, Studio
from awra_desk.ports.connections import Connection
from awra_desk.services.desk import ENGINE
from awra_desk.services.setup import put_connection
from awra_desk.ui.views.connections import ConnectionsView

_STATEMENT = """Equity Bank Kenya
Account,0123456789012

Transaction Date,Details,Cheque No,Money Out,Money In,Running Balance,Branch
01/10/2026,CARD SETTLEMENT PAYSTACK PSK_88213,,,"39,803.00","159,803.00",Westlands
02/10/2026,MPESA PAYBILL 400200,,,"52,687.50","212,490.50",Westlands
03/10/2026,RTGS Sasini Estates INV-20391,,"7,763.00",,"204,727.50",Westlands
05/10/2026,CHEQUE Java Westlands INV-1042,001042,,"70,393.00","275,120.50",Westlands
06/10/2026,LEDGER FEE,,50.00,,"275,070.50",Westlands
07/10/2026,REVERSAL,,n/a,,"275,070.50",Westlands
,Closing balance,,,,"275,070.50",
"""
"""A bank's download as banks write them: words above the heading, a total below, a cell that is no amount."""


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
    table = folder / "equity-october.csv"
    table.write_text(_STATEMENT, "utf-8")
    steps = (_nothing_connected, partial(_columns_of_a_table, table))
    return Parts(opener, workspace, month.secrets, hint(), steps)


def _nothing_connected(studio: Studio) -> None:
    """The screen of a company that begins, and its form."""
    studio.desktop.show()
    studio.wait(lambda: studio.desktop.session is not None)
    studio.enter(demo_books.ACCOUNTANT)
    connections_of(studio)
    studio.take("58-connections-none")
    studio.take_dialog("59-connect", lambda: studio.frame.run("connect"))


def _columns_of_a_table(table: Path, studio: Studio) -> None:
    """Which column is what: nothing said yet, the preview, what does not fit, saved, a change, no file."""
    connection = Connection(studio.session.desk.company, "Equity", "table", str(table), studio.session.desk.zone)
    put_connection(studio.session.desk, connection, by=ENGINE)
    studio.frame.show_screen("connections")
    view = studio.frame.screens["connections"]
    assert isinstance(view, ConnectionsView)
    view.connections.connected("Equity")
    studio.settle()
    studio.take("60-table-unsaid")
    studio.frame.run("import")
    studio.settle()
    studio.take("61-table-columns-lacking")
    view.tables.write("currency", "KES")
    studio.settle()
    studio.take("62-table-columns")
    studio.frame.run("views")
    studio.take("63-table-rejects")
    studio.frame.run("set_mapping")
    studio.settle()
    studio.take("64-table-saved")
    studio.frame.toast.hide()
    studio.frame.run("import")
    studio.settle()
    view.tables.mean(1, "counterparty")
    studio.settle()
    studio.take("65-table-changed")
    studio.desktop.window.resize(1024, 640)
    studio.take("66-table-small")
    studio.desktop.window.resize(*SIZE)
    table.unlink()
    view.tables.reload()
    studio.settle()
    studio.take("67-table-no-file")
