"""A made month of any size: what the window shows, and what the matcher gets. Deterministic; for measuring alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.dates import Period
from awra_desk.domain.reconciliations import Reconciliation, SideSpec
from awra_desk.domain.runs import RunSummary, SideTotals, Statement
from awra_desk.matching import MatchConfig, match
from awra_desk.ports.columns import Column, Table, table
from awra_desk.ports.progress import Progress
from awra_desk.ports.schemas import LEDGER_SIDE, MATCH_MEMBERS, OPEN_ITEMS, SOURCE_SIDE, TRANSACTIONS
from awra_desk.services.desk import Desk
from awra_desk.services.month import MonthView
from awra_desk.services.sides import Side

COMPANY, CURRENCY, PERIOD = "Bench", "USD", Period.month("2026-10")
PEOPLE = ("Emma Lindqvist", "Kaffebaren Aarhus", "Roast & Rye GmbH", "Tom Okafor", "Nordic Bean AB")
KINDS = ("charge", "refund", "fee")
MATCHED = 0.95
"""Share of the rows that have a partner; every fiftieth match is a suggestion."""

Ints = NDArray[np.int64]


def made_month(rows: int) -> MonthView:
    """So many rows a side, as `services.month.load_month` would read them."""
    source, ledger = made_sides(rows)
    pairs = int(rows * MATCHED)
    names = [f"m{at:09d}" for at in range(pairs)]
    status = np.full(pairs, "confirmed", dtype=object)
    status[::50] = "suggested"
    members: dict[str, Column] = {
        "match_id": _text([name for name in names for _ in (0, 1)]),
        "side": _text([SOURCE_SIDE, LEDGER_SIDE] * pairs),
        "id": np.stack([source.rows["id"][:pairs], ledger.rows["id"][:pairs]], axis=1).ravel(),
        "allocated": np.repeat(source.minor[:pairs], 2),
        "status": np.repeat(status, 2),
        "score": np.ones(2 * pairs),
        **{name: _same(2 * pairs, text) for name, text in
           (("currency", CURRENCY), ("shape", "1:1"), ("rule", "keys"), ("reason", ""), ("explanation", "{}"))},
    }  # fmt: skip
    side = SideTotals(0, int(source.minor.sum()), int(source.minor.sum()))
    statement = Statement(COMPANY, "Made", CURRENCY, PERIOD, side, side, ())
    run = RunSummary(COMPANY, "Made", str(PERIOD), datetime(2026, 11, 1, tzinfo=UTC), "", "", "1", pairs, 0, 0)
    return MonthView(
        spec=Reconciliation(COMPANY, "Made", CURRENCY, "UTC", source.spec, ledger.spec, percent=Decimal(0)),
        period=PERIOD,
        source=source,
        ledger=ledger,
        members=Table({name: members[name] for name in MATCH_MEMBERS}),
        open_items=table(OPEN_ITEMS, {name: [] for name in OPEN_ITEMS}),
        statement=statement,
        run=run,
        pending=0,
        decisions=(),
        exceptions=(),
        account=None,
    )


def match_made(rows: int, _desk: Desk, progress: Progress) -> int:
    """Match the made sides as a spawned job does (`functools.partial` gives it its rows); how many matches came."""
    source, ledger = made_sides(rows)
    every = np.ones(rows, dtype=bool)
    result = match(source.items(every, CURRENCY), ledger.items(every, CURRENCY), MatchConfig(), progress=progress)
    return len(result.members)


def made_sides(rows: int) -> tuple[Side, Side]:
    """Both sides' rows; partners share amount, day and order number."""
    chance = np.random.default_rng(rows)
    minor = chance.integers(1, 10_000_000, rows)
    days = np.datetime64(PERIOD.first, "D") + chance.integers(0, 31, rows).astype("timedelta64[D]")
    tokens = chance.integers(0, 2**40, rows)
    return _side(SOURCE_SIDE, minor, days, tokens), _side(LEDGER_SIDE, minor, days, tokens)


def _side(name: str, minor: Ints, days: Column, tokens: Ints) -> Side:
    count, known, here = len(minor), tokens.tolist(), name == SOURCE_SIDE
    partner = int(count * MATCHED)
    numbers = [f"KC-{at:07d}" if here or at < partner else f"XX-{at:07d}" for at in range(count)]
    nothing = _same(count, "")
    columns: dict[str, Column] = {
        key: nothing if kind == "text" else np.zeros(count, dtype=np.int64) for key, kind in TRANSACTIONS.items()
    }
    columns |= {
        "id": _text([f"{name}/{at:09d}" for at in range(count)]),
        "external_id": _text([f"{'txn' if here else 'doc'}_{token:x}" for token in known]),
        "stream": _same(count, "balance_transactions" if here else "sales_receipts"),
        "kind": _text([KINDS[token % 3] for token in known]),
        "booking_date": days,
        "amount": minor,
        "references": _text([f"ch_{token:x}\n{number}" if here else number for token, number in
                             zip(known, numbers, strict=True)]),
        "counterparty": _text([PEOPLE[token % 5] for token in known]),
        "description": _text([f"Order {number}" for number in numbers]),
        "currency": _same(count, CURRENCY),
    }  # fmt: skip
    yes, no = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
    spec = SideSpec("Shop" if here else "Ledger", (), "")
    return Side(name, spec, Table(columns), minor, yes, yes, no, nothing, 0, date(2026, 9, 30))


def _text(values: list[str]) -> Column:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _same(count: int, text: str) -> Column:
    return np.full(count, text, dtype=object)
