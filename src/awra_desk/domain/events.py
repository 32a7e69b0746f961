"""Events that providers send: what came, how far it is with each, and when a failed one is tried again.

An event is a hint that something changed there. It never counts by itself: what it names is read from the provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ATTEMPTS = 8
"""Tries before an event is dead; the waits between them add up to about two hours."""
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)
FARTHEST = timedelta(days=7)
"""No next try is further off; one that is was written by a clock that was ahead, and is due."""
LEASE = timedelta(minutes=15)
"""Whoever takes an event has it alone for so long; a worker that died loses it then."""


class Witness(StrEnum):
    """By which way a version of a raw record came; several may say the same, each for itself."""

    POLL = "poll"
    EVENT = "event"
    STATEMENT = "statement"


class EventState(StrEnum):
    """Where an event is on its way."""

    RECEIVED = "received"
    PROCESSED = "processed"
    FAILED = "failed"  # it is tried again
    DEAD = "dead"  # only people try it again


DUE = frozenset({EventState.RECEIVED, EventState.FAILED})
"""States in which an event waits to be processed."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event in the inbox; (source, event_id) is unique in a company.

    Attributes:
        source: connection name. event_id: the provider's own, or derived from what it says. kind: "charge.refunded".
        verified: its signature was checked; False only where the provider signs nothing.
        payload: JSON text as it was sent. received_at: aware UTC.
        attempts: how often somebody began with it. next_attempt_at: not before then; None once it is done with.
        last_error: why the last try failed, "" for none. brought: versions of raw records stored for it.
        done_at: when it was processed or died, or None.
    """

    source: str
    event_id: str
    kind: str
    verified: bool
    payload: str
    received_at: datetime
    state: EventState = EventState.RECEIVED
    attempts: int = 0
    next_attempt_at: datetime | None = None
    last_error: str = ""
    brought: int = 0
    done_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What names it within a company."""
        return self.source, self.event_id

    @property
    def words(self) -> str:
        """What people call it: "Stripe evt_1 (charge.refunded)"."""
        return f"{self.source} {self.event_id} ({self.kind})" if self.kind else f"{self.source} {self.event_id}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try at an event gave.

    Attributes:
        attempt: the number of the try; a later one outdates it. error: "" when it was processed.
        retry: another try may help. not_before: the provider wants to be left alone until then, or None.
    """

    key: tuple[str, str]
    attempt: int
    brought: int = 0
    error: str = ""
    retry: bool = True
    not_before: datetime | None = None


def next_attempt(failed: int, at: datetime, not_before: datetime | None = None) -> datetime | None:
    """When to try again after so many failed tries, the last of them at `at`; None: never by itself.

    The wait doubles from a minute on; the same failures always give the same times.
    """
    if failed >= ATTEMPTS:
        return None
    wait = min(_FIRST_WAIT * int(2 ** (failed - 1)), _LONGEST_WAIT)
    return min(max(at + wait, not_before or at), at + FARTHEST)
