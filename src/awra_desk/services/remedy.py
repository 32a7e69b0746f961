"""What change would have matched an open row, in words, from its stored candidates."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from awra_desk.matching import Change, change_words

Listed = Mapping[str, Any]


def changes_of(listed: Listed) -> list[Change]:
    """The changes of one stored candidate (`ports.schemas.OPEN_ITEMS`)."""
    return [Change.read(stored) for stored in listed.get("changes", ())]


def remedy_words(candidates: Sequence[Listed], name: Callable[[str, str], str]) -> str:
    """What single change is known to match the nearest of the candidates, which come first; "" where there is none.

    Args:
        name: what people call the row of this side and id.
    """
    nearest = candidates[0] if candidates else {}
    return change_words(changes_of(nearest), str(nearest["then"]), name) if nearest.get("then") else ""


def stored_remedy(candidates: str) -> str:
    """The same of candidates as stored (JSON), rows by their side and id."""
    return remedy_words(json.loads(candidates) if candidates else (), lambda side, row: f"{side} {row}")
