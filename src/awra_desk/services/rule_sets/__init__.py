"""Ready-made rule sets, one per pair of source kinds, so that nobody starts from nothing. Data; a person adopts one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from awra_desk.domain.errors import UsageError
from awra_desk.matching import RuleSet, parse_rules


@cache
def names() -> tuple[str, ...]:
    """Names of the sets, sorted."""
    found = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


@cache
def rule_set(name: str) -> RuleSet:
    """A set by its name.

    Raises:
        UsageError: there is none.
    """
    return parse_rules(text_of(name), f"rule set {name}")


def text_of(name: str) -> str:
    """The set's own document.

    Raises:
        UsageError: there is none.
    """
    if name not in names():
        raise UsageError("there is no such rule set", record=name, remedy=f"Known are {', '.join(names())}.")
    return (files(__name__) / f"{name}.toml").read_text(encoding="utf-8")
