"""The balances that an account's statements state, and those that follow from them for the days they cover."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from awra_desk.files.bank import BankStatement, joins
from awra_desk.files.bank_order import Arranged

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayBalance:
    """A balance at the end of a day, minor units, and the statement it comes from."""

    statement: BankStatement
    day: date
    minor: int


def day_balances(arranged: Arranged, days: Sequence[date]) -> list[DayBalance]:
    """The stated ones, and those at the end of these days; of each currency by day, the later statement's word last."""
    found: list[DayBalance] = []
    for currency in sorted({one.currency for one in arranged.statements}):
        account = _Account(arranged, currency)
        stated = {one.day for one in account.points}
        asked = (account.at(day) for day in sorted(set(days) - stated))
        found += sorted([*account.points, *(one for one in asked if one is not None)], key=lambda one: one.day)
    return found


def follow_ups(arranged: Arranged) -> Iterator[tuple[BankStatement, int, int]]:
    """Each closing balance of a statement that states no opening one, and what follows from the statement before it.

    Left out while days before the balance are not covered: they may come in a later file.
    """
    for currency in sorted({one.currency for one in arranged.statements}):
        account = _Account(arranged, currency)
        closed = [one for one in account.points if one.day == (one.statement.closing_day or one.statement.last)]
        for before, after in itertools.pairwise(closed):
            last = before.day if after.statement.first <= before.day else after.statement.first - _DAY
            if after.statement.opening is None and account.covers(last, after.day):
                yield after.statement, after.minor, before.minor + account.since(before, after)


class _Account:
    """The statements of one currency, and what they know of each day."""

    def __init__(self, arranged: Arranged, currency: str) -> None:
        self._statements = [one for one in arranged.statements if one.currency == currency]
        self._place = {id(one): place for place, one in enumerate(self._statements)}
        entries = [(one, entry) for _, one, entry in arranged.entries if not one.witness]
        self._entries = [(one, entry) for one, entry in entries if one.currency == currency]
        self.points = list(self._points())

    def _points(self) -> Iterator[DayBalance]:
        """The stated balances, oldest first; an opening one that only repeats the closing one before it is left out."""
        for place, one in enumerate(self._statements):
            if one.opening is not None and (not place or one.opening != self._statements[place - 1].closing):
                yield DayBalance(one, one.first - _DAY, one.opening)
            if one.closing is not None:
                yield DayBalance(one, one.closing_day or one.last, one.closing)

    def at(self, day: date) -> DayBalance | None:
        """The balance at the end of the day, from the next stated one back or from the last one on; None if some day
        between, or an entry, is not known.
        """
        if any(entry.problem for _, entry in self._entries):
            return None
        after = min((one for one in self.points if one.day > day), key=lambda one: one.day, default=None)
        if after is not None and self.covers(day, after.day):
            return DayBalance(after.statement, day, after.minor - self._moved(day, after.day, after.statement))
        before = max((one for one in self.points if one.day < day), key=lambda one: one.day, default=None)
        if before is not None and self.covers(before.day, day):
            return DayBalance(before.statement, day, before.minor + self._moved(before.day, day))
        return None

    def covers(self, after: date, until: date) -> bool:
        """Whether statements hold every day after the one, up to the other; between two that join nothing moved."""
        day = after
        for one in sorted(self._spans()):
            if one[0] <= day + _DAY and one[1] > day:
                day = one[1]
        return day >= until

    def since(self, before: DayBalance, after: DayBalance) -> int:
        """What moved between two closing balances.

        A balance holds what its statement holds, and no entry of the same day that only a later one brings. Where it is
        of a later day than the statement's last, its day counts.
        """
        old = before.statement
        if before.day > old.last:
            return self._moved(before.day, after.day)
        known = self._place[id(old)]
        fresh = (entry for one, entry in self._entries if self._place[id(one)] > known)
        return sum(entry.minor or 0 for entry in fresh if entry.day is None or entry.day <= after.day)

    def _spans(self) -> Iterator[tuple[date, date]]:
        for one, after in zip(self._statements, [*self._statements[1:], None], strict=True):
            joined = (
                after is not None and joins(one, after) and one.closing is not None and one.closing == after.opening
            )
            yield one.first, max(one.last, after.first - _DAY) if joined and after else one.last

    def _moved(self, after: date, until: date, stated: BankStatement | None = None) -> int:
        """What moved after the one day, up to the end of the other.

        Args:
            stated: whose balance of the last day this is: what only later statements bring is not in it.
        """
        limit = None if stated is None or (stated.closing_day or stated.last) > stated.last else self._place[id(stated)]
        entries = (entry for one, entry in self._entries if limit is None or self._place[id(one)] <= limit)
        return sum(entry.minor or 0 for entry in entries if entry.day is not None and after < entry.day <= until)
