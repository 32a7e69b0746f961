"""Verification of what was pulled and of what the engine made of it. Part of `verify`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from awra_desk.audit.checks import Check, Finding
from awra_desk.domain.dates import Period
from awra_desk.domain.errors import UserError
from awra_desk.domain.money import to_text
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.records import RawRecord
from awra_desk.domain.runs import RunSummary
from awra_desk.domain.trail import TrailEntry
from awra_desk.matching import matches_digest
from awra_desk.ports.columns import Table
from awra_desk.ports.progress import Progress
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services import desk as desks
from awra_desk.services.engine_run import prepare
from awra_desk.services.sides import Side
from awra_desk.services.statement import statement

BATCH = 5_000
_CHANGES = (
    "source.pull", "events.process", "records.renormalise", "decision.", "rules.", "reconciliation.put",
    "takeon.import",
)  # fmt: skip

Row = Mapping[str, Any]


def check_records(uow: UnitOfWork, desk: desks.Desk, progress: Progress) -> tuple[list[Check], dict[str, datetime]]:
    """Raw records against their ids, and transactions against what their raw records give when they are read again.

    Returns the checks and the time of each source's newest raw record.
    """
    raw: list[Finding] = []
    read: list[Finding] = []
    counts = [0, 0]
    newest: dict[str, datetime] = {}
    for connection in uow.connections.all():
        mapping = desk.mapping(connection)
        seen: set[str] = set()
        for batch in _batches(uow.records.versions(connection.name)):
            counts[0] += len(batch)
            progress(counts[0], None, f"{connection.name}: reading raw records again")
            raw += [
                Finding(raw_id, "The payload is not the one that the record's id was made of.")
                for raw_id, _, record in batch
                if record.raw_id != raw_id
            ]
            latest = max(record.fetched_at for _, _, record in batch)
            newest[connection.name] = max(newest.get(connection.name, latest), latest)
            read += _differences(uow, connection.name, mapping, [record for _, holds, record in batch if holds], seen)
        known = uow.records.transactions(connection.name)["id"].tolist()
        counts[1] += len(known)
        read += [Finding(each, "No raw record gives this transaction.") for each in known if each not in seen]
    return [Check("raw records", counts[0], tuple(raw)), Check("transactions", counts[1], tuple(read))], newest


def check_runs(uow: UnitOfWork, trail: Sequence[TrailEntry], newest: Mapping[str, datetime]) -> list[Check]:
    """Each reconciliation's stored result is that of its last run, and its statement proves what the trail says."""
    matched, proven, count = [], [], 0
    for spec in uow.reconciliations.all():
        run = uow.reconciliations.last_run(spec.name)
        said = [row for row in trail if row.action == "reconciliation.run" and row.subject == spec.name]
        if run is None:
            matched += [Finding(spec.name, "The trail knows a run of it, the workspace none.") for _ in said[-1:]]
            continue
        count += 1
        matched += [Finding(spec.name, flaw) for flaw in _run_flaws(uow, run, said)]
        if said and not _has_moved_on(spec, run, said[-1], trail, newest):
            proven += [Finding(spec.name, flaw) for flaw in _statement_flaws(uow, spec, run, said[-1])]
    return [Check("matches", count, tuple(matched)), Check("totals", count, tuple(proven))]


def check_openings(uow: UnitOfWork, trail: Sequence[TrailEntry]) -> Check:
    """Each take-on balance is the one that was imported last, as the trail tells."""
    told = {
        (row.subject, row.detail["side"]): (row.detail["day"], row.detail["balance"])
        for row in trail
        if row.action == "takeon.import"
    }
    held = {
        (spec.name, opening.side): (str(opening.day), to_text(opening.minor, spec.currency))
        for spec in uow.reconciliations.all()
        for opening in uow.reconciliations.opening_balances(spec.name)
    }
    findings = [
        Finding(f"{name}, {side} side", "The take-on balance is not the one that the trail tells of.")
        for name, side in sorted(told.keys() | held.keys())
        if told.get((name, side)) != held.get((name, side))
    ]
    return Check("openings", len(held), tuple(findings))


def _differences(
    uow: UnitOfWork, source: str, mapping: desks.Mapping, records: Sequence[RawRecord], seen: set[str]
) -> Iterator[Finding]:
    """Transactions that are not what their raw records give; `seen` learns their ids."""
    if not records:
        return
    given = mapping.interpret(records, None).table
    wanted = {str(row["id"]): row for row in given.dicts()}
    seen.update(wanted)
    found = {str(row["id"]): row for row in uow.records.transactions(source, ids=sorted(wanted)).dicts()}
    for record_id, row in wanted.items():
        if record_id not in found:
            yield Finding(record_id, "Its raw record gives this transaction, but it is not there.")
            continue
        stored = found[record_id]
        if stored["contract"] != row["contract"]:
            continue  # another contract version is in force by now: the next pull reads it again
        if fields := [name for name, value in row.items() if stored[name] != value]:
            yield Finding(record_id, f"Not what its raw record gives: {_told(fields, stored, row)}.")


def _told(fields: Sequence[str], stored: Row, row: Row) -> str:
    return ", ".join(f"{name} is {stored[name]!r} instead of {row[name]!r}" for name in fields)


def _run_flaws(uow: UnitOfWork, run: RunSummary, said: Sequence[TrailEntry]) -> Iterator[str]:
    if matches_digest(uow.reconciliations.members(run.reconciliation)) != run.matches_digest:
        yield "Its stored matches are not those of its last run."
    if not said:
        yield "The trail knows no run of it."
        return
    told = said[-1].detail
    if (told["matches"], told["inputs"]) != (run.matches_digest, run.inputs_digest):
        yield f"Its last run is not the one of trail row {said[-1].sequence}."


def _has_moved_on(
    spec: Reconciliation, run: RunSummary, said: TrailEntry, trail: Sequence[TrailEntry], newest: Mapping[str, datetime]
) -> bool:
    """Whether records or decisions came after the run, so that nothing can be compared before the next one."""
    if any(newest.get(side.source, run.started_at) > run.started_at for side in (spec.source, spec.ledger)):
        return True
    return any(row.sequence > said.sequence and row.action.startswith(_CHANGES) for row in trail)


def _statement_flaws(uow: UnitOfWork, spec: Reconciliation, run: RunSummary, said: TrailEntry) -> Iterator[str]:
    try:
        inputs = prepare(uow, spec.name)
        source, ledger = inputs.source, inputs.ledger
        if inputs.inputs_digest != run.inputs_digest:
            yield "Its records, rules or decisions changed after its last run, and nothing in the trail says why."
        members = uow.reconciliations.members(spec.name)
        if gone := _strangers(members, source, ledger):
            yield f"Its matches name {gone[0]}, which is not there."
            return
        shown = statement(uow, spec, Period.month(run.period), source, ledger, members).unexplained
    except UserError as error:
        yield f"Its statement cannot be made: {error.text}"
        return
    if str(shown) != said.detail["unexplained_minor"]:
        told = said.detail["unexplained_minor"]
        yield f"{shown} minor units are unexplained now; trail row {said.sequence} says {told}."


def _strangers(members: Table, *sides: Side) -> list[str]:
    """Records that a match names and neither side holds."""
    known = {(side.name, record) for side in sides for record in side.rows["id"].tolist()}
    return sorted(
        record
        for side, record in zip(members["side"].tolist(), members["id"].tolist(), strict=True)
        if (side, record) not in known
    )


def _batches(versions: Iterable[tuple[str, bool, RawRecord]]) -> Iterator[list[tuple[str, bool, RawRecord]]]:
    stream = iter(versions)
    while batch := list(islice(stream, BATCH)):
        yield batch
