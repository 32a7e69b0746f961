"""Published tariffs of providers as fee schedules, each with where and when it was looked up.

Data; a person adopts one. A contract of one's own always goes before a published tariff: copy, correct, add.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from awra_desk.domain.errors import UsageError


@cache
def names() -> tuple[str, ...]:
    """Names of the tariffs, sorted."""
    found = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def text_of(name: str) -> str:
    """The tariff's document.

    Raises:
        UsageError: there is none.
    """
    if name not in names():
        raise UsageError("there is no such tariff", record=name, remedy=f"Known are {', '.join(names())}.")
    return (files(__name__) / f"{name}.toml").read_text(encoding="utf-8")
