"""How probable it is that just these rows make up a total: what bundles look like, learned from the clear ones.

A bundle comes about in one of a few ways (all that came in since the last one, a stretch of consecutive entries, one
party's rows, one day's, or any), and each way spreads its probability over all subsets that could have come about so. A
sum that many subsets of its kind could have hit by accident is thereby worth little, and one that is the only one of
its kind much. Against all of them stands that the total is no bundle, which gives its exact amount by accident.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.bundle_pools import WIDTHS, Pool
from awra_desk.matching.neighbours import EARLY, LATE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Places = tuple[int, ...]

RUN, STRETCH, NAMED, ALIKE, DAY, DAYS, ANY = range(7)
WAYS = np.array([0.2, 0.1, 0.15, 0.15, 0.15, 0.15, 0.1])
OUT = np.array([0.7, 0.2, 0.1])  # a run less none, one or two of its rows
BUNDLES = 0.3  # share of totals that are one
PRIOR = 10.0  # bundles that the starting values are worth
MEMBERS = 60
SPREAD = 3  # days around the usual delay on which members are looked for
DENSITY = 0.05  # share of amounts within 5 % of one


class Habits:
    """What bundles are like.

    Attributes:
        ways, out: shares. sizes: share of each number of members. lags: of days from source to ledger, from -EARLY.
        bundles: share of totals that are one.
    """

    def __init__(self, days: Floats) -> None:
        size = np.arange(MEMBERS + 1, dtype=np.float64)
        self._start = WAYS, OUT, np.where(size >= 2, 1 / np.maximum(size, 1), 0.0), _spread(days)
        self.learn([], 0.0, 0)

    def learn(self, found: list[Bundle], expected: float, totals: int) -> None:
        """Take these for true. expected: bundles among so many totals."""
        counts = [np.zeros(len(start)) for start in self._start]
        for bundle in found:
            counts[0] += bundle.ways
            counts[1][bundle.left_out] += bundle.ways[RUN]
            counts[2][min(len(bundle.members), MEMBERS)] += 1
            np.add.at(counts[3], bundle.lags, 1 / len(bundle.lags))
        counts[2][2:] = np.convolve(np.pad(counts[2][2:], 1, mode="edge"), [0.2, 0.6, 0.2], "valid")
        self.ways, self.out, self.sizes, self.lags = (
            (count + PRIOR * start / start.sum()) / (count.sum() + PRIOR)
            for count, start in zip(counts, self._start, strict=True)
        )
        self.bundles = (expected + PRIOR * BUNDLES) / (totals + PRIOR)

    def none(self, multiples: int) -> float:
        """Weight of the total's being no bundle, and of this amount by accident."""
        return (1 - self.bundles) / self.bundles * DENSITY / multiples


@dataclass(frozen=True, slots=True)
class Bundle:
    """A total and the rows that make it up, with the probability that they do.

    Attributes:
        ways: share of each way in which it may have come about. left_out: rows of a run that are not in it.
        lags: place of each member's delay in `Habits.lags`. sums: subsets found that fit. candidates: rows looked at.
        complete: whether every subset of the candidates was looked at. fee: words for what was kept of the sum; "" for
            nothing.
    """

    target: int
    members: tuple[int, ...]
    likely: float
    ways: Floats
    left_out: int
    lags: Ints
    sums: int
    candidates: int
    complete: bool
    fee: str = ""


class Odds:
    """Weights of subsets of one pool."""

    def __init__(self, pool: Pool, habits: Habits, most: int) -> None:
        self._pool, self._habits = pool, habits
        count = len(pool.rows)
        self._share = habits.lags[pool.lag] / max(float(habits.lags.max()), 1e-12)
        self._any = _elementary(self._share, min(most, count))
        self._ways = _choices(max(count, 1))
        self._named = int(pool.named.sum())
        self._held = [np.bincount(codes[codes >= 0], minlength=1) for codes in pool.labels]
        self._place = np.unique(pool.day, return_inverse=True)[1].reshape(-1)
        self._windows = [self._window(width) for width in WIDTHS]

    def of(self, places: Places) -> Floats:
        """Weight of a subset in each way but a run's."""
        pool, ways, found = self._pool, self._habits.ways, np.zeros(len(WAYS))
        count, members = len(places), list(places)
        size = float(self._habits.sizes[min(count, MEMBERS)])
        if count < len(self._any):
            found[ANY] = size * float(np.prod(self._share[members])) / max(self._any[count], 1e-300)
        if places[-1] - places[0] == count - 1:
            found[STRETCH] = size / (len(pool.rows) - count + 1)
        if pool.named[members].all():
            found[NAMED] = size / self._choose(self._named, count)
        for codes, held in zip(pool.labels, self._held, strict=True):
            code = codes[places[0]]
            if code >= 0 and (codes[members] == code).all():
                several = int((held >= 2).sum())
                found[ALIKE] += size / several / self._choose(int(held[code]), count) / len(pool.labels)
        low, high = int(self._place[members].min()), int(self._place[members].max())
        for width, (held, share) in zip(WIDTHS, self._windows, strict=True):
            for at in range(max(high - width + 1, 0), min(low, len(held) - 1) + 1):
                way, part = (DAY, 1.0) if width == 1 else (DAYS, 1 / (len(WIDTHS) - 1))
                found[way] += size * part * share[at] / self._choose(int(held[at]), count)
        weights: Floats = found * ways
        return weights

    def _window(self, width: int) -> tuple[Ints, Floats]:
        """Of each so many days one after another the number of rows, and its share by their usual delay."""
        kernel = np.ones(width)
        held = (
            np.convolve(np.bincount(self._place), kernel, "valid")
            if self._place.max(initial=-1) >= width - 1
            else np.zeros(0)
        )
        if not len(held):
            return held.astype(np.int64), held
        share = np.convolve(np.bincount(self._place, self._share), kernel, "valid")
        share = np.where(held >= 2, share / np.maximum(held, 1), 0.0)
        return held.astype(np.int64), share / max(float(share.sum()), 1e-12)

    def _choose(self, count: int, members: int) -> float:
        return float(np.exp(self._ways[count] - self._ways[members] - self._ways[count - members]))

    def unseen(self, total: int, sizes: set[int]) -> float:
        """Weight of the subsets of any kind of these sizes, which nobody looked at: as many as reach it by accident."""
        if not sizes:
            return 0.0
        held = np.array(sorted(sizes), dtype=np.float64)
        amounts = self._pool.size.astype(np.float64)
        mean, spread = held * amounts.mean(), np.sqrt(held) * max(float(amounts.std()), 1.0)
        step = int(np.gcd.reduce(self._pool.size))
        density = np.exp(-(((total - mean) / spread) ** 2) / 2) / spread / np.sqrt(2 * np.pi) * step
        sizes = self._habits.sizes[np.minimum(held.astype(int), MEMBERS)]
        return float((sizes * density).sum() * self._habits.ways[ANY])


def _spread(days: Floats) -> Floats:
    """Delays of members: as those of single rows, or some days further away."""
    spread: Floats = np.convolve(days, np.full(2 * SPREAD + 1, 1 / (2 * SPREAD + 1)), "same")
    return 0.5 * days + 0.45 * spread + 0.05 / (EARLY + LATE + 1)


def _elementary(shares: Floats, most: int) -> Floats:
    """Elementary symmetric polynomials: the sum over all subsets of each size of the product of their shares."""
    found = np.zeros(most + 1)
    found[0] = 1.0
    for share in shares.tolist():
        found[1:] += share * found[:-1]
    return found


def _choices(count: int) -> Floats:
    """Logarithms of the factorials up to the count."""
    logs: Floats = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count + 1)))])
    return logs
