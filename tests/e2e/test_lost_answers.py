"""The line to a ledger is cut before and after it acted: the write is uncertain, a look-up settles it.

Nothing is ever posted twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from awra_desk.app.bootstrap import open_desk
from awra_desk.domain.entries import DocumentState, Entry, EntryLine, StagedWrite, WriteState
from awra_desk.domain.ladder import Rung
from awra_desk.domain.people import Person, Role
from awra_desk.ports.connections import Connection
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.services.approve import approve
from awra_desk.services.desk import Desk
from awra_desk.services.people import add_person
from awra_desk.services.post import drain
from awra_desk.services.setup import put_connection
from awra_desk.services.stage import stage, submit
from awra_desk.system.secrets import MemorySecrets
from tests.connectors.virtual_time import VirtualClock
from tests.e2e.cutting_proxy import CuttingProxy
from tests.e2e.tryton_harness import running_tryton

PASSWORD = "a long enough password"
DAY = date(2026, 10, 14)


@dataclass
class Counterpart:
    """A running ledger behind a line that can be cut.

    Attributes:
        keys: the keyring with its secret, which the ledger may renew; it outlives a test's desk.
        write_path: ending of the path whose POST creates a document.
    """

    provider: str
    proxy: CuttingProxy
    keys: MemorySecrets
    options: dict[str, str]
    accounts: dict[str, str]
    write_path: str


def keyring(credentials: dict[str, Any]) -> MemorySecrets:
    keys = MemorySecrets()
    keys.put("co/Books", json.dumps(credentials))
    return keys


@pytest.fixture(scope="module")
def quickbooks() -> Iterator[Counterpart]:
    month = simulate(MonthSpec(seed=4, orders=30))
    with running_sandbox(month, providers=("quickbooks",)) as box, CuttingProxy(box["quickbooks"]["base_url"]) as proxy:
        place = box["quickbooks"]
        token_url = f"{proxy.base_url}/oauth2/v1/tokens/bearer"
        options = {**place["options"], "token_url": token_url}
        yield Counterpart(
            "quickbooks", proxy, keyring(place["credentials"]), options, place["accounts"], "/journalentry"
        )


@pytest.fixture(scope="module")
def tryton(postgres_url: str) -> Iterator[Counterpart]:
    assert postgres_url
    with running_tryton() as server, CuttingProxy(server.base_url) as proxy:
        options = {"allow_loopback": "true"}
        yield Counterpart("tryton", proxy, keyring({"key": server.key}), options, server.accounts, "/account.move")


@pytest.fixture(params=["quickbooks", pytest.param("tryton", marks=pytest.mark.tryton)])
def counterpart(request: pytest.FixtureRequest) -> Counterpart:
    found: Counterpart = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def desk(tmp_path, counterpart) -> Iterator[Desk]:
    """A desk connected to the counterpart, with a maker and an approver."""
    workspace = str(tmp_path / "w.sqlite")
    with open_desk(
        workspace, company="co", zone="UTC", secrets=counterpart.keys, clock=VirtualClock(), create=True
    ) as opened:
        for name, role in (("amina", Role.ACCOUNTANT), ("joseph", Role.SUPERVISOR)):
            add_person(opened, Person("co", name, name, frozenset({role}), "USD", None), PASSWORD, by="engine")
        address = counterpart.proxy.base_url
        connection = Connection("co", "Books", counterpart.provider, address, "UTC", counterpart.options)
        put_connection(opened, connection, by="engine")
        with opened.write() as uow:
            for rung in (Rung.STAGED, Rung.WRITES):  # there is nothing to reconcile here, so no evidence to climb on
                uow.connections.set_rung("Books", rung)
            uow.commit()
        yield opened


def approved(desk: Desk, counterpart: Counterpart, minor: int) -> StagedWrite:
    lines = (
        EntryLine(counterpart.accounts["fees"], minor, "Fees of the day"),
        EntryLine(counterpart.accounts["stripe_clearing"], -minor, "Fees of the day"),
    )
    with desk.read() as uow:
        connection = uow.connections.get("Books")
    write = stage(desk, Entry(DAY, "USD", "Fees", lines), connection, exception_ids=(), who="amina")
    submit(desk, write.write_id, who="amina")
    approve(desk, write.write_id, who="joseph", password=PASSWORD, seen_sha256=write.payload_sha256)
    return write


@pytest.mark.parametrize("when", ["before", "after", "half"])
def test_a_lost_answer_never_posts_twice(counterpart, desk, when):
    write = approved(desk, counterpart, {"before": 101, "after": 102, "half": 103}[when])
    counterpart.proxy.cut(when, "POST", counterpart.write_path)
    assert drain(desk, "Books").uncertain == (write.write_id,)
    with desk.read() as uow:
        assert uow.writes.get(write.write_id).state == WriteState.UNCERTAIN
        connection = uow.connections.get("Books")
    assert drain(desk, "Books").verified == (write.write_id,)
    found = desk.ledger(connection).find(write.reference)
    assert [document.state for document in found] == [DocumentState.POSTED]
    assert drain(desk, "Books").verified == ()
