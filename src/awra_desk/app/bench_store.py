"""How fast the store takes in transactions beside the driver's own `executemany` into the same table of a like file."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from awra_desk.domain.records import RawRecord
from awra_desk.ports import columns
from awra_desk.ports.columns import Table
from awra_desk.ports.schemas import TRANSACTIONS
from awra_desk.store import SqlWorkspace, open_workspace

BAR = 0.5
_COMPANY, _SOURCE, _STREAM = "Bench", "bench", "charges"
_AT = datetime(2026, 10, 1, 8, tzinfo=UTC)


def run_store_bench(rows: int) -> dict[str, float]:
    """Insert so many transactions both ways, with commit; prints the ratio. CPU time, best of three turns taken
    alternately.

    Returns:
        rows, store_rows_per_second, raw_rows_per_second, ratio (store to raw), bar (what the ratio must reach).
    """
    records = [RawRecord(_SOURCE, _STREAM, f"ch_{number:09}", f'{{"n":{number}}}', _AT) for number in range(rows)]
    table = _transactions(records)
    with tempfile.TemporaryDirectory() as folder:
        turns = [
            (
                _raw_seconds(Path(folder) / f"raw{turn}.awra", records, table),
                _store_seconds(Path(folder) / f"store{turn}.awra", records, table),
            )
            for turn in range(3)
        ]
    raw, store = (min(seconds) for seconds in zip(*turns, strict=True))
    ratio = raw / store
    print(f"store: {rows / store:,.0f} rows/s; executemany: {rows / raw:,.0f} rows/s; ratio {ratio:.2f} (bar {BAR})")
    return {
        "rows": rows,
        "store_rows_per_second": rows / store,
        "raw_rows_per_second": rows / raw,
        "ratio": ratio,
        "bar": BAR,
    }


def _store_seconds(path: Path, records: list[RawRecord], table: Table) -> float:
    workspace = _prepared(path, records)
    try:
        start = time.process_time()
        with workspace.write(_COMPANY) as uow:
            uow.records.put_transactions(records, "bench@1", table, [])
            uow.commit()
        return time.process_time() - start
    finally:
        workspace.close()


def _raw_seconds(path: Path, records: list[RawRecord], table: Table) -> float:
    """The same rows, keys, indexes and pragmas, but only the driver; the lists of values are made beforehand."""
    workspace = _prepared(path, records)
    names = ", ".join(f'"{name}"' for name in table.names)
    statement = f"INSERT INTO transactions ({names}) VALUES ({', '.join('?' for _ in table.names)})"  # noqa: S608 (own names)
    values = [_plain(column) for column in table.columns.values()]
    connection = workspace.engine.raw_connection()
    try:
        cursor = connection.cursor()
        start = time.process_time()
        cursor.execute("BEGIN IMMEDIATE")
        cursor.executemany(statement, zip(*values, strict=True))  # type: ignore[arg-type]  # any iterable will do
        cursor.execute("COMMIT")
        return time.process_time() - start
    finally:
        connection.close()
        workspace.close()


def _prepared(path: Path, records: list[RawRecord]) -> SqlWorkspace:
    workspace = open_workspace(str(path))
    workspace.add_company(_COMPANY, at=_AT)
    with workspace.write(_COMPANY) as uow:
        uow.records.append(records)
        uow.commit()
    return workspace


def _plain(column: columns.Column) -> list[object]:
    return list((column.astype(str) if column.dtype.kind == "M" else column).tolist())


def _transactions(records: list[RawRecord]) -> Table:
    """One charge per record, amounts and days spread deterministically."""
    size = len(records)
    numbers = np.arange(size)
    given: dict[str, Any] = {
        "id": [f"{_SOURCE}/{_STREAM}/{record.external_id}" for record in records],
        "external_id": [record.external_id for record in records],
        "raw_id": [record.raw_id for record in records],
        "occurrence": np.ones(size, dtype=np.int64),
        "amount": numbers * 7919 % 1_000_003,
        "occurred_at": np.datetime64("2026-10-01T00:00:00", "us") + (numbers % 2_592_000).astype("timedelta64[s]"),
        "booking_date": np.datetime64(date(2026, 10, 1), "D") + (numbers % 30).astype("timedelta64[D]"),
        "description": [f"Order {number}" for number in range(size)],
    }
    same = {
        "company": _COMPANY,
        "source": _SOURCE,
        "stream": _STREAM,
        "kind": "charge",
        "currency": "USD",
        "account": "balance",
        "contract": "bench@1",
        "status": "available",
        "dimensions": "{}",
    }
    made = {}
    for name, kind in TRANSACTIONS.items():
        value = given.get(name)
        if isinstance(value, np.ndarray):
            made[name] = value
        else:
            blank = 0 if kind == columns.INTEGER else same.get(name, "")
            made[name] = columns.column(kind, value if value is not None else [blank] * size)
    return Table(made)
