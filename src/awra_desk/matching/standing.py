"""Where a run left each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.book import Book, Rows
from awra_desk.matching.found import Found, Group, PairBlock

FREE, SURE, MATCHED, PROPOSED = range(4)
_SURE = ("keys", "batch", "decision")


@dataclass(frozen=True, slots=True)
class Standing:
    """The outcome row by row.

    Attributes:
        state: FREE, SURE (matched by a key, a batch or a person), MATCHED in another way, or PROPOSED.
        partner: the other row where it is one of a pair, else -1.
    """

    state: NDArray[np.int64]
    partner: Rows


def standing(book: Book, found: Found, suggestions: tuple[list[Group], list[PairBlock]]) -> Standing:
    """The outcome of a run. suggestions: those that stand."""
    state, partner = np.full(len(book), FREE, dtype=np.int64), np.full(len(book), -1, dtype=np.int64)
    for block in (*found.pairs, *suggestions[1]):
        now = PROPOSED if block.reasons is not None else SURE if block.rule in _SURE else MATCHED
        state[block.source] = state[block.ledger] = now
        partner[block.source], partner[block.ledger] = block.ledger, block.source
    for group in (*found.groups, *suggestions[0]):
        rows = list(group.rows)
        state[rows] = PROPOSED if not group.confirmed else SURE if group.rule in _SURE else MATCHED
        if len(rows) == 2:
            partner[rows] = rows[::-1]
    return Standing(state, partner)
