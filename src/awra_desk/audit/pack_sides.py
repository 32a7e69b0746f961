"""What becomes of each row at the period's end: its standing, worked out from the matches and the statement's items."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from awra_desk.audit.pack_input import ReconciliationPack, SidePack
from awra_desk.audit.pack_words import AFTER_PERIOD
from awra_desk.domain.transactions import Kind
from awra_desk.ports.columns import Column, Table, column
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

OPENING, PERIOD, LATER = "opening", "period", AFTER_PERIOD
MATCHED = "matched"
OTHER_CURRENCY = "no amount in this currency"
UNEXPLAINED = "unexplained"

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standings:
    """One side's rows as the pack shows them; those settled wholly before the period are left out.

    Attributes:
        rows: schema TRANSACTIONS, by booking day, then id. minor: int64, signed.
        counts_as: "opening" | "period" | "after the period".
        kind: label by which movements are summed. standing: "matched", an item's category, …. match_id: "" for none.
    """

    name: str
    rows: Table
    minor: Column
    counts_as: Column
    kind: Column
    standing: Column
    match_id: Column


@dataclass(frozen=True, slots=True)
class Facts:
    """What other sheets say of a record."""

    minor: int
    day: date
    kind: str
    counterparty: str
    description: str
    references: str


def standings(pack: ReconciliationPack) -> tuple[Standings, Standings]:
    """Both sides, source first."""
    match_of, confirmed = _matches(pack.members)
    category = _categories(pack, match_of, confirmed)
    eve = pack.statement.period.first - timedelta(days=1)
    touched = _touched(pack, match_of, eve)
    sides = ((SOURCE_SIDE, pack.source), (LEDGER_SIDE, pack.ledger))
    first, second = (_standing(name, side, pack, match_of, category, touched) for name, side in sides)
    return first, second


def facts(pack: ReconciliationPack) -> Mapping[Key, Facts]:
    """Every record of both sides, by (side, id)."""
    found = {}
    for name, side in ((SOURCE_SIDE, pack.source), (LEDGER_SIDE, pack.ledger)):
        rows = side.rows
        labels = _labels(rows).tolist()
        columns = [rows[key].tolist() for key in ("id", "booking_date", "counterparty", "description", "references")]
        for record_id, day, party, words, references, minor, kind in zip(
            *columns, side.minor.tolist(), labels, strict=True
        ):
            found[(name, record_id)] = Facts(minor, day, kind, party, words, references)
    return found


def _matches(members: Table) -> tuple[dict[Key, str], frozenset[str]]:
    """Match id of each member, and the ids of confirmed matches."""
    columns = (
        members["side"].tolist(),
        members["id"].tolist(),
        members["match_id"].tolist(),
        members["status"].tolist(),
    )
    match_of, confirmed = {}, set()
    for side, record_id, match_id, status in zip(*columns, strict=True):
        if status == "confirmed":
            confirmed.add(match_id)
            match_of[(side, record_id)] = match_id
        else:
            match_of.setdefault((side, record_id), match_id)
    return match_of, frozenset(confirmed)


def _categories(pack: ReconciliationPack, match_of: Mapping[Key, str], confirmed: frozenset[str]) -> dict[Key, str]:
    """Category of each record that stands in an item; an item of a confirmed match stands for all its members."""
    by_match: dict[str, str] = {}
    found: dict[Key, str] = {}
    for item in pack.statement.items:
        key = (item.side, item.record_id)
        match_id = match_of.get(key, "")
        if match_id in confirmed:
            by_match[match_id] = item.category.value
        else:
            found[key] = item.category.value
    for key, match_id in match_of.items():
        if match_id in confirmed:
            found[key] = by_match.get(match_id, MATCHED)
    return found


def _touched(pack: ReconciliationPack, match_of: Mapping[Key, str], eve: date) -> frozenset[str]:
    """Matches with a member dated in the period or later."""
    found = set()
    for name, side in ((SOURCE_SIDE, pack.source), (LEDGER_SIDE, pack.ledger)):
        late = side.rows["booking_date"] > np.datetime64(eve, "D")
        found |= {match_of[(name, key)] for key in side.rows["id"][late].tolist() if (name, key) in match_of}
    return frozenset(found)


def _standing(
    name: str,
    side: SidePack,
    pack: ReconciliationPack,
    match_of: Mapping[Key, str],
    category: Mapping[Key, str],
    touched: frozenset[str],
) -> Standings:
    period = pack.statement.period
    days = side.rows["booking_date"]
    late = days > np.datetime64(period.last, "D")
    early = (days < np.datetime64(period.first, "D")) | np.asarray(side.opening_item, dtype=bool)
    ids = side.rows["id"].tolist()
    matches = [match_of.get((name, key), "") for key in ids]
    standing = [
        LATER if after else category.get((name, key)) or (OTHER_CURRENCY if minor == 0 else UNEXPLAINED)
        for key, after, minor in zip(ids, late.tolist(), side.minor.tolist(), strict=True)
    ]
    settled = np.fromiter(
        (word == MATCHED and match not in touched for word, match in zip(standing, matches, strict=True)),
        bool,
        len(ids),
    )
    counts = np.where(late, LATER, np.where(early, OPENING, PERIOD)).astype(object)
    order = np.lexsort((side.rows["id"].astype(str), days))
    order = order[~(early & settled)[order]]
    return Standings(
        name=name,
        rows=side.rows.take(order),
        minor=side.minor[order],
        counts_as=counts[order],
        kind=_labels(side.rows)[order],
        standing=column("text", standing)[order],
        match_id=column("text", matches)[order],
    )


def _labels(rows: Table) -> Column:
    """What a movement is called: its kind, or for a ledger line the document it came from.

    Formulas take it as a criterion, so it is lower case and holds nothing a criterion would read as a sign or a number.
    """
    pairs = zip(rows["kind"].tolist(), rows["stream"].tolist(), strict=True)
    return column("text", [_label(stream if kind == Kind.LEDGER_LINE else kind) for kind, stream in pairs])


@lru_cache(maxsize=4096)
def _label(name: str) -> str:
    plain = " ".join(re.sub(r"[^\w.:/-]|_", " ", name).lower().split())
    return plain if plain[:1].isalpha() else f"type {plain}".strip()
