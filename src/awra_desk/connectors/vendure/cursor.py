"""How far the orders were read: JSON text that survives a cut at any page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from awra_desk.connectors._http.instants import instant
from awra_desk.domain.errors import UsageError


@dataclass(frozen=True, slots=True)
class Cursor:
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
            cursor = cls(values["since"], int(values["skip"]), values["last"], values["newest"])
            for stamp in (cursor.since, cursor.newest):
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

    def finished(self, look_back: timedelta) -> Cursor:
        """The walk got to its end: the next one begins a look-back before the newest order, never earlier than this."""
        if self.newest is None:
            return Cursor(since=self.since)
        start = instant(self.newest) - look_back
        if self.since is not None:
            start = max(start, instant(self.since))
        return Cursor(since=start.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
