"""How likely an equal amount is a coincidence, estimated from the books' own amounts and the date window.

1 - (1 - f)^n, with n the other side's rows of this currency inside the window and f the larger of two estimates, this
pair (or class of twins)
excluded: the share of its rows with exactly this amount, and the local density (k + 1) / ((N + 1) * m), where u =
    10^(trailing zeros of the
amount in minor units), k = rows within 5 % that are multiples of u, m = multiples of u within 5 % (at least 1). So
4,847.23 is evidence and
1,000.00 is not. Both rows of a pair look at their other side; the larger chance counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.book import NO_DAY, Book, Rows
from awra_desk.matching.config import MatchConfig
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

LIMIT = 0.001
_MOST_ZEROS = 17
Chances = NDArray[np.float64]
_Reach = tuple[NDArray[np.int64], NDArray[np.int64]]


class Coincidence:
    """Chances over one book; what it sorts once serves every pass."""

    def __init__(self, book: Book, config: MatchConfig) -> None:
        self._book = book
        everyone = ~book.excluded
        self._source = _Side(book, book.side_rows(SOURCE_SIDE, everyone), (config.after_days, config.before_days))
        self._ledger = _Side(book, book.side_rows(LEDGER_SIDE, everyone), (config.before_days, config.after_days))

    def expected(self, source: Rows, ledger: Rows) -> Chances:
        """Rows expected to carry the pair's amount inside the window by accident; the larger of both views."""
        size = np.ones(len(source), dtype=np.int64)
        return np.maximum(
            self._ledger.expected(self._book, source, size), self._source.expected(self._book, ledger, size)
        )

    def of_pairs(
        self,
        source: Rows,
        ledger: Rows,
        twins: NDArray[np.int64] | None = None,
        window: _Reach | None = None,
    ) -> Chances:
        """Chance for each pair of rows with equal amounts.

        Args:
            twins: size of the pair's class on each side, 1 where absent. window: for each pair the days that the ledger
                may precede and follow, where they are not the settings'.
        """
        size = np.ones(len(source), dtype=np.int64) if twins is None else twins
        return np.maximum(
            self._ledger.chance(self._book, source, size, window),
            self._source.chance(self._book, ledger, size, window and window[::-1]),
        )


class _Side:
    """One side's amounts by currency, sorted; and those that end in so many zeros."""

    def __init__(self, book: Book, rows: Rows, reach: tuple[int, int]) -> None:
        self._reach = reach
        dated = rows[book.day[rows] != NO_DAY]
        self._days = {
            code: np.sort(book.day[dated[book.currency[dated] == code]]) for code in range(1, len(book.currencies))
        }
        self._amounts = {code: np.sort(book.amount[rows[book.currency[rows] == code]]) for code in self._days}
        self._round: dict[tuple[int, int], NDArray[np.int64]] = {}

    def chance(self, book: Book, rows: Rows, twins: NDArray[np.int64], reach: _Reach | None = None) -> Chances:
        """Chance that some row of this side inside the window equals the given rows' amounts by accident. reach: days
        that this side may precede and follow each row, where they are not the settings'.
        """
        count, share = self._odds(book, rows, twins, reach)
        chance: Chances = -np.expm1(count * np.log1p(-np.minimum(share, 1 - 1e-12)))
        return chance

    def expected(self, book: Book, rows: Rows, twins: NDArray[np.int64]) -> Chances:
        """Rows of this side inside the window expected to equal the given rows' amounts by accident."""
        count, share = self._odds(book, rows, twins)
        expected: Chances = count * share
        return expected

    def _odds(
        self, book: Book, rows: Rows, twins: NDArray[np.int64], reach: _Reach | None = None
    ) -> tuple[NDArray[np.int64], Chances]:
        """For each row: rows of this side in its window, and the share of them expected to have its amount."""
        counts, shares = np.zeros(len(rows), dtype=np.int64), np.ones(len(rows))
        before, after = reach or (np.full(len(rows), days) for days in self._reach)
        for code in np.unique(book.currency[rows]).tolist():
            chosen = np.flatnonzero(book.currency[rows] == code)
            day, days = book.day[rows[chosen]], self._days[code]
            last, first = day + after[chosen], day - before[chosen]
            counts[chosen] = np.searchsorted(days, last, "right") - np.searchsorted(days, first, "left")
            shares[chosen] = self._share(code, book.amount[rows[chosen]], twins[chosen])
        return counts, shares

    def _share(self, code: int, amount: NDArray[np.int64], twins: NDArray[np.int64]) -> Chances:
        amounts = self._amounts[code]
        others = np.maximum(len(amounts) - twins, 0)
        equal = np.maximum(_between(amounts, amount, amount) - twins, 0)
        zeros = trailing_zeros(amount)
        unit = 10**zeros
        size = np.abs(amount)
        low = -(-size * 95 // (100 * unit))
        high = size * 105 // (100 * unit)
        multiples = np.maximum(high - low + 1, 1)
        near = np.zeros(len(amount), dtype=np.int64)
        for zero in np.unique(zeros).tolist():
            at = np.flatnonzero(zeros == zero)
            least, most = low[at] * unit[at], high[at] * unit[at]
            positive = amount[at] > 0
            near[at] = _between(
                self._rounded(code, zero), np.where(positive, least, -most), np.where(positive, most, -least)
            )
        near = np.maximum(near - twins, 0)
        density = (near + 1) / ((others + 1) * multiples)
        share: Chances = np.maximum(equal / np.maximum(others, 1), density)
        return share

    def _rounded(self, code: int, zeros: int) -> NDArray[np.int64]:
        """Sorted amounts of the currency that are multiples of 10^zeros."""
        if zeros == 0:
            return self._amounts[code]
        if (code, zeros) not in self._round:
            amounts = self._amounts[code]
            self._round[code, zeros] = amounts[amounts % 10**zeros == 0]
        return self._round[code, zeros]


def trailing_zeros(amount: NDArray[np.int64]) -> NDArray[np.int64]:
    """Trailing decimal zeros of each amount; none for zero itself."""
    zeros = np.zeros(len(amount), dtype=np.int64)
    for power in range(1, _MOST_ZEROS):
        whole = (amount % 10**power == 0) & (amount != 0)
        if not whole.any():
            break
        zeros[whole] = power
    return zeros


def multiples_near(amounts: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each amount the numbers as round as it within 5 %: what a subset could have hit instead."""
    unit = 100 * 10 ** trailing_zeros(amounts)
    multiples: NDArray[np.int64] = np.maximum(amounts * 105 // unit - -(-amounts * 95 // unit) + 1, 1)
    return multiples


def _between(amounts: NDArray[np.int64], least: NDArray[np.int64], most: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the sorted amounts lie from `least` to `most`, both inclusive."""
    return np.searchsorted(amounts, most, "right") - np.searchsorted(amounts, least, "left")
