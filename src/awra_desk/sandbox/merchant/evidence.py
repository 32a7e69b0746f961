"""Weighs what the records themselves prove: which true groups are confirmable, and which rows are interchangeable.

Follows the definition in the design (a shared key that is unique on both sides with agreeing amounts; a day's summary
that is complete; or an amount that is unique within the gates with a chance of coincidence of at most 0.1 %), read
strictly wherever it leaves room. Written from the records and the definition alone, never from the matcher.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from awra_desk.sandbox.merchant.draft import DraftGroup
from awra_desk.sandbox.truth import LedgerRef, SourceRef, TrueGroup, TwinClass

_BEFORE, _AFTER = timedelta(days=1), timedelta(days=3)
_COINCIDENCE = Decimal("0.001")
_SHORTEST_KEY = 4
_WITH_DIGIT = re.compile(r"[^\s,;:()]*\d[^\s,;:()]*")
_PROVIDER_ID = re.compile(r"\b[a-z]{2,4}_[0-9A-Za-z]{12,}\b")
_PUNCTUATION = re.compile(r"[^a-z0-9]")

Ref = SourceRef | LedgerRef


@dataclass(frozen=True, slots=True)
class Row:
    """What can be seen of one record in one reconciliation.

    Attributes:
        days: its booking day, or several where it may be read in more than one way.
        minor: sign applied.
        text: everything that is compared, for telling equal rows.
        tokens: the identifiers it carries.
        provider_ids: those of them that name their own kind ("re_…").
    """

    ref: Ref
    days: tuple[date, ...]
    minor: int
    text: str
    tokens: frozenset[str]
    provider_ids: frozenset[str] = frozenset()


def provider_ids(*texts: str) -> frozenset[str]:
    """The provider's ids among the texts, written as `tokens` writes them."""
    return frozenset(_PUNCTUATION.sub("", found.casefold()) for text in texts for found in _PROVIDER_ID.findall(text))


def tokens(*texts: str) -> frozenset[str]:
    """Identifiers in the texts: words of at least four characters with a digit, case and punctuation dropped."""
    words = (_PUNCTUATION.sub("", word.casefold()) for text in texts for word in _WITH_DIGIT.findall(text))
    return frozenset(word for word in words if len(word) >= _SHORTEST_KEY)


class _Side:
    """One side's rows with the counts that the weighing needs."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = {row.ref: row for row in rows}
        self.carriers: defaultdict[tuple[str, bool], set[Ref]] = defaultdict(set)
        self.by_amount: defaultdict[int, list[Row]] = defaultdict(list)
        for row in self.rows.values():
            self.by_amount[row.minor].append(row)
            for token in row.tokens:
                self.carriers[token, row.minor > 0].add(row.ref)
        self.days = sorted(row.days[0] for row in self.rows.values())
        self._round: dict[int, list[int]] = {}

    def carried_elsewhere(self, tokens_: frozenset[str], but: Row) -> bool:
        """Whether another row of the same sign carries any of the identifiers."""
        return any(self.carriers.get((token, but.minor > 0), set()) - {but.ref} for token in tokens_)

    def coincidence(self, minor: int, low: date, high: date) -> Decimal:
        """Chance that a row of this amount lies between the days by accident, one such row left out."""
        within = bisect_right(self.days, high) - bisect_left(self.days, low) - 1
        total = len(self.rows) - 1
        if total <= 0:
            return Decimal(0)
        size = abs(minor)
        unit = 10 ** (len(str(size)) - len(str(size).rstrip("0")))
        near = size * 5 // 100
        multiples = max(1, (size + near) // unit - (size - near - 1) // unit)
        amounts = self._multiples_of(unit)
        neighbours = bisect_right(amounts, size + near) - bisect_left(amounts, size - near) - 1
        same = Decimal(len(self.by_amount[minor]) - 1) / total
        density = Decimal(neighbours + 1) / ((total + 1) * multiples)
        share = min(max(same, density), Decimal(1))
        return 1 - Decimal((1 - share) ** max(within, 0))

    def _multiples_of(self, unit: int) -> list[int]:
        if unit not in self._round:
            self._round[unit] = sorted(abs(row.minor) for row in self.rows.values() if row.minor % unit == 0)
        return self._round[unit]


class Evidence:
    """One reconciliation's rows; judges its groups."""

    def __init__(self, reconciliation: str, source: Iterable[Row], ledger: Iterable[Row]) -> None:
        self.reconciliation = reconciliation
        self._source = _Side(source)
        self._ledger = _Side(ledger)

    def judge(self, groups: Iterable[DraftGroup]) -> list[TrueGroup]:
        """The groups with their verdict."""
        found = []
        for group in groups:
            basis = self._basis(group) if group.provable else ""
            found.append(TrueGroup(group.reconciliation, group.kind, group.source, group.ledger, bool(basis), basis))
        return found

    def _basis(self, group: DraftGroup) -> str:
        if group.kind in {"fees_day", "sales_day"}:
            return "group" if self._whole_day(group) else ""
        if len(group.source) != 1 or len(group.ledger) != 1:
            return ""
        source, ledger = self._source.rows[group.source[0]], self._ledger.rows[group.ledger[0]]
        return self._pair(source, ledger) if source.minor == ledger.minor else ""

    def _pair(self, source: Row, ledger: Row) -> str:
        if self._ledger.carried_elsewhere(source.tokens, ledger):
            return ""
        # A shared provider id outranks what else the line names, as long as no other record has one of its ids; an
        # order's number alone does not.
        shared = source.tokens & ledger.tokens
        decisive = shared & source.provider_ids
        if self._source.carried_elsewhere(ledger.provider_ids if decisive else ledger.tokens, source):
            return ""
        return "key" if shared else "amount" if self._alone(source, ledger) else ""

    def _alone(self, source: Row, ledger: Row) -> bool:
        """Whether amount and date leave no other partner, and hardly an accident."""
        if not all(-_BEFORE <= ledger.days[0] - day <= _AFTER for day in source.days):
            return False
        first, last = min(source.days), max(source.days)
        rivals = sum(first - _BEFORE <= row.days[0] <= last + _AFTER for row in self._ledger.by_amount[ledger.minor])
        day = ledger.days[0]
        rivals += sum(
            any(day - _AFTER <= one <= day + _BEFORE for one in row.days)
            for row in self._source.by_amount[source.minor]
        )
        if rivals != 2:
            return False
        chances = (
            self._ledger.coincidence(ledger.minor, first - _BEFORE, last + _AFTER),
            self._source.coincidence(source.minor, day - _AFTER, day + _BEFORE),
        )
        return max(chances) <= _COINCIDENCE

    def _whole_day(self, group: DraftGroup) -> bool:
        """Whether one summary line meets all rows of its day and channel, all of one sign, to the cent."""
        line = self._ledger.rows[group.ledger[0]]
        members = [self._source.rows[ref] for ref in group.source]
        one_sign = len({row.minor > 0 for row in members} | {line.minor > 0}) == 1
        return (
            one_sign
            and {row.days[0] for row in members} == {line.days[0]}
            and sum(row.minor for row in members) == line.minor
        )

    def twins(self, groups: Iterable[DraftGroup]) -> list[TwinClass]:
        """Classes of interchangeable rows: ledger lines that are equal and carry no identifier; and source rows
        alike in day and amount that all belong, one each, to lines of one such class.
        """
        alike: defaultdict[tuple[date, int, str], list[Ref]] = defaultdict(list)
        for row in self._ledger.rows.values():
            if not row.tokens:
                alike[row.days[0], row.minor, row.text].append(row.ref)
        classes = [refs for refs in alike.values() if len(refs) > 1]
        class_of = {ref: number for number, refs in enumerate(classes) for ref in refs}
        partners: defaultdict[int, list[Row]] = defaultdict(list)
        for group in groups:
            numbers = {class_of.get(ref) for ref in group.ledger}
            if len(group.source) == 1 and len(group.ledger) == 1 and None not in numbers:
                partners[class_of[group.ledger[0]]].append(self._source.rows[group.source[0]])
        found = [TwinClass(self.reconciliation, "ledger", tuple(sorted(refs, key=str))) for refs in classes]
        for number, rows in partners.items():
            equal = len({(row.days[0], row.minor) for row in rows}) == 1
            if equal and len(rows) == len(classes[number]):
                members = tuple(sorted((row.ref for row in rows), key=str))
                found.append(TwinClass(self.reconciliation, "source", members))
        return found
