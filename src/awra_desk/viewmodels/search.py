"""Finding rows by a piece of their text or amount, a keystroke at a time, among a million rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.money import exponent

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

CHUNK = 250_000
THREADS = 2
PIECE = 50_000
_AMOUNT = re.compile(r"[+\-−]?\d[\d,]*(\.\d*)?")


class SearchIndex:
    """The folded texts of one side's rows as one fixed-width byte array, and their amounts."""

    def __init__(self, texts: Iterable[str], minor: Ints, currency: str) -> None:
        self._texts = _packed(texts)
        self._size = abs(minor)
        self._digits = exponent(currency)
        self._last: tuple[str, Mask] = ("", np.ones(len(minor), dtype=bool))

    def find(self, needle: str) -> Mask:
        """Rows whose texts hold the needle, in any case, or whose amount begins so ("128.5" finds −128.50)."""
        text = needle.strip().casefold()
        if not text or not len(self._texts):
            return np.ones(len(self._size), dtype=bool)
        known, mask = self._last
        if text == known:
            return mask
        # A longer needle can only find fewer texts; amounts are looked up apart.
        within = np.flatnonzero(mask) if known and text.startswith(known) else None
        found = self._in_texts(text.encode(), within) | self._in_amounts(text)
        self._last = (text, found)
        return found

    def _in_texts(self, needle: bytes, within: Ints | None) -> Mask:
        if within is not None and len(within) < len(self._texts) // 2:
            result = np.zeros(len(self._texts), dtype=bool)
            result[within] = _holds(self._texts[within], needle)
            return result
        parts = [self._texts[at : at + CHUNK] for at in range(0, len(self._texts), CHUNK)]
        if len(parts) == 1:
            return _holds(parts[0], needle)
        with ThreadPoolExecutor(THREADS) as pool:
            found: list[Mask] = list(pool.map(lambda part: _holds(part, needle), parts))
        joined: Mask = np.concatenate(found)
        return joined

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


def _packed(texts: Iterable[str]) -> NDArray[np.bytes_]:
    """Folded texts as one array; a piece at a time, because numpy lets no other thread run meanwhile."""
    folded = (text.casefold().encode() for text in texts)
    pieces = []
    while piece := list(islice(folded, PIECE)):
        pieces.append(np.array(piece))
    return np.concatenate(pieces) if pieces else np.array([], dtype="S1")


def _holds(texts: NDArray[np.bytes_], needle: bytes) -> Mask:
    found: Mask = np.greater_equal(np.strings.find(texts, needle), 0, dtype=bool)
    return found
