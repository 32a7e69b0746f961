"""`awra-desk bench normalise`: raw payloads stored, read by their contract and stored as transactions, beside a plain
script that parses the same JSON and inserts the raw rows with the driver's `executemany` into a like file.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from itertools import count, islice
from pathlib import Path
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.connectors._http import Guard, MemoryState
from awra_desk.connectors.stripe import StripeSource
from awra_desk.connectors.stripe.source import BALANCE_TRANSACTIONS
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Connection
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.services.desk import Desk
from awra_desk.services.normalise import BATCH, normalise
from awra_desk.store import SqlWorkspace, open_workspace
from awra_desk.store.types import instant_text
from awra_desk.system.clock import SystemClock

LIMIT = 3.0
MEMORY = 500
"""Megabytes that the whole process may take, the plain script's part included."""
_COMPANY, _SOURCE, _ORDERS = "Bench", "Stripe", 2_000
_INSERT = """
INSERT INTO raw_records (company, raw_id, source, stream, external_id, digest, payload, fetched_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""


def run_normalise_bench(rows: int) -> dict[str, Any]:
    """So many Stripe balance transactions, as `/v1/balance_transactions` gives them with their source expanded, each of
    up to three legs. CPU time of this process. The plain script runs twice, page by page in turns with storing and then
    in turns with reading, so that a busy machine slows both; the mean of the two counts.

    Returns:
        rows, transactions; "normalise": milliseconds ours and base, their ratio and its limit; peak_mb (0 where the
        system does not tell), memory_limit_mb.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        open_desk(str(Path(folder) / "ours.awra"), company=_COMPANY, create=True) as desk,
    ):
        month = _month()
        with closing(_Plain(Path(folder) / "first.awra")) as first:
            stored = _stored(desk, first, _pages(month, rows))
        with closing(_Plain(Path(folder) / "second.awra")) as second:
            read = _read(desk, second, _pages(month, rows))
        with desk.read() as uow:
            counts = uow.records.counts(_SOURCE)
        base = (first.seconds + second.seconds) / 2
    if counts["raw"] != rows or counts["quarantined"]:
        raise ValueError(f"not every payload was read: {dict(counts)}")
    peak = peak_megabytes()
    per = 1e6 / rows
    plain = f"{first.seconds * per:.1f} and {second.seconds * per:.1f}"
    told = f"plain {plain} us a payload; ours {stored * per:.1f} to store, {read * per:.1f} to read"
    print(f"normalise: {told}; {peak} MB of {MEMORY}", file=sys.stderr)
    ours = stored + read
    measure = {"ours": ours * 1000, "base": base * 1000, "ratio": ours / base, "limit": LIMIT}
    return {
        "rows": rows,
        "transactions": counts["transactions"],
        "normalise": measure,
        "peak_mb": peak,
        "memory_limit_mb": MEMORY,
    }


def _stored(desk: Desk, plain: _Plain, pages: Iterator[list[RawRecord]]) -> float:
    """Seconds in which the pages were stored."""
    seconds = 0.0
    with desk.write() as uow:
        uow.connections.put(Connection(_COMPANY, _SOURCE, "stripe", "https://api.stripe.com", "UTC"))
        uow.commit()
    for page in pages:
        plain.take(page)
        before = time.process_time()
        with desk.write() as uow:
            uow.records.append(page)
            uow.commit()
        seconds += time.process_time() - before
    return seconds


def _read(desk: Desk, plain: _Plain, pages: Iterator[list[RawRecord]]) -> float:
    """Seconds in which what is stored was read; after each batch the plain script has a turn."""
    beside = 0.0

    def turn(done: int, total: int | None, words: str) -> None:  # noqa: ARG001  # as `Progress` has it
        nonlocal beside
        before = time.process_time()
        plain.take(next(pages))
        beside += time.process_time() - before
        if done % 100_000 == 0:
            print(f"normalise: {done:,} read", file=sys.stderr)

    before = time.process_time()
    normalise(desk, _SOURCE, progress=turn)
    return time.process_time() - before - beside


def peak_megabytes() -> int:
    """The most memory this process ever held; 0 where the system does not tell."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return 0
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // scale


class _Plain:
    """What a careful script does with a page: parse it exactly, insert its rows; the rest it leaves.

    Attributes:
        seconds: CPU time so far.
    """

    def __init__(self, path: Path) -> None:
        self._workspace: SqlWorkspace = open_workspace(str(path))
        self._workspace.add_company(_COMPANY, at=SystemClock().now())
        self._connection = self._workspace.engine.raw_connection()
        self.seconds = 0.0

    def take(self, page: list[RawRecord]) -> None:
        before = time.process_time()
        rows = []
        for record in page:
            json.loads(record.payload, parse_float=Decimal)
            digest = hashlib.sha256(record.payload.encode()).hexdigest()
            raw_id = f"{record.source}/{record.stream}/{record.external_id}@{digest[:16]}"
            at = instant_text(record.fetched_at)
            rows.append(
                (_COMPANY, raw_id, record.source, record.stream, record.external_id, digest, record.payload, at)
            )
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        cursor.executemany(_INSERT, rows)
        cursor.execute("COMMIT")
        self.seconds += time.process_time() - before

    def close(self) -> None:
        self._connection.close()
        self._workspace.close()


def _pages(month: list[tuple[str, str]], rows: int) -> Iterator[list[RawRecord]]:
    """The month's payloads over and over, under other ids that rise with time, as Stripe's do."""
    now = SystemClock().now()
    every = (
        RawRecord(_SOURCE, BALANCE_TRANSACTIONS, new, payload.replace(tail, new[5:]), now)
        for turn in count()
        for tail, payload in month
        if (new := f"txn_1{turn:05}{tail}")
    )
    left = islice(every, rows)
    while page := list(islice(left, BATCH)):
        yield page


def _month() -> list[tuple[str, str]]:
    """(What the ids of a payment's objects end in, payload) of a month's balance transactions."""
    with running_sandbox(simulate(MonthSpec(seed=1, orders=_ORDERS)), providers=["stripe"]) as box:
        place = box["stripe"]
        connection = Connection(_COMPANY, _SOURCE, "stripe", place["base_url"], "UTC", {"allow_loopback": "true"})
        source = StripeSource(
            connection,
            place["credentials"],
            clock=SystemClock(),
            rng=random.Random(1),  # noqa: S311
            guard=Guard(MemoryState(), _SOURCE),
        )
        pages = list(source.pages(BALANCE_TRANSACTIONS, None))
    return [(record.external_id[5:], record.payload) for page in pages for record in page.records]
