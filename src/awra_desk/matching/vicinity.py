"""Who else is near: one side's rows in an order that answers by amount and day, for many questions at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.book import Book, Mask, Rows
from awra_desk.matching.neighbours import classes, expanded

Ints = NDArray[np.int64]

CROWD = 32  # rows of about one amount beyond which nobody is named


class Vicinity:
    """One side's rows by currency, sign, amount and day."""

    def __init__(self, book: Book, rows: Rows) -> None:
        self._first = int(book.day[rows].min(initial=0)) - 1
        self._span = int(book.day[rows].max(initial=0)) - self._first + 3
        self._amounts = np.unique(book.amount[rows])
        packed = self._packed(classes(book, rows), np.searchsorted(self._amounts, book.amount[rows]), book.day[rows])
        order = np.argsort(packed, kind="stable")
        self._rows, self._sorted, self._day = rows[order], packed[order], book.day[rows][order]

    def _packed(self, kind: Ints, rank: Ints, day: Ints) -> Ints:
        inside = np.clip(day - self._first, 0, self._span - 1)
        packed: Ints = (kind * (len(self._amounts) + 1) + rank) * self._span + inside
        return packed

    def within(self, kind: Ints, amount: Ints, reach: Ints, span: tuple[Ints, Ints]) -> tuple[Ints, Rows, Mask]:
        """Rows of the kind no further from the amount than `reach` and booked in the span of days.

        Returns:
            for each row found the place of its question, the row, and which questions met a crowd and have no answer.
        """
        low = np.searchsorted(self._amounts, amount - reach, "left")
        high = np.searchsorted(self._amounts, amount + reach, "right") - 1
        one = low == high  # a single amount is narrowed by its days at once
        far = self._first + self._span
        first = self._packed(kind, low, np.where(one, span[0], self._first))
        last = self._packed(kind, high, np.where(one, span[1], far))
        start, end = np.searchsorted(self._sorted, first, "left"), np.searchsorted(self._sorted, last, "right")
        crowd = end - start > CROWD
        asked, places = expanded(np.arange(len(kind)), start, np.where(crowd, start, end), np.arange(len(self._rows)))
        timely = (self._day[places] >= span[0][asked]) & (self._day[places] <= span[1][asked])
        return asked[timely], self._rows[places[timely]], crowd
