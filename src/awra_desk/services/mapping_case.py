"""The mapping tables with what a screen says about each row. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awra_desk.domain.dates import Period
from awra_desk.domain.entries import Account
from awra_desk.domain.mappings import MappingRow
from awra_desk.domain.people import Person
from awra_desk.services.coverage import Missing, missing_in
from awra_desk.services.desk import Desk


@dataclass(frozen=True, slots=True)
class MappingTables:
    """All of it.

    Attributes:
        rows: every row ever recorded, by number. missing: of the period asked for. ledgers: connection names, sorted.
        accounts: ledger -> account id -> account. people: by sign-in name.
    """

    rows: tuple[MappingRow, ...]
    missing: tuple[Missing, ...]
    ledgers: tuple[str, ...]
    accounts: Mapping[str, Mapping[str, Account]]
    people: Mapping[str, Person]


def load_mappings(desk: Desk, period: Period | None) -> MappingTables:
    """Read them, and what the period misses (None: nothing)."""
    with desk.read() as uow:
        ledgers = tuple(sorted({spec.ledger.source for spec in uow.reconciliations.all()}))
        return MappingTables(
            rows=tuple(uow.mappings.all()),
            missing=tuple(missing_in(uow, period)) if period else (),
            ledgers=ledgers,
            accounts={
                name: {account.account_id: account for account in uow.connections.accounts(name)} for name in ledgers
            },
            people={person.name: person for person in uow.people.all()},
        )
