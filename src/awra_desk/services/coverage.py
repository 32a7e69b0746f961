"""Coverage: every gateway, location, SKU and tax value among a period's transactions that no mapping table speaks of.

One list for people before they close, for the preflight of an entry, and for the health of a connection.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from awra_desk.domain.dates import Period
from awra_desk.domain.errors import UserError
from awra_desk.domain.mappings import Axis, MappingBook, MappingKey, Values, folded, values_of
from awra_desk.ledger.coding import Coder
from awra_desk.ports.columns import Table, concat
from awra_desk.ports.connections import Connection
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.desk import Desk

ROLE_OPTION = "account."
"""Connection options "account.fees = 61" map a role to a ledger account id, whatever a record says."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One value without a mapping in force on the days of its transactions, or whose mapping leaves something open.

    Attributes:
        ledger: connection name of the ledger it would be booked in. source: the connection whose transactions say it.
        value: as it was said first. count: of those transactions; sums: (currency, minor units), by currency.
        example: id of the first of them, by day and id. first, last: their booking days.
        open: what its tables fill for other values and not for this one, sorted: an account ("account.fees") or a
            dimension; or words of tables that disagree. No entry is submitted while there is any.
    """

    ledger: str
    source: str
    axis: Axis
    value: str
    count: int
    sums: tuple[tuple[str, int], ...]
    example: str
    first: date
    last: date
    open: tuple[str, ...]

    @property
    def words(self) -> str:
        """For people: "location Karen (branch)"."""
        return f"{self.axis} {self.value}" + (f" ({', '.join(self.open)})" if self.open else "")


@dataclass(slots=True)
class _Found:
    """What is known of one value so far."""

    value: str
    count: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    seen: list[tuple[date, str]] = field(default_factory=list)  # a day and the first id of it
    open: set[str] = field(default_factory=set)


def account_roles(connection: Connection) -> Mapping[str, str]:
    """Role -> ledger account id, from the connection's options."""
    return {
        key.removeprefix(ROLE_OPTION): value for key, value in connection.options.items() if key.startswith(ROLE_OPTION)
    }


def coder_of(uow: UnitOfWork, connection: Connection) -> Coder:
    """What decides in this ledger where a booking goes."""
    return Coder(connection.name, account_roles(connection), MappingBook(uow.mappings.all()))


def missing(desk: Desk, period: Period) -> list[Missing]:
    """The list of a period, what leaves something open first, then by ledger, table and value."""
    with desk.read() as uow:
        return missing_in(uow, period)


def missing_in(uow: UnitOfWork, period: Period, *, connection: str = "") -> list[Missing]:
    """The same inside a unit of work; `connection`: only where it is the source or the ledger, "" for all."""
    book = MappingBook(uow.mappings.all())
    found: list[Missing] = []
    for (ledger, source), rows in _rows(uow, period, connection).items():
        coder = Coder(ledger, account_roles(uow.connections.get(ledger)), book)
        found += unmapped(rows, source, coder)
    return sorted(found, key=lambda each: (not each.open, each.ledger, each.axis, folded(each.value), each.source))


def unmapped(rows: Table, source: str, coder: Coder) -> list[Missing]:
    """What these transactions (schema TRANSACTIONS) say that the ledger's tables do not answer, by table and value."""
    found: dict[tuple[Axis, str], _Found] = {}
    for (dimensions, kind, day), (members, sums) in sorted(_grouped(rows).items()):
        values = values_of(kind, json.loads(dimensions))
        lacking, open_ = _lacking(coder, values, kind, day)
        for axis, value in lacking:
            one = found.setdefault((axis, folded(value)), _Found(value))
            one.count += len(members)
            one.seen.append((day, min(members)))
            one.open |= open_
            for currency, minor in sums.items():
                one.sums[currency] = one.sums.get(currency, 0) + minor
    return [_missing(coder.ledger, source, axis, one) for (axis, _), one in sorted(found.items())]


def _grouped(rows: Table) -> dict[tuple[str, str, date], tuple[list[str], dict[str, int]]]:
    """(dimensions, kind, day) -> ids, and sums by currency; only of rows that say something and have a day."""
    grouped: dict[tuple[str, str, date], tuple[list[str], dict[str, int]]] = {}
    columns = ("dimensions", "kind", "booking_date", "id", "currency", "amount")
    for dimensions, kind, day, record, currency, amount in zip(*(rows[name].tolist() for name in columns), strict=True):
        if day is None or dimensions in ("", "{}"):
            continue
        members, sums = grouped.setdefault((dimensions, kind, day), ([], {}))
        members.append(record)
        sums[currency] = sums.get(currency, 0) + amount
    return grouped


def _lacking(coder: Coder, values: Values, kind: str, day: date) -> tuple[Values, set[str]]:
    """The values that no row speaks of on the day (all of them where each is mapped and something is open still), and
    what is open.
    """
    try:
        open_ = set(coder.open(kind, values, day))
    except UserError as error:
        open_ = {error.what}
    dumb = tuple((axis, value) for axis, value in values if not _mapped(coder, axis, value, day))
    return (dumb or values if open_ else dumb), open_


def _mapped(coder: Coder, axis: Axis, value: str, day: date) -> bool:
    keys = (MappingKey.of(coder.ledger, axis, value, name) for name in coder.book.fields(coder.ledger, axis))
    return any(coder.book.row(key, day) is not None for key in keys)


def _missing(ledger: str, source: str, axis: Axis, one: _Found) -> Missing:
    (first, example), (last, _) = min(one.seen), max(one.seen)
    sums = tuple(sorted(one.sums.items()))
    return Missing(ledger, source, axis, one.value, one.count, sums, example, first, last, tuple(sorted(one.open)))


def _rows(uow: UnitOfWork, period: Period, connection: str) -> dict[tuple[str, str], Table]:
    """(ledger, source) -> the period's transactions reconciled between them, each once."""
    found: dict[tuple[str, str], Table] = {}
    for spec in uow.reconciliations.all():
        pair = (spec.ledger.source, spec.source.source)
        if connection and connection not in pair:
            continue
        rows = uow.records.transactions(spec.source.source, spec.source.streams, account=spec.source.account)
        days = rows["booking_date"]
        rows = rows.take((days >= np.datetime64(period.first, "D")) & (days <= np.datetime64(period.last, "D")))
        if pair in found:  # another account of the same source may be made of the same transactions
            known = set(found[pair]["id"].tolist())
            fresh = np.array([name not in known for name in rows["id"].tolist()], dtype=bool)
            rows = concat([found[pair], rows.take(fresh)])
        found[pair] = rows
    return found
