"""Findings of a run against the queue as it stands: what is new, what changed, what cleared itself.

People's work is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from awra_desk.domain.exception_items import ExceptionItem, ExceptionState, Severity
from awra_desk.domain.reasons import Reason
from awra_desk.exception_queue.findings import Finding, Member
from awra_desk.exception_queue.severity import due, severity

CLEARED = "cleared"
POSTING_TROUBLE = frozenset({Reason.POSTING_FAILED, Reason.POSTING_UNCERTAIN})  # until the write is settled


def exception_id(reconciliation: str, family: str, members: Iterable[Member]) -> str:
    """Derived id: the same trouble keeps it over re-runs."""
    text = json.dumps([reconciliation, family, sorted(members)], ensure_ascii=False)
    return "x-" + hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Queue:
    """Where and when findings are merged.

    Attributes:
        owner: who gets a new exception; "" for nobody. now: the run's aware instant; today: its booking day.
    """

    company: str
    reconciliation: str
    materiality_minor: int
    owner: str
    now: datetime
    today: date


def merge(existing: Iterable[ExceptionItem], findings: Iterable[Finding], queue: Queue) -> list[ExceptionItem]:
    """Every exception that is new or differs from what is stored, by id.

    A finding that is in the queue keeps its state, owner and comments while its facts are brought up to date; a
    resolved one stays resolved. One whose finding is gone becomes resolved as "cleared".
    """
    known = {item.exception_id: item for item in existing}
    changed: dict[str, ExceptionItem] = {}
    seen = set()
    for finding in findings:
        key = exception_id(queue.reconciliation, finding.family, finding.members)
        seen.add(key)
        old = known.get(key)
        new = _new(key, finding, queue) if old is None else _updated(old, finding, queue)
        if new != old:
            changed[key] = new
    for key, item in known.items():
        if key not in seen and item.state != ExceptionState.RESOLVED:
            changed[key] = _cleared(item, queue.now)
    return [changed[key] for key in sorted(changed)]


def _new(key: str, finding: Finding, queue: Queue) -> ExceptionItem:
    level = _severity(finding, queue)
    return ExceptionItem(
        exception_id=key,
        company=queue.company,
        reconciliation=queue.reconciliation,
        reason=finding.reason,
        severity=level,
        state=ExceptionState.OPEN,
        members=finding.members,
        minor=finding.minor,
        currency=finding.currency,
        day=finding.day,
        due=due(queue.today, level),
        expected=finding.expected,
        evidence=finding.evidence,
        owner=queue.owner,
        opened_at=queue.now,
    )


def _updated(old: ExceptionItem, finding: Finding, queue: Queue) -> ExceptionItem:
    """The facts as they are now under the same work of people; what cleared itself and is here again is open again."""
    if old.state == ExceptionState.RESOLVED and old.resolution != CLEARED:
        return old
    level = _severity(finding, queue)
    posting = old.reason in POSTING_TROUBLE and old.state != ExceptionState.RESOLVED
    fresh = replace(
        old,
        reason=old.reason if posting else finding.reason,
        severity=level,
        minor=finding.minor,
        day=finding.day,
        due=min(old.due, due(queue.today, level)),
        expected=finding.expected,
        evidence=old.evidence if posting else finding.evidence,
    )
    if old.state == ExceptionState.RESOLVED:
        return replace(fresh, state=ExceptionState.OPEN, resolution="", resolution_note="", resolved_at=None)
    return fresh


def _cleared(item: ExceptionItem, now: datetime) -> ExceptionItem:
    note = "Its counterpart arrived, or what it named is gone."
    state = ExceptionState.RESOLVED
    return replace(item, state=state, resolution=CLEARED, resolution_note=note, resolved_at=now)


def _severity(finding: Finding, queue: Queue) -> Severity:
    age = (queue.today - finding.day).days
    return severity(finding.minor, age, materiality_minor=queue.materiality_minor, expected=finding.expected)
