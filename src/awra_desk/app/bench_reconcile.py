"""`awra-desk bench reconcile`: what it costs to keep a run in a workspace, beside finding its matches: CPU seconds of
one process, on the two files of `bench match` as the transactions of a shop and its books.
"""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from awra_desk.app.bench_match import write_sides
from awra_desk.app.bench_parts import Measure, measure
from awra_desk.app.bootstrap import open_desk
from awra_desk.domain.controls import ReportedBalance
from awra_desk.domain.dates import Period
from awra_desk.domain.reconciliations import OpeningBalance, Reconciliation, SideSpec
from awra_desk.domain.records import RawRecord
from awra_desk.ports.columns import DAY, INSTANT, INTEGER, Table, table
from awra_desk.ports.connections import Connection
from awra_desk.ports.schemas import TRANSACTIONS
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.engine_run import prepare, run_engine
from awra_desk.services.reconcile import reconcile
from awra_desk.services.setup import import_take_on, put_connection, put_reconciliation

NAME, CURRENCY, STREAM = "Made", "USD", "lines"
ACCOUNTS = {"shop": "balance", "books": "1010"}
KINDS = {"shop": "charge", "books": "ledger_line"}
YEAR, EVE = Period(date(2026, 1, 1), date(2027, 1, 3)), date(2025, 12, 31)  # two days for what is booked later
_AT = datetime(2027, 1, 5, 8, tzinfo=UTC)


def run_reconcile_bench(rows: int) -> dict[str, Any]:
    """Reconcile so many rows a side twice: when all is new, and when nothing is."""
    with tempfile.TemporaryDirectory() as folder:
        files = dict(zip(ACCOUNTS, (Path(folder, "left.csv"), Path(folder, "right.csv")), strict=True))
        write_sides(files["shop"], files["books"], rows)
        with open_desk(str(Path(folder, "made.awra")), create=True) as desk:
            _set_up(desk)
            for name, path in files.items():
                _fill(desk, name, path)
            with desk.read() as uow:
                inputs = prepare(uow, NAME)
            alone, _ = _cpu(lambda: run_engine(inputs))
            first, done = _cpu(lambda: reconcile(desk, NAME, YEAR))
            again, _ = _cpu(lambda: reconcile(desk, NAME, YEAR))
    lines: list[Measure] = [measure("reconciled and stored", first, "matching alone", alone)]
    lines.append(measure("reconciled again", again, "matching alone", alone))
    return {"rows": rows, "exceptions": done.exceptions, "unexplained": done.statement.unexplained, "table": lines}


def _cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    before = time.process_time()
    done = work()
    return time.process_time() - before, done


def _set_up(desk: Desk) -> None:
    """Two connections, one reconciliation from a balance of nothing on."""
    for name in ACCOUNTS:
        put_connection(desk, Connection(desk.company, name, "statement", "", "UTC", {}), by=ENGINE)
    shop, books = SideSpec("shop", (STREAM,), ""), SideSpec("books", (), ACCOUNTS["books"])
    put_reconciliation(desk, Reconciliation(desk.company, NAME, CURRENCY, "UTC", shop, books), by=ENGINE)
    import_take_on(desk, [OpeningBalance(NAME, side, EVE, 0) for side in ("source", "ledger")], [], by=ENGINE)


def _fill(desk: Desk, name: str, path: Path) -> None:
    """The file's rows as the connection's transactions, and the balance they make."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    records = [RawRecord(name, STREAM, row["id"], "{}", _AT) for row in rows]
    transactions = _transactions(desk.company, name, rows, records)
    total = int(transactions["amount"].sum())
    with desk.write() as uow:
        uow.records.append(records)
        uow.records.put_transactions(records, "bench@1", transactions, [])
        uow.controls.put_balances([ReportedBalance(name, ACCOUNTS[name], CURRENCY, total, YEAR.last, _AT, "bench")])
        uow.commit()


def _transactions(company: str, name: str, rows: list[dict[str, str]], records: list[RawRecord]) -> Table:
    days = np.array([row["date"] for row in rows], dtype="datetime64[D]")
    given: dict[str, Any] = {
        "id": [f"{name}/{row['id']}" for row in rows],
        "external_id": [row["id"] for row in rows],
        "raw_id": [record.raw_id for record in records],
        "occurrence": [1] * len(rows),
        "amount": [int(row["amount"].replace(".", "")) for row in rows],
        "booking_date": days.astype(object),
        "references": [row["reference"] for row in rows],
        "description": [row["description"] for row in rows],
    }
    same = {"company": company, "source": name, "stream": STREAM, "kind": KINDS[name], "currency": CURRENCY}
    same |= {"account": ACCOUNTS[name], "contract": "bench@1", "status": "available", "dimensions": "{}"}
    blank: dict[str, Any] = {INTEGER: 0, DAY: None, INSTANT: None}
    missing = {key: [same.get(key, blank.get(kind, ""))] * len(rows) for key, kind in TRANSACTIONS.items()}
    return table(TRANSACTIONS, {**missing, **given})
