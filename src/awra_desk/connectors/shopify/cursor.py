"""How far a Shopify stream was read: JSON text that survives a cut at any page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from awra_desk.connectors._http.cursors import TextCursor, stamps
from awra_desk.connectors._http.instants import instant

LONGEST = timedelta(days=180)
"""A record that waits longer for its payout is no longer looked at again."""


@dataclass(frozen=True, slots=True)
class Cursor(TextCursor):
    """Where to go on. A walk goes from `since` up to the present, oldest first.

    Attributes:
        since: "2026-10-01T00:00:00Z"; what happened from then on is asked for. None: all.
        after: Shopify's cursor of the last page read of an unfinished walk, or None.
        newest: the newest moment seen in the unfinished walk, or None.
        waiting: the oldest moment in it of a record that is sure to change (not paid out yet), or None.
    """

    since: str | None = None
    after: str | None = None
    newest: str | None = None
    waiting: str | None = None

    def checked(self) -> Self:
        stamps(self.since, self.newest, self.waiting, read=instant)
        return self

    def seen(self, stamp: str, *, waits: bool) -> Cursor:
        """With one more record seen."""
        newest = max(self.newest or stamp, stamp, key=instant)
        waiting = min(self.waiting or stamp, stamp, key=instant) if waits else self.waiting
        return replace(self, newest=newest, waiting=waiting)

    def finished(self, look_back: timedelta) -> Cursor:
        """The walk got to its end: the next one begins a look-back before the newest record, or with the oldest that
        waits; never earlier than this one did.
        """
        if self.newest is None:
            return Cursor(since=self.since)
        newest = instant(self.newest)
        start = newest - look_back
        if self.waiting is not None:
            start = max(min(start, instant(self.waiting)), newest - LONGEST)
        if self.since is not None:
            start = max(start, instant(self.since))
        return Cursor(since=start.strftime("%Y-%m-%dT%H:%M:%SZ"))
