"""The matcher's inner steps beside what the machine can do at best, in one process: CPU seconds, best of several.

Beside the key join: DuckDB's join on the same references. Beside the tolerance candidates: the numpy
floor, one packed key of currency, amount and day, sorted and searched.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import MatchConfig, keys
from awra_desk.matching.book import Book, build
from awra_desk.matching.decisions import Decisions
from awra_desk.matching.found import Found
from awra_desk.matching.graph import build as build_graph
from awra_desk.matching.links import meet, reference_holders
from awra_desk.ports.columns import Table
from awra_desk.ports.schemas import ITEMS

ROUNDS = 3
CURRENCIES = np.array(["EUR", "GBP", "KES", "NGN", "USD"], dtype=object)
DAYS = 365
CENTS, LAG = 2, 3  # noise of amounts and days in the tolerance part

Ints = NDArray[np.int64]


def key_join(rows: int) -> dict[str, float]:
    """Joining both sides by a reference of 13 characters, and the whole keys pass with explanations."""
    sides = _sides(rows, referenced=True)
    book = build(*sides, Decisions.none())[0]
    open_before = book.open.copy()

    def join() -> None:
        _, ours, theirs = reference_holders(book, MatchConfig(), book.usable)
        meet(book, ours, theirs)

    def whole() -> None:
        book.open[:] = open_before
        keys.run(book, MatchConfig(), Found(book))

    found = {"join": _cpu(join), "keys_pass": _cpu(whole)}
    if duckdb := _duckdb_join(sides):
        found["duckdb_join"] = _cpu(duckdb)
        found["join_to_duckdb"] = found["join"] / found["duckdb_join"]
        found["keys_pass_to_duckdb"] = found["keys_pass"] / found["duckdb_join"]
    return found


def tolerance_candidates(rows: int) -> dict[str, float]:
    """All pairs within 2 cents and 3 days, against the packed key of numpy."""
    sides = _sides(rows, referenced=False)
    book = build(*sides, Decisions.none())[0]
    config = MatchConfig(tolerance=Decimal("0.02"), before_days=LAG, after_days=LAG)
    found = {"candidates": _cpu(lambda: build_graph(book, config)), "numpy_floor": _cpu(lambda: _floor(book))}
    found["candidates_to_floor"] = found["candidates"] / found["numpy_floor"]
    return found


def _cpu(work: Callable[[], Any]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        before = time.process_time()
        work()
        best = min(best, time.process_time() - before)
    return best


def _sides(rows: int, *, referenced: bool) -> tuple[Table, Table]:
    """Two sides of so many rows of which 95 % have a partner; deterministic."""
    chance = np.random.default_rng(rows)
    amount = np.maximum(chance.lognormal(8.3, 1.0, rows).astype(np.int64), 1)
    day, currency = chance.integers(0, DAYS, rows), chance.integers(0, len(CURRENCIES), rows)
    number = chance.permutation(rows * 9)[:rows] + 10**8
    shuffled = chance.permutation(rows)
    strange = chance.random(rows) < 0.05
    other = np.where(strange, chance.permutation(rows) + 10**10, number)
    noisy = int(not referenced)
    later, more = (noisy * chance.integers(-most, most + 1, rows) for most in (LAG, CENTS))
    left = _table("L", (amount, day, currency), number if referenced else None)
    right = _table("R", (np.maximum(amount + more, 1), day + later, currency), other if referenced else None)
    return left, right.take(shuffled)


def _table(prefix: str, columns: tuple[Ints, Ints, Ints], number: Ints | None) -> Table:
    amount, day, currency = columns
    blank = np.full(len(amount), "", dtype=object)
    known: dict[str, Any] = dict.fromkeys(ITEMS, blank)
    known["id"] = np.array([f"{prefix}{at}" for at in range(len(amount))], dtype=object)
    known["date"] = np.datetime64("2026-01-01", "D") + day
    known["amount"], known["currency"] = amount, CURRENCIES[currency]
    if number is not None:
        known["references"] = np.array([f"ORD-{value:09d}" for value in number.tolist()], dtype=object)
    return Table(known)


def _duckdb_join(sides: tuple[Table, Table]) -> Callable[[], Any] | None:
    """DuckDB's join over its own tables; None where DuckDB is not installed (it is no part of the product)."""
    try:
        import duckdb  # noqa: PLC0415
    except ImportError:
        return None
    base = duckdb.connect()
    for name, side in zip(("ours", "theirs"), sides, strict=True):
        base.register("frame", {"id": side["id"], "reference": side["references"]})
        base.execute(f"create table {name} as select * from frame")  # noqa: S608 - two fixed names
        base.unregister("frame")
    query = "create or replace table joined as select o.id, t.id as other from ours o join theirs t using (reference)"
    return lambda: base.execute(query)


def _floor(book: Book) -> tuple[Ints, Ints]:
    """Every candidate pair from one sorted packed key: the least that any method has to do."""
    source, ledger = np.arange(book.split), np.arange(book.split, len(book))
    span = DAYS + 4 * LAG
    width = (int(book.amount.max()) + 2 * CENTS + 1) * span
    day = book.day - int(book.day.min()) + LAG
    packed = book.currency[source] * width + (book.amount[source] + CENTS) * span + day[source]
    order = np.argsort(packed)
    ordered = packed[order]
    ours, theirs = [], []
    for gap in range(-CENTS, CENTS + 1):
        middle = book.currency[ledger] * width + (book.amount[ledger] + CENTS + gap) * span + day[ledger]
        low = np.searchsorted(ordered, middle - LAG, "left")
        counts = np.searchsorted(ordered, middle + LAG, "right") - low
        theirs.append(np.repeat(ledger, counts))
        first = np.repeat(low - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
        ours.append(order[first + np.arange(int(counts.sum()))])
    return np.concatenate(ours), np.concatenate(theirs)
