"""Detail sheets of one reconciliation but for its matches: source rows, ledger rows, reconciling items, open items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

from awra_desk.audit.pack_grid import Field, Grid, Limits, Overflow, as_money, money
from awra_desk.audit.pack_input import ReconciliationPack
from awra_desk.audit.pack_sides import Facts, Key, Standings
from awra_desk.audit.pack_words import bucket, reason_words
from awra_desk.domain.currencies import EXPONENTS
from awra_desk.domain.money import exponent
from awra_desk.ports.schemas import SOURCE_SIDE
from awra_desk.ports.workbook import Style


@dataclass(frozen=True, slots=True)
class Context:
    """What all sheets of one reconciliation share.

    Attributes:
        number: from 1; sheet names begin with it.
    """

    number: int
    pack: ReconciliationPack
    facts: Mapping[Key, Facts]
    limits: Limits
    overflow: Overflow

    @property
    def digits(self) -> int:
        """Decimals of the reconciliation's currency."""
        return exponent(self.pack.spec.currency)

    @property
    def amount(self) -> str:
        """Title of the column that holds the reconciled amount."""
        return f"Amount {self.pack.spec.currency}"

    @property
    def words(self) -> str:
        """Company, reconciliation, period and currency in one line."""
        spec = self.pack.spec
        return f"{spec.company} · {spec.name} · {self.pack.statement.period} · {spec.currency}"

    def grid(self, suffix: str, title: str, words: str, fields: list[Field], *, key: int = 0) -> Grid:
        """A detail sheet of this reconciliation: "1.2 Ledger"."""
        name, line = f"{self.number}.{suffix}", f"{self.words} · {words}"
        limits, overflow = self.limits, self.overflow
        return Grid(name, title, line, fields, limits=limits, overflow=overflow, digits=self.digits, key=key)


def one_line(references: str) -> str:
    """A record's references, which come one a line, beside each other."""
    return references.replace("\n", "; ")


def own_money(minor: int, currency: str) -> Decimal:
    """Money in its own currency; without a known one the minor units as they are."""
    return money(minor, EXPONENTS.get(currency, 0))


def side_grid(context: Context, side: Standings) -> Grid:
    """Every row of a side that counts for this period, with what became of it."""
    rows, digits = side.rows, context.digits
    spec = context.pack.spec
    own = spec.source if side.name == SOURCE_SIDE else spec.ledger
    number, title = ("1 Source", "Source rows") if side.name == SOURCE_SIDE else ("2 Ledger", "Ledger rows")
    fields = [
        Field("Record", 54, Style.TEXT, rows["id"]),
        Field("Date", 11, Style.DAY, rows["booking_date"]),
        Field("Type", 18, Style.TEXT, side.kind),
        Field(context.amount, 16, Style.MONEY, side.minor, as_money(digits), total=True),
        Field("Counts as", 14, Style.TEXT, side.counts_as),
        Field("Standing", 24, Style.TEXT, side.standing),
        Field("Match", 28, Style.MONO, side.match_id),
        Field("References", 40, Style.TEXT, [one_line(text) for text in rows["references"].tolist()]),
        Field("Counterparty", 24, Style.TEXT, rows["counterparty"]),
        Field("Description", 40, Style.TEXT, rows["description"]),
        Field("Batch", 24, Style.TEXT, rows["batch"]),
        Field(
            "Original amount", 16, Style.MONEY, list(map(own_money, rows["amount"].tolist(), rows["currency"].tolist()))
        ),
        Field("Currency", 9, Style.TEXT, rows["currency"]),
        Field("Exchange rate", 13, Style.TEXT, rows["fx_rate"]),
        Field("Account", 16, Style.TEXT, rows["account"]),
        Field("Stream", 20, Style.TEXT, rows["stream"]),
        Field("Instant (UTC)", 28, Style.INSTANT, rows["occurred_at"], _aware),
        Field("Dimensions", 18, Style.TEXT, np.where(rows["dimensions"] == "{}", "", rows["dimensions"])),
        Field("Raw record", 44, Style.MONO, rows["raw_id"]),
        Field("Contract", 24, Style.MONO, rows["contract"]),
    ]
    words = f"{own.source}{', account ' + own.account if own.account else ''}" + (
        ", signs turned" if own.sign < 0 else ""
    )
    return context.grid(number, f"{title}: {spec.name}", words, fields)


def items_grid(context: Context) -> Grid:
    """Each reconciling item; its effect is on ledger closing less source closing."""
    statement, digits = context.pack.statement, context.digits
    items = statement.items
    ages = [(statement.period.last - item.day).days for item in items]
    fields = [
        Field("Category", 26, Style.TEXT, [item.category.value for item in items]),
        Field("Side", 9, Style.TEXT, [item.side for item in items]),
        Field("Record", 54, Style.TEXT, [item.record_id for item in items]),
        Field("Date", 11, Style.DAY, [item.day for item in items]),
        Field("Age, days", 10, Style.COUNT, ages),
        Field("Ageing", 16, Style.TEXT, [bucket(age) for age in ages]),
        Field(context.amount, 16, Style.MONEY, [item.minor for item in items], as_money(digits), total=True),
        Field("In words", 60, Style.TEXT, [item.words for item in items]),
        Field(
            "Counterparty",
            24,
            Style.TEXT,
            [_fact(context, item.side, item.record_id, "counterparty") for item in items],
        ),
        Field(
            "References", 30, Style.TEXT, [_fact(context, item.side, item.record_id, "references") for item in items]
        ),
    ]
    words = "amount: effect on ledger closing less source closing (+ ledger row, - source row)"
    return context.grid("3 Items", f"Reconciling items: {context.pack.spec.name}", words, fields)


def open_grid(context: Context, standing_of: Mapping[Key, str]) -> Grid:
    """What no confirmed match settles, aged at the period's end: open items with their nearest miss; suggestions."""
    rows = sorted([*_left_open(context), *_suggested(context)], key=lambda row: (row[2].day, row[0], row[1]))
    last = context.pack.statement.period.last
    ages = [(last - row[2].day).days for row in rows]
    fields = [
        Field("Record", 54, Style.TEXT, [row[1] for row in rows]),
        Field("Side", 9, Style.TEXT, [row[0] for row in rows]),
        Field("Date", 11, Style.DAY, [row[2].day for row in rows]),
        Field("Age, days", 10, Style.COUNT, ages),
        Field("Ageing", 16, Style.TEXT, [bucket(age) for age in ages]),
        Field("Type", 18, Style.TEXT, [row[2].kind for row in rows]),
        Field("Amount open", 16, Style.MONEY, [own_money(row[3], row[4]) for row in rows]),
        Field("Currency", 9, Style.TEXT, [row[4] for row in rows]),
        Field("Standing", 24, Style.TEXT, [standing_of.get((row[0], row[1]), "") for row in rows]),
        Field("Reason", 22, Style.TEXT, [row[5] for row in rows]),
        Field("In words", 52, Style.TEXT, [reason_words(row[5]) for row in rows]),
        Field("Nearest candidate", 54, Style.TEXT, [row[6] for row in rows]),
        Field("Fails", 16, Style.TEXT, [row[7] for row in rows]),
        Field("By", 14, Style.TEXT, [row[8] for row in rows]),
        Field("What would have matched it", 60, Style.TEXT, [context.pack.remedy(row[9]) for row in rows]),
        Field("Counterparty", 24, Style.TEXT, [row[2].counterparty for row in rows]),
        Field("Description", 40, Style.TEXT, [row[2].description for row in rows]),
        Field("References", 40, Style.TEXT, [one_line(row[2].references) for row in rows]),
    ]
    return context.grid(
        "6 Open", f"Open items, aged: {context.pack.spec.name}", f"age at {last}, own sign of each side", fields
    )


_Open = tuple[str, str, Facts, int, str, str, str, str, str, str]


def _left_open(context: Context) -> list[_Open]:
    table = context.pack.open_items
    names = ("side", "id", "amount_open", "currency", "reason", "nearest_id", "failed_gate", "by_how_much",
             "candidates")  # fmt: skip
    columns = [table[name].tolist() for name in names]
    return [
        (side, key, context.facts[(side, key)], minor, currency, reason, nearest, gate, by, candidates)
        for side, key, minor, currency, reason, nearest, gate, by, candidates in zip(*columns, strict=True)
    ]


def _suggested(context: Context) -> list[_Open]:
    members = context.pack.members.take(context.pack.members["status"] == "suggested")
    names = ("side", "id", "allocated", "currency", "reason", "match_id")
    columns = [members[name].tolist() for name in names]
    return [
        (
            side,
            key,
            context.facts[(side, key)],
            minor,
            currency,
            reason or "AMBIGUOUS",
            f"suggested in match {match_id}",
            "",
            "",
            "",
        )
        for side, key, minor, currency, reason, match_id in zip(*columns, strict=True)
    ]


def _fact(context: Context, side: str, record_id: str, name: str) -> str:
    found = context.facts.get((side, record_id))
    return str(getattr(found, name)) if found else ""


def _aware(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.replace(tzinfo=UTC)
