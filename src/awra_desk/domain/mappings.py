"""Mapping tables: the account, branch or class that a gateway, location, SKU or tax means in a ledger, by day.

Rows are only ever added. The row in force on a day is the one with the latest `valid_from` on or before it; of several
with the same day, the one recorded last. Ending a mapping is a row without a target.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right, insort
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from awra_desk.domain.transactions import Kind


class Axis(StrEnum):
    """The tables there are: what a record says about where its money belongs."""

    GATEWAY = "gateway"
    LOCATION = "location"
    SKU = "sku"
    TAX = "tax"


DIMENSIONS: dict[Axis, tuple[str, ...]] = {
    Axis.GATEWAY: ("gateway", "method"),
    Axis.LOCATION: ("location", "branch", "warehouse"),
    Axis.SKU: ("sku",),
    Axis.TAX: ("tax", "tax_code"),
}
"""Table -> the names under which contracts put its value among a transaction's dimensions; the first one there
counts."""

ACCOUNT = "account"
"""The field of the ledger's account, whatever is booked; "account.fees" is that of one role (`ledger.templates`). Every
other field is a dimension of the ledger's lines: "branch", "class", "location"."""
ROLE_FIELD = f"{ACCOUNT}."

_SENT = frozenset({Kind.PAYOUT, Kind.PAYOUT_FAILURE, Kind.TRANSFER})

Values = tuple[tuple[Axis, str], ...]
"""What one record says: a value for some of the tables, in the tables' order."""


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One statement: from this day on, this value means this target in this field.

    Attributes:
        number: from 1 without gaps in its company, in the order in which rows were recorded.
        ledger: connection name of the ledger that `target` belongs to.
        value: as records say it; compared by `folded`. field: "account", "account.ROLE" or a dimension of the ledger.
        target: the ledger's own id; None ends the mapping. valid_from: booking day.
        actor, at: who recorded it, and when (aware UTC). note: why, or "".
    """

    company: str
    number: int
    ledger: str
    axis: Axis
    value: str
    field: str
    target: str | None
    valid_from: date
    actor: str
    at: datetime
    note: str = ""

    @property
    def key(self) -> MappingKey:
        """What it is about."""
        return MappingKey.of(self.ledger, self.axis, self.value, self.field)

    @property
    def words(self) -> str:
        """For people: "gateway mpesa: account.fees 62 from 2026-10-01 (row 12)"."""
        target = f"{self.field} {self.target}" if self.target is not None else f"no {self.field}"
        return f"{self.axis} {self.value}: {target} from {self.valid_from} (row {self.number})"


@dataclass(frozen=True, slots=True, order=True)
class MappingKey:
    """What rows are about; `value` is folded."""

    ledger: str
    axis: Axis
    value: str
    field: str

    @classmethod
    def of(cls, ledger: str, axis: Axis, value: str, field: str) -> MappingKey:
        """The key of a value as a record says it."""
        return cls(ledger, axis, folded(value), field)


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """Transactions of one source that say the same on one day.

    Attributes:
        day: booking day. dimensions: as they say it, JSON. minor: their sum, minor units of `currency`. example: the
            smallest id among them.
    """

    day: date
    example: str
    stream: str
    account: str
    kind: str
    currency: str
    dimensions: str
    count: int
    minor: int


class MappingBook:
    """All rows of a company, ready to be asked.

    Args:
        rows: in any order.
    """

    def __init__(self, rows: Iterable[MappingRow]) -> None:
        self._timelines: dict[MappingKey, list[MappingRow]] = {}
        self._keys: dict[tuple[str, Axis], dict[str, list[MappingKey]]] = {}
        for row in rows:
            self.add(row)

    def add(self, row: MappingRow) -> None:
        """One more row."""
        key = row.key
        if key not in self._timelines:
            self._timelines[key] = []
            self._keys.setdefault((key.ledger, key.axis), {}).setdefault(key.field, []).append(key)
        insort(self._timelines[key], row, key=lambda each: (each.valid_from, each.number))

    def said(self, key: MappingKey, day: date) -> MappingRow | None:
        """The row in force on the day, which may be one that ends the mapping; None where none has begun."""
        timeline = self._timelines.get(key, [])
        place = bisect_right(timeline, day, key=lambda row: row.valid_from)
        return timeline[place - 1] if place else None

    def row(self, key: MappingKey, day: date) -> MappingRow | None:
        """The row that gives the target on the day, or None."""
        said = self.said(key, day)
        return None if said is None or said.target is None else said

    def fields(self, ledger: str, axis: Axis) -> Collection[str]:
        """Fields that any row of this table ever spoke of, in this ledger; sorted."""
        return sorted(self._keys.get((ledger, axis), ()))

    def used(self, ledger: str, axis: Axis, field: str, day: date) -> bool:
        """Whether any value of the table has this field on the day."""
        keys = self._keys.get((ledger, axis), {}).get(field, ())
        return any(self.row(key, day) is not None for key in keys)

    def in_force(self, day: date) -> list[MappingRow]:
        """The rows that give a target on the day, by ledger, table, value and field."""
        found = (self.row(key, day) for key in sorted(self._timelines))
        return [row for row in found if row is not None]

    def effective(self) -> Iterator[MappingRow]:
        """Every row that is in force on some day, ends included, by key and day: the rows without those that a later
        one for the same day replaced.
        """
        for key in sorted(self._timelines):
            timeline = self._timelines[key]
            for row, after in zip(timeline, [*timeline[1:], None], strict=True):
                if after is None or after.valid_from > row.valid_from:
                    yield row


def folded(value: str) -> str:
    """The value as it is compared: "M-Pesa " and "m-pesa" are one."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def values_of(kind: str, dimensions: Mapping[str, str]) -> Values:
    """What a transaction says for the tables; the method of a payout is how it is sent, and no gateway."""
    found = []
    for axis, names in DIMENSIONS.items():
        if axis is Axis.GATEWAY and kind in _SENT:
            continue
        value = next((dimensions[name] for name in names if dimensions.get(name, "").strip()), "")
        if value:
            found.append((axis, value))
    return tuple(found)
