"""From a file's cells to the matcher's items: exact amounts, booking days, ids made unique; and the rows that cannot
be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from awra_desk.domain.currencies import EXPONENTS
from awra_desk.files.amounts import AmountStyle, parse_amounts
from awra_desk.files.days import parse_days
from awra_desk.files.raw import RawTable
from awra_desk.ports import arrow
from awra_desk.ports.columns import Column, Table

NO_CURRENCY = "XXX"  # ISO 4217's "no currency involved": the one unnamed currency of files without a currency column
_PLAIN_DECIMALS = 2
_TEXTS = ("description", "counterparty", "kind", "batch", "channel")
_PLACES = ("source", "account")  # only rules ask for them


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be read.

    Attributes:
        row: data row from 1. id: as shown in the results. field: our column. words: what is wrong.
        amount: minor units with the file's own sign, None where the amount itself is unreadable. currency: "" for none.
    """

    row: int
    id: str
    field: str
    words: str
    amount: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class Items:
    """A file's rows, ready to match.

    Attributes:
        table: schema ITEMS and `repeated` (1 for later occurrences of an id); amounts in minor units, the side's sign
            applied.
        rejected: rows left out, in row order. sign: what amounts were multiplied with.
    """

    table: Table
    rejected: list[Rejected] = field(default_factory=list)
    sign: int = 1


def to_items(raw: RawTable, *, sign: int, style: AmountStyle, zone: str, unnamed: bool) -> Items:
    """Interpret a file's cells.

    Args:
        sign: 1 or -1, multiplied into every amount. zone: of booking days. unnamed: neither file names currencies.
    """
    currency, strange = _currencies(raw, unnamed=unnamed)
    decimals = _decimals(currency)
    amount, wrong_amounts = _amounts(raw, decimals, style)
    if raw.has("date"):
        day, wrong_days = parse_days(raw.columns["date"], zone)
    else:
        day, wrong_days = np.full(raw.rows, np.datetime64("NaT"), dtype="datetime64[D]"), {}
    blank = np.full(raw.rows, "", dtype=object)  # one for all columns that the file lacks
    texts = {name: _cells(raw, name) if raw.has(name) else blank for name in ("reference", *_TEXTS)}
    facts = {"date": day.astype(str), "amount": amount, "currency": currency, **texts}
    ids, repeated = unique_ids(_trimmed(raw, "id"), facts, unread=wrong_amounts)
    bad = sorted({*strange, *wrong_amounts, *wrong_days})
    rejected = [
        _rejected(
            place, ids[place], {"currency": strange, "amount": wrong_amounts, "date": wrong_days}, amount, currency
        )
        for place in bad
    ]
    table = Table(
        {
            "id": ids,
            "date": day,
            "amount": amount * sign,
            "currency": currency,
            "references": texts["reference"],
            **{name: texts[name] for name in _TEXTS},
            **{name: _cells(raw, name) for name in _PLACES if raw.has(name)},
            "repeated": repeated,
        }
    )
    if bad:
        keep = np.ones(raw.rows, dtype=bool)
        keep[bad] = False
        table = table.take(keep)
    return Items(table, rejected, sign)


def _rejected(
    place: int, name: str, troubles: dict[str, dict[int, str]], amount: NDArray[np.int64], currency: Column
) -> Rejected:
    column, words = next((column, found[place]) for column, found in troubles.items() if place in found)
    known = None if place in troubles["amount"] or place in troubles["currency"] else int(amount[place])
    return Rejected(place + 1, name, column, words, known, currency[place] if place not in troubles["currency"] else "")


def _cells(raw: RawTable, name: str) -> Column:
    """A text column as objects."""
    return arrow.texts(raw.columns[name])


def _trimmed(raw: RawTable, name: str) -> Column:
    return arrow.texts(pc.utf8_trim_whitespace(raw.columns[name]))


def _currencies(raw: RawTable, *, unnamed: bool) -> tuple[Column, dict[int, str]]:
    """ISO codes ("" for a missing one), and the rows whose code is unknown."""
    codes = np.empty(raw.rows, dtype=object)
    if not raw.has("currency"):
        codes[:] = NO_CURRENCY if unnamed else ""
        return codes, {}
    folded = pc.utf8_upper(pc.utf8_trim_whitespace(raw.columns["currency"]))
    codes = arrow.texts(folded)
    strange = [code for code in folded.unique().to_pylist() if code and code not in EXPONENTS]
    return codes, {
        place: f"{code!r} is not an ISO 4217 currency"
        for code in strange
        for place in np.flatnonzero(codes == code).tolist()
    }


def _decimals(currency: Column) -> NDArray[np.int64]:
    """Decimals of each row's currency; two where it is missing or unknown."""
    result = np.full(len(currency), _PLAIN_DECIMALS, dtype=np.int64)
    for code in set(currency.tolist()) & EXPONENTS.keys():
        if EXPONENTS[code] != _PLAIN_DECIMALS:
            result[currency == code] = EXPONENTS[code]
    return result


def _amounts(
    raw: RawTable, decimals: NDArray[np.int64], style: AmountStyle
) -> tuple[NDArray[np.int64], dict[int, str]]:
    """Minor units from `amount`, else debit less credit (a blank one is zero, both blank is no amount)."""
    if raw.has("amount"):
        return parse_amounts(raw.columns["amount"], decimals, style)
    total = np.zeros(raw.rows, dtype=np.int64)
    problems: dict[int, str] = {}
    filled = np.zeros(raw.rows, dtype=bool)
    for name, direction in (("debit", 1), ("credit", -1)):
        if not raw.has(name):
            continue
        trimmed = pc.utf8_trim_whitespace(raw.columns[name])
        blank = arrow.mask(pc.equal(trimmed, ""))
        minor, wrong = parse_amounts(pc.if_else(pc.equal(trimmed, ""), "0", trimmed), decimals, style)
        total += direction * minor
        filled |= ~blank
        problems |= {place: f"{name} {words}" for place, words in wrong.items()}
    problems |= dict.fromkeys(np.flatnonzero(~filled).tolist(), "debit and credit are both blank")
    return total, problems


def unique_ids(
    given: Column, facts: dict[str, Any], *, unread: Container[int] = ()
) -> tuple[Column, NDArray[np.int64]]:
    """Ids that are unique: a blank one becomes "row:N" (data row from 1), later occurrences become "id#2", "id#3" and
    are marked.

    Occurrences are numbered by date, amount, then all fields, so that the order of rows does not matter.

    Args:
        unread: places without a readable amount; they come after the amounts of their day.
    """
    ids = given.copy()
    for place in np.flatnonzero(ids == "").tolist():
        ids[place] = f"row:{place + 1}"
    repeated = np.zeros(len(ids), dtype=np.int64)
    listed = ids.tolist()
    taken = set(listed)
    if len(taken) == len(listed):
        return ids, repeated
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(listed):
        places[name].append(place)
    columns = [facts["amount"], *(facts[name] for name in facts if name not in ("date", "amount"))]
    for name, found in sorted((name, found) for name, found in places.items() if len(found) > 1):
        found.sort(key=lambda place: (facts["date"][place], place in unread, *(column[place] for column in columns)))
        number = 2
        for place in found[1:]:
            while f"{name}#{number}" in taken:
                number += 1
            ids[place] = f"{name}#{number}"
            taken.add(ids[place])
            repeated[place] = 1
    return ids, repeated
