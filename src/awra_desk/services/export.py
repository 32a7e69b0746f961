"""Export: the audit workbook of a period, from what the workspace holds now."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from awra_desk.audit.pack import build
from awra_desk.audit.pack_input import Attempt, AuditPack, ReconciliationPack, SidePack, SourcePack
from awra_desk.audit.seal import Seal
from awra_desk.domain.dates import Period
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.trail import TrailEntry
from awra_desk.matching import matches_digest, render_why, rule_toml
from awra_desk.ports.connections import Connection
from awra_desk.ports.storage import UnitOfWork
from awra_desk.ports.workbook import WorkbookWriter
from awra_desk.services.desk import Desk
from awra_desk.services.engine_run import match_config, prepare, rules_of
from awra_desk.services.remedy import stored_remedy
from awra_desk.services.sides import Side
from awra_desk.services.statement import statement


@dataclass(frozen=True, slots=True)
class Exported:
    """A workbook that was written.

    Attributes:
        rows: over all sheets. sha256: hex digest of the file.
    """

    sheets: int
    rows: int
    sha256: str


def export(desk: Desk, period: Period, path: Path, writer: WorkbookWriter, *, by: str) -> Exported:
    """Write the audit workbook.

    Raises:
        UserError: a reconciliation has not been run on the present records, or the file cannot be written.
    """
    _refuse_target(path)
    with desk.read() as uow:
        pack = _pack(uow, desk, period, by)
    seal = Seal()
    sheets = build(pack, seal=seal)
    writer.write(sheets, path, title=pack.title, author=pack.prepared_by, created=pack.prepared_at)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with desk.write() as uow:
        detail = {"period": str(period), "file": path.name, "sha256": digest, "contents": seal.digest}
        uow.trail.append(at=desk.now(), actor=by, action="workbook.export", subject=str(period), detail=detail)
        uow.commit()
    return Exported(len(sheets), sum(sheet.row_count or 0 for sheet in sheets), digest)


def _refuse_target(path: Path) -> None:
    """Only a new file, or another workbook, is written over: never a workspace, a statement or a device.

    Raises:
        UsageError: it is something else, or its folder is not there.
    """
    if path.suffix.lower() != ".xlsx":
        raise UsageError("a workbook's name ends in .xlsx", record=str(path), remedy="Give such a name.")
    if not path.parent.is_dir():
        raise UsageError("its folder is not there", record=str(path), remedy="Make the folder first.")
    if path.exists() and not (path.is_file() and zipfile.is_zipfile(path)):
        raise UsageError("this is no workbook, so it is not replaced", record=str(path), remedy="Choose another name.")


def _pack(uow: UnitOfWork, desk: Desk, period: Period, by: str) -> AuditPack:
    trail = list(uow.trail.entries())
    specs = uow.reconciliations.all()
    exceptions = uow.exceptions.all()
    writes = uow.writes.all()
    connections = uow.connections.all()
    return AuditPack(
        company=desk.company,
        period=period,
        zone=desk.zone,
        prepared_by=by,
        prepared_at=desk.now(),
        sources=[_source(uow, connection, trail) for connection in connections],
        reconciliations=[_reconciliation(uow, spec, period) for spec in specs],
        exceptions=exceptions,
        comments=[comment for item in exceptions for comment in uow.exceptions.comments(item.exception_id)],
        decisions=[decision for spec in specs for decision in uow.reconciliations.decisions(spec.name, undone=True)],
        writes=writes,
        approvals=[approval for write in writes for approval in uow.writes.approvals(write.write_id)],
        attempts=[
            Attempt(write.write_id, *attempt) for write in writes for attempt in uow.writes.attempts(write.write_id)
        ],
        control_totals=uow.controls.totals(),
        rejects=uow.records.rejects(),
        trail=trail,
        accounts=[
            (connection.name, account)
            for connection in connections
            for account in uow.connections.accounts(connection.name)
        ],
    )


def _source(uow: UnitOfWork, connection: Connection, trail: list[TrailEntry]) -> SourcePack:
    pulls: list[datetime] = [row.at for row in trail if row.action == "source.pull" and row.subject == connection.name]
    host = urlsplit(connection.base_url).hostname or Path(connection.base_url).name
    return SourcePack(
        connection.name, connection.provider, host, max(pulls, default=None), uow.records.counts(connection.name)
    )


def _reconciliation(uow: UnitOfWork, spec: Reconciliation, period: Period) -> ReconciliationPack:
    run = uow.reconciliations.last_run(spec.name)
    if run is None or run.period != str(period):
        raise UserError(
            f"it has not been reconciled for {period}", record=spec.name, remedy="Reconcile it, then export."
        )
    inputs = prepare(uow, spec.name)
    source, ledger = inputs.source, inputs.ledger
    if inputs.inputs_digest != run.inputs_digest:
        raise UserError(
            "its records, rules or decisions changed since the last run",
            record=spec.name,
            remedy="Reconcile again, then export.",
        )
    members = uow.reconciliations.members(spec.name)
    if matches_digest(members) != run.matches_digest:
        raise UserError(
            "its stored matches are not those of the last run", record=spec.name, remedy="Find out why, then reconcile."
        )
    return ReconciliationPack(
        spec=spec,
        statement=statement(uow, spec, period, source, ledger, members),
        source=_side(source),
        ledger=_side(ledger),
        members=members,
        open_items=uow.reconciliations.open_items(spec.name),
        run=run,
        rules=[*_engine_rules(spec), *_own_rules(uow, spec)],
        explain=_why,
        remedy=stored_remedy,
    )


def _engine_rules(spec: Reconciliation) -> list[tuple[str, str]]:
    """The engine's settings that the specification itself does not state."""
    config = match_config(spec)
    return [
        ("Passes, in order", ", ".join(config.passes)),
        ("Confirm floor", f"a score of {config.floor}"),
        ("Rival margin", f"another candidate within {config.margin} makes it a suggestion"),
        ("Hard identifiers", ", ".join(config.hard_keys) or "recognised patterns only"),
        ("Groups by search", f"up to {config.max_members} members, {config.search_steps:,} steps a target"),
        ("Partial allocation", "allowed" if config.partial else "not allowed"),
    ]


def _own_rules(uow: UnitOfWork, spec: Reconciliation) -> list[tuple[str, str]]:
    """The reconciliation's own rules and aliases as they are in force, in their order."""
    rules = rules_of(uow, spec.name).in_force
    told = [(f"Rule {rule.name}", f"{rule.action}: {rule.words or rule_toml(rule)}") for rule in rules]
    return [*told, *(("Alias", alias.name) for alias in rules.aliases)]


def _why(explanation: str) -> str:
    """A match's explanation as one line of words; a value that says its label itself stands alone."""
    rows = render_why(explanation)
    return "; ".join(row.value if row.value.startswith(row.label) else f"{row.label}: {row.value}" for row in rows)


def _side(side: Side) -> SidePack:
    return SidePack(side.rows, side.minor, side.opening_item)
