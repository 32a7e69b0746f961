"""Which subsets of a pool make up a total: all of them in a small pool, those of few members in a larger one.

The sums are formed once and asked for many totals. What would be too many to name is said to be, by size, so that
whoever weighs the subsets knows what was not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.subsets import bits, sums

Ints = NDArray[np.int64]

FULL = 26  # rows of which every subset is formed
TRIPLED = 36  # rows of which subsets of up to six are formed, of threes
PAIRED = 90  # rows of which subsets of up to four are formed, of twos
RAW = 4_000  # joined sums beyond which a total says nothing
CROWD = 15  # subsets of one size beyond which none is named


@dataclass(frozen=True, slots=True)
class _Parts:
    """Subsets of one size, sorted by sum. members: a column each, ascending within a row."""

    total: Ints
    members: Ints


class Sums:
    """The sums of a pool's subsets.

    Attributes:
        most: largest size that is looked at.
    """

    def __init__(self, amounts: Ints) -> None:
        count = len(amounts)
        self._half = (count + 1) // 2
        self._full, self._parts = count <= FULL, [_Parts(amounts, np.arange(count)[:, None])]
        if self._full:
            (self._left, self._left_sizes), (right, sizes) = sums(amounts[: self._half]), sums(amounts[self._half :])
            self._order = np.argsort(right, kind="stable")
            self._right, self._right_sizes = right[self._order], sizes[self._order]
            self.most = count
        else:
            sizes_formed = 3 if count <= TRIPLED else 2 if count <= PAIRED else 0
            self._parts = [_parts(amounts, size) for size in range(1, sizes_formed + 1)]
            self.most = 2 * sizes_formed

    def of(self, total: int) -> tuple[list[tuple[int, ...]], set[int]]:
        """Places of the members of every subset of two or more that is the total, and the sizes that are crowded."""
        if self._full:
            return self._of_halves(total)
        found: list[tuple[int, ...]] = []
        crowded: set[int] = set()
        for size in range(2, self.most + 1):
            here = self._of_size(total, size)
            if here is None or len(here) > CROWD:
                crowded.add(size)
            else:
                found += here
        return found, crowded

    def _of_halves(self, total: int) -> tuple[list[tuple[int, ...]], set[int]]:
        low = np.searchsorted(self._right, total - self._left, "left")
        high = np.searchsorted(self._right, total - self._left, "right")
        counts = high - low
        every = set(range(2, self.most + 1))
        if int(counts.sum()) > RAW:
            return [], every
        left = np.repeat(np.arange(len(self._left)), counts)
        right = np.repeat(low - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
        sizes = self._left_sizes[left] + self._right_sizes[right]
        often = np.bincount(sizes, minlength=self.most + 1)
        fit = (sizes >= 2) & (often[sizes] <= CROWD)
        pairs = zip(left[fit].tolist(), self._order[right[fit]].tolist(), strict=True)
        found = [(*bits(one), *(self._half + bit for bit in bits(other))) for one, other in pairs]
        return sorted(found), {size for size in every if often[size] > CROWD}

    def _of_size(self, total: int, size: int) -> list[tuple[int, ...]] | None:
        """Of one size, joined of two parts; None where they are too many."""
        one, other = self._parts[(size + 1) // 2 - 1], self._parts[size // 2 - 1]
        low = np.searchsorted(other.total, total - one.total, "left")
        counts = np.searchsorted(other.total, total - one.total, "right") - low
        if int(counts.sum()) > RAW:
            return None
        left = np.repeat(np.arange(len(one.total)), counts)
        right = np.repeat(low - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
        after = one.members[left, -1] < other.members[right, 0]
        return sorted(map(tuple, np.hstack([one.members[left[after]], other.members[right[after]]]).tolist()))


def _parts(amounts: Ints, size: int) -> _Parts:
    count = len(amounts)
    members = np.arange(count)[:, None] if size == 1 else np.stack(np.triu_indices(count, 1), axis=1)
    if size == 3:
        more = count - 1 - members[:, 1]
        before = np.repeat(members, more, axis=0)
        third = np.arange(int(more.sum())) - np.repeat(np.cumsum(more) - more, more) + before[:, 1] + 1
        members = np.hstack([before, third[:, None]])
    total = amounts[members].sum(axis=1)
    order = np.argsort(total, kind="stable")
    return _Parts(total[order], members[order])
