"""A desk over a real workspace file with one source, for what only the whole job shows: control totals and trail."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

from awra_desk.app.bootstrap import mapping
from awra_desk.ports.connections import Connection
from awra_desk.services.control import check_controls
from awra_desk.services.desk import Desk
from awra_desk.services.setup import put_connection
from awra_desk.store import open_workspace
from tests.connectors.virtual_time import VirtualClock


@contextmanager
def desk_for(folder, provider, make, zone="UTC", *, name="w"):
    """The desk; its only connection is called as the provider is, capitalised.

    Args:
        make: called for each use of the source.
    """
    workspace = open_workspace(str(folder / f"{name}.sqlite"))
    clock = VirtualClock()
    workspace.add_company("co", at=clock.now())
    desk = Desk(
        workspace=workspace,
        company="co",
        zone=zone,
        clock=clock,
        source=lambda _: make(),
        ledger=lambda _: make(),
        mapping=mapping,
        hash_password=lambda password: f"hashed {password}",
        check_password=lambda stored, password: stored == f"hashed {password}",
    )
    put_connection(desk, Connection("co", provider.title(), provider, "https://x.test", zone), by="engine")
    try:
        yield desk
    finally:
        workspace.close()


def broken_without(provider, table, gone, balances, counts=()):
    """Names of the control totals that break when a transaction is left out of everything that was pulled.

    Args:
        table: all transactions. gone: position of the one that is missing.
    """
    left = table.take(np.arange(len(table)) != gone)

    def transactions(source, streams=(), *, account=""):
        return left.take(left["account"] == account) if account else left

    uow = SimpleNamespace(
        records=SimpleNamespace(transactions=transactions),
        reconciliations=SimpleNamespace(all=list),
        controls=SimpleNamespace(put_totals=list, totals=lambda _: []),
    )
    connection = Connection("co", provider.title(), provider, "https://x.test", "UTC")
    totals = check_controls(uow, connection, (), balances, counts, now=VirtualClock().now())
    return {total.name for total in totals if not total.holds}
