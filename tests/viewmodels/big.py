"""A made month of any size, as columns: for measuring, and for properties that need many rows."""

from __future__ import annotations

from datetime import date

import numpy as np

from awra_desk.domain.reconciliations import SideSpec
from awra_desk.ports.columns import Table
from awra_desk.ports.schemas import TRANSACTIONS
from awra_desk.services.sides import Side
from awra_desk.viewmodels.groups import Groups, Matches
from awra_desk.viewmodels.side_rows import SideRows
from awra_desk.viewmodels.slots import SlotTable
from awra_desk.viewmodels.states import Status

FIRST = np.datetime64("2026-10-01", "D")
NAMES = ("Emma Lindqvist", "Kaffebaren Aarhus", "Roast & Rye GmbH", "Tom Okafor", "Nordic Bean AB")


def text(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def make_side(name, count, *, seed, minor, days):
    rng = np.random.default_rng(seed)
    tokens = rng.integers(0, 2**40, count).tolist()
    ids = [f"{name}/{at:09d}" for at in range(count)]
    empty = text([""] * count)
    columns = {key: empty if kind == "text" else np.zeros(count, dtype=np.int64) for key, kind in TRANSACTIONS.items()}
    columns |= {
        "id": text(ids),
        "external_id": text([f"txn_{token:x}" for token in tokens]),
        "stream": text(["sales_receipts"] * count),
        "kind": text([("charge", "refund", "fee")[token % 3] for token in tokens]),
        "booking_date": days,
        "references": text([f"ch_{token:x}\n#KC-{at}" for at, token in enumerate(tokens)]),
        "counterparty": text([NAMES[token % 5] for token in tokens]),
        "description": text([f"Order #KC-{at}" for at in range(count)]),
        "currency": text(["USD"] * count),
    }
    yes, no = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
    spec = SideSpec(name, (), "")
    side = Side(name, spec, Table(columns), minor, yes, yes, no, empty, 0, date(2026, 9, 30))
    return SideRows(side, "USD")


def make_table(count, *, seed=1, matched=0.95):
    """`count` rows a side, of which so many meet 1:1 in row order; the table and how long each part took to make."""
    rng = np.random.default_rng(seed)
    minor = rng.integers(1, 10_000_000, count)
    days = FIRST + rng.integers(0, 31, count).astype("timedelta64[D]")
    source = make_side("source", count, seed=seed, minor=minor, days=days)
    sides = (source, make_side("ledger", count, seed=seed + 1, minor=minor, days=days))
    pairs = int(count * matched)
    of_row = np.full(count, -1, dtype=np.int64)
    of_row[:pairs] = np.arange(pairs)
    status = np.full(pairs, Status.CONFIRMED, dtype=np.int8)
    status[::50] = Status.SUGGESTED
    nothing = np.zeros(0, dtype=np.int64)
    no = np.zeros(pairs, dtype=bool)
    names = text([f"m{at}" for at in range(pairs)])
    matches = Matches((of_row, of_row.copy()), status, names, no, no.copy(), (nothing, nothing))
    groups = Groups(matches, (days, days), (minor, minor))
    return SlotTable(groups, sides, outside=np.zeros(len(groups), dtype=bool))
