"""A desk over a real workspace file, between a scripted source and a scripted ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from awra_desk.domain.dates import Period
from awra_desk.domain.ladder import Rung
from awra_desk.domain.people import Person, Role
from awra_desk.domain.reconciliations import ChannelRule, OpeningBalance, Reconciliation, SideSpec
from awra_desk.ports.connections import Connection
from awra_desk.services.desk import Desk
from awra_desk.services.people import add_person
from awra_desk.services.pull import pull
from awra_desk.services.reconcile import reconcile
from awra_desk.services.setup import import_take_on, put_connection, put_reconciliation
from awra_desk.store import open_workspace
from tests.unit.services.doubles import DAY, EVE, ScriptedLedger, ScriptedSource, StillClock, mapping, row

PERIOD = Period.month("2026-10")
PASSWORD = "correct horse battery"
NAME = "Clearing"


def base_rows() -> tuple[list[dict], list[dict]]:
    """A small month: three charges booked, one not, a day's fees not booked."""
    source = [row(f"ch_{n}a", 1_000 + 37 * n, reference=f"ch_{n}a") for n in range(1, 5)]
    source += [row(f"fee_{n}", -30 - n, kind="fee") for n in range(1, 4)]
    ledger = [
        row(f"J{n}", 1_000 + 37 * n, kind="ledger_line", account="35", reference=f"ch_{n}a", text=f"Order ch_{n}a")
        for n in range(1, 4)
    ]
    return source, ledger


@dataclass
class Scene:
    desk: Desk
    source: ScriptedSource
    ledger: ScriptedLedger

    def pull(self):
        days = (EVE, PERIOD.last)
        return [pull(self.desk, name, days=days) for name in ("shop", "books")]

    def reconcile(self):
        return reconcile(self.desk, NAME, PERIOD)

    def exceptions(self):
        with self.desk.read() as uow:
            return uow.exceptions.all(reconciliation=NAME)

    def trail(self):
        with self.desk.read() as uow:
            return list(uow.trail.entries())


@contextmanager
def new_scene(folder: Path) -> Iterator[Scene]:
    """A desk before its first pull, its workspace in the folder."""
    clock = StillClock()
    source_rows, ledger_rows = base_rows()
    source = ScriptedSource("shop", "balance", source_rows, clock, opening=5_000)
    ledger = ScriptedLedger("books", "lines", ledger_rows, clock, opening=5_000)
    workspace = open_workspace(str(folder / "w.sqlite"))
    workspace.add_company("co", at=clock.now())
    systems = {"shop": source, "books": ledger}
    desk = Desk(
        workspace=workspace,
        company="co",
        zone="America/New_York",
        clock=clock,
        source=lambda connection: systems[connection.name],
        ledger=lambda connection: systems[connection.name],
        mapping=mapping,
        hash_password=lambda password: f"hashed {password}",
        check_password=lambda stored, password: stored == f"hashed {password}",
    )
    for name, roles, limit in (
        ("amina", {Role.ACCOUNTANT}, None),
        ("joseph", {Role.SUPERVISOR}, None),
        ("grace", {Role.ACCOUNTANT, Role.SUPERVISOR}, None),
        ("junior", {Role.SUPERVISOR}, 50),
    ):
        add_person(desk, Person("co", name, name.title(), frozenset(roles), "USD", limit), PASSWORD, by="engine")
    for name in systems:
        put_connection(
            desk,
            Connection("co", name, "scripted", "https://x.test", "America/New_York", {"account.fees": "61"}),
            by="engine",
        )
    with desk.write() as uow:
        for rung in (Rung.STAGED, Rung.WRITES):  # what it takes is test_ladder's subject
            uow.connections.set_rung("books", rung)
        uow.commit()
    fees = "fees"
    spec = Reconciliation(
        company="co",
        name=NAME,
        currency="USD",
        zone="America/New_York",
        source=SideSpec("shop", ("balance",), "", channels=(ChannelRule(fees, kinds=("fee",)),)),
        ledger=SideSpec("books", (), "35", channels=(ChannelRule(fees, begins="Stripe fees"),)),
    )
    put_reconciliation(desk, spec, by="engine")
    import_take_on(desk, [OpeningBalance(NAME, side, EVE, 5_000) for side in ("source", "ledger")], [], by="engine")
    yield Scene(desk, source, ledger)
    workspace.close()


@pytest.fixture
def scene(tmp_path):
    with new_scene(tmp_path) as made:
        yield made


__all__ = ["DAY", "NAME", "PASSWORD", "PERIOD", "Scene", "new_scene"]
