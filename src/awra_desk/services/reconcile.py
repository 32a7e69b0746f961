"""Reconcile: match both sides, prove the balances, bring the exception queue up to date. One trail row a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from awra_desk.domain.controls import ControlTotal
from awra_desk.domain.dates import Period, booking_day
from awra_desk.domain.decisions import Decision
from awra_desk.domain.events import EventState
from awra_desk.domain.exception_items import ExceptionItem, ExceptionState
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.runs import RunSummary, Statement
from awra_desk.exception_queue import findings as find
from awra_desk.exception_queue.fees import of_fees
from awra_desk.exception_queue.merge import Queue, merge
from awra_desk.matching import MatchResult
from awra_desk.ports.columns import Table
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.engine_run import Prepared, prepare, run_engine
from awra_desk.services.fees import variances
from awra_desk.services.sides import Side
from awra_desk.services.statement import statement
from awra_desk.services.unmapped import of_unmapped


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A run's outcome.

    Attributes:
        exceptions: open ones of this reconciliation; new, cleared: how many this run opened and cleared.
        withdrawn: earlier engine confirmations that no longer hold because a rival arrived.
    """

    spec: Reconciliation
    statement: Statement
    run: RunSummary
    exceptions: int
    new: int
    cleared: int
    withdrawn: int


def reconcile(desk: Desk, name: str, period: Period, *, who: str = ENGINE, progress: Progress = silent) -> Reconciled:
    """Run one reconciliation for a period; the same records and decisions always give the same result.

    Raises:
        UserError: no opening balance, or no reported balance.
    """
    with desk.read() as uow:
        inputs = prepare(uow, name)
    return record(desk, inputs, period, run_engine(inputs, progress=progress), who=who)


def record(desk: Desk, inputs: Prepared, period: Period, result: MatchResult, *, who: str) -> Reconciled:
    """Keep what the engine made of these inputs, prove the balances with it and renew the queue.

    Raises:
        UserError: no reported balance.
    """
    spec, source, ledger, decided = inputs.spec, inputs.source, inputs.ledger, inputs.decided
    name, run = spec.name, _summary(desk, inputs, period, result)
    with desk.write() as uow:
        before = uow.reconciliations.confirmed(name)
        uow.reconciliations.save_run(run, result.members, result.open)
        shown = statement(uow, spec, period, source, ledger, result.members)
        changed = _update_queue(uow, desk, run, (spec, period), (source, ledger), result)
        withdrawn = len(before - _confirmed(result.members) - _members_decided(decided))
        new = sum(1 for item in changed if item.opened_at == run.started_at)
        cleared = sum(1 for item in changed if item.resolved_at == run.started_at)
        uow.trail.append(
            at=run.started_at,
            actor=who,
            action="reconciliation.run",
            subject=name,
            detail={
                "period": str(period),
                "inputs": run.inputs_digest,
                "matches": run.matches_digest,
                "rules": run.rule_version,
                "confirmed": str(run.confirmed),
                "suggested": str(run.suggested),
                "open": str(run.open_items),
                "exceptions_new": str(new),
                "exceptions_cleared": str(cleared),
                "withdrawn": str(withdrawn),
                "unexplained_minor": str(shown.unexplained),
            },
        )
        open_now = uow.exceptions.count(reconciliation=name, states=UNRESOLVED)
        uow.commit()
    return Reconciled(spec, shown, run, open_now, new, cleared, withdrawn)


UNRESOLVED = frozenset(ExceptionState) - {ExceptionState.RESOLVED}


def _summary(desk: Desk, inputs: Prepared, period: Period, result: MatchResult) -> RunSummary:
    status = result.members["status"]
    ids = result.members["match_id"]
    return RunSummary(
        company=desk.company,
        reconciliation=inputs.spec.name,
        period=str(period),
        started_at=desk.now(),
        inputs_digest=inputs.inputs_digest,
        matches_digest=result.digest,
        rule_version=inputs.config.rule_version,
        confirmed=len(set(ids[status == "confirmed"].tolist())),
        suggested=len(set(ids[status == "suggested"].tolist())),
        open_items=len(result.open),
    )


def _confirmed(members: Table) -> set[tuple[str, str]]:
    chosen = members.take(members["status"] == "confirmed")
    return set(zip(chosen["side"].tolist(), chosen["id"].tolist(), strict=True))


def _members_decided(decided: list[Decision]) -> set[tuple[str, str]]:
    return {member for decision in decided for member in decision.members}


def _update_queue(
    uow: UnitOfWork,
    desk: Desk,
    run: RunSummary,
    what: tuple[Reconciliation, Period],
    sides: tuple[Side, Side],
    result: MatchResult,
) -> list[ExceptionItem]:
    spec, period = what
    suggested = result.members.take(result.members["status"] == "suggested")
    items = known_items(sides, (result.open, suggested))
    totals = [total for total in uow.controls.totals() if _concerns(total, spec)]
    found = [
        *find.of_open_items(result.open, items, spec, period),
        *find.of_suggestions(result.members, items, spec, period),
        *of_fees(variances(uow, spec.source.source, sides[0].rows.take(sides[0].in_scope)), period),
        *find.of_controls(totals, spec, period.last),
        *find.of_rejects(
            [*uow.records.rejects(spec.source.source), *uow.records.rejects(spec.ledger.source)], spec, period.last
        ),
        *of_unmapped(uow, spec, period),
        *find.of_dead_events(uow.events.all(states={EventState.DEAD}), spec),
    ]
    queue = queue_of(desk, spec, run.started_at)
    changed = merge(uow.exceptions.all(reconciliation=spec.name), found, queue)
    uow.exceptions.put(changed)
    return changed


def queue_of(desk: Desk, spec: Reconciliation, now: datetime) -> Queue:
    """Where findings of this reconciliation go."""
    return Queue(
        company=desk.company,
        reconciliation=spec.name,
        materiality_minor=spec.materiality_minor,
        owner=spec.owner,
        now=now,
        today=booking_day(now, desk.zone),
    )


def _concerns(total: ControlTotal, spec: Reconciliation) -> bool:
    """Whether it is this reconciliation's own total, or one by which its source proves itself."""
    return total.name.startswith(f"{spec.name}:") or (total.source == spec.source.source and total.is_proof)


def known_items(sides: tuple[Side, Side], wanted: tuple[Table, ...]) -> Mapping[tuple[str, str], find.Item]:
    """The records that these tables name (columns side, id) as classification wants them, by (side, id)."""
    known = {}
    asked = {(side, name) for table in wanted for side, name in zip(table["side"], table["id"], strict=True)}
    for whole in sides:
        here = [(whole.name, name) in asked for name in whole.rows["id"].tolist()]
        side = whole.take(np.array(here, dtype=bool))
        days: list[date] = side.rows["booking_date"].tolist()
        settled = side.rows["settlement_currency"]
        exchanged = side.comparable & (settled != "") & (settled != side.rows["currency"])
        columns = (
            side.rows["id"].tolist(),
            days,
            side.minor.tolist(),
            side.rows["kind"].tolist(),
            side.channel.tolist(),
            exchanged.tolist(),
        )
        for record_id, day, minor, kind, channel, other in zip(*columns, strict=True):
            known[(side.name, record_id)] = find.Item(side.name, record_id, day, minor, kind, channel, other)
    return known
