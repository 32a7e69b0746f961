"""How far a Paystack stream was read: JSON text that survives a cut at any page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from awra_desk.connectors._http.cursors import TextCursor, stamps
from awra_desk.connectors._http.instants import instant


@dataclass(frozen=True, slots=True)
class Cursor(TextCursor):
    """Where to go on.

    Paystack lists newest first, so a pull walks from the present down to `since`; only when it got there does `since`
    move up. What is newest on its first page is its `until`: rows that arrive while it walks shift no page.

    Attributes:
        since: instant from which on objects are listed, as Paystack writes instants. None: all.
        until: end of an unfinished walk, or None.
        token: of the next page of an unfinished walk, or None: Paystack's cursor, or a page's number.
        newest: creation time of the newest object of an unfinished walk, or None.
    """

    since: str | None = None
    until: str | None = None
    token: str | None = None
    newest: str | None = None

    def checked(self) -> Self:
        stamps(self.since, self.until, self.newest, read=instant)
        return self

    def seen(self, created: str) -> Cursor:
        """With the newest creation time so far."""
        return replace(self, newest=created if self.newest is None else max(self.newest, created))

    def going_on(self, token: str) -> Cursor:
        """Behind a page: the first page's newest object is the end of the walk."""
        return replace(self, token=token, until=self.until or self.newest)

    def finished(self, look_back: timedelta) -> Cursor:
        """The walk got to its end: the next one begins `look_back` before the newest object, never earlier than this
        one did.
        """
        if self.newest is None:
            return Cursor(since=self.since)
        since = stamp(instant(self.newest) - look_back)
        return Cursor(since=since if self.since is None else max(since, self.since))


def stamp(moment: datetime) -> str:
    """An instant as Paystack writes it, so that texts compare as instants do."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
