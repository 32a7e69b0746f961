"""Instants as providers write them."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(text: str) -> datetime:
    """The aware UTC instant of an ISO 8601 text.

    Raises:
        ValueError: it is none, or has no offset.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found.astimezone(UTC)
