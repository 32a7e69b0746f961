"""How far a Shopify stream was read: JSON text that survives a cut at any page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from awra_desk.connectors._http.instants import instant
from awra_desk.domain.errors import UsageError

LONGEST = timedelta(days=180)
"""A record that waits longer for its payout is no longer looked at again."""


@dataclass(frozen=True, slots=True)
class Cursor:
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

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """The cursor of this text; None is the beginning.

        Raises:
            UsageError: the text is no cursor.
        """
        if text is None:
            return cls()
        try:
            values = json.loads(text)
            cursor = cls(values["since"], values["after"], values["newest"], values["waiting"])
            for stamp in (cursor.since, cursor.newest, cursor.waiting):
                if stamp is not None:
                    instant(stamp)
        except (ValueError, KeyError, TypeError):
            raise UsageError(
                "the stored cursor cannot be read", record=text[:80], remedy="Pull this stream from the beginning."
            ) from None
        return cursor

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), sort_keys=True)

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
