"""Coverage: every gateway, location, SKU and tax value among a period's transactions that no mapping table speaks of.

One list for people before they close, for the preflight of an entry, and for the health of a connection.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from awra_desk.domain.dates import Period
from awra_desk.domain.errors import UserError
from awra_desk.domain.mappings import Axis, MappingBook, MappingKey, Said, Values, folded, values_of
from awra_desk.domain.reconciliations import Reconciliation, SideSpec
from awra_desk.ledger.coding import Coder
from awra_desk.ports.columns import Table
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
        hangs: the same with the days and kinds of transactions added up without signs: what came in and went out again
            hangs on it twice.
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
    hangs: tuple[tuple[str, int], ...]
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
    """What is known of one value so far; it is met day by day."""

    value: str
    example: str
    first: date
    last: date = date.min
    count: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    hangs: dict[str, int] = field(default_factory=dict)
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
    sides: dict[tuple[str, str], list[SideSpec]] = {}
    for spec in uow.reconciliations.all():
        if connection in ("", spec.ledger.source, spec.source.source):
            sides.setdefault((spec.ledger.source, spec.source.source), []).append(spec.source)
    found: list[Missing] = []
    for (ledger, source), specs in sides.items():
        coder = Coder(ledger, account_roles(uow.connections.get(ledger)), book)
        said = uow.records.said(source, period.first, period.last)
        # Each counts once, however many sides are made of it.
        counted = [each for each in said if any(spec.reads(source, each.stream, each.account) for spec in specs)]
        found += unmapped(counted, source, coder)
    return sorted(found, key=lambda each: (not each.open, each.ledger, each.axis, folded(each.value), each.source))


def missing_of(uow: UnitOfWork, spec: Reconciliation, period: Period) -> list[Missing]:
    """What one reconciliation's source says that its ledger's tables do not answer, by table and value."""
    source, ledger = spec.source.source, spec.ledger.source
    said = uow.records.said(source, period.first, period.last)
    counted = [each for each in said if spec.source.reads(source, each.stream, each.account)]
    return unmapped(counted, source, coder_of(uow, uow.connections.get(ledger)))


def said_by(rows: Table) -> list[Said]:
    """What these few transactions (schema TRANSACTIONS) say, each by itself."""
    return [
        Said(
            row["booking_date"],
            row["id"],
            row["stream"],
            row["account"],
            row["kind"],
            row["currency"],
            row["dimensions"] or "{}",
            1,
            row["amount"],
        )
        for row in rows.dicts()
    ]


def unmapped(said: Iterable[Said], source: str, coder: Coder) -> list[Missing]:
    """What transactions say that the ledger's tables do not answer, by table and value."""
    found: dict[tuple[Axis, str], _Found] = {}
    for each in sorted(said):
        values = values_of(each.kind, json.loads(each.dimensions))
        lacking, open_ = _lacking(coder, values, each.kind, each.day)
        for axis, value in lacking:
            one = found.setdefault((axis, folded(value)), _Found(value, each.example, each.day))
            one.count += each.count
            one.last = each.day
            one.open |= open_
            one.sums[each.currency] = one.sums.get(each.currency, 0) + each.minor
            one.hangs[each.currency] = one.hangs.get(each.currency, 0) + abs(each.minor)
    return [
        Missing(
            ledger=coder.ledger,
            source=source,
            axis=axis,
            value=one.value,
            count=one.count,
            sums=tuple(sorted(one.sums.items())),
            hangs=tuple(sorted(one.hangs.items())),
            example=one.example,
            first=one.first,
            last=one.last,
            open=tuple(sorted(one.open)),
        )
        for (axis, _), one in sorted(found.items(), key=lambda pair: pair[0])
    ]


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
