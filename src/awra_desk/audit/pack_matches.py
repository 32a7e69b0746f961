"""Detail sheets of one reconciliation's matches: both sides side by side, the difference as a formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby, zip_longest
from typing import Any

from awra_desk.audit.pack_grid import SAFE_MINOR, Field, Grid, as_money, money
from awra_desk.audit.pack_rows import Context, own_money
from awra_desk.audit.pack_sides import Facts
from awra_desk.audit.pack_words import (
    MARK_CONTRA,
    MARK_DIFFERENCE,
    MARK_PERSON,
    MARK_RULE,
    MARK_SUGGESTED,
    reason_words,
)
from awra_desk.domain.decisions import Decision, DecisionKind
from awra_desk.ports.schemas import SOURCE_SIDE
from awra_desk.ports.workbook import Formula, Style, Value

LEDGER_AMOUNT, SOURCE_AMOUNT, DIFFERENCE = "Ledger amount", "Source amount", "Difference"


@dataclass(frozen=True, slots=True)
class _Leg:
    """A member of a match with what is known of its record."""

    side: str
    record_id: str
    minor: int
    currency: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class _Match:
    match_id: str
    rule: str
    shape: str
    score: float
    reason: str
    explanation: str
    mark: str
    source: tuple[_Leg, ...]
    ledger: tuple[_Leg, ...]

    @property
    def height(self) -> int:
        return max(len(self.source), len(self.ledger))

    @property
    def day(self) -> date:
        return min(leg.facts.day for leg in (*self.source, *self.ledger))

    def difference(self, currency: str) -> int | None:
        """Ledger less source in minor units, or None where another currency takes part."""
        legs = (*self.source, *self.ledger)
        if any(leg.currency != currency for leg in legs):
            return None
        return sum(leg.minor for leg in self.ledger) - sum(leg.minor for leg in self.source)


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of the sheet; `match` only on a match's first row."""

    match: _Match | None
    match_id: str
    source: _Leg | None
    ledger: _Leg | None


def match_grid(context: Context, status: str, decisions: list[Decision]) -> Grid:
    """Confirmed (or suggested) matches that touch the period or later; the first row of each carries its difference."""
    last_eve = context.pack.statement.period.first
    by_hand = {
        frozenset(item.members) for item in decisions if item.kind == DecisionKind.MATCH and item.undone_at is None
    }
    matches = [
        match
        for match in _matches(context, status, by_hand)
        if any(leg.facts.day >= last_eve for leg in (*match.source, *match.ledger))
        or match.difference(context.pack.spec.currency)
    ]
    matches.sort(key=lambda match: (match.day, match.match_id))
    lines = [
        _Line(None if index else match, match.match_id, source, ledger)
        for match in matches
        for index, (source, ledger) in enumerate(zip_longest(match.source, match.ledger))
    ]
    name, title = ("4 Matched", "Matched") if status == "confirmed" else ("5 Suggested", "Suggested, not confirmed")
    words = f"{len(matches):,} matches; the first row of each shows its difference, ledger less source"
    return context.grid(name, f"{title}: {context.pack.spec.name}", words, _fields(context, lines), key=1)


def _fields(context: Context, lines: list[_Line]) -> list[Field]:
    heads = [line.match for line in lines]
    explain = context.pack.explain
    return [
        Field("Mark", 6, Style.TEXT, [head.mark if head else "" for head in heads]),
        Field("Match", 28, Style.MONO, [line.match_id for line in lines]),
        Field("Rule", 16, Style.TEXT, [head.rule if head else "" for head in heads]),
        Field("Shape", 7, Style.TEXT, [head.shape if head else "" for head in heads]),
        Field("Score", 7, Style.SCORE, [Decimal(f"{head.score:.3f}") if head else None for head in heads]),
        *_side_fields("Source", context, [line.source for line in lines]),
        *_side_fields("Ledger", context, [line.ledger for line in lines]),
        Field(DIFFERENCE, 13, Style.MONEY, lines, formula=_difference(context, lines)),
        Field("Reason", 30, Style.TEXT, [reason_words(head.reason) if head else "" for head in heads]),
        Field("Why", 60, Style.TEXT, [explain(head.explanation) if head else "" for head in heads]),
    ]


def _side_fields(name: str, context: Context, legs: list[_Leg | None]) -> list[Field]:
    single = all(leg is None or leg.currency == context.pack.spec.currency for leg in legs)
    title = f"{name} amount"
    amount = (
        Field(
            title, 15, Style.MONEY, [leg.minor if leg else None for leg in legs], as_money(context.digits), total=True
        )
        if single
        else Field(title, 15, Style.MONEY, [own_money(leg.minor, leg.currency) if leg else None for leg in legs])
    )
    return [
        Field(f"{name} record", 54, Style.TEXT, [leg.record_id if leg else "" for leg in legs]),
        Field(f"{name} date", 11, Style.DAY, [leg.facts.day if leg else None for leg in legs]),
        Field(
            f"{name} text",
            30,
            Style.TEXT,
            [(leg.facts.description or leg.facts.counterparty) if leg else "" for leg in legs],
        ),
        amount,
    ]


def _difference(context: Context, lines: list[_Line]) -> Any:
    currency, digits = context.pack.spec.currency, context.digits

    def cell(grid: Grid, row: int) -> Value:
        match = lines[row].match
        if match is None:
            return None
        minor = match.difference(currency)
        if minor is None:
            return "currencies differ"
        value = money(minor, digits)
        if sum(abs(leg.minor) for leg in (*match.source, *match.ledger)) >= SAFE_MINOR:
            return value
        if match.height == 1:
            return Formula(f"=ROUND({grid.at(LEDGER_AMOUNT, row)}-{grid.at(SOURCE_AMOUNT, row)},{digits})", value)
        stop = row + match.height
        return Formula(
            f"=ROUND({grid.sum_of(LEDGER_AMOUNT, row, stop)}-{grid.sum_of(SOURCE_AMOUNT, row, stop)},{digits})", value
        )

    return cell


def _matches(context: Context, status: str, by_hand: set[frozenset[tuple[str, str]]]) -> Iterator[_Match]:
    members = context.pack.members.take(context.pack.members["status"] == status)
    names = ("match_id", "side", "id", "allocated", "currency", "rule", "shape", "score", "reason", "explanation")
    rows = sorted(
        zip(*(members[name].tolist() for name in names), strict=True),
        key=lambda row: (row[0], row[1] != SOURCE_SIDE, row[2]),
    )
    for match_id, group in groupby(rows, key=lambda row: row[0]):
        found = list(group)
        legs = [_Leg(row[1], row[2], row[3], row[4], context.facts[(row[1], row[2])]) for row in found]
        _, _, _, _, _, rule, shape, score, reason, explanation = found[0]
        source = tuple(leg for leg in legs if leg.side == SOURCE_SIDE)
        ledger = tuple(leg for leg in legs if leg.side != SOURCE_SIDE)
        chosen = frozenset((leg.side, leg.record_id) for leg in legs) in by_hand
        match = _Match(match_id, rule, shape, score, reason, explanation, "", source, ledger)
        mark = _mark(status, shape, by_hand=chosen, differs=bool(match.difference(context.pack.spec.currency)))
        yield _Match(match_id, rule, shape, score, reason, explanation, mark, source, ledger)


def _mark(status: str, shape: str, *, by_hand: bool, differs: bool) -> str:
    if status != "confirmed":
        return MARK_SUGGESTED
    mark = MARK_PERSON if by_hand else MARK_CONTRA if shape == "contra" else MARK_RULE
    return f"{mark} {MARK_DIFFERENCE}" if differs else mark
