"""Global assignment on one component: highest total score, then most pairs, then canonical order.

Canonical order: of equally good assignments the one that pairs rows at the nearest places of the two sides' canonical
order (least sum of
squared distances), so that equals meet in order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_STEPS = 10_000  # scores count in ten-thousandths


def assign(left: Ints, right: Ints, score: NDArray[np.float64]) -> Ints:
    """Places of the chosen edges, ascending.

    Args:
        left, right: node numbers of each edge on either side, in canonical order of the nodes; no edge twice. score:
            0..1 each.
    """
    if len(left) == 1:
        return np.zeros(1, dtype=np.int64)
    ours, at_left = np.unique(left, return_inverse=True)
    theirs, at_right = np.unique(right, return_inverse=True)
    gain = _gains(at_left, at_right, score, min(len(ours), len(theirs)))
    partner = _solve(at_left, at_right, gain, len(ours), len(theirs))
    return np.flatnonzero(partner[at_left] == at_right)


def _gains(left: Ints, right: Ints, score: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """One positive number per edge in which the three aims follow each other: whole numbers while a double can hold
    them.
    """
    distance = (left - right) ** 2
    spread = int(distance.max()) * most + 1
    wanted = np.round(score * _STEPS).astype(np.int64) * (most + 1) + 1
    if int(wanted.max()) * spread * most >= 2**53:
        return wanted.astype(np.float64)
    return (wanted * spread - distance).astype(np.float64)


def _solve(left: Ints, right: Ints, gain: NDArray[np.float64], ours: int, theirs: int) -> Ints:
    """Partner of each left node, -1 for none: a full assignment on a square graph in which everyone has a stand-in.

    A pair costs 2h - gain, a left or right node left alone costs h, and two stand-ins cost nothing; so the least cost
    has the greatest gain.
    """
    from lap import lapmod  # noqa: PLC0415 - loaded only where something has to be assigned

    size = ours + theirs
    half = float(np.ceil(gain.max() / 2)) + 1
    rows = np.concatenate([left, np.arange(ours), right + ours, np.arange(theirs) + ours])
    columns = np.concatenate([right, np.arange(ours) + theirs, left + theirs, np.arange(theirs)])
    costs = np.concatenate([2 * half - gain, np.full(ours, half), np.zeros(len(left)), np.full(theirs, half)])
    order = np.lexsort((columns, rows))
    # The solver takes costs below a million only; dividing by a power of two keeps every bit.
    costs /= 2.0 ** max(int(np.ceil(np.log2(costs.max()))) - 19, 0)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=size))]).astype(np.int32)
    _, partner, _ = lapmod(size, costs[order], starts, columns[order].astype(np.int32))
    chosen = np.asarray(partner[:ours], dtype=np.int64)
    return np.where(chosen < theirs, chosen, -1)
