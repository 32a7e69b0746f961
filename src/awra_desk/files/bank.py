"""What a bank's statement file says, whatever its format, and how several statements of one account fit together.

Statements come twice, under other names, cut into parts and overlapping. `arrange` finds that out before anything is
stored: a statement that is there again is left out and named, and an entry that stands in two of them is one entry. Two
equal entries stay two where one statement holds both, or where the second statement begins with the balance that the
first one ended with.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import to_text


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a statement.

    Attributes:
        key: the bank's own id of it, or "". place: where it stands, for people ("line 12").
        day: booking day, None if it cannot be read.
        minor: what it moved, minor units, money in positive; 0 if it is not booked; None if it cannot be read.
        payload: the entry as the file has it, as JSON values, and what the reader derived.
        same: what tells it from others where it has no key; empty: the payload.
        booked: whether it counts already.
        problem: what cannot be read, with the remedy, or "".
    """

    key: str
    place: str
    day: date | None
    minor: int | None
    payload: Mapping[str, Any]
    same: Mapping[str, Any] = field(default_factory=dict)
    booked: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """A total the statement states about itself, beside what its entries give; currency "" for a number of entries."""

    name: str
    currency: str
    expected: int
    actual: int


@dataclass(frozen=True, slots=True)
class BankStatement:
    """A statement of one account, in one currency.

    Attributes:
        number: as the bank numbers or names it, or "". page: where the bank sends it in parts, from 1; else 0.
        first, last: its booking days, inclusive.
        opening, closing: minor units, money held positive; None where the file states none.
        closing_day: the day at whose end `closing` holds; None: `last`.
    """

    path: Path
    digest: str
    account: str
    currency: str
    number: str
    first: date
    last: date
    opening: int | None
    closing: int | None
    entries: tuple[Entry, ...]
    stated: tuple[Stated, ...] = ()
    closing_day: date | None = None
    page: int = 0

    @property
    def name(self) -> str:
        """For people and control totals: number and days."""
        days = f"{self.first} to {self.last}"
        return f"{self.number}, {days}" if self.number else days

    def moved(self, until: date = date.max) -> int:
        """What its entries moved up to the end of this day."""
        return sum(one.minor or 0 for one in self.entries if one.day is None or one.day <= until)

    def balance(self, day: date) -> int | None:
        """The balance at the end of the day, one of its own or the day before; None if that cannot be said."""
        if any(one.day is None or one.minor is None for one in self.entries):
            return None
        if self.opening is not None:
            return self.opening + self.moved(day)
        return None if self.closing is None else self.closing - self.moved() + self.moved(day)


@dataclass(frozen=True, slots=True)
class Arranged:
    """Statements of one account, oldest first, none twice.

    Attributes:
        entries: (external id, statement, entry), each entry once.
        notices: what people should know about the files, in the order of the statements.
    """

    statements: tuple[BankStatement, ...]
    entries: tuple[tuple[str, BankStatement, Entry], ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Met:
    """A statement that was met.

    Attributes:
        keys: how often it holds each entry; ends: how often each was met by its end, counting those that it continues.
    """

    one: BankStatement
    keys: Counter[str]
    ends: Counter[str]


def arrange(statements: Sequence[BankStatement]) -> Arranged:
    """Put the statements of one account in order, leave out those that are there again, and name each entry once."""
    met: list[_Met] = []
    found: dict[str, tuple[BankStatement, Entry]] = {}
    whole, notices = _put_together(statements)
    for one in sorted(whole, key=_order):
        keys = [_identity(entry, one.currency) for entry in one.entries]
        again = next((other.one for other in met if _again(other, one, Counter(keys))), None)
        if again is not None:
            notices.append(_said_again(again, one))
            continue
        notices += [f"{one.path.name}, {entry.place}: {entry.problem}" for entry in one.entries if entry.problem]
        ends, double = _continued(met, one), 0
        for key, entry in zip(keys, one.entries, strict=True):
            ends[key] += 1
            external = key if ends[key] == 1 else f"{key}#{ends[key]}"
            double += external in found
            found[external] = one, entry
        if double:
            notices.append(_said_overlap(met, one, double))
        met.append(_Met(one, Counter(keys), ends))
    entries = tuple((external, one, entry) for external, (one, entry) in found.items())
    return Arranged(tuple(other.one for other in met), entries, tuple(dict.fromkeys(notices)))


def of_account(statements: Sequence[BankStatement], wanted: str, where: str) -> list[BankStatement]:
    """Those of the one account that is wanted, or that they are all of.

    Raises:
        UsageError: they are of several accounts, or none is of the wanted one.
    """
    accounts = sorted({one.account for one in statements})
    chosen = [one for one in statements if not wanted or _plain(one.account) == _plain(wanted)]
    if not wanted and len(accounts) > 1:
        raise UsageError(
            f"the statements are of several accounts: {', '.join(accounts)}",
            record=where,
            remedy="Connect each account on its own, with --option account=….",
        )
    if statements and not chosen:
        raise UsageError(
            f"no statement is of account {wanted}", record=where, remedy=f"There are: {', '.join(accounts)}."
        )
    return chosen


def joins(before: BankStatement, after: BankStatement) -> bool:
    """Whether the one begins, with its balance, where the other ended."""
    if after.first > before.last:
        return True
    touches = after.first == before.last
    return touches and before.closing is not None and before.closing == after.opening


def _plain(account: str) -> str:
    return "".join(account.split()).upper()


def _order(one: BankStatement) -> tuple[Any, ...]:
    parts = re.findall(r"\d+|\D+", one.number)
    natural = [(part.isdigit(), part.lstrip("0").rjust(20, "0") if part.isdigit() else part) for part in parts]
    return one.currency, one.first, one.last, natural, one.path.name


def _put_together(statements: Sequence[BankStatement]) -> tuple[list[BankStatement], list[str]]:
    """The statements, those that came in parts made whole, and what was said on the way.

    The next part has the same number, the next page, and begins with the balance the part before ended with.
    """
    whole = [one for one in statements if not one.page]
    chains: list[list[BankStatement]] = []
    notices: list[str] = []
    for one in sorted((one for one in statements if one.page), key=lambda one: (one.page, *_order(one))):
        keys = Counter(_identity(entry, one.currency) for entry in one.entries)
        copy = next((old for chain in chains for old in chain if _same_part(old, one, keys)), None)
        if copy is not None:
            notices.append(_said_again(copy, one))
            continue
        before = next((chain for chain in chains if _next_part(chain[-1], one)), None)
        if before is None:
            chains.append([one])
        else:
            before.append(one)
    return [*whole, *(_whole(chain) for chain in chains)], notices


def _same_part(old: BankStatement, one: BankStatement, keys: Counter[str]) -> bool:
    same = (old.currency, old.number, old.page, old.opening, old.closing, old.first, old.last) == (
        one.currency, one.number, one.page, one.opening, one.closing, one.first, one.last,
    )  # fmt: skip
    return same and keys == Counter(_identity(entry, old.currency) for entry in old.entries)


def _next_part(old: BankStatement, one: BankStatement) -> bool:
    follows = (old.currency, old.number, old.page + 1) == (one.currency, one.number, one.page)
    return follows and old.closing is not None and old.closing == one.opening


def _whole(parts: Sequence[BankStatement]) -> BankStatement:
    first, last = parts[0], parts[-1]
    number = first.number if first.page == 1 else f"{first.number}/{first.page}"
    if len(parts) == 1:
        return replace(first, number=number)
    stated = tuple(replace(total, name=f"part {one.page}: {total.name}") for one in parts for total in one.stated)
    return replace(
        first,
        digest=hashlib.sha256("".join(one.digest for one in parts).encode()).hexdigest(),
        number=number,
        first=min(one.first for one in parts),
        last=max(one.last for one in parts),
        closing=last.closing,
        entries=tuple(entry for one in parts for entry in one.entries),
        stated=stated,
    )


def _identity(entry: Entry, currency: str) -> str:
    """Day, the bank's id and the amount: some banks give one id to several entries, but not with the same amount.

    Without an id, a digest of the entry stands for it.
    """
    same = json.dumps(entry.same or entry.payload, sort_keys=True, ensure_ascii=False)
    name = entry.key or hashlib.sha256(same.encode()).hexdigest()[:16]
    if entry.day is None or entry.minor is None:
        return f"unreadable/{hashlib.sha256(same.encode()).hexdigest()[:16]}"
    if not entry.booked:
        return f"pending/{entry.day}/{name}"
    return f"{entry.day}/{name}/{to_text(entry.minor, currency)}"


def _again(other: _Met, one: BankStatement, keys: Counter[str]) -> bool:
    """Whether this statement was met already: the same bytes, or the same days, balances and entries."""
    old = other.one
    if one.digest == old.digest and one.path != old.path and one.number == old.number:
        return True
    ends = [(of.currency, of.first, of.last, of.opening, of.closing) for of in (old, one)]
    if ends[0] != ends[1] or keys != other.keys:
        return False
    # The next part of one day may be equal by chance: it has a number of its own and begins where the first one ended.
    numbered = one.number != old.number and bool(one.number and old.number)
    return not (numbered and joins(old, one)) or (bool(keys) and all(entry.key for entry in one.entries))


def _said_again(other: BankStatement, one: BankStatement) -> str:
    if one.digest == other.digest and one.path != other.path:
        return f"{one.path.name} holds the same bytes as {other.path.name}; it counts once."
    name = f"statement {one.number}" if one.number and one.number == other.number else "the statement"
    return f"{one.path.name} holds {name} of {one.first} to {one.last}, as {other.path.name} does; it counts once."


def _said_overlap(met: Sequence[_Met], one: BankStatement, double: int) -> str:
    old = [other.one for other in met if other.one.last >= one.first and other.one.currency == one.currency]
    rows = "1 entry stands" if double == 1 else f"{double} entries stand"
    again = any(other.number == one.number and other.last == one.last for other in old) and one.number
    also = f" Both say statement {one.number}, and they differ: ask the bank which one holds." if again else ""
    names = " and ".join(sorted({other.path.name for other in old}))
    return f"{one.path.name} overlaps {names}: {rows} in both and count once.{also}"


def _continued(met: Sequence[_Met], one: BankStatement) -> Counter[str]:
    """How often each entry was met in the statements that this one continues on its first day."""
    ends: Counter[str] = Counter()
    for other in met:
        if other.one.currency == one.currency and other.one.last == one.first and joins(other.one, one):
            ends |= other.ends
    return ends


def day_balances(
    statements: Sequence[BankStatement], days: Sequence[date]
) -> Iterator[tuple[BankStatement, date, int]]:
    """The balances the statements state or that follow from them: at their ends and at the end of these days.

    Between two statements that join nothing moved. A later statement's word counts where two speak of one day.
    """
    for place, one in enumerate(statements):
        before = next((other for other in reversed(statements[:place]) if other.currency == one.currency), None)
        after = next((other for other in statements[place + 1 :] if other.currency == one.currency), None)
        if one.opening is not None and (before is None or one.opening != before.closing):
            yield one, one.first.fromordinal(one.first.toordinal() - 1), one.opening
        for day in sorted(set(days)):
            minor = one.balance(day) if one.first <= day < one.last else None
            if one.closing is not None and one.last < day and after is not None and day < after.first:
                minor = one.closing if one.closing == after.opening else None
            if minor is not None:
                yield one, day, minor
        if one.closing is not None:
            yield one, one.closing_day or one.last, one.closing
