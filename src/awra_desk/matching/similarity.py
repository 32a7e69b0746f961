"""How alike two rows' texts are: words weighted by rarity, whole names, and references that nearly agree."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import numbering, text
from awra_desk.matching.book import Book, Mask, Rows
from awra_desk.matching.codes import coded
from awra_desk.matching.said import Said

SAME_NAME = 0.9  # likeness of rows with one counterparty, whatever else their texts say


class Likeness:
    """Text similarity of rows open now; words are weighted by how rare they are among them."""

    def __init__(self, book: Book, said: Said) -> None:
        self._book, self._text = book, said.code
        long = np.array([len(word) > 1 for word in said.names], dtype=bool)
        present = said.matrix()
        uses = np.maximum(said.rows @ present, 1)
        bits = np.where(long, np.log2(1 + said.rows.sum() / uses), 0.0) if len(long) else uses
        self._present, self._pieces = present, present.copy()
        self._pieces.data = bits[present.indices]
        self._weight = np.asarray(self._pieces.sum(axis=1)).reshape(-1)
        self._name = np.full(len(book), -1, dtype=np.int64)
        rows = np.flatnonzero((said.code >= 0) & (book.texts["counterparty"] != ""))
        if len(rows):
            self._name[rows] = _names(book.texts["counterparty"][rows].tolist())

    def of_pairs(self, source: Rows, ledger: Rows) -> tuple[NDArray[np.float64], Mask]:
        """For each pair the weighted share of words in common (0..1), and whether references nearly agree."""
        one, other = self._text[source], self._text[ledger]
        shared = np.asarray(self._pieces[one].multiply(self._present[other]).sum(axis=1)).reshape(-1)
        words = np.round(shared / np.maximum(np.sqrt(self._weight[one] * self._weight[other]), 1e-9), 6)
        same_name = (self._name[source] >= 0) & (self._name[source] == self._name[ledger])
        words = np.where(same_name, np.maximum(words, SAME_NAME), words)
        references = self._book.texts["references"]
        near = (references[source] != "") & (references[ledger] != "")
        for place in np.flatnonzero(near).tolist():
            near[place] = self.near_keys(source[place].item(), ledger[place].item()) is not None
        return words, near

    def near_keys(self, one: int, other: int) -> tuple[str, str] | None:
        """A reference of each row that nearly agree, if there are such."""
        references = self._book.texts["references"]
        left, right = references[one], references[other]
        if not left or not right:
            return None
        for mine in text.keys_of(left.split("\n")):
            for theirs in text.keys_of(right.split("\n")):
                if text.near(mine, theirs) and not self._own(mine, theirs):
                    return mine, theirs
        return None

    def _own(self, mine: str, theirs: str) -> bool:
        """Whether both are numbers that each side gives its own rows."""
        own = self._book.own
        return bool(own) and numbering.form(mine) in own and numbering.form(theirs) in own


def _names(names: list[str]) -> NDArray[np.int64]:
    """A code per name: the same for the same words in any order, -1 for a name of one word."""
    code, distinct = coded(names)
    whole = [text.words(value) for value in distinct]
    folded, _ = coded([" ".join(sorted(words)) for words in whole])
    return np.where([len(words) > 1 for words in whole], folded, -1)[code]


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
