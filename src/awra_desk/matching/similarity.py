"""How alike two rows' texts are: words weighted by rarity, whole names, and references that nearly agree."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from functools import cached_property
from math import log2, sqrt

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import text
from awra_desk.matching.book import Book, Mask, Rows

SAME_NAME = 0.9  # likeness of rows with one counterparty, whatever else their texts say


class Likeness:
    """Text similarity over one book; words are weighted by how rare they are in it."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._words: dict[int, frozenset[str]] = {}
        self._pairs: dict[tuple[frozenset[str], frozenset[str]], float] = {}

    def of_pairs(self, source: Rows, ledger: Rows) -> tuple[NDArray[np.float64], Mask]:
        """For each pair the weighted share of words in common (0..1), and whether references nearly agree."""
        words, near = np.zeros(len(source)), np.zeros(len(source), dtype=bool)
        for place, (one, other) in enumerate(zip(source.tolist(), ledger.tolist(), strict=True)):
            words[place] = self._overlap(self._said(one), self._said(other))
            if words[place] < SAME_NAME and self._same_name(one, other):
                words[place] = SAME_NAME
            near[place] = self.near_keys(one, other) is not None
        return words, near

    def _same_name(self, one: int, other: int) -> bool:
        """Whether both rows name the same counterparty, in two words or more."""
        names = self._book.texts["counterparty"]
        if not names[one] or not names[other]:
            return False
        mine = text.words(names[one])
        return len(mine) > 1 and mine == text.words(names[other])

    def near_keys(self, one: int, other: int) -> tuple[str, str] | None:
        """A reference of each row that nearly agree, if there are such."""
        references = self._book.texts["references"]
        left, right = references[one], references[other]
        if not left or not right:
            return None
        for mine in text.keys_of(left.split("\n")):
            for theirs in text.keys_of(right.split("\n")):
                if text.near(mine, theirs):
                    return mine, theirs
        return None

    def _said(self, row: int) -> frozenset[str]:
        found = self._words.get(row)
        if found is None:
            texts = self._book.texts
            found = self._words[row] = text.words(f"{texts['description'][row]} {texts['counterparty'][row]}")
        return found

    def _overlap(self, left: frozenset[str], right: frozenset[str]) -> float:
        shared = left & right
        if not shared:
            return 0.0
        known = self._pairs.get((left, right))
        if known is None:
            weight = self._weight
            known = weight(shared) / sqrt(weight(left) * weight(right))
            self._pairs[left, right] = known
        return known

    def _weight(self, words: frozenset[str]) -> float:
        counts, most = self._frequency
        return sum(log2(1 + most / counts[word]) for word in sorted(words))

    @cached_property
    def _frequency(self) -> tuple[Counter[str], int]:
        """Rows that say each word, over the whole book; equal texts are split once."""
        texts = self._book.texts
        said = Counter(zip(texts["description"].tolist(), texts["counterparty"].tolist(), strict=True))
        counts: Counter[str] = Counter()
        for (description, counterparty), times in said.items():
            for word in text.words(f"{description} {counterparty}"):
                counts[word] += times
        return counts, len(self._book)


class Crowding:
    """Whether a key has neighbours one slip away: in a space of running numbers a near-agreement says nothing."""

    def __init__(self, book: Book) -> None:
        references = book.texts["references"]
        self._sides = [
            {key for value in side.tolist() if value for key in text.keys_of(value.split("\n"))} - {""}
            for side in (references[: book.split], references[book.split :])
        ]
        keys = self._sides[0] | self._sides[1]
        self._unpadded = Counter(map(text.unpadded, keys))
        self._forward = sorted(keys)
        self._backward = sorted(key[::-1] for key in keys)

    def alone(self, one: str, other: str) -> bool:
        """Whether neither key resembles any third key of the book."""
        return not any(self._neighbour(key, {one, other}) for key in (one, other))

    def padded(self, one: str, other: str) -> bool:
        """Whether they are the same number but for zeros in front, and no third key of the book is."""
        return text.unpadded(one) == text.unpadded(other) and self._unpadded[text.unpadded(one)] == 2

    def shared(self, one: str, other: str) -> bool:
        """Whether either key is on both sides: then it is itself, not a slip for another."""
        return any(key in self._sides[0] and key in self._sides[1] for key in (one, other))

    def _neighbour(self, key: str, known: set[str]) -> bool:
        half = max(len(key) // 2 - 1, 2)  # one slip leaves the first or the last half as it is
        for keys, probe in ((self._forward, key), (self._backward, key[::-1])):
            start = probe[:half]
            for place in range(bisect_left(keys, start), len(keys)):
                found = keys[place]
                if not found.startswith(start):
                    break
                candidate = found if keys is self._forward else found[::-1]
                if candidate not in known and text.resembles(candidate, key):
                    return True
        return False
