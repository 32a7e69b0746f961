"""Exceptions as rows of a table: texts, what they sort by, and which of them a view lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from awra_desk.domain.exception_items import ExceptionItem, ExceptionState, Severity
from awra_desk.domain.mappings import Axis
from awra_desk.domain.reasons import Reason
from awra_desk.services.queue import Queue, RecordFacts
from awra_desk.viewmodels import words

SEVERITIES: dict[Severity, tuple[str, str]] = {
    Severity.CRITICAL: ("▲▲", "Critical"),
    Severity.HIGH: ("▲", "High"),
    Severity.MEDIUM: ("■", "Medium"),
    Severity.LOW: ("●", "Low"),
}
RANK = {severity: place for place, severity in enumerate(SEVERITIES)}


class QueueView(StrEnum):
    """Which exceptions are listed."""

    MINE = "mine"
    OPEN = "open"
    EXPECTED = "expected"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """One row.

    Attributes:
        glyph, severity: "▲▲", "Critical". what: the record in few words. amount: without its currency.
        age: "3 d". due: "Today", "Overdue" or "4 Nov"; urgent: it is one of the first two. owner: "Wanjiku M.".
        cause: key of its root cause.
    """

    item: ExceptionItem
    glyph: str
    severity: str
    reason: str
    what: str
    reconciliation: str
    amount: str
    currency: str
    age: str
    due: str
    urgent: bool
    owner: str
    state: str
    cause: tuple[str, str]

    @property
    def exception_id(self) -> str:
        """Identity, kept over every refresh."""
        return self.item.exception_id


@dataclass(frozen=True, slots=True)
class Cause:
    """Exceptions of one reason on one reconciliation: "Missing in ledger · Stripe balance 38"."""

    key: tuple[str, str]
    text: str
    count: int


def rows_of(queue: Queue, today: date) -> list[ExceptionRow]:
    """All rows, worst and soonest first."""
    rows = [_row(item, queue, today) for item in queue.items]
    rows.sort(key=lambda row: (RANK[row.item.severity], row.item.due, row.exception_id))
    return rows


def listed(rows: Iterable[ExceptionRow], view: QueueView, who: str) -> list[ExceptionRow]:
    """The rows of a view."""
    return [row for row in rows if _belongs(row.item, view, who)]


def matching(rows: Iterable[ExceptionRow], text: str) -> list[ExceptionRow]:
    """The rows that hold the text, in any case."""
    needle = text.strip().casefold()
    if not needle:
        return list(rows)
    return [row for row in rows if needle in _searched(row)]


def causes(rows: Iterable[ExceptionRow]) -> tuple[Cause, ...]:
    """Root causes that more than one row shares, largest first."""
    found: dict[tuple[str, str], int] = {}
    for row in rows:
        found[row.cause] = found.get(row.cause, 0) + 1
    shared = [Cause(key, f"{key[0]}, {key[1]}", count) for key, count in found.items() if count > 1]
    return tuple(sorted(shared, key=lambda cause: (-cause.count, cause.key)))


KEYS: dict[str, Callable[[ExceptionRow], tuple[object, ...]]] = {
    "severity": lambda row: (RANK[row.item.severity], row.item.due),
    "reason": lambda row: (row.reason,),
    "what": lambda row: (row.what.casefold(),),
    "reconciliation": lambda row: (row.reconciliation,),
    "amount": lambda row: (row.currency, row.item.minor),
    "age": lambda row: (row.item.day,),
    "due": lambda row: (row.item.due,),
    "owner": lambda row: (not row.owner, row.owner),
}
"""Column -> what it sorts by."""


def short_name(full_name: str) -> str:
    """Such as "Wanjiku M." of "Wanjiku Mwangi"."""
    first, *rest = full_name.split() or [""]
    return f"{first} {rest[-1][0]}." if rest else first


def _belongs(item: ExceptionItem, view: QueueView, who: str) -> bool:
    resolved = item.state == ExceptionState.RESOLVED
    if view == QueueView.RESOLVED:
        return resolved
    if view == QueueView.MINE:
        return not resolved and item.owner == who
    return not resolved and (view == QueueView.OPEN or item.expected)


def _row(item: ExceptionItem, queue: Queue, today: date) -> ExceptionRow:
    glyph, severity = SEVERITIES[item.severity]
    fact = queue.first.get(item.exception_id)
    what = _what(fact) if fact else (item.members[0][1] if item.members else item.evidence)
    if (value := unmapped(item)) is not None:
        what = f"{words.AXES[value.axis]} {value.value}, said by {words.count(value.count, 'record')}"
    if len(item.members) > 1:
        what = f"{(fact.number if fact else '') or what} and {len(item.members) - 1:,} more"
    reason = words.REASONS.get(item.reason, item.reason)
    left = (item.due - today).days
    resolved = item.state == ExceptionState.RESOLVED
    due = words.day(item.due) if left > 0 or resolved else "Today" if not left else "Overdue"
    person = queue.people.get(item.owner)
    return ExceptionRow(
        item=item,
        glyph=glyph,
        severity=severity,
        reason=reason,
        what=words.short_ids(what),
        reconciliation=item.reconciliation,
        amount=words.amount(item.minor, item.currency),
        currency=item.currency,
        age=f"{max(0, (today - item.day).days)} d",
        due=due,
        urgent=left <= 0 and not resolved,
        owner=short_name(person.full_name) if person else item.owner,
        state=words.EXCEPTION_STATES[item.state],
        cause=(reason, item.reconciliation),
    )


@dataclass(frozen=True, slots=True)
class UnmappedValue:
    """The value that an exception asks a mapping for."""

    ledger: str
    axis: Axis
    value: str
    count: int


def unmapped(item: ExceptionItem) -> UnmappedValue | None:
    """The value that it asks a mapping for, None where it asks for none."""
    if item.reason != Reason.MAPPING_MISSING:
        return None
    said = json.loads(item.evidence)
    return UnmappedValue(said["ledger"], Axis(said["table"]), said["value"], said["records"])


def _what(fact: RecordFacts) -> str:
    """The number people know it by and its text; a provider's id comes last, where it may be cut off."""
    if fact.number:
        return f"{fact.number} {fact.text}".strip()
    return fact.text if fact.reference in fact.text else f"{fact.text} {fact.reference}".strip()


def _searched(row: ExceptionRow) -> str:
    parts = (row.severity, row.reason, row.what, row.reconciliation, row.amount, row.owner, row.exception_id)
    raw = words.raw_amount(row.item.minor, row.currency)
    return "\n".join((*parts, raw, *(record for _, record in row.item.members[:50]))).casefold()
