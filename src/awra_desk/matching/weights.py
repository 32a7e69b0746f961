"""Fellegi-Sunter weights estimated from the books at hand, without labels.

A pair agrees at a level on amount, day and words. `m` is how often true pairs reach a level, learned from the pairs
that are each other's best, over and over until they settle; `u` is how often strangers do, which for amounts and days
is counted for each row on its own (so a rare amount weighs more than a common one) and for words on pairs taken at
large. Little data leans on the starting values. Weights are natural logarithms of m/u and add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.book import Book, Rows
from awra_desk.matching.grams import Texts
from awra_desk.matching.neighbours import EARLY, LATE, classes

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Shares of the source amount by which the ledger's differs; between them lie the levels of amount.
DRIFTS = np.array(
    [-0.5, -0.2, -0.08, -0.04, -0.02, -0.01, -0.005, -0.001, 0.001, 0.005, 0.01, 0.02, 0.04, 0.08, 0.2, 0.5]
)
EXACT, ROUNDING, SLIP = len(DRIFTS) - 1, len(DRIFTS), len(DRIFTS) + 1
AMOUNT_LEVELS = SLIP + 1
CENTS = 5
COVER = np.array([0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])  # share of the shorter text that both have
BITS = np.array([2.0, 5.0, 9.0, 14.0, 20.0])  # what both have, in bits
WORD_LEVELS = (len(COVER) + 1) * (len(BITS) + 1)
DAY_LEVELS = EARLY + LATE + 1
STRANGERS = 200_000  # pairs at large, for u of words
RARE = 0.05  # rows expected at a level where none is
PRIOR = 30.0  # pairs that the starting values are worth


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of each pair, and the shares of strangers at its own level. words: -1 where a text is missing."""

    amount: Ints
    day: Ints
    words: Ints
    amount_u: Floats
    day_u: Floats


@dataclass(frozen=True, slots=True)
class Weights:
    """Natural logarithms of m/u for each pair and field."""

    amount: Floats
    day: Floats
    words: Floats

    @property
    def total(self) -> Floats:
        """The sum over the fields."""
        total: Floats = self.amount + self.day + self.words
        return total

    def take(self, chosen: Ints) -> Weights:
        """Those of the chosen pairs."""
        return Weights(self.amount[chosen], self.day[chosen], self.words[chosen])


class Model:
    """m and u of every level. learned: pairs it was last learned from; paired: their share of the smaller side."""

    def __init__(self, strangers: Ints) -> None:
        self._start = _starting_amounts(), _starting_days(), _starting_words()
        self.amount, self.day, self.words = self._start
        self._strangers = np.bincount(strangers[strangers >= 0], minlength=WORD_LEVELS).astype(np.float64)
        self.learned, self.paired = 0, 0.0
        self.words_u = self._unlike(np.zeros(WORD_LEVELS))

    def weigh(self, levels: Levels) -> Weights:
        """Weights of pairs."""
        words = np.log(self.words / self.words_u)[np.maximum(levels.words, 0)]
        return Weights(
            np.log(self.amount[levels.amount] / levels.amount_u),
            np.log(self.day[levels.day] / levels.day_u),
            np.where(levels.words < 0, 0.0, words),
        )

    def learn(self, levels: Levels, chosen: Ints, sides: tuple[int, ...]) -> None:
        """Take the chosen pairs for true. sides: rows of either side."""
        self.learned, self.paired = len(chosen), len(chosen) / min(sides)
        said = levels.words[chosen]
        words = np.bincount(said[said >= 0], minlength=WORD_LEVELS).astype(np.float64)
        amounts = np.bincount(levels.amount[chosen], minlength=AMOUNT_LEVELS).astype(np.float64)
        days = np.bincount(levels.day[chosen], minlength=DAY_LEVELS).astype(np.float64)
        days = np.convolve(np.pad(days, 1, mode="edge"), [0.1, 0.8, 0.1], "valid")
        self.amount, self.day, self.words = (
            (counts + PRIOR * start) / (counts.sum() + PRIOR)
            for counts, start in zip((amounts, days, words), self._start, strict=True)
        )
        self.words_u = self._unlike(words * self._strangers.sum() / (sides[0] * sides[1]))

    def _unlike(self, true: Floats) -> Floats:
        strangers = np.maximum(self._strangers - true, 0.0)
        start = _strange_words()
        unlike: Floats = (strangers + PRIOR * start) / (strangers.sum() + PRIOR)
        return unlike


def levels(
    book: Book, sides: tuple[Rows, Rows], codes: tuple[Ints, Ints], pairs: tuple[Ints, Ints], texts: Texts
) -> Levels:
    """Levels of pairs of places in the two sides, whose rows have these text codes."""
    one, other = pairs
    source, ledger = sides[0][one], sides[1][other]
    size, theirs = np.abs(book.amount[source]), np.abs(book.amount[ledger])
    drift = (theirs - size) / np.maximum(size, 1)
    amount = np.clip(np.searchsorted(DRIFTS, drift, "right"), 1, len(DRIFTS) - 1) - 1
    amount = np.where(np.abs(theirs - size) <= CENTS, ROUNDING, amount)
    amount = np.where(slips(size, theirs), SLIP, amount)
    amount = np.where(theirs == size, EXACT, amount)
    day = np.clip(book.day[ledger] - book.day[source] + EARLY, 0, DAY_LEVELS - 1)
    return Levels(
        amount,
        day,
        word_levels(texts, codes[0][one], codes[1][other]),
        _amount_strangers(book, sides)[one, amount],
        _day_strangers(book, sides[1])[other],
    )


def word_levels(texts: Texts, one: Ints, other: Ints) -> Ints:
    """Level of two text codes each; -1 where one is -1."""
    said = np.flatnonzero((one >= 0) & (other >= 0))
    found = np.full(len(one), -1, dtype=np.int64)
    shared = texts.shared(one[said], other[said])
    least = np.minimum(texts.weight[one[said]], texts.weight[other[said]])
    cover = np.searchsorted(COVER, shared / np.maximum(least, 1e-9), "right")
    found[said] = cover * (len(BITS) + 1) + np.searchsorted(BITS, shared, "right")
    return found


def strangers(texts: Texts, ours: Ints, theirs: Ints) -> Ints:
    """Levels of words of pairs at large, spread evenly over the text codes of both sides."""
    sources, ledgers = len(ours), len(theirs)
    every = sources * ledgers
    step = max(every // STRANGERS, 1)
    step += step > 1 and ledgers % step == 0  # not always the same ledger rows
    place = np.arange(0, every, step, dtype=np.int64)
    return word_levels(texts, ours[place // ledgers], theirs[place % ledgers])


def slips(size: Ints, theirs: Ints) -> NDArray[np.bool_]:
    """Sizes of the same digits in another order: two neighbours were exchanged."""
    found = np.zeros(len(size), dtype=bool)
    maybe = np.flatnonzero(((theirs - size) % 9 == 0) & (theirs != size))
    gap, unit = np.abs(theirs - size)[maybe], np.ones(len(maybe), dtype=np.int64)
    for _ in range(18):  # one exchange of neighbours changes the amount by a digit times 9, 90, 900 ...
        unit = np.where(gap % (unit * 10) == 0, unit * 10, unit)
    found[maybe] = (digits(size[maybe]) == digits(theirs[maybe])) & (gap // unit <= 81)
    return found


def digits(size: Ints) -> Ints:
    """How often each digit comes in a size, packed: equal for sizes of the same digits."""
    held, left = np.zeros(len(size), dtype=np.int64), size.copy()
    while (left > 0).any():
        held += np.where(left > 0, np.int64(1) << (left % 10 * 6), 0)
        left //= 10
    return held


def _amount_strangers(book: Book, sides: tuple[Rows, Rows]) -> Floats:
    """For each source row and level, the share of ledger rows of its currency and sign that are at it."""
    kind, theirs = classes(book, sides[0]), classes(book, sides[1])
    top = np.int64(1) << 48
    ordered = np.sort(theirs * top + np.minimum(np.abs(book.amount[sides[1]]), top - 1))
    size, base = np.minimum(np.abs(book.amount[sides[0]]), top // 2 - 1), kind * top
    total = np.searchsorted(ordered, base + top, "left") - np.searchsorted(ordered, base, "left")

    def upto(value: Ints, side: str = "left") -> Ints:
        return np.searchsorted(ordered, base + value, side)  # type: ignore[call-overload,no-any-return]

    edges = [upto((size * (1 + drift)).astype(np.int64)) for drift in DRIFTS.tolist()]
    levels = [high - low for low, high in pairwise(edges)]
    around = upto(size * 21 // 20, "right") - upto(size * 19 // 20)
    density = around / (size // 10 + 1)
    same = upto(size, "right") - upto(size)
    close = upto(size + CENTS, "right") - upto(np.maximum(size - CENTS, 0)) - same
    digits = np.log10(np.maximum(size, 1)).astype(np.int64) + 1
    levels += [np.maximum(same - 1, 0) + density, close, digits * density]
    counts = np.stack(levels, axis=1)
    shares: Floats = np.maximum(counts, RARE) / (total[:, None] + 1)
    return shares


def _day_strangers(book: Book, ledger: Rows) -> Floats:
    """For each ledger row the share of rows of its day."""
    _, at, counts = np.unique(book.day[ledger], return_inverse=True, return_counts=True)
    shares: Floats = counts[at.reshape(-1)] / len(ledger)
    return shares


def _starting_amounts() -> Floats:
    start = np.full(AMOUNT_LEVELS, 0.05 / (len(DRIFTS) - 1))
    start[[EXACT, ROUNDING, SLIP]] = 0.90, 0.04, 0.01
    return start


def _starting_days() -> Floats:
    lag = np.arange(-EARLY, LATE + 1)
    start = np.where(lag >= 0, 0.7**lag, 0.1 * 0.4**-lag) + 0.0005
    days: Floats = start / start.sum()
    return days


def _starting_words() -> Floats:
    cover = np.array([6.0, 4, 6, 8, 10, 14, 18, 34])
    bits = np.array([4.0, 6, 15, 25, 25, 25])
    start = np.outer(cover, bits)
    words: Floats = (start / start.sum()).reshape(-1)
    return words


def _strange_words() -> Floats:
    cover = np.array([60.0, 16, 8, 5, 3, 2, 1, 1])
    bits = np.array([70.0, 20, 7, 2, 0.7, 0.3])
    start = np.outer(cover, bits)
    words: Floats = (start / start.sum()).reshape(-1)
    return words
