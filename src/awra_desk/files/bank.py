"""What a bank's statement file says, whatever its format: a statement, its entries, and the totals it states."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
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
        name: its id, where the file has one that is its own whatever is read into it; "": made of day, key and amount.
        look: how it reads, where the bank's ids are not to be trusted; "" where they are.
        problem: what cannot be read, with the remedy, or "".
        parts: of the payload, what tells of the payments in it; empty where the bank does not tell them, or not all.
    """

    key: str
    place: str
    day: date | None
    minor: int | None
    payload: Mapping[str, Any]
    same: Mapping[str, Any] = field(default_factory=dict)
    booked: bool = True
    problem: str = ""
    look: str = ""
    name: str = ""
    parts: Mapping[str, Any] = field(default_factory=dict)

    def told_by(self, other: Entry, who: str) -> Entry:
        """With the payments that another telling of it says are in it, where this one does not say them."""
        if self.parts or not other.parts:
            return self
        payload = {**self.payload, "details_of": who}
        for key, value in other.parts.items():
            payload[key] = {**payload[key], **value} if isinstance(value, Mapping) and key in payload else value
        return replace(self, payload=payload, parts=other.parts)


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
        stream: of its records.
        closing_day: the day at whose end `closing` holds; None: `last`.
        witness: what it is where it is no statement ("report", "notification"): it tells of entries before the
            statement of their day does, and of what is in them, but the statement alone says which there are.
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
    stream: str = "statement"
    witness: str = ""

    @property
    def word(self) -> str:
        """What it is, for people."""
        return self.witness or "statement"

    @property
    def name(self) -> str:
        """For people and control totals: number and days."""
        days = f"{self.first} to {self.last}"
        return f"{self.number}, {days}" if self.number else days

    def moved(self, until: date = date.max) -> int:
        """What its entries moved up to the end of this day."""
        return sum(one.minor or 0 for one in self.entries if one.day is None or one.day <= until)


def joins(before: BankStatement, after: BankStatement) -> bool:
    """Whether the one begins, with its balance, where the other ended."""
    if after.first > before.last:
        return True
    touches = after.first == before.last
    return touches and before.closing is not None and before.closing == after.opening


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


def _plain(account: str) -> str:
    return "".join(account.split()).upper()


def order(one: BankStatement) -> tuple[Any, ...]:
    """Sorts statements: by currency, days, and the number as a number."""
    natural = [
        (part.isdigit(), part.lstrip("0").rjust(20, "0") if part.isdigit() else part) for part in _parts(one.number)
    ]
    return one.currency, one.first, one.last, natural, one.path.name


def is_next(number: str, after: str) -> bool:
    """Whether the one number of a statement comes right after the other: 00012 to 00013, 12/2 to 12/3, 12/3 to 13/1."""
    pairs = list(zip(_parts(number), _parts(after), strict=False))
    step = next(((one, other) for one, other in pairs if one != other), None)
    same_shape = [part.isdigit() for part in _parts(number)] == [part.isdigit() for part in _parts(after)]
    return step is not None and same_shape and step[0].isdigit() and int(step[1]) == int(step[0]) + 1


def _parts(number: str) -> list[str]:
    """Its digits and what stands between them."""
    return re.findall(r"[0-9]+|[^0-9]+", number)


def identity(entry: Entry, currency: str) -> str:
    """Day, the bank's id and the amount: some banks give one id to several entries, but not with the same amount.

    Without an id, a digest of the entry stands for it.
    """
    if entry.name:
        return entry.name
    same = json.dumps(entry.same or entry.payload, sort_keys=True, ensure_ascii=False)
    name = entry.key or hashlib.sha256(same.encode()).hexdigest()[:16]
    if entry.day is None or entry.minor is None:
        return f"unreadable/{hashlib.sha256(same.encode()).hexdigest()[:16]}"
    if not entry.booked:
        return f"pending/{entry.day}/{name}"
    return f"{entry.day}/{name}/{to_text(entry.minor, currency)}"
