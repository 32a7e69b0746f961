"""How far the orders were read: JSON text that survives a cut at any page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from awra_desk.connectors._http.cursors import TextCursor, stamps
from awra_desk.connectors._http.instants import instant


@dataclass(frozen=True, slots=True)
class Cursor(TextCursor):
    """Where to go on. A walk goes through the orders placed after `since`, oldest first.

    Attributes:
        since: ISO instant; orders placed after it are asked for. None: all.
        skip: orders of the unfinished walk before `last`; last: id of the last order read of it, or None when none is
            under way.
        newest: the newest `orderPlacedAt` in it, or None.
    """

    since: str | None = None
    skip: int = 0
    last: str | None = None
    newest: str | None = None

    def checked(self) -> Self:
        stamps(self.since, self.newest, read=instant)
        return replace(self, skip=int(self.skip))

    def finished(self, look_back: timedelta) -> Cursor:
        """The walk got to its end: the next one begins a look-back before the newest order, never earlier than this."""
        if self.newest is None:
            return Cursor(since=self.since)
        start = instant(self.newest) - look_back
        if self.since is not None:
            start = max(start, instant(self.since))
        return Cursor(since=start.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
