"""States of rows, matches and links as small codes, each with its glyph and word: hue alone never says anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Status(IntEnum):
    """Of a group of rows that stand together (a match, a suggestion, or a single open row)."""

    OPEN = 0
    SUGGESTED = 1
    CONFIRMED = 2
    EXCLUDED = 3
    GONE = 4  # replaced by other groups after a decision


class View(StrEnum):
    """Which groups are listed."""

    OPEN = "open"
    SUGGESTED = "suggested"
    MATCHED = "matched"
    ALL = "all"


class Link(StrEnum):
    """How the gutter joins both sides."""

    NONE = "none"
    CONFIRMED = "confirmed"
    SUGGESTED = "suggested"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class State:
    """What a row's state cell shows.

    Attributes:
        key: name of its tint ("changed", "only_source", "only_ledger", "conflict") or "" for none.
        word: for tooltip, accessible text and inspector.
        tone: of the glyph: "muted", "accent" or "primary".
    """

    glyph: str
    word: str
    key: str = ""
    tone: str = "primary"


AGREES = State("=", "agrees", tone="muted")
PINNED = State("=", "matched by a person", tone="muted")
NEAR = State("≈", "agrees within tolerance", tone="muted")
DIFFERS = State("≠", "differs", "changed")
SUGGESTED = State("?", "suggested", tone="accent")
AMBIGUOUS = State("!", "ambiguous", "conflict")
ONLY_SOURCE = State("◁", "only in source", "only_source")
ONLY_LEDGER = State("▷", "only in ledger", "only_ledger")
EXCLUDED = State("×", "excluded with a reason", tone="muted")
OUT_OF_SCOPE = State("–", "out of scope", tone="muted")
CONTRA = State("↔", "reversed on this side", tone="muted")

STATES = (AGREES, PINNED, NEAR, DIFFERS, SUGGESTED, AMBIGUOUS, ONLY_SOURCE, ONLY_LEDGER, EXCLUDED, OUT_OF_SCOPE, CONTRA)


def state_of(status: Status, sides: tuple[int, int], *, difference: int, tolerated: bool, conflict: bool,
             pinned: bool) -> State:  # fmt: skip
    """State of a group's rows.

    Args:
        sides: how many rows it has on the source and the ledger side.
        difference: ledger less source, minor units. tolerated: it is within the tolerance.
    """
    if status == Status.EXCLUDED:
        return EXCLUDED
    if status == Status.OPEN:
        return ONLY_SOURCE if sides[0] else ONLY_LEDGER
    if status == Status.SUGGESTED:
        return AMBIGUOUS if conflict else DIFFERS if difference else SUGGESTED
    if 0 in sides:
        return CONTRA
    if difference:
        return NEAR if tolerated else DIFFERS
    return PINNED if pinned else AGREES
