"""Staged writes with what a screen says about each. Reads only; the preflight alone asks the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from awra_desk.domain.dates import Period
from awra_desk.domain.entries import Account, Approval, PreflightFact, StagedWrite
from awra_desk.domain.exception_items import ExceptionItem
from awra_desk.domain.people import Person
from awra_desk.services.desk import Desk
from awra_desk.services.effect import Effect, effects
from awra_desk.services.queue import Activity, RecordFacts, record_facts
from awra_desk.services.stage import check


@dataclass(frozen=True, slots=True)
class WriteList:
    """All staged writes, latest first.

    Attributes:
        waiting: connection name -> ids in its outbox, oldest first.
    """

    writes: tuple[StagedWrite, ...]
    people: Mapping[str, Person]
    waiting: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Settled:
    """An exception that a write settles, with one of its records."""

    item: ExceptionItem
    fact: RecordFacts | None


@dataclass(frozen=True, slots=True)
class WriteCase:
    """One staged write in full; attempts are (instant, outcome, words)."""

    write: StagedWrite
    accounts: Mapping[str, Account]
    approvals: tuple[Approval, ...]
    attempts: tuple[tuple[datetime, str, str], ...]
    settles: tuple[Settled, ...]
    history: tuple[Activity, ...]
    effects: tuple[Effect, ...]


def load_writes(desk: Desk) -> WriteList:
    """Read the list."""
    with desk.read() as uow:
        writes = sorted(uow.writes.all(), key=lambda write: (write.created_at, write.write_id), reverse=True)
        targets = sorted({write.target for write in writes})
        return WriteList(
            tuple(writes),
            {person.name: person for person in uow.people.all()},
            {target: tuple(uow.writes.outbox(target)) for target in targets},
        )


def load_write(desk: Desk, write_id: str, period: Period | None) -> WriteCase:
    """Read one write, and what it does to the accounts of the period (None: of no period)."""
    with desk.read() as uow:
        write = uow.writes.get(write_id)
        settles = []
        for exception_id in write.exception_ids:
            item = uow.exceptions.get(exception_id)
            chosen = max(item.members, default=None)
            spec = uow.reconciliations.get(item.reconciliation)
            facts = record_facts(uow, spec, {chosen}) if chosen else {}
            settles.append(Settled(item, facts.get(chosen) if chosen else None))
        own = (row for row in uow.trail.entries() if row.subject == write_id)
        history = [Activity(row.at, row.actor, row.action, row.detail) for row in own]
        accounts = {account.account_id: account for account in uow.connections.accounts(write.target)}
        approvals, attempts = tuple(uow.writes.approvals(write_id)), tuple(uow.writes.attempts(write_id))
    found = effects(desk, write, period) if period is not None else ()
    return WriteCase(write, accounts, approvals, attempts, tuple(settles), tuple(history), found)


def preflight(desk: Desk, write_id: str) -> tuple[PreflightFact, ...]:
    """The preflight facts as the ledger answers now.

    Raises:
        TransportError: the ledger could not be asked.
    """
    with desk.read() as uow:
        write = uow.writes.get(write_id)
        connection = uow.connections.get(write.target)
    return tuple(check(desk, write, connection))
