"""The matcher's inner steps beside what the machine can do at best (`bench_bases`), in one process: CPU seconds, best
of several.
"""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awra_desk.app import bench_bases
from awra_desk.app.bench_bases import DUCKDB, NUMPY, Work
from awra_desk.matching import MatchConfig, keys
from awra_desk.matching.book import build
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
AT_SCALE = 1_000_000  # rows a side from which the key join's limits hold
JOIN_LIMIT, WHOLE_LIMIT, FLOOR_LIMIT = 3.0, 8.0, 1.5
JOIN, WHOLE, CANDIDATES = "key join", "whole key pass", "tolerance candidates"

Ints = NDArray[np.int64]
Measure = dict[str, Any]


def measure(what: str, ours: float, beside: str, base: float, limit: float | None = None) -> Measure:
    """One line of the table: our figure beside another, and how many times as much it may be."""
    return {
        "measure": what,
        "ours": round(ours, 3),
        "beside": beside,
        "base": round(base, 3),
        "ratio": round(ours / base, 2),
        "limit": limit,
    }


def key_join(rows: int) -> list[Measure]:
    """Joining both sides by a reference of 13 characters; and the whole keys pass with uniqueness and explanations."""
    sides = _sides(rows, referenced=True)
    book = build(*sides, Decisions.none())[0]
    open_before, schemes_before = book.open.copy(), set(book.schemes)

    def join() -> None:
        _, ours, theirs = reference_holders(book, MatchConfig(), book.usable)
        meet(book, ours, theirs)

    def whole() -> None:
        keys.run(book, MatchConfig(), Found(book))
        book.open[:], book.schemes = open_before, set(schemes_before)

    bases = bench_bases.joins(sides)
    seconds = _cpu({JOIN: join, WHOLE: whole, **bases})
    bars = {JOIN: JOIN_LIMIT, WHOLE: WHOLE_LIMIT} if rows >= AT_SCALE else {}
    return [
        measure(what, seconds[what], f"{name} join", seconds[name], bars.get(what) if name == DUCKDB else None)
        for what in (JOIN, WHOLE)
        for name in bases
    ]


def tolerance_candidates(rows: int) -> list[Measure]:
    """All pairs within 2 cents and 3 days."""
    book = build(*_sides(rows, referenced=False), Decisions.none())[0]
    config = MatchConfig(tolerance=Decimal(CENTS).scaleb(-2), before_days=LAG, after_days=LAG)
    bases = bench_bases.candidates(book, CENTS, LAG)
    seconds = _cpu({CANDIDATES: lambda: build_graph(book, config), **bases})
    return [
        measure(CANDIDATES, seconds[CANDIDATES], name, seconds[name], FLOOR_LIMIT if name == NUMPY else None)
        for name in bases
    ]


def _cpu(works: dict[str, Work]) -> dict[str, float]:
    """Least CPU seconds of each, taken in turns so that what else the machine does meets all alike."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(ROUNDS):
        for name, work in works.items():
            before = time.process_time()
            work()
            best[name] = min(best[name], time.process_time() - before)
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
