"""Connection case: one connection with its evidence, and all of them at a glance. Reads only; asks no provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from awra_desk.domain.errors import UserError
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.ladder import Rung
from awra_desk.domain.people import Person
from awra_desk.domain.reasons import Reason
from awra_desk.domain.reconciliations import ClosingBasis, Reconciliation
from awra_desk.ports.connections import Connection
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.closing import WHOLE_BALANCE, closing
from awra_desk.services.desk import Desk
from awra_desk.services.drift import DriftSeen, drifts
from awra_desk.services.health import Health, examine
from awra_desk.services.sides import load_side

DAYS, PULLS = 31, 20
"""So many of the latest proven days of a side, and of the latest pulls, are given."""


@dataclass(frozen=True, slots=True)
class StreamState:
    """One stream: external ids held, when the last new version came, how far it was pulled, what it was read with.

    Attributes:
        newest: None where nothing came yet. cursor, contract: "" where there is none yet.
    """

    stream: str
    records: int
    newest: datetime | None
    cursor: str
    contract: str


@dataclass(frozen=True, slots=True)
class DayProof:
    """Opening + movements = closing of one side of a reconciliation, between two days whose balances were reported.

    Attributes:
        after: the day at whose end `opening` holds: the reported one before, or the take-on's.
        day: the day at whose end the provider reported `closing`; None where it reports only the present balance.
        opening, movements, closing: minor units, the side's sign applied; movements are our rows.
        exception_id: the open exception of a break, "" for none.
    """

    reconciliation: str
    side: str
    currency: str
    after: date
    day: date | None
    opening: int
    movements: int
    closing: int
    exception_id: str = ""

    @property
    def off(self) -> int:
        """What the rows say less what was reported; 0 when it agrees."""
        return self.opening + self.movements - self.closing


@dataclass(frozen=True, slots=True)
class PastPull:
    """One complete pull; quarantined: records that did not fit then; broken: names of control totals that failed."""

    at: datetime
    who: str
    fetched: int
    new: int
    quarantined: int
    broken: str


@dataclass(frozen=True, slots=True)
class ConnectionCase:
    """Everything about one connection.

    Attributes:
        health: without a test. has_secret: the keyring holds its credentials. contract: the version in force.
        breaks: name of a control total that does not hold -> id of its open exception.
        pulls: latest first. moved: rung -> when it was last reached, by the trail.
    """

    health: Health
    has_secret: bool
    contract: str
    streams: tuple[StreamState, ...]
    proofs: tuple[DayProof, ...]
    breaks: dict[str, str]
    pulls: tuple[PastPull, ...]
    drifts: tuple[DriftSeen, ...]
    moved: dict[Rung, datetime]


@dataclass(frozen=True, slots=True)
class ConnectionFact:
    """One connection at a glance: pulled is None before its first complete pull; broken, drifted: how many."""

    connection: Connection
    pulled: datetime | None
    broken: int
    drifted: int


@dataclass(frozen=True, slots=True)
class ConnectionList:
    """All connections by name, and the people by sign-in name."""

    facts: tuple[ConnectionFact, ...]
    people: dict[str, Person]


def load_connections(desk: Desk) -> ConnectionList:
    """Read them."""
    with desk.read() as uow:
        pulled = {row.subject: row.at for row in uow.trail.entries() if row.action == "source.pull"}
        broken = [total.source for total in uow.controls.totals() if not total.holds]
        drifted = [drift.source for drift in uow.drifts.all() if drift.read]
        facts = tuple(
            ConnectionFact(known, pulled.get(known.name), broken.count(known.name), drifted.count(known.name))
            for known in uow.connections.all()
        )
        return ConnectionList(facts, {person.name: person for person in uow.people.all()})


def load_connection(desk: Desk, name: str) -> ConnectionCase:
    """Read one.

    Raises:
        UserError: unknown connection. UsageError: its contract cannot be read.
    """
    health = examine(desk, name, ask=False)
    connection = health.connection
    found = tuple(seen for seen in drifts(desk) if seen.drift.source == name)
    with desk.read() as uow:
        rows = [row for row in uow.trail.entries() if row.subject == name]
        breaks = _breaks(uow, name)
        return ConnectionCase(
            health=health,
            has_secret=desk.connecting is None or desk.connecting.has_secret(connection),
            contract=desk.mapping(connection).version,
            streams=_streams(uow, name),
            proofs=tuple(_proofs(uow, name, breaks)),
            breaks=breaks,
            pulls=tuple(_pull(row) for row in reversed(rows) if row.action == "source.pull")[:PULLS],
            drifts=found,
            moved={Rung(row.detail["to"]): row.at for row in rows if row.action == "connection.rung"},
        )


def _pull(row: Any) -> PastPull:
    detail = row.detail
    fetched, new, out = (int(detail[key]) for key in ("fetched", "new", "quarantined"))
    return PastPull(row.at, row.actor, fetched, new, out, detail["controls_broken"])


def _breaks(uow: UnitOfWork, name: str) -> dict[str, str]:
    """Name of each total of this source that is an open exception -> the exception's id."""
    head = f"{name}: "
    return {
        subject.removeprefix(head): item.exception_id
        for item in uow.exceptions.all(states=set(ExceptionState) - {ExceptionState.RESOLVED})
        if item.reason == Reason.BALANCE_BREAK
        for _, subject in item.members
        if subject.startswith(head)
    }


def _streams(uow: UnitOfWork, name: str) -> tuple[StreamState, ...]:
    cursors, held = uow.connections.cursors(name), {one.stream: one for one in uow.records.held(name)}
    found = []
    for stream in sorted(cursors.keys() | held.keys()):
        known = held.get(stream)
        count, newest = (known.records, known.newest) if known else (0, None)
        contract = uow.records.contract(name, stream) or ""
        found.append(StreamState(stream, count, newest, cursors.get(stream, ""), contract))
    return tuple(found)


def _proofs(uow: UnitOfWork, name: str, breaks: dict[str, str]) -> list[DayProof]:
    """Of every reconciled side of this source, latest day first."""
    found = []
    for spec in uow.reconciliations.all():
        opened = {balance.side for balance in uow.reconciliations.opening_balances(spec.name)}
        for side, chosen in ((SOURCE_SIDE, spec.source), (LEDGER_SIDE, spec.ledger)):
            if chosen.source == name and side in opened:
                found += _side_proofs(uow, spec, side, breaks)
    return found


def _side_proofs(uow: UnitOfWork, spec: Reconciliation, name: str, breaks: dict[str, str]) -> list[DayProof]:
    side = load_side(uow, spec, name)
    reported = uow.controls.days(side.spec.source, side.spec.account or WHOLE_BALANCE, spec.currency)
    dated = [day for day in reported if day > side.opening_day] if side.spec.closing == ClosingBasis.REPORTED else []
    days: list[date | None] = [*dated[-DAYS - 1 :]] or [None]
    after, opening, proofs = side.opening_day, side.opening, []
    for day in days:
        try:
            reached = closing(uow, spec, side, day or date.max)
        except UserError:
            return []  # it reported no balance yet, so there is nothing to prove
        moved = side.movements(day or date.max, after=after)
        proof = DayProof(spec.name, name, spec.currency, after, day, opening, moved, reached)
        proofs.append(proof)
        after, opening = day or after, reached
    last = f"{spec.name}: {name} balance"
    linked = [_linked(proof, breaks.get(last, "")) for proof in proofs[-DAYS:]]
    return linked[::-1]


def _linked(proof: DayProof, exception_id: str) -> DayProof:
    facts = (proof.reconciliation, proof.side, proof.currency, proof.after, proof.day)
    amounts = (proof.opening, proof.movements, proof.closing)
    return DayProof(*facts, *amounts, exception_id) if proof.off else proof
