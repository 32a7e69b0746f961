"""What rows say, read once: the distinct texts of the rows and their words, as arrays.

A row's text is its description, counterparty and references together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from awra_desk.matching.book import Book, Rows
from awra_desk.matching.codes import coded
from awra_desk.matching.text import folded

Ints = NDArray[np.int64]

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Said:
    """Texts of some rows.

    Attributes:
        code: text of each row of the book, -1 for rows that were not read.
        starts: where each text's words begin in `words`, one more than there are texts. words: in order, as places in
            `names`. rows: how many of the rows read say each text.
    """

    code: Ints
    starts: Ints
    words: Ints
    names: list[str]
    rows: Ints

    @property
    def owner(self) -> Ints:
        """The text of each word."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def matrix(self) -> csr_matrix:
        """One row per text, ones for its words."""
        shape = (len(self.starts) - 1, max(len(self.names), 1))
        found = csr_matrix((np.ones(len(self.words)), self.words, self.starts), shape=shape)
        found.sum_duplicates()
        found.data[:] = 1.0
        return found


def read(book: Book, rows: Rows, columns: tuple[str, ...] = ("description", "counterparty", "references")) -> Said:
    """The texts of these rows."""
    code = np.full(len(book), -1, dtype=np.int64)
    code[rows], distinct = coded(_joined(book, rows, columns))
    split = [_WORD.findall(folded(text)) for text in distinct]
    counts = np.fromiter(map(len, split), dtype=np.int64, count=len(split))
    words, names = coded([word for found in split for word in found])
    starts = np.concatenate([[0], np.cumsum(counts)])
    uses = np.bincount(code[rows], minlength=len(split))
    return Said(code, starts, words, names, uses)


def _joined(book: Book, rows: Rows, columns: tuple[str, ...]) -> list[str]:
    used: list[list[str]] = [
        values.tolist() for values in (book.texts[name][rows] for name in columns) if (values != "").any()
    ]
    if len(used) == 1:
        return used[0]
    return [" ".join(filter(None, parts)) for parts in zip(*used, strict=True)] if used else [""] * len(rows)
