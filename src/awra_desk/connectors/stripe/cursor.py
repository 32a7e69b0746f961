"""How far a Stripe stream was read: JSON text that survives a cut at any page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from awra_desk.connectors._http.cursors import TextCursor


@dataclass(frozen=True, slots=True)
class Cursor(TextCursor):
    """Where to go on.

    Stripe lists newest first, so a pull walks from the present down to `since`; only when it got there does `since`
    move up.

    Attributes:
        since: unix seconds; objects created from then on are listed. None: all.
        after: id of the last object read of an unfinished walk, or None.
        newest: creation time of the newest object of an unfinished walk, or None.
        waiting: ids of automatic payouts whose members Stripe had not settled yet (balance transactions only).
    """

    since: int | None = None
    after: str | None = None
    newest: int | None = None
    waiting: tuple[str, ...] = ()

    def checked(self) -> Self:
        return replace(self, waiting=tuple(self.waiting))

    def seen(self, created: int) -> Cursor:
        """With the newest creation time so far."""
        return replace(self, newest=created if self.newest is None else max(self.newest, created))

    def finished(self, look_back: int) -> Cursor:
        """The walk got to its end: the next one begins `look_back` seconds before the newest object, never earlier than
        this one did.
        """
        if self.newest is None:
            return replace(self, after=None)
        since = max(self.newest - look_back, self.since or 0)
        return Cursor(since=since, waiting=self.waiting)
