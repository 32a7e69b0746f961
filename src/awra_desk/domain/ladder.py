"""The ladder a connection climbs: what it may do, one rung at a time, each opened by evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rung(StrEnum):
    """How far a connection is trusted; in the order of the ladder."""

    READ_ONLY = "read-only"
    STAGED = "staged"  # entries are staged, checked and approved, and stay here: a dry run
    WRITES = "writes"
    EVENTS = "events"
    SCHEDULED = "scheduled"

    @property
    def words(self) -> str:
        """For people."""
        return "staged writes (dry run)" if self is Rung.STAGED else self.value

    @property
    def above(self) -> Rung | None:
        """The next rung, or None on the last."""
        order = list(Rung)
        return None if self is order[-1] else order[order.index(self) + 1]

    @property
    def below(self) -> Rung | None:
        """The rung before, or None on the first."""
        order = list(Rung)
        return None if self is order[0] else order[order.index(self) - 1]


STAGING = frozenset(Rung) - {Rung.READ_ONLY}
"""Rungs on which entries may be staged."""
WRITING = STAGING - {Rung.STAGED}
"""Rungs on which entries may be sent to the ledger."""
TAKING = frozenset({Rung.EVENTS, Rung.SCHEDULED})
"""Rungs on which the connection's events are taken in."""


DRY_RUN = "dry run"
"""Outcome of a posting attempt that ended before anything was sent, because the connection may not write yet."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what was looked at. words: what was found, in one sentence.
        holds: whether it is as it must be; remedy: what to do when it is not.
    """

    name: str
    holds: bool
    words: str
    remedy: str = ""
