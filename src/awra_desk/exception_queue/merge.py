"""Findings of a run against the queue as it stands: what is new, what changed, what cleared itself.

People's work is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from awra_desk.domain.exception_items import ExceptionItem, ExceptionState
from awra_desk.exception_queue.findings import Finding, Member
from awra_desk.exception_queue.severity import due, severity

CLEARED = "cleared"


def exception_id(reconciliation: str, family: str, members: Iterable[Member]) -> str:
    """Derived id: the same trouble keeps it over re-runs."""
    text = json.dumps([reconciliation, family, sorted(members)], ensure_ascii=False)
    return "x-" + hashlib.sha256(text.encode()).hexdigest()[:20]


def merge(
    existing: Iterable[ExceptionItem],
    findings: Iterable[Finding],
    *,
    company: str,
    reconciliation: str,
    materiality_minor: int,
    owner: str,
    now: datetime,
    today: date,
) -> list[ExceptionItem]:
    """Every exception that is new or differs from what is stored, by id.

    A finding that is in the queue keeps its state, owner and comments while its facts are brought up to date; a
    resolved one stays
    resolved. One whose finding is gone becomes resolved as "cleared".
    """
    known = {item.exception_id: item for item in existing}
    changed: dict[str, ExceptionItem] = {}
    seen = set()
    for finding in findings:
        key = exception_id(reconciliation, finding.family, finding.members)
        seen.add(key)
        old = known.get(key)
        level = severity(
            finding.minor, (today - finding.day).days, materiality_minor=materiality_minor, expected=finding.expected
        )
        opened = old.opened_at if old and old.opened_at else now
        new = ExceptionItem(
            exception_id=key,
            company=company,
            reconciliation=reconciliation,
            reason=finding.reason,
            severity=level,
            state=old.state if old else ExceptionState.OPEN,
            members=finding.members,
            minor=finding.minor,
            currency=finding.currency,
            day=finding.day,
            due=min(old.due, due(today, level)) if old else due(today, level),
            expected=finding.expected,
            evidence=finding.evidence,
            owner=old.owner if old else owner,
            resolution=old.resolution if old else "",
            resolution_note=old.resolution_note if old else "",
            opened_at=opened,
            resolved_at=old.resolved_at if old else None,
        )
        if old is not None and old.state == ExceptionState.RESOLVED:
            new = _came_back(old, new)
        if new != old:
            changed[key] = new
    for key, item in known.items():
        if key not in seen and item.state != ExceptionState.RESOLVED:
            changed[key] = replace(
                item,
                state=ExceptionState.RESOLVED,
                resolution=CLEARED,
                resolution_note="Its counterpart arrived, or what it named is gone.",
                resolved_at=now,
            )
    return [changed[key] for key in sorted(changed)]


def _came_back(old: ExceptionItem, new: ExceptionItem) -> ExceptionItem:
    """What cleared itself and is here again is open again; what a person resolved stays resolved as it was."""
    if old.resolution == CLEARED:
        return replace(new, state=ExceptionState.OPEN, resolution="", resolution_note="", resolved_at=None)
    return old
