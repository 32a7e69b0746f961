"""Chain: follows each payout from its members to the bank and the books, and names the first leg that does not hold.

The legs, in the order money takes them: what was sold meets what was charged (where a shop is reconciled with this
source), the members add up to the payout, the payout meets its line in the ledger's bank account, that line meets the
bank's own statement, and the members are booked. A leg holds when its gap is zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from awra_desk.domain.dates import Period
from awra_desk.domain.reconciliations import Reconciliation, SideSpec
from awra_desk.domain.transactions import Kind
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.desk import Desk

Row = dict[str, Any]
"""A transaction by column name."""

_HEADS = 20
"""How many records that name a payout are looked at; the one of this very id comes first."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One step of a payout's way.

    Attributes:
        name: "members add up to the payout". gap: what is missing or too much on this leg, minor units; 0 when it
            holds. records: ids of the records that have no counterpart there, sorted.
        waiting: everything that is missing may still come: at the period's end its days of grace are not over.
    """

    name: str
    gap: int
    records: tuple[str, ...]
    waiting: bool = False

    @property
    def holds(self) -> bool:
        """Whether the money and every record arrived."""
        return self.gap == 0 and not self.records


@dataclass(frozen=True, slots=True)
class Chain:
    """One payout's way; minor units of `currency`."""

    payout: str
    day: date
    currency: str
    minor: int
    legs: tuple[Leg, ...]

    @property
    def broken(self) -> Leg | None:
        """The first leg that does not hold and is not just waiting, or None."""
        return next((leg for leg in self.legs if not leg.holds and not leg.waiting), None)


@dataclass(frozen=True, slots=True)
class Part:
    """Members of one kind in a payout: how many, and what they sum to in minor units of the payout's currency."""

    kind: str
    rows: int
    minor: int


@dataclass(frozen=True, slots=True)
class Payout:
    """One payout explained: what it is made of, in the order of `Kind`, and its way."""

    chain: Chain
    parts: tuple[Part, ...]


def explain(desk: Desk, reconciliation: str, record: str, period: Period) -> Payout | None:
    """What a payout on the source side of a reconciliation is made of and where its money went.

    Returns:
        None when the record is no payout, or is not held any more.
    """
    with desk.read() as uow:
        source = uow.reconciliations.get(reconciliation).source.source
        own = next(iter(uow.records.transactions(source, ids={record}).dicts()), None)
        if own is None or own["kind"] != Kind.PAYOUT:
            return None
        name = own["batch"] or own["external_id"]
        members = list(uow.records.transactions(source, batch=name).dicts())
        heads = list(uow.records.holding(name, {}, _HEADS).dicts()) if own["batch"] else [own]
        matched = [_Matched(uow, spec, period) for spec in uow.reconciliations.all()]
    head = next((row for row in heads if row["source"] == source and _is_head(row, name)), own)
    inner = [row for row in members if row["kind"] != Kind.PAYOUT]
    parts = [(kind, [_settled(row) for row in inner if row["kind"] == kind]) for kind in Kind]
    made = tuple(Part(kind.value, len(sums), sum(sums)) for kind, sums in parts if sums)
    return Payout(_chain(head, members, matched), made)


def _is_head(row: Row, name: str) -> bool:
    """The payout itself, not its row in the provider's balance."""
    return bool(row["kind"] == Kind.PAYOUT and not row["batch"] and row["external_id"] == name)


def chains(desk: Desk, source: str, period: Period) -> list[Chain]:
    """The chain of every payout of a source that is dated in the period, by day, then id."""
    with desk.read() as uow:
        rows = list(uow.records.transactions(source).dicts())
        matched = [_Matched(uow, spec, period) for spec in uow.reconciliations.all()]
    members: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["batch"]:
            members[row["batch"]].append(row)
    payouts = [row for row in rows if row["kind"] == Kind.PAYOUT and not row["batch"] and row["booking_date"] in period]
    payouts.sort(key=lambda row: (row["booking_date"], row["id"]))
    return [_chain(row, members.get(row["external_id"], []), matched) for row in payouts]


class _Matched:
    """What is confirmed in one reconciliation: each member's match, and each match's sides."""

    def __init__(self, uow: UnitOfWork, spec: Reconciliation, period: Period) -> None:
        self.spec = spec
        self.first = period.first
        self._due = period.last - timedelta(days=spec.after_days)
        self.match_of: dict[tuple[str, str], str] = {}
        self.sums: dict[str, dict[str, int]] = defaultdict(lambda: {SOURCE_SIDE: 0, LEDGER_SIDE: 0})
        self.ids: dict[str, list[tuple[str, str]]] = defaultdict(list)
        rows = uow.reconciliations.members(spec.name)
        for row in rows.take(rows["status"] == "confirmed").dicts():
            member = (row["side"], row["id"])
            self.match_of[member] = row["match_id"]
            self.sums[row["match_id"]][row["side"]] += row["allocated"]
            self.ids[row["match_id"]].append(member)

    def reads(self, side: SideSpec, rows: Sequence[Row]) -> bool:
        """Whether that side of this reconciliation holds such rows."""
        return bool(rows) and side.reads(rows[0]["source"], rows[0]["stream"], rows[0]["account"])

    def leg(self, name: str, side: str, rows: Sequence[Row]) -> Leg:
        """How far these rows of a side have counterparts on the other."""
        own = self.spec.source if side == SOURCE_SIDE else self.spec.ledger
        other = LEDGER_SIDE if side == SOURCE_SIDE else SOURCE_SIDE
        alone = [row for row in rows if (side, row["id"]) not in self.match_of]
        gap, missing = sum(_settled(row) for row in alone) * own.sign, 0
        for match in sorted({self.match_of[side, row["id"]] for row in rows if (side, row["id"]) in self.match_of}):
            sums = self.sums[match]
            missing += sums[side] - sums[other]
        waiting = bool(alone) and not missing and min(row["booking_date"] for row in alone) > self._due
        return Leg(name, gap + missing, tuple(sorted(row["id"] for row in alone)), waiting)

    def counterparts(self, rows: Sequence[Row]) -> list[str]:
        """Ids of the ledger rows that these source rows are matched with, sorted."""
        matches = {self.match_of.get((SOURCE_SIDE, row["id"]), "") for row in rows} - {""}
        return sorted(record for match in matches for side, record in self.ids[match] if side == LEDGER_SIDE)


def _chain(payout: Row, members: list[Row], matched: Sequence[_Matched]) -> Chain:
    inner = [row for row in members if row["kind"] != Kind.PAYOUT]
    currency = payout["settlement_currency"] or payout["currency"]
    legs = [*_sold(inner, matched), *_adds_up(payout, inner), *_arrived(payout, matched), *_booked(inner, matched)]
    return Chain(payout["external_id"], payout["booking_date"], currency, abs(_settled(payout)), tuple(legs))


def _sold(inner: list[Row], matched: Sequence[_Matched]) -> Iterator[Leg]:
    """Where a shop's orders are reconciled with this source's charges."""
    charges = [row for row in inner if row["kind"] == Kind.CHARGE]
    for one in matched:
        if one.reads(one.spec.ledger, charges):
            yield one.leg(f"charges meet what was sold ({one.spec.name})", LEDGER_SIDE, charges)


def _adds_up(payout: Row, inner: list[Row]) -> Iterator[Leg]:
    if inner:
        yield Leg("members add up to the payout", sum(map(_settled, inner)) + _settled(payout), ())


def _arrived(payout: Row, matched: Sequence[_Matched]) -> Iterator[Leg]:
    """The payout in the ledger's bank account, and that line on the bank's statement."""
    for one in matched:
        if not one.reads(one.spec.source, [payout]):
            continue
        yield one.leg(f"the payout meets the bank account ({one.spec.name})", SOURCE_SIDE, [payout])
        lines = one.counterparts([payout])
        account = (one.spec.ledger.source, one.spec.ledger.account)
        for other in matched:
            if lines and other is not one and (other.spec.ledger.source, other.spec.ledger.account) == account:
                yield _on_statement(other, lines)


def _on_statement(bank: _Matched, lines: Collection[str]) -> Leg:
    alone = sorted(line for line in lines if (LEDGER_SIDE, line) not in bank.match_of)
    matches = sorted({bank.match_of[LEDGER_SIDE, line] for line in lines if line not in alone})
    gap = sum(bank.sums[match][LEDGER_SIDE] - bank.sums[match][SOURCE_SIDE] for match in matches)
    return Leg(f"that line meets the bank's statement ({bank.spec.name})", gap, tuple(alone))


def _booked(inner: list[Row], matched: Sequence[_Matched]) -> Iterator[Leg]:
    """Members dated before the period are proven in their own month."""
    for one in matched:
        rows = [row for row in inner if row["booking_date"] >= one.first]
        if one.reads(one.spec.source, rows):
            yield one.leg(f"the members are booked ({one.spec.name})", SOURCE_SIDE, rows)


def _settled(row: Row) -> int:
    return int(row["settlement_amount"] if row["settlement_currency"] else row["amount"])
