"""How far a Stripe stream was read: JSON text that survives a cut at any page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from awra_desk.domain.errors import UsageError


@dataclass(frozen=True, slots=True)
class Cursor:
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
            return cls(values["since"], values["after"], values["newest"], tuple(values["waiting"]))
        except (ValueError, KeyError, TypeError):
            raise UsageError(
                "the stored cursor cannot be read", record=text[:80], remedy="Pull this stream from the beginning."
            ) from None

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), sort_keys=True)

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
