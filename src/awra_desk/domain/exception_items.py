"""Exceptions of the queue: one named open thing each, with its life cycle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from awra_desk.domain.reasons import Reason


class ExceptionState(StrEnum):
    """Where an exception is in its life (transitions are declared in exception_queue.lifecycle)."""

    OPEN = "open"
    ASSIGNED = "assigned"
    IN_REVIEW = "in_review"
    SNOOZED = "snoozed"
    PROPOSED = "proposed"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """How soon it needs somebody."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class ExceptionItem:
    """One exception.

    Attributes:
        exception_id: derived from reconciliation, reason family and members; the same trouble keeps its id over
            re-runs.
        members: record ids with their side, sorted, as ("source"|"ledger", id).
        minor: signed minor units at stake, ledger minus source where both exist.
        day: booking day from which it ages. due: last day to resolve it.
        expected: a timing difference that clears itself when its counterpart lands.
        evidence: compact JSON text (nearest candidates, failed gate, rivals).
        resolution: how it was resolved ("matched", "entry", "excluded", "cleared", …) or ""; resolution_note: the
            person's reason.
    """

    exception_id: str
    company: str
    reconciliation: str
    reason: Reason
    severity: Severity
    state: ExceptionState
    members: tuple[tuple[str, str], ...]
    minor: int
    currency: str
    day: date
    due: date
    expected: bool
    evidence: str
    owner: str = ""
    resolution: str = ""
    resolution_note: str = ""
    opened_at: datetime | None = None
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark on an exception."""

    exception_id: str
    author: str
    text: str
    at: datetime
