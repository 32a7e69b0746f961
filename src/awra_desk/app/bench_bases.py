"""What `bench match` compares the matcher's inner steps with: pandas, DuckDB and the numpy floor, over the same rows.

DuckDB is no part of the product: where it is not installed, its lines are missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from awra_desk.matching.book import Book
from awra_desk.ports.columns import Column, Table

Ints = NDArray[np.int64]
Work = Callable[[], Any]
NUMPY, PANDAS, DUCKDB = "numpy floor", "pandas", "DuckDB"

_JOIN = "create or replace table joined as select o.id, t.id as other from ours o join theirs t using (reference)"
_CANDIDATES = """
create or replace table candidates as select o.place, t.place as other
from (select *, unnest(range(cents - {cents}, cents + {cents} + 1)) as near from ours) o
join theirs t on o.currency = t.currency and o.near = t.cents
where o.day between t.day - {days} and t.day + {days}
"""


def joins(sides: tuple[Table, Table]) -> dict[str, Work]:
    """The join of both sides by reference."""
    columns = [{"id": side["id"], "reference": side["references"]} for side in sides]
    left, right = (pd.DataFrame(side) for side in columns)
    found: dict[str, Work] = {PANDAS: lambda: left.merge(right, on="reference")}
    if base := _duckdb(columns):
        found[DUCKDB] = lambda: base.execute(_JOIN)
    return found


def candidates(book: Book, cents: int, days: int) -> dict[str, Work]:
    """All pairs of one currency within so many cents and days; of pandas' `merge_asof` the nearest of each amount only,
    for its joins would fill the memory.
    """
    every = {"place": np.arange(len(book)), "currency": book.currency, "cents": book.amount, "day": book.day}
    sides = [slice(0, book.split), slice(book.split, len(book))]
    columns = [{name: column[at] for name, column in every.items()} for at in sides]
    left, right = (pd.DataFrame(side).sort_values("day") for side in columns)

    def nearest() -> list[pd.DataFrame]:
        return [
            pd.merge_asof(
                left.assign(cents=left["cents"] + gap), right, on="day", by=["currency", "cents"],
                tolerance=days, direction="nearest", suffixes=("", "_other"),
            )
            for gap in range(-cents, cents + 1)
        ]  # fmt: skip

    found: dict[str, Work] = {NUMPY: lambda: _floor(book, cents, days), PANDAS: nearest}
    if base := _duckdb(columns):
        found[DUCKDB] = lambda: base.execute(_CANDIDATES.format(cents=cents, days=days))
    return found


def _duckdb(sides: list[dict[str, Column]]) -> Any:
    """A connection that holds both sides as its own tables; None where DuckDB is not installed."""
    try:
        import duckdb  # noqa: PLC0415
    except ImportError:
        return None
    base = duckdb.connect()
    for name, columns in zip(("ours", "theirs"), sides, strict=True):
        base.register("frame", columns)
        base.execute(f"create table {name} as select * from frame")  # noqa: S608 - two fixed names
        base.unregister("frame")
    return base


def _floor(book: Book, cents: int, days: int) -> tuple[Ints, Ints]:
    """Every candidate pair from one sorted packed key: the least that any method has to do."""
    source, ledger = np.arange(book.split), np.arange(book.split, len(book))
    day = book.day - int(book.day.min()) + days
    span = int(day.max()) + days + 1
    width = (int(book.amount.max()) + 2 * cents + 1) * span
    packed = book.currency[source] * width + (book.amount[source] + cents) * span + day[source]
    order = np.argsort(packed)
    ordered = packed[order]
    ours, theirs = [], []
    for gap in range(-cents, cents + 1):
        middle = book.currency[ledger] * width + (book.amount[ledger] + cents + gap) * span + day[ledger]
        low = np.searchsorted(ordered, middle - days, "left")
        counts = np.searchsorted(ordered, middle + days, "right") - low
        theirs.append(np.repeat(ledger, counts))
        first = np.repeat(low - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
        ours.append(order[first + np.arange(int(counts.sum()))])
    return np.concatenate(ours), np.concatenate(theirs)
