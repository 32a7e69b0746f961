"""Reconcile: match both sides, prove the balances, bring the exception queue up to date. One trail row a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from awra_desk.domain.controls import ControlTotal
from awra_desk.domain.dates import Period, booking_day
from awra_desk.domain.decisions import Decision, DecisionKind
from awra_desk.domain.exception_items import ExceptionItem, ExceptionState
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.runs import RunSummary, Statement
from awra_desk.exception_queue import findings as find
from awra_desk.exception_queue.merge import Queue, merge
from awra_desk.matching import Decisions, MatchConfig, MatchResult, match
from awra_desk.ports.columns import Table
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.closing import WHOLE_BALANCE
from awra_desk.services.control import COUNTED, RUNNING
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.sides import Side, load_side
from awra_desk.services.statement import statement


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
        spec = uow.reconciliations.get(name)
        source, ledger = load_side(uow, spec, SOURCE_SIDE), load_side(uow, spec, LEDGER_SIDE)
        decided = uow.reconciliations.decisions(name)
    config = match_config(spec)
    left, right = source.items(source.in_scope, spec.currency), ledger.items(ledger.in_scope, spec.currency)
    result = match(left, right, config, decisions=pinned(decided), salt=name, progress=progress)
    run = _summary(desk, spec, period, config, (left, right), decided, result)
    with desk.write() as uow:
        before = _confirmed(uow.reconciliations.members(name))
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
        open_now = len(uow.exceptions.all(reconciliation=name, states=UNRESOLVED))
        uow.commit()
    return Reconciled(spec, shown, run, open_now, new, cleared, withdrawn)


UNRESOLVED = frozenset(ExceptionState) - {ExceptionState.RESOLVED}


def match_config(spec: Reconciliation) -> MatchConfig:
    """The matcher's configuration for this reconciliation."""
    return MatchConfig.default().with_tolerances(
        before_days=spec.before_days,
        after_days=spec.after_days,
        absolute={spec.currency: spec.tolerance_minor},
        percent=spec.percent,
    )


def pinned(decided: list[Decision]) -> Decisions:
    """People's decisions as the matcher wants them."""
    kinds: dict[DecisionKind, list[tuple[tuple[str, str], ...]]] = {kind: [] for kind in DecisionKind}
    for decision in decided:
        kinds[decision.kind].append(decision.members)
    return Decisions(
        confirmed=tuple(kinds[DecisionKind.MATCH]),
        rejected=frozenset(frozenset(members) for members in kinds[DecisionKind.REJECT]),
        excluded=frozenset(member for members in kinds[DecisionKind.EXCLUDE] for member in members),
    )


def _summary(
    desk: Desk,
    spec: Reconciliation,
    period: Period,
    config: MatchConfig,
    sides: tuple[Table, ...],
    decided: list[Decision],
    result: MatchResult,
) -> RunSummary:
    status = result.members["status"]
    ids = result.members["match_id"]
    return RunSummary(
        company=desk.company,
        reconciliation=spec.name,
        period=str(period),
        started_at=desk.now(),
        inputs_digest=inputs_digest(spec, sides, decided),
        matches_digest=result.digest,
        rule_version=config.rule_version,
        confirmed=len(set(ids[status == "confirmed"].tolist())),
        suggested=len(set(ids[status == "suggested"].tolist())),
        open_items=len(result.open),
    )


def inputs_digest(spec: Reconciliation, sides: tuple[Table, ...], decided: list[Decision]) -> str:
    """SHA-256 over everything a run depends on; rows in id order."""
    digest = hashlib.sha256(json.dumps(asdict(spec), default=str, sort_keys=True).encode())
    for side in sides:
        for row in sorted(side.rows(), key=lambda row: str(row[0])):
            digest.update(repr(row).encode())
    for decision in decided:
        digest.update(decision.decision_id.encode())
    return digest.hexdigest()


def _confirmed(members: Table) -> set[tuple[str, str]]:
    chosen = members.take(members["status"] == "confirmed")
    return set(zip(chosen["side"].tolist(), chosen["id"].tolist(), strict=True))


def _members_decided(decided: list[Decision]) -> set[tuple[str, str]]:
    return {member for decision in decided for member in decision.members}


def _concerns(total: ControlTotal, spec: Reconciliation) -> bool:
    """Whether a control total is this reconciliation's own, or its sources' in its currency."""
    if total.name.startswith(f"{spec.name}:"):
        return True
    accounts = [side.account or WHOLE_BALANCE for side in (spec.source, spec.ledger) if side.source == total.source]
    running = total.currency == spec.currency and total.name in {f"{RUNNING}{account}" for account in accounts}
    return bool(accounts) and (running or total.name.startswith(COUNTED))


def _update_queue(
    uow: UnitOfWork,
    desk: Desk,
    run: RunSummary,
    what: tuple[Reconciliation, Period],
    sides: tuple[Side, Side],
    result: MatchResult,
) -> list[ExceptionItem]:
    spec, period = what
    items = known_items(*sides)
    totals = [total for total in uow.controls.totals() if _concerns(total, spec)]
    found = [
        *find.of_open_items(result.open, items, spec, period),
        *find.of_suggestions(result.members, items, spec, period),
        *find.of_controls(totals, spec, period.last),
        *find.of_rejects(
            [*uow.records.rejects(spec.source.source), *uow.records.rejects(spec.ledger.source)], spec, period.last
        ),
    ]
    queue = Queue(
        company=desk.company,
        reconciliation=spec.name,
        materiality_minor=spec.materiality_minor,
        owner=spec.owner,
        now=run.started_at,
        today=booking_day(run.started_at, desk.zone),
    )
    changed = merge(uow.exceptions.all(reconciliation=spec.name), found, queue)
    uow.exceptions.put(changed)
    return changed


def known_items(source: Side, ledger: Side) -> Mapping[tuple[str, str], find.Item]:
    """Every record of both sides as classification wants it, by (side, id)."""
    known = {}
    for side in (source, ledger):
        days: list[date] = side.rows["booking_date"].tolist()
        columns = (
            side.rows["id"].tolist(),
            days,
            side.minor.tolist(),
            side.rows["kind"].tolist(),
            side.channel.tolist(),
        )
        for record_id, day, minor, kind, channel in zip(*columns, strict=True):
            known[(side.name, record_id)] = find.Item(side.name, record_id, day, minor, kind, channel)
    return known
