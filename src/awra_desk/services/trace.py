"""Trace: how one record came here and what became of it, from the raw payload to the ledger's document. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from awra_desk.domain.entries import StagedWrite, WriteState
from awra_desk.domain.events import Witness
from awra_desk.domain.exception_items import ExceptionItem, ExceptionState
from awra_desk.domain.money import to_people
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.records import RawRecord
from awra_desk.ports.schemas import SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.desk import Desk

Member = tuple[str, str]


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step.

    Attributes:
        name: "Raw record". what: one line. detail: a second, smaller line, or "".
        at: aware instant, or None when it has not happened or is not known.
        done: False for a step that is waited for.
    """

    name: str
    what: str
    detail: str = ""
    at: datetime | None = None
    done: bool = True


@dataclass(frozen=True, slots=True)
class Traced:
    """A record's way.

    Attributes:
        payload: the raw payload, or "" for an opening item that no source serves any more.
    """

    steps: tuple[TraceStep, ...]
    payload: str


def trace(desk: Desk, reconciliation: str, member: Member) -> Traced:
    """The way of one record of a reconciliation."""
    with desk.read() as uow:
        spec = uow.reconciliations.get(reconciliation)
        raw, came = _came(uow, spec, member)
        found = [item for item in uow.exceptions.all(reconciliation=reconciliation) if member in item.members]
        steps = [*came, *_matched(uow, spec, member), *(_exception(item) for item in found)]
        identities = {item.exception_id for item in found}
        writes = [write for write in uow.writes.all()
                  if identities & set(write.exception_ids) or _is_document(write, member)]  # fmt: skip
        for write in writes:
            steps += _write(uow, write)
        if not writes and any(item.state != ExceptionState.RESOLVED for item in found):
            steps += [TraceStep(name, "None yet", done=False) for name in ("Staged entry", "Ledger document")]
    return Traced(tuple(steps), raw.payload if raw else "")


def _came(uow: UnitOfWork, spec: Reconciliation, member: Member) -> tuple[RawRecord | None, list[TraceStep]]:
    side, record = member
    source = (spec.source if side == SOURCE_SIDE else spec.ledger).source
    rows = uow.records.transactions(source, ids={record})
    if not len(rows):
        opening = [item for item in uow.reconciliations.opening_items(spec.name) if item.record_id == record]
        words = f"{to_people(opening[0].minor, spec.currency)}, {opening[0].day}" if opening else "not held any more"
        return None, [TraceStep("Take-on", words, "Imported as an open item")]
    row = {name: rows[name][0] for name in rows.names}
    raw = uow.records.get(str(row["raw_id"]))
    size = len(raw.payload.encode())
    amount = to_people(int(row["amount"]), str(row["currency"]))
    fee = int(row["fee"])
    inner = str(row["settlement_currency"] or row["currency"])
    transaction = f"{row['external_id']}, {amount}" + (f", fee {to_people(fee, inner)}" if fee else "")
    steps = [
        _witnessed(source, uow.records.witnesses(raw.raw_id)),
        TraceStep(
            "Raw record",
            f"{source} {raw.stream} {raw.external_id}",
            f"sha256 {raw.digest[:16]}…, {size:,} bytes",
            raw.fetched_at,
        ),
        TraceStep("Transaction", transaction, f"Contract {row['contract']}"),
    ]
    for total in uow.controls.totals(source):
        if total.name == f"payout {row['batch']}" or total.name == f"{spec.name}: {side} balance":
            verdict = (
                "agrees"
                if total.holds
                else f"is broken: {to_people(total.expected - total.actual, total.currency)} apart"
            )
            detail = (
                f"Provider {to_people(total.expected, total.currency)}, rows {to_people(total.actual, total.currency)}"
            )
            steps.append(TraceStep("Control total", f"{total.name} {verdict}", detail, total.checked_at))
    return raw, steps


_WAYS = {
    Witness.POLL: ("None: {} was asked for what is new", "Polled"),
    Witness.EVENT: ("{} sent an event that names it", "Then read from there"),
    Witness.STATEMENT: ("None: it stands in a statement of {}", "Imported"),
}
"""By which way a version came first -> what is said of it."""


def _witnessed(source: str, ways: Sequence[tuple[Witness, datetime]]) -> TraceStep:
    """By which way this version came, and which others said the same later, each for itself."""
    (first, at), *others = ways
    what, how = _WAYS[first]
    also = "".join(f"; also by {way} at {seen:%Y-%m-%d %H:%M} UTC" for way, seen in others)
    return TraceStep("Source event", what.format(source), how + also, at)


def _matched(uow: UnitOfWork, spec: Reconciliation, member: Member) -> list[TraceStep]:
    side, record = member
    steps = []
    if run := uow.reconciliations.last_run(spec.name):
        members = uow.reconciliations.members(spec.name)
        mine = members.take((members["id"] == record) & (members["side"] == side))
        if len(mine):
            match = members.take(members["match_id"] == mine["match_id"][0])
            others = [identity for identity in match["id"].tolist() if identity != record]
            more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
            what = f"{str(mine['status'][0]).capitalize()} with {others[0]}{more}" if others else "Matched alone"
            steps.append(
                TraceStep("Match run", what, f"By {mine['rule'][0]}, score {mine['score'][0]:.2f}", run.started_at)
            )
        else:
            opened = uow.reconciliations.open_items(spec.name)
            row = opened.take((opened["id"] == record) & (opened["side"] == side))
            nearest = f"Nearest {row['nearest_id'][0]}" if len(row) and row["nearest_id"][0] else "No candidate"
            steps.append(
                TraceStep("Match run", f"No candidate passed. {nearest}", f"Rules {run.rule_version}", run.started_at)
            )
    for decision in uow.reconciliations.decisions(spec.name, undone=True):
        if member in decision.members:
            detail = f"By {decision.actor}" + (f": {decision.note}" if decision.note else "")
            undone = " (undone)" if decision.undone_at else ""
            steps.append(TraceStep("Decision", f"{decision.kind.value.capitalize()}{undone}", detail, decision.at))
    return steps


def _exception(item: ExceptionItem) -> TraceStep:
    words = item.reason.value.replace("_", " ").capitalize()
    detail = f"{item.state.value.replace('_', ' ').capitalize()}" + (f", owner {item.owner}" if item.owner else "")
    if item.resolution_note:
        detail += f": {item.resolution_note}"
    return TraceStep(
        "Exception", f"{words}, {item.severity}, {to_people(item.minor, item.currency)}", detail, item.opened_at
    )


def _is_document(write: StagedWrite, member: Member) -> bool:
    """Whether a ledger line belongs to the document that a write became."""
    return (
        bool(write.document_id)
        and member[0] != SOURCE_SIDE
        and member[1].split("/")[-1].split(":")[0] == write.document_id
    )


def _write(uow: UnitOfWork, write: StagedWrite) -> list[TraceStep]:
    debits = sum(line.minor for line in write.entry.lines if line.minor > 0)
    words = f"{write.write_id}, {to_people(debits, write.entry.currency)}"
    steps = [TraceStep("Staged entry", words, f"By {write.maker}, {write.state}", write.created_at)]
    approvals = [a for a in uow.writes.approvals(write.write_id) if a.generation == write.generation]
    if approvals:
        approval = approvals[-1]
        detail = f"sha256 {approval.payload_sha256[:16]}…"
        steps.append(TraceStep("Approval", f"By {approval.approver}", detail, approval.approved_at))
    elif write.state in (WriteState.DRAFT, WriteState.SUBMITTED):
        steps.append(TraceStep("Approval", "Waiting", done=False))
    attempts = uow.writes.attempts(write.write_id)
    if write.document_id:
        posted = [at for at, outcome, _ in attempts if outcome == "posted"]
        name = f"{write.target} {write.document_number or write.document_id}"
        detail = "Read back and equal" if write.state == WriteState.VERIFIED else write.state.value
        steps.append(TraceStep("Ledger document", name, detail, posted[-1] if posted else None))
    elif write.state not in (WriteState.REJECTED, WriteState.VOIDED, WriteState.EXPIRED):
        last = attempts[-1][2] if attempts else ""
        steps.append(TraceStep("Ledger document", "None yet", last, done=False))
    return steps
