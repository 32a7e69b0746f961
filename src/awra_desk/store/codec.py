"""Small nested values as JSON text inside one column, exact both ways."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from awra_desk.domain.reconciliations import ChannelRule, ClosingBasis, Scope, SideSpec


def to_text(value: Any) -> str:
    """Compact JSON with sorted keys."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def mapping(text: str) -> dict[str, str]:
    """A JSON object of strings."""
    return dict(json.loads(text))


def mapping_text(value: Mapping[str, str]) -> str:
    """A JSON object of strings.

    Raises:
        TypeError: a value is not a string; a number would not come back exactly.
    """
    items: Mapping[str, object] = value
    if wrong := [name for name, item in items.items() if not isinstance(item, str)]:
        raise TypeError(f"only strings are kept here; not one: {', '.join(wrong)}")
    return to_text(dict(value))


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """A JSON list of pairs of strings."""
    return tuple((first, second) for first, second in json.loads(text))


def pairs_text(value: Iterable[tuple[str, str]]) -> str:
    """A JSON list of pairs, in the given order."""
    return to_text([list(pair) for pair in value])


def side(text: str) -> SideSpec:
    """A side of a reconciliation."""
    data = json.loads(text)
    return SideSpec(
        source=data["source"],
        streams=tuple(data["streams"]),
        account=data["account"],
        sign=data["sign"],
        closing=ClosingBasis(data["closing"]),
        scope=Scope(**data["scope"]) if data["scope"] else None,
        channels=tuple(ChannelRule(rule["channel"], rule["begins"], tuple(rule["kinds"])) for rule in data["channels"]),
    )


def side_text(value: SideSpec) -> str:
    """A side of a reconciliation."""
    return to_text(asdict(value))
