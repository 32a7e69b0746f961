"""Changes that would bring an open row and a candidate together: typed data with each candidate, and their words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

_WORDS = {
    "tolerance": "the amount tolerance allowed {value}",
    "after_days": "the ledger could follow {value} days later",
    "before_days": "the ledger could come {value} days earlier",
    "date": "{row} were dated {value}",
    "sign": "the sign of {row} were turned",
    "reference": "the reference of {row} read {value}",
    "exclude": "{row} were excluded",
    "twin": "the twin {row} were excluded",
    "allow": "the pair had not been rejected",
    "undo": "the match of {row} were rejected",
    "id": "{row} did not repeat an id",
    "batch": "the batch of {row} added up",
    "rule_tolerance": "rule {rule} allowed {value}",
    "rule_after_days": "rule {rule} let the ledger follow {days} later",
    "rule_before_days": "rule {rule} let the ledger come {days} earlier",
    "crowd": "fewer rows of this amount were near",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of the settings, of one row, or of what people decided.

    Attributes:
        kind: tolerance (value: major units of the row's currency), after_days and before_days (value: days) are
            settings; date (value: ISO day), sign, reference (value: what it would read), id and batch are of the row;
            exclude and twin (a row like one of the pair), undo (the row's match) and allow (the refused pair) are
            decisions; rule_tolerance (value: major units), rule_after_days and rule_before_days (value: days, working
            days where it has a calendar) are of a person's rule; crowd: too many other rows fit to name them.
        side, id: the row; "" for settings and rules. rule, calendar: their names.
    """

    kind: str
    value: str = ""
    side: str = ""
    id: str = ""
    rule: str = ""
    calendar: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, str]) -> Self:
        """A change as `stored` wrote it."""
        return cls(**stored)

    def stored(self) -> dict[str, str]:
        """As part of a candidate's JSON; empty parts are left out."""
        parts = {"kind": self.kind, "value": self.value, "side": self.side, "id": self.id}
        parts |= {"rule": self.rule, "calendar": self.calendar}
        return {name: value for name, value in parts.items() if value}


def change_words(changes: Iterable[Change], then: str, name: Callable[[str, str], str] = lambda _, row: row) -> str:
    """One line for people; "" where there is nothing to change.

    Args:
        then: "confirmed", "suggested" (at least), or "" where no single change is known to suffice.
        name: what people call the row of this side and id.
    """
    parts = [
        _WORDS[item.kind].format(
            value=item.value, row=name(item.side, item.id) if item.id else "", rule=item.rule, days=_days(item)
        )
        for item in changes
    ]
    if not parts:
        return ""
    if then:
        return f"Would be {then} if {' and '.join(parts)}"
    if len(parts) == 1:
        return f"Not surely enough: if {parts[0]}"
    return f"No single change suffices: only if {' and '.join(parts)}"


def _days(item: Change) -> str:
    unit = "day" if item.value == "1" else "days"
    return f"{item.value} working {unit} of {item.calendar}" if item.calendar else f"{item.value} {unit}"
