"""How far a PayPal stream was read: JSON text that survives a cut at any page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

from awra_desk.connectors._http.cursors import TextCursor, stamps
from awra_desk.connectors._http.instants import instant

Holdings = tuple[tuple[str, str, int], ...]
"""(account, currency, minor units), sorted."""


@dataclass(frozen=True, slots=True)
class Cursor(TextCursor):
    """Where to go on.

    Transactions are walked window by window from the oldest on, and a window is read as a whole, so the cursor stands
    at its beginning until its last record is there.

    Attributes:
        since: instant at which the next window begins, or after which disputes changed. None: at the beginning.
        first: where the history begins that PayPal handed out at the first pull; None before it, and for disputes.
        opening: what PayPal says the accounts held then; None when it did not say.
    """

    since: str | None = None
    first: str | None = None
    opening: Holdings | None = None

    def checked(self) -> Self:
        stamps(self.since, self.first, read=instant)
        if self.opening is None:
            return self
        return replace(self, opening=tuple((str(of), str(code), int(minor)) for of, code, minor in self.opening))


def stamp(moment: datetime) -> str:
    """An instant as PayPal takes it: RFC 3339, whole seconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
