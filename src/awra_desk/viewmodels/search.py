"""Finding rows by a piece of their text or amount, a keystroke at a time, among a million rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.money import exponent

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

END = b"\0"
"""Stands after each row's text; nobody can type it, so nothing is found across two rows."""
LONGEST = 256
"""Bytes of a needle; a longer one finds nothing."""
ROWS = 8_192
"""Rows searched at a time: their bytes stay in the processor's cache."""
FEW = 20_000
"""Up to so many rows are searched one by one."""
PIECE = 50_000
"""Rows put together at a time, so that other threads come to run meanwhile."""
_AMOUNT = re.compile(r"[+\-−]?\d[\d,]*(\.\d*)?")


class SearchIndex:
    """The folded texts of one side's rows, one behind the other as UTF-8, and their amounts."""

    def __init__(self, texts: Iterable[str], minor: Ints, currency: str) -> None:
        self._buffer, self._starts = _packed(texts)
        self._bytes = np.frombuffer(self._buffer, dtype=np.uint8)
        self._size = abs(minor)
        self._digits = exponent(currency)
        self._last: tuple[str, Mask] = ("", np.ones(len(minor), dtype=bool))

    def find(self, needle: str) -> Mask:
        """Rows whose texts hold the needle, in any case, or whose amount begins so ("128.5" finds −128.50)."""
        text = needle.strip().casefold()
        if not text or not len(self._size):
            return np.ones(len(self._size), dtype=bool)
        known, mask = self._last
        if text == known:
            return mask
        # A longer needle can only find fewer texts; amounts are looked up apart.
        within = np.flatnonzero(mask) if known and text.startswith(known) else None
        found: Mask = self._in_texts(text.encode(), within) | self._in_amounts(text)
        self._last = (text, found)
        return found

    def _in_texts(self, needle: bytes, within: Ints | None) -> Mask:
        hit = np.zeros(len(self._size), dtype=bool)
        if len(needle) > LONGEST or END in needle:
            return hit
        if within is not None and len(within) <= FEW:
            ends = self._starts[within + 1].tolist()
            spans = zip(within.tolist(), self._starts[within].tolist(), ends, strict=True)
            find = self._buffer.find
            hit[[row for row, start, end in spans if find(needle, start, end) >= 0]] = True
            return hit
        for first in range(0, len(hit), ROWS):
            last = min(first + ROWS, len(hit))
            self._search(needle, first, last, hit)
        return hit

    def _search(self, needle: bytes, first: int, last: int, hit: Mask) -> None:
        """Mark the rows from `first` up to `last` that hold the needle."""
        low, high = int(self._starts[first]), int(self._starts[last])
        here = self._bytes[low:high] == needle[0]
        for at in range(1, len(needle)):
            here &= self._bytes[low + at : high + at] == needle[at]
        starts = self._starts[first:last] - low
        if len(needle) == 1:
            hit[first:last] = np.logical_or.reduceat(here, starts)
        else:
            places = np.flatnonzero(here)
            hit[first + np.searchsorted(starts, places, side="right") - 1] = True

    def _in_amounts(self, text: str) -> Mask:
        if not _AMOUNT.fullmatch(text):
            return np.zeros(len(self._size), dtype=bool)
        plain = text.replace(",", "").lstrip("+-−").rstrip(".")
        given = len(plain.partition(".")[2])
        if given > self._digits or len(plain) > 16:
            return np.zeros(len(self._size), dtype=bool)
        low = int(Decimal(plain).scaleb(self._digits))
        found: Mask = (self._size >= low) & (self._size < low + 10 ** (self._digits - given))
        return found


def _packed(texts: Iterable[str]) -> tuple[bytes, Ints]:
    """All folded texts, and where each begins; one more start than rows."""
    folded = (text.casefold().encode().replace(END, b" ") + END for text in texts)
    pieces, lengths = [], [0]
    while piece := list(islice(folded, PIECE)):
        lengths.extend(map(len, piece))
        pieces.append(b"".join(piece))
    # Room behind the last row, so that comparing shifted bytes never runs out.
    return b"".join(pieces) + END * LONGEST, np.cumsum(np.array(lengths, dtype=np.int64))
