"""People's decisions, as the matcher honours them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

Member = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people decided; it outlives every run.

    Attributes:
        confirmed: matches made or accepted by a person, each the tuple of its members (side, id); they consume their
            rows before any pass.
            A match whose member is missing from the tables is left out.
        rejected: sets of (side, id) never to be proposed or confirmed again: a pair wherever both would meet, a larger
            set as exactly that set.
        excluded: rows taken out with a reason; they take part in nothing and appear nowhere in the result.
    """

    confirmed: tuple[tuple[Member, ...], ...] = ()
    rejected: frozenset[frozenset[Member]] = frozenset()
    excluded: frozenset[Member] = frozenset()

    @classmethod
    def none(cls) -> Self:
        """Nobody has decided anything."""
        return cls()
