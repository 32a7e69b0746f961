"""`awra-desk pull | reconcile | exceptions | transactions | export`: the steps of the month, each on its own."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.executors import open_executor
from awra_desk.app.output import LineProgress, aligned, common_options, say
from awra_desk.app.workspace import workspace_url
from awra_desk.domain.dates import Period
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import to_people, to_text
from awra_desk.exporters.xlsx import XlsxWriter
from awra_desk.ports.columns import Table
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.export import export
from awra_desk.services.partitions import reconcile_all
from awra_desk.services.pull import PullResult, pull
from awra_desk.services.reconcile import UNRESOLVED, Reconciled, reconcile

HELP = {
    "pull": "fetch from the connected systems",
    "reconcile": "match both sides and prove the balances",
    "exceptions": "list what is open",
    "transactions": "list the canonical transactions",
    "export": "write the audit workbook",
}


def add_parser(commands: Any, name: str) -> None:
    """Declare the arguments of one of these commands."""
    parser = common_options(commands.add_parser(name, help=HELP[name]))
    parser.set_defaults(step=_STEPS[name])
    if name in ("pull", "reconcile"):
        parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    if name in ("pull", "reconcile", "export"):
        parser.add_argument("--period", default="", metavar="YYYY-MM", help="default: last month")
    if name == "reconcile":
        parser.add_argument("--workers", type=int, default=1, metavar="N", help="match in so many processes")
        parser.add_argument("--cluster", default="", metavar="ADDRESS", help="match on a dask scheduler's workers")
    if name == "exceptions":
        parser.add_argument("--reconciliation", default="", metavar="NAME", help="default: all")
    if name == "transactions":
        parser.add_argument("--source", default="", metavar="NAME", help="default: all")
    if name == "export":
        parser.add_argument("--out", required=True, type=Path, metavar="FILE.xlsx")
        parser.add_argument("--by", default=ENGINE, help="who prepares it")


def run(args: argparse.Namespace) -> int:
    """Run the step named by the command."""
    with open_desk(workspace_url(args.workspace), company=args.company) as desk:
        return int(args.step(desk, args))


def period_of(desk: Desk, text: str) -> Period:
    """The period given, or the month before today."""
    if text:
        return Period.month(text)
    today = desk.today()
    year, month = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
    return Period.month(f"{year:04d}-{month:02d}")


def _pull(desk: Desk, args: argparse.Namespace) -> int:
    period = period_of(desk, args.period)
    with desk.read() as uow:
        known = [connection.name for connection in uow.connections.all()]
    names = _chosen(args.names, known, "connection")
    progress = LineProgress()
    results = [pull(desk, name, days=(period.first, period.last), progress=progress) for name in names]
    progress.end()
    say({"sources": [asdict(result) for result in results]}, text=pull_text(results), as_json=args.json)
    return 0 if all(result.control_ok and not result.quarantined for result in results) else 1


def pull_text(results: list[PullResult]) -> str:
    """A table of what was pulled, and what is to be known about its files."""
    rows = [("source", "records", "new", "transactions", "quarantined", "controls")]
    rows += [
        (
            r.name,
            f"{r.fetched:,}",
            f"{r.new:,}",
            f"{r.transactions:,}",
            f"{r.quarantined:,}",
            "hold" if r.control_ok else f"BROKEN: {', '.join(r.broken)}",
        )
        for r in results
    ]
    notices = [f"{result.name}: {words}" for result in results for words in result.notices]
    return "\n".join([aligned(rows, right=frozenset({1, 2, 3, 4})), *notices])


def _reconcile(desk: Desk, args: argparse.Namespace) -> int:
    period = period_of(desk, args.period)
    with desk.read() as uow:
        known = [spec.name for spec in uow.reconciliations.all()]
    names, progress = _chosen(args.names, known, "reconciliation"), LineProgress()
    if args.workers > 1 or args.cluster:
        with open_executor(args.workers, args.cluster) as (executor, width):
            results = reconcile_all(desk, names, [period], executor, width=width, progress=progress)
    else:
        results = [reconcile(desk, name, period, progress=progress) for name in names]
    progress.end()
    say(
        {"reconciliations": [reconciled_json(result) for result in results]},
        text=reconciled_text(results),
        as_json=args.json,
    )
    return 0 if all(result.statement.unexplained == 0 and not result.exceptions for result in results) else 1


def reconciled_json(result: Reconciled) -> dict[str, object]:
    """One reconciliation's outcome; money as decimal strings."""
    shown, currency = result.statement, result.spec.currency
    return {
        "name": result.spec.name,
        "currency": currency,
        "source_closing": to_text(shown.source.closing, currency),
        "ledger_closing": to_text(shown.ledger.closing, currency),
        "confirmed": result.run.confirmed,
        "suggested": result.run.suggested,
        "exceptions": result.exceptions,
        "reconciling": to_text(shown.reconciling, currency),
        "unexplained": to_text(shown.unexplained, currency),
    }


def reconciled_text(results: list[Reconciled]) -> str:
    """A table of what was proven and what is left."""
    rows: list[tuple[str, ...]] = [
        (
            "reconciliation",
            "source closing",
            "ledger closing",
            "reconciling",
            "unexplained",
            "confirmed",
            "suggested",
            "exceptions",
        )
    ]
    for result in results:
        shown, currency = result.statement, result.spec.currency
        money = (shown.source.closing, shown.ledger.closing, shown.reconciling, shown.unexplained)
        counts = (result.run.confirmed, result.run.suggested, result.exceptions)
        rows.append(
            (result.spec.name, *(to_people(minor, currency) for minor in money), *(f"{count:,}" for count in counts))
        )
    return aligned(rows, right=frozenset(range(1, 8)))


def _exceptions(desk: Desk, args: argparse.Namespace) -> int:
    with desk.read() as uow:
        if args.reconciliation:
            uow.reconciliations.get(args.reconciliation)
        items = uow.exceptions.all(reconciliation=args.reconciliation, states=UNRESOLVED)
    items.sort(key=lambda item: (item.due, item.exception_id))
    rows: list[tuple[str, ...]] = [("due", "severity", "reason", "amount", "records", "reconciliation", "owner", "id")]
    rows += [
        (
            str(i.due),
            i.severity,
            i.reason.words,
            to_people(i.minor, i.currency),
            str(len(i.members)),
            i.reconciliation,
            i.owner or "-",
            i.exception_id,
        )
        for i in items
    ]
    document = [{**asdict(item), "amount": to_text(item.minor, item.currency)} for item in items]
    say(
        {"exceptions": document},
        text=aligned(rows, right=frozenset({3, 4})) if items else "Nothing is open.",
        as_json=args.json,
    )
    return 1 if items else 0


def _transactions(desk: Desk, args: argparse.Namespace) -> int:
    with desk.read() as uow:
        known = [connection.name for connection in uow.connections.all()]
    for name in _chosen([args.source] if args.source else [], known, "connection"):
        with desk.read() as uow:
            rows = uow.records.transactions(name)
        for line in _lines(rows, as_json=args.json):
            sys.stdout.write(line + "\n")
    return 0


def _lines(rows: Table, *, as_json: bool) -> Iterator[str]:
    for row in rows.dicts():
        if as_json:
            yield json.dumps(transaction_json(row), ensure_ascii=False)
        else:
            amount = to_people(row["amount"], row["currency"])
            yield f"{row['booking_date']}  {row['kind']:<20}  {amount:>20}  {row['id']}  {row['description']}"


def transaction_json(row: dict[str, Any]) -> dict[str, Any]:
    """A transaction as JSON; amounts as decimal strings, absent ones null."""
    currency, settled, booked = row["currency"], row["settlement_currency"], row["book_currency"]
    inner = settled or currency
    at: datetime | None = row["occurred_at"]
    return {
        "company": row["company"],
        "source": row["source"],
        "stream": row["stream"],
        "external_id": row["external_id"],
        "occurrence": row["occurrence"],
        "kind": row["kind"],
        "occurred_at": at.replace(tzinfo=UTC).isoformat() if at else None,
        "booking_date": row["booking_date"].isoformat() if row["booking_date"] else None,
        "amount": to_text(row["amount"], currency),
        "currency": currency,
        "settlement_amount": to_text(row["settlement_amount"], settled) if settled else None,
        "settlement_currency": settled or None,
        "book_amount": to_text(row["book_amount"], booked) if booked else None,
        "book_currency": booked or None,
        "fx_rate": row["fx_rate"] or None,
        "fee": to_text(row["fee"], inner),
        "tax": to_text(row["tax"], inner),
        "net": to_text(row["net"], inner),
        "batch": row["batch"] or None,
        "references": row["references"].split("\n") if row["references"] else [],
        "counterparty": row["counterparty"],
        "description": row["description"],
        "account": row["account"] or None,
        "dimensions": json.loads(row["dimensions"] or "{}"),
        "status": row["status"],
        "raw_id": row["raw_id"],
        "contract": row["contract"],
    }


def _export(desk: Desk, args: argparse.Namespace) -> int:
    period = period_of(desk, args.period)
    result = export(desk, period, args.out, XlsxWriter(), by=args.by)
    text = f"Wrote {args.out}: {result.sheets} sheets, {result.rows:,} rows, sha256 {result.sha256}."
    say({"workbook": str(args.out), **asdict(result)}, text=text, as_json=args.json)
    return 0


def _chosen(asked: list[str], known: list[str], what: str) -> list[str]:
    if unknown := sorted(set(asked) - set(known)):
        raise UsageError(
            f"{what} {unknown[0]!r} is unknown", remedy=f"Use one of: {', '.join(known) or 'none is set up yet'}."
        )
    return asked or known


_STEPS = {
    "pull": _pull,
    "reconcile": _reconcile,
    "exceptions": _exceptions,
    "transactions": _transactions,
    "export": _export,
}
