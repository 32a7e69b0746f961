"""Xero's moments: "/Date(1476316800000+0000)/" is milliseconds since 1970; a document's date is the organisation's own
midnight written so, whatever its zone, with a readable twin in some answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

_MILLISECONDS = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(text: Any) -> datetime:
    """The moment, aware UTC; the offset behind the milliseconds only says how to show it.

    Raises:
        ValueError: it is neither of Xero's forms.
    """
    found = _MILLISECONDS.fullmatch(text) if isinstance(text, str) else None
    if found:
        return _EPOCH + timedelta(milliseconds=int(found[1]))
    moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    if moment is None:
        raise ValueError(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def day(document: Mapping[str, Any], name: str = "Date") -> date:
    """The date of a document, in the organisation's own calendar.

    Raises:
        ValueError: it has none.
    """
    return instant(document.get(f"{name}String") or document.get(name)).date()


def asked(moment: datetime) -> str:
    """As If-Modified-Since wants it: whole seconds, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
