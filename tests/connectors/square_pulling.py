"""Pulls the simulated Square in this process, and reads what came as the desk does."""

import random
from collections import defaultdict

from awra_desk.connectors.square import SquareSource
from awra_desk.ports.columns import concat
from awra_desk.ports.connections import Connection
from awra_desk.sandbox.servers.square import SquareApplication
from tests.connectors.pulling import Shelf
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.simulation.in_process import InProcess

TOKEN = "EAAAcanary51H8xQ2eZvKYlo"
MONEY = ("payments", "refunds", "payouts", "payout_entries")


def source(transport, clock=None):
    connection = Connection("Kilimani", "Square", "square", "https://connect.squareup.com", "America/New_York")
    clock, rng = clock or VirtualClock(), random.Random(5)
    secret = {"access_token": TOKEN}
    return SquareSource(
        connection, secret, guard=open_guard(), clock=clock, rng=rng, save_secret={}.update, transport=transport
    )


def made(connection, secret):
    settings = {"clock": VirtualClock(), "rng": random.Random(5), "save_secret": {}.update, "guard": open_guard()}
    return SquareSource(connection, secret, **settings)


def serving(books):
    return SquareApplication(books, access_token=TOKEN)


def pulled(books, shelf=None):
    shelf = shelf or Shelf()
    assert shelf.pull(source(InProcess(serving(books))))
    return shelf


def transactions(shelf):
    """All that moves money, as one table."""
    results = [shelf.interpret("square", stream) for stream in MONEY]
    assert [reject for result in results for reject in result.rejects] == []
    return concat([result.table for result in results])


def batches(shelf):
    found = defaultdict(int)
    table = transactions(shelf)
    for batch, minor in zip(table["batch"].tolist(), table["settlement_amount"].tolist(), strict=True):
        found[batch] += minor
    del found[""]
    return dict(found)


def put(books, payout, *rows):
    """Another payout of the main location, with entries."""
    net = sum(row["net_amount_money"]["amount"] for row in rows)
    row = {**books.payouts[0], "id": payout, "location_id": books.main, "status": "SENT", "type": "BATCH"}
    row |= {"created_at": "2026-10-31T20:00:00.000Z", "updated_at": "2026-10-31T20:00:00.000Z"}
    row |= {"amount_money": {"amount": net, "currency": "USD"}}
    books.payouts.append(row)
    books.payout_entries[payout] = [{**one, "payout_id": payout} for one in rows]
