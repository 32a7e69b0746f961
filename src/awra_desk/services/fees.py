"""Fee schedules of a source: read, lay down, and hold its charges against them. Every change is a version and a row."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from awra_desk.domain.errors import Refused, UsageError
from awra_desk.domain.fee_text import parse_schedules
from awra_desk.domain.fees import Charge, FeeSchedule, Variance, applicable, expected_fee, variance
from awra_desk.domain.people import Role
from awra_desk.domain.policies import Policy
from awra_desk.ports.columns import Table
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.desk import Desk, actor
from awra_desk.services.tariffs import text_of

KEEPERS = (Role.ACCOUNTANT, Role.SUPERVISOR, Role.OWNER)


@dataclass(frozen=True, slots=True)
class FeeCheck:
    """What holding a source's charges against its schedules gave.

    Attributes:
        covered: charges that a schedule speaks of; uncovered: charges with a fee that none speaks of.
        variances: by day, then record.
    """

    covered: int
    uncovered: int
    variances: tuple[Variance, ...]


def lay_down(desk: Desk, source: str, text: str, *, who: str, document: str = "the fee schedules") -> Policy:
    """Put these schedules in force for a source instead of those it had; an empty document takes them away.

    Raises:
        UsageError: the document cannot be read. Refused: it is what is in force already.
    """
    schedules = parse_schedules(text, document)
    with desk.write() as uow:
        actor(uow, who, *KEEPERS)
        uow.connections.get(source)
        current = uow.fees.current(source)
        if text == (current.text if current else ""):
            raise Refused("that changes nothing", record=source, remedy="See `fees list` for how it stands.")
        version, at = (current.version if current else 0) + 1, desk.now()
        words = ", ".join(schedule.name for schedule in schedules) or "none"
        policy = Policy(desk.company, source, version, text, words, who, at)
        uow.fees.add(policy)
        detail = {"schedules": words, "version": str(version)}
        uow.trail.append(at=at, actor=who, action="fees.set", subject=source, detail=detail)
        uow.commit()
    return policy


def adopt(desk: Desk, source: str, tariff: str, *, who: str) -> Policy:
    """Put a published tariff in force for a source."""
    return lay_down(desk, source, text_of(tariff), who=who, document=f"tariff {tariff}")


def history(desk: Desk, source: str) -> list[Policy]:
    """Every version, the oldest first."""
    with desk.read() as uow:
        uow.connections.get(source)
        return uow.fees.history(source)


def check(desk: Desk, source: str) -> FeeCheck:
    """Hold every charge of a source against its schedules. Reads only.

    Raises:
        UsageError: it has no schedule.
    """
    with desk.read() as uow:
        uow.connections.get(source)
        schedules = schedules_of(uow, source)
        rows = uow.records.transactions(source)
    if not schedules:
        raise UsageError("it has no fee schedule", record=source, remedy="Adopt a tariff or set one: `fees set`.")
    return _checked(schedules, charges(rows))


def schedules_of(uow: UnitOfWork, source: str) -> tuple[FeeSchedule, ...]:
    """The schedules in force for a source; empty for none."""
    policy = uow.fees.current(source)
    return parse_schedules(policy.text, f"fee schedules of {source}, version {policy.version}") if policy else ()


def variances(uow: UnitOfWork, source: str, rows: Table) -> list[Variance]:
    """Charges among the rows (schema TRANSACTIONS) whose fee is off the source's schedules, by record id."""
    schedules = schedules_of(uow, source)
    return [found for charge in charges(rows) if (found := variance(schedules, charge))] if schedules else []


def charges(rows: Table) -> list[Charge]:
    """Rows that may carry a fee of their own: money in. Gross and fee are in the settlement currency where there is
    one.
    """
    settled = rows["settlement_currency"] != ""
    gross = np.where(settled, rows["settlement_amount"], rows["amount"])
    chosen = np.flatnonzero(gross > 0)
    return [
        Charge(
            record_id=row["id"],
            kind=row["kind"],
            day=row["booking_date"],
            currency=row["settlement_currency"] or row["currency"],
            gross=row["settlement_amount"] if row["settlement_currency"] else row["amount"],
            fee=row["fee"],
            tax=row["tax"],
            description=row["description"],
            dimensions=json.loads(row["dimensions"] or "{}"),
        )
        for row in rows.take(chosen).dicts()
        if row["booking_date"] is not None
    ]


def _checked(schedules: tuple[FeeSchedule, ...], found: list[Charge]) -> FeeCheck:
    covered, uncovered = 0, 0
    off: list[Variance] = []
    for charge in found:
        known = applicable(schedules, charge)
        if not any(expected_fee(schedule, charge.gross) is not None for schedule in known):
            uncovered += charge.fee != 0
            continue
        covered += 1
        if wrong := variance(schedules, charge):
            off.append(wrong)
    off.sort(key=lambda each: (each.charge.day, each.charge.record_id))
    return FeeCheck(covered, uncovered, tuple(off))
