"""Whole runs: all rows of some days one after another, or all but one or two of them, that make up a total."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.bundle_fees import Fee

Ints = NDArray[np.int64]

MOST_DAYS = 31  # days of one run
MOST_ROWS = 400


@dataclass(frozen=True, slots=True)
class Run:
    """Places [first, last) of a run in its rows, and those left out. among: subsets that could have been meant."""

    first: int
    last: int
    out: tuple[int, ...]
    among: int

    @property
    def places(self) -> tuple[int, ...]:
        """Places of the members."""
        return tuple(place for place in range(self.first, self.last) if place not in self.out)


class Runs:
    """Rows in the order of their days, cut where a day ends."""

    def __init__(self, amounts: Ints, day: Ints) -> None:
        self._amounts = amounts
        cuts = np.concatenate([[0], np.flatnonzero(np.diff(day)) + 1, [len(day)]])
        first, last = np.triu_indices(len(cuts), 1)
        first, last = cuts[first], cuts[last]
        fit = (last - first >= 2) & (last - first <= MOST_ROWS) & (day[last - 1] - day[first] < MOST_DAYS)
        self._first, self._last = first[fit], last[fit]
        sums = np.concatenate([[0], np.cumsum(amounts)])
        self._sum = sums[self._last] - sums[self._first]
        most = np.maximum.reduceat(amounts, cuts[:-1]) if len(amounts) else amounts
        rises = [np.maximum.accumulate(most[at:]) for at in range(len(most))]
        self._top = 2 * np.concatenate(rises)[fit] if rises else self._sum  # no two rows of it are more

    def __len__(self) -> int:
        return len(self._sum)

    def sums(self) -> tuple[Ints, Ints]:
        """Sum and number of rows of each run."""
        return self._sum, self._last - self._first

    def less_fee(self, total: int, fee: Fee) -> Iterator[Run]:
        """Runs, whole or less one row, of which the fee leaves the total."""
        count = self._last - self._first
        least = self._sum - self._top
        fit = self._sum - fee.of(self._sum, count) >= total - MOST_ROWS
        fit &= least - fee.of(least, count) <= total + MOST_ROWS
        for at in np.flatnonzero(fit).tolist():
            first, last = self._first[at].item(), self._last[at].item()
            held = np.concatenate([[0], self._amounts[first:last]])
            gross = self._sum[at] - held
            rows = np.full(len(held), count[at] - 1)
            rows[0] += 1
            off = np.abs(gross - fee.of(gross, rows) - total) <= fee.slack(last - first)
            for place in np.flatnonzero(off & (rows >= 2)).tolist():
                out = (first + place - 1,) if place else ()
                among = len(self) * (len(rows) - 1 if place else 1) * (2 * fee.slack(last - first) + 1)
                yield Run(first, last, out, among)

    def of(self, total: int) -> Iterator[Run]:
        """Runs that make up the total, whole or less one or two rows."""
        gap = self._sum - total
        near = np.flatnonzero((gap >= 0) & (gap <= self._top))
        for at in near.tolist():
            first, last, missing = self._first[at].item(), self._last[at].item(), gap[at].item()
            count = last - first
            if missing == 0:
                yield Run(first, last, (), len(self))
                continue
            amounts = self._amounts[first:last]
            for place in np.flatnonzero(amounts == missing).tolist():
                if count >= 3:
                    yield Run(first, last, (first + place,), len(self) * count)
            if count >= 4:
                for one, other in _two(amounts, missing):
                    yield Run(first, last, (first + one, first + other), len(self) * count * (count - 1) // 2)


def _two(amounts: Ints, total: int) -> list[tuple[int, int]]:
    """Places of the pairs that make up the total."""
    order = np.argsort(amounts, kind="stable")
    ordered = amounts[order]
    low, high = (np.searchsorted(ordered, total - amounts, side) for side in ("left", "right"))
    return [
        (place, other)
        for place in np.flatnonzero(high > low).tolist()
        for other in np.sort(order[low[place] : high[place]]).tolist()
        if other > place
    ]
