"""How several statements of one account fit together: in which order, which are there again, which are parts of one.

Statements come twice, under other names, cut into parts and overlapping. `arrange` finds that out before anything is
stored: a statement that is there again is left out and named, and an entry that stands in two of them is one entry. Two
equal entries stay two where one statement holds both, or where the second statement begins where the first one ended
(`bank_places`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from awra_desk.files.bank import BankStatement, Entry, identity, is_next, joins, order
from awra_desk.files.bank_places import Met, Place, beginning, in_order, met_from


@dataclass(frozen=True, slots=True)
class Arranged:
    """Statements of one account, oldest first, none twice.

    Attributes:
        entries: (external id, statement in which it was met first, entry as the last one has it), each entry once.
        copies: name -> the name under which the same entry counts, where the bank gave it two ids; "" where only a
            witness told of it, and the statement of its day does not hold it.
        witnesses: reports and notifications, oldest first.
        notices: what people should know about the files, in the order of the statements.
    """

    statements: tuple[BankStatement, ...]
    entries: tuple[tuple[str, BankStatement, Entry], ...]
    copies: Mapping[str, str]
    notices: tuple[str, ...]
    witnesses: tuple[BankStatement, ...] = ()


def arrange(statements: Sequence[BankStatement]) -> Arranged:
    """Put the statements of one account in order, leave out those that are there again, and name each entry once."""
    met: list[Met] = []
    found: dict[str, tuple[BankStatement, Entry]] = {}
    copies: dict[str, str] = {}
    whole, notices = _put_together(statements)
    for one in in_order(whole):
        keys = [identity(entry, one.currency) for entry in one.entries]
        again = next((other.one for other in met if _again(other, one, Counter(keys))), None)
        if again is not None:
            notices.append(_said_again(again, one))
            continue
        notices += [f"{one.path.name}, {entry.place}: {entry.problem}" for entry in one.entries if entry.problem]
        begin, told = beginning(met, one, keys)
        names = _numbered(keys, begin)
        renamed = _renamed(met, found, one, names, begin)
        copies |= renamed
        names = [renamed.get(name, name) for name in names]
        double = sum(name in found for name in names)
        notices += [told] if told else []
        if double:
            notices.append(_said_overlap(met, one, double, len(renamed)))
        for name, entry in zip(names, one.entries, strict=True):
            found[name] = found[name][0] if name in found else one, entry
        met.append(met_from(begin, one, keys, names))
    entries = tuple((external, one, entry) for external, (one, entry) in found.items())
    copies = {name: other for name, other in copies.items() if name not in found}
    return Arranged(tuple(other.one for other in met), entries, copies, tuple(dict.fromkeys(notices)))


def _numbered(keys: Sequence[str], begin: Place) -> list[str]:
    """The external ids of a statement's entries: equal ones are numbered from the place where it begins."""
    ends = Counter(begin.ends)
    names = []
    for key in keys:
        ends[key] += 1
        names.append(key if ends[key] == 1 else f"{key}#{ends[key]}")
    return names


def _renamed(
    met: Sequence[Met],
    found: Mapping[str, tuple[BankStatement, Entry]],
    one: BankStatement,
    names: Sequence[str],
    begin: Place,
) -> dict[str, str]:
    """Entries to which the bank gives another id than in an earlier statement of the same day: their name -> the first.

    Where two statements hold the whole of a day they hold the same entries, so one that reads the same is the same,
    unless it lies before the place where this one begins.
    """
    new = [(name, entry) for name, entry in zip(names, one.entries, strict=True) if name not in found and entry.look]
    if not new:
        return {}
    own = {*names, *begin.names}
    spans = [other.one for other in met if other.one.currency == one.currency and other.one.last >= one.first]
    free: dict[tuple[Any, ...], list[str]] = {}
    for external, (_, entry) in found.items():
        if external not in own and entry.look and any(_holds(other, entry.day) for other in spans):
            free.setdefault((entry.day, entry.minor, entry.look), []).append(external)
    pairs = {}
    for name, entry in new:
        if same := free.get((entry.day, entry.minor, entry.look)):
            pairs[name] = same.pop(0)
    return pairs


def _holds(one: BankStatement, day: date | None) -> bool:
    return day is not None and one.first <= day <= one.last


def _again(other: Met, one: BankStatement, keys: Counter[str]) -> bool:
    """Whether this statement was met already: the same bytes, or the same days, balances and entries."""
    old = other.one
    if one.digest == old.digest and one.path != old.path and one.number == old.number:
        return True
    ends = [(of.currency, of.first, of.last, of.opening, of.closing) for of in (old, one)]
    if ends[0] != ends[1] or keys != other.keys:
        return False
    # The next part of one day may be equal by chance: it has the next number and begins where the first one ended.
    further = is_next(old.number, one.number) and joins(old, one)
    return not further or (bool(keys) and all(entry.key for entry in one.entries))


def _said_overlap(met: Sequence[Met], one: BankStatement, double: int, renamed: int) -> str:
    old = [other.one for other in met if other.one.last >= one.first and other.one.currency == one.currency]
    rows = "1 entry stands" if double == 1 else f"{double} entries stand"
    again = any(other.number == one.number and other.last == one.last for other in old) and one.number
    also = f" Both say statement {one.number}, and they differ: ask the bank which one holds." if again else ""
    names = " and ".join(sorted({other.path.name for other in old}))
    ids = f" To {renamed} of them the bank gave another id." if renamed else ""
    return f"{one.path.name} overlaps {names}: {rows} in both and count once.{ids}{also}"


def _put_together(statements: Sequence[BankStatement]) -> tuple[list[BankStatement], list[str]]:
    """The statements, those that came in parts made whole, and what was said on the way.

    The next part has the same number, the next page, and begins with the balance the part before ended with.
    """
    whole = [one for one in statements if not one.page]
    chains: list[list[BankStatement]] = []
    notices: list[str] = []
    for one in sorted((one for one in statements if one.page), key=lambda one: (one.page, *order(one))):
        keys = Counter(identity(entry, one.currency) for entry in one.entries)
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
    return same and keys == Counter(identity(entry, old.currency) for entry in old.entries)


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


def _said_again(other: BankStatement, one: BankStatement) -> str:
    if one.digest == other.digest and one.path != other.path:
        return f"{one.path.name} holds the same bytes as {other.path.name}; it counts once."
    name = f"statement {one.number}" if one.number and one.number == other.number else "the statement"
    return f"{one.path.name} holds {name} of {one.first} to {one.last}, as {other.path.name} does; it counts once."
