"""From which place of its first day a statement goes on, where others hold entries of that day too.

A statement holds everything from the place where it begins. That is the beginning of its first day, so that it tells
again what others tell of that day, or the end of another statement, so that an equal entry is a further one. The
opening balance tells which. It does not where what lies between two places moves nothing in sum; then the entries do:
had the statement begun at the earlier place, it would hold all of them. If it does, the bank's own ids say that they
are the same, or the statement's number, as the one after the other's, that they are further ones. Without either they
count once, for files overlap far more often than a bank books the same entries again. Whatever did not follow from
balances, entries and ids is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from awra_desk.files.bank import BankStatement, identity, is_next, joins, order

_Look = tuple[bool, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A place within a day: what was met of the account up to it.

    Attributes:
        ends: how often each identity was met. late: how often each entry of the day was met, as it looks in any file.
        names: external ids of the day's entries.
    """

    ends: Counter[str] = field(default_factory=Counter)
    late: Counter[_Look] = field(default_factory=Counter)
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Met:
    """A statement that was met.

    Attributes:
        keys: how often it holds each identity. begin, end: the places where it begins and ends.
    """

    one: BankStatement
    keys: Counter[str]
    begin: Place
    end: Place


def met_from(begin: Place, one: BankStatement, keys: Sequence[str], names: Sequence[str]) -> Met:
    """A statement as met: its entries' identities, and the external ids under which they count."""
    own = frozenset(name for name, entry in zip(names, one.entries, strict=True) if entry.day == one.last)
    late = _looks(one, keys, one.last)
    if one.first == one.last:
        late, own = late + begin.late, own | begin.names
    return Met(one, Counter(keys), begin, Place(begin.ends + Counter(keys), late, own))


def beginning(met: Sequence[Met], one: BankStatement, keys: Sequence[str]) -> tuple[Place, str]:
    """The place where this statement begins, and what to tell people of it, "" if it is beyond doubt.

    Args:
        keys: its entries' identities.
    """
    near = [other for other in met if other.one.currency == one.currency]
    before = [other for other in near if other.one.last == one.first and joins(other.one, one)]
    if not before:
        return Place(), ""
    latest, held = _together(before), _looks(one, keys, one.first)
    if (whole := _whole_day(near, one.first)) is not None:
        return (latest if latest.late + held <= whole else Place()), ""
    places = [other.end for other in before]
    if any(_opened(other, one.first) == one.opening for other in near):
        places.append(Place())
    fits = [place for place in places if _would_hold(latest.late - place.late, held, whole=one.last > one.first)]
    follows = next((other.one for other in before if is_next(other.one.number, one.number)), None)
    if fits:
        earliest = min(fits, key=lambda place: place.late.total())
        return _chosen(earliest, latest, before[0].one if follows is None else follows, one, held)
    alone = [other.one for other in before if _lonely(other, near)]
    if alone and follows is None and _would_hold(latest.late, held, whole=one.last > one.first):
        return latest, _told(alone[0], one, latest.late & held, "counted as further ones, as the balance fits")
    return latest, ""


def _chosen(
    earliest: Place, latest: Place, old: BankStatement, one: BankStatement, held: Counter[_Look]
) -> tuple[Place, str]:
    """Of two places that both balance and entries allow."""
    again = (latest.late - earliest.late) & held
    if all(by_id for by_id, _ in again):
        return earliest, ""
    if is_next(old.number, one.number):
        why = f"counted as further ones, because statement {one.number} follows statement {old.number}"
        return latest, _told(old, one, again, why)
    return earliest, _told(old, one, again, "counted once")


def in_order(statements: Sequence[BankStatement]) -> list[BankStatement]:
    """The statements as `bank.order` has them, but those of one day that have no numbers one after the other."""
    found: list[BankStatement] = []
    longer = {(one.currency, one.first): one.opening for one in statements if one.last > one.first}
    for (currency, first, last, number), same in groupby(sorted(statements, key=order), key=_kind):
        rest = list(same)
        balance = found[-1].closing if found and found[-1].currency == currency else None
        while rest:
            one = rest[0] if number or first != last else _first_of(rest, balance, longer.get((currency, first)))
            found.append(one)
            rest = [other for other in rest if other is not one]
            balance = one.closing
    return found


def _kind(one: BankStatement) -> tuple[str, date, date, str]:
    return one.currency, one.first, one.last, one.number


def _first_of(rest: Sequence[BankStatement], balance: int | None, later: int | None) -> BankStatement:
    """The one that begins with this balance, or that begins where no other ends; last one that none goes on from.

    Args:
        later: with which a statement begins that goes on after the day; where all end as they began, all begin there.
    """
    starts = Counter(one.opening for one in rest)
    begun = starts - Counter(one.closing for one in rest)
    on = [one for one in rest if balance is not None and one.opening == balance]
    new = on or [one for one in rest if one.opening in begun] or [one for one in rest if one.opening == later]
    new = new or list(rest)
    still = [one for one in new if one.opening == one.closing]
    return (still or [one for one in new if one.closing in starts] or new)[0]


def _whole_day(met: Sequence[Met], day: date) -> Counter[_Look] | None:
    """The entries of a day, where a statement begins before it and ends after it; None if none does."""
    one = next((other.one for other in met if other.one.first < day < other.one.last), None)
    return None if one is None else _looks(one, [identity(entry, one.currency) for entry in one.entries], day)


def _would_hold(between: Counter[_Look], held: Counter[_Look], *, whole: bool) -> bool:
    """Whether the statement, had it begun before these entries, would hold of its first day what it holds.

    Args:
        whole: it goes on after that day; if not, it may end before the last of these entries.
    """
    return bool(between and held) and (between <= held or (not whole and held <= between))


def _together(met: Sequence[Met]) -> Place:
    """The place at which all of these end."""
    ends: Counter[str] = Counter()
    late: Counter[_Look] = Counter()
    for other in met:
        ends |= other.end.ends
        late |= other.end.late
    return Place(ends, late, frozenset(name for other in met for name in other.end.names))


def _lonely(other: Met, met: Sequence[Met]) -> bool:
    """Whether nothing shows that this statement of one day holds that day from its beginning."""
    one = other.one
    ends = (before.one.closing for before in met if before.one.last < one.first)
    return one.first == one.last and not other.begin.late and one.opening not in ends


def _opened(other: Met, day: date) -> int | None:
    """The account's balance at the beginning of this day, minor units; None if the statement does not tell it."""
    one = other.one
    if not one.first <= day <= one.last or (one.first == day and other.begin.late):
        return None
    if one.opening is not None:
        return one.opening + one.moved(day - timedelta(days=1)) if day > one.first else one.opening
    late = (entry.minor or 0 for entry in one.entries if entry.day is None or entry.day >= day)
    return None if one.closing is None else one.closing - sum(late)


def _looks(one: BankStatement, keys: Sequence[str], day: date) -> Counter[_Look]:
    """How often the statement holds each entry of the day; whether an id of the bank tells it from others."""
    return Counter(
        (False, f"{entry.minor} {entry.look}") if entry.look else (bool(entry.key or entry.name), key)
        for key, entry in zip(keys, one.entries, strict=True)
        if entry.day == day
    )


def _told(old: BankStatement, one: BankStatement, again: Counter[_Look], taken: str) -> str:
    number = again.total()
    rows = "1 entry" if number == 1 else f"{number} entries"
    return (
        f"{one.path.name} begins with the balance that {old.path.name} ends with, and {rows} of {one.first} "
        f"{'stands' if number == 1 else 'stand'} in both: {taken}. The balances cannot tell; compare that day with "
        "the bank."
    )
