"""Rows that could make up a total, in the order of booking, and what of them tells who belongs together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.book import Book, Mask, Rows
from awra_desk.matching.grams import Texts
from awra_desk.matching.neighbours import EARLY, LATE, classes

Ints = NDArray[np.int64]

NAMED = 4.0  # bits in common from which rows name one party
WIDTHS = (1, 2, 3)  # days one after another from which members come
_LABELS = ("counterparty", "channel", "description")


@dataclass(frozen=True, slots=True)
class Pool:
    """Rows that could be members, by day and then by id.

    Attributes:
        size: absolute amounts. lag: place of each row's delay from source to ledger, counted from -EARLY. labels:
            columns of codes that tell alike rows, -1 for none. named: rows that name the total's party.
    """

    rows: Rows
    size: Ints
    day: Ints
    lag: Ints
    labels: tuple[Ints, ...]
    named: Mask

    def take(self, chosen: Mask) -> Pool:
        """The chosen rows."""
        labels = tuple(codes[chosen] for codes in self.labels)
        rows, size, day, lag = self.rows[chosen], self.size[chosen], self.day[chosen], self.lag[chosen]
        return Pool(rows, size, day, lag, labels, self.named[chosen])

    def parties(self) -> Iterator[Ints]:
        """Places of the rows that name the total's party, and of those that one label makes alike."""
        if self.named.sum() >= 2:
            yield np.flatnonzero(self.named)
        for codes in self.labels:
            values, counts = np.unique(codes, return_counts=True)
            for value in values[(counts > 1) & (values >= 0)].tolist():
                yield np.flatnonzero(codes == value)

    def windows(self) -> Iterator[Ints]:
        """Places of the rows of a few days one after another, more days first."""
        cuts = np.concatenate([[0], np.flatnonzero(np.diff(self.day)) + 1, [len(self.day)]]).tolist()
        for width in WIDTHS[::-1]:
            for first, last in zip(cuts, cuts[width:], strict=False):
                if 2 <= last - first < len(self.day):
                    yield np.arange(first, last)


class Pools:
    """Makes the pools of one book."""

    def __init__(self, book: Book, free: Mask, texts: Texts) -> None:
        self._book, self._texts = book, texts
        self._labels = [codes for name in _LABELS if (codes := _codes(book.texts[name], free)) is not None]
        rows = np.flatnonzero(free)
        place = np.zeros(len(book), dtype=np.int64)
        place[sorted(rows.tolist(), key=lambda row: (len(book.ids[row]), book.ids[row]))] = np.arange(len(rows))
        self._place = place  # by id, numbers of one form as numbers

    def ordered(self, rows: Rows) -> Rows:
        """The rows by currency and sign, day, and id."""
        return rows[np.lexsort((self._place[rows], self._book.day[rows], classes(self._book, rows)))]

    def within(self, ordered: Rows, targets: Rows, reach: tuple[int, int]) -> tuple[Ints, Ints]:
        """Where in `ordered` the rows of each target's currency and sign lie that are no further off in days."""
        book = self._book
        base = min(int(book.day[ordered].min()), int(book.day[targets].min())) - sum(reach)
        span = max(int(book.day[ordered].max()), int(book.day[targets].max())) - base + sum(reach) + 1
        packed = classes(book, ordered) * span + book.day[ordered] - base
        start = classes(book, targets) * span + book.day[targets] - base
        first: Ints = np.searchsorted(packed, start - reach[0], "left")
        last: Ints = np.searchsorted(packed, start + reach[1], "right")
        return first, last

    def named(self, target: int, rows: Rows) -> Mask:
        """Whether each of the rows names the target's party."""
        mine, codes, named = self._texts.code[target], self._texts.code[rows], np.zeros(len(rows), dtype=bool)
        said = np.flatnonzero(codes >= 0)
        if mine >= 0 and len(said):
            named[said] = self._texts.shared(np.full(len(said), mine), codes[said]) >= NAMED
        return named

    def of(self, target: int, rows: Rows) -> Pool:
        """The rows as a pool of the target's."""
        book, day = self._book, self._book.day[rows]
        lag = day - book.day[target] if target < book.split else book.day[target] - day
        labels = tuple(column[rows] for column in self._labels)
        return Pool(
            rows,
            np.abs(book.amount[rows]),
            day,
            np.clip(lag + EARLY, 0, EARLY + LATE),
            labels,
            self.named(target, rows),
        )


def _codes(column: NDArray[np.object_], free: Mask) -> Ints | None:
    """Codes of what the free rows say, numbers aside; None where that tells none of them apart."""
    known: dict[str, str] = {}
    rows = np.flatnonzero(free)
    said = column[rows].tolist()
    for value in said:
        if value not in known:
            known[value] = "".join(sign for sign in value if not sign.isdigit()).casefold().strip()
    names = {value: code for code, value in enumerate(sorted(set(known.values()) - {""}))}
    if len(names) < 2:
        return None
    codes = np.full(len(column), -1, dtype=np.int64)
    codes[rows] = [names.get(known[value], -1) for value in said]
    return codes
