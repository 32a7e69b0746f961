"""What to show of rows that fit several others: a tie as one group where it is whole, else the assignment's best pairs.

A tie is whole where every row of one side is tied with every row of the other. A chain (one fits another, which fits a
third that does not fit the first) is not: shown as one it would join rows that pass no gate together. Of a chain those
pairs are shown that nothing equals; where several do, they are left open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.assignment import assign
from awra_desk.matching.explain import MAX_RIVALS
from awra_desk.matching.graph import components

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NEVER = 2.0  # above any score: a node without a partner ties with nobody


@dataclass(frozen=True, slots=True)
class Tie:
    """One suggestion: places of its edges and of the best of them. rivalled: others come within the margin."""

    edges: list[int]
    best: int
    rivalled: bool


def ties(left: Ints, right: Ints, score: Floats, margin: float) -> tuple[list[Tie], tuple[list[int], list[int]]]:
    """What to show of one component, and the nodes of either side that others fit as well and that nothing tells apart.

    Args:
        left, right: node of each edge, sorted by left and then right. score: 0..1 each.
    """
    if len(left) == 1:
        return [Tie([0], 0, rivalled=False)], ([], [])
    ours, theirs = (np.unique(nodes, return_inverse=True) for nodes in (left, right))
    one, other = ours[1].reshape(-1), theirs[1].reshape(-1)
    chosen = assign(left, right, score)
    best = np.full(len(ours[0]), NEVER), np.full(len(theirs[0]), NEVER)
    best[0][one[chosen]] = best[1][other[chosen]] = score[chosen]
    gap = np.minimum(best[0][one], best[1][other]) - score
    shown: list[Tie] = []
    left_over = np.flatnonzero(gap <= margin)
    for least in (margin, 0.0):  # what is no whole tie within the margin holds pairs that are the best of both rows
        kept = left_over[gap[left_over] <= least]
        whole, broken = _whole(kept, one[kept], other[kept])
        shown += [Tie(held.tolist(), _best(held, score), rivalled=least != margin or len(held) > 1) for held in whole]
        left_over = np.concatenate(broken) if broken else kept[:0]
    within = np.flatnonzero(gap <= margin)
    seen = np.array([at for tie in shown for at in tie.edges], dtype=np.int64)
    return shown, (
        np.setdiff1d(left[within], left[seen]).tolist(),
        np.setdiff1d(right[within], right[seen]).tolist(),
    )


def _whole(places: Ints, one: Ints, other: Ints) -> tuple[list[Ints], list[Ints]]:
    """The edges' components, those in which every node of one side meets every node of the other, and the rest."""
    whole: list[Ints] = []
    broken: list[Ints] = []
    if not len(places):
        return whole, broken
    count = int(one.max()) + 1
    label = components(count + int(other.max()) + 1, one, other + count)[one]
    order = np.argsort(label, kind="stable")
    for held in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        full = len(np.unique(one[held])) * len(np.unique(other[held])) == len(held)
        (whole if full else broken).append(places[held])
    return whole, broken


def _best(held: Ints, score: Floats) -> int:
    return int(held[np.argmax(score[held])])


class Around:
    """The edges at each node of one component."""

    def __init__(self, left: Ints, right: Ints, score: Floats) -> None:
        self._left, self._right, self._score = left, right, score
        self._by_right = np.argsort(right, kind="stable")
        self._sorted = right[self._by_right]

    def rivals(self, best: int, ours: set[int], theirs: set[int]) -> list[tuple[int, float, bool]]:
        """Nodes outside a suggestion that meet a node of its best pair, best first: node, score, of the ledger."""
        left, right = self._left[best], self._right[best]
        at_left = np.arange(*np.searchsorted(self._left, [left, left + 1]))
        at_right = self._by_right[slice(*np.searchsorted(self._sorted, [right, right + 1]))]
        touching = np.union1d(at_left, at_right)
        found = []
        for edge in touching[np.argsort(-self._score[touching], kind="stable")].tolist():
            one, other = self._left[edge].item(), self._right[edge].item()
            if one not in ours or other not in theirs:
                found.append((one if one not in ours else other, self._score[edge].item(), one in ours))
            if len(found) == MAX_RIVALS:
                break
        return found
