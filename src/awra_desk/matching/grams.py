"""Texts as sets of weighted pieces, compared pair by pair at array speed.

A word of letters is its three-letter pieces from its beginning on, so that a truncated, mistyped or moved word still
agrees in part; a token with a digit is one piece, because neighbouring numbers are different things. A piece that only
one side ever writes cannot agree and does not count. A piece weighs as many bits as it is rare in these books, so that
rare words speak and common ones do not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from awra_desk.matching.book import Book, Rows
from awra_desk.matching.text import folded

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PIECE = 3
SPLIT = 3.0  # neighbouring pieces of one word say nearly the same, so each counts for a part
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of the given rows.

    Attributes:
        code: text of each row, index into the others; -1 where the row says nothing.
        pieces: one row per text, weight in bits of each piece that both sides use. present: the same with ones.
        weight: bits of each text. words: tokens of each text, as written (folded).
    """

    code: Ints
    pieces: csr_matrix
    present: csr_matrix
    weight: Floats
    words: list[tuple[str, ...]]

    def shared(self, one: Ints, other: Ints) -> Floats:
        """Bits that the texts of two rows each have in common; one and other are text codes, not -1."""
        common: Floats = np.asarray(self.pieces[one].multiply(self.present[other]).sum(axis=1)).reshape(-1)
        return common


def read(book: Book, source: Rows, ledger: Rows) -> Texts:
    """The texts of these rows of both sides."""
    rows = np.concatenate([source, ledger])
    columns = (book.texts[name][rows].tolist() for name in ("description", "counterparty", "references"))
    whole = [" ".join(filter(None, said)) for said in zip(*columns, strict=True)]
    code, distinct = pd.factorize(np.array(whole, dtype=object))
    words = [tuple(_WORD.findall(folded(text))) for text in distinct.tolist()]
    known: dict[str, list[int]] = {}
    names: dict[str, int] = {}
    lists = [sorted({piece for word in said for piece in _pieces(word, known, names)}) for said in words]
    counts = np.array([len(held) for held in lists], dtype=np.int64)
    flat = np.array([piece for held in lists for piece in held], dtype=np.int64)
    weights = _weights(code, len(source), counts, flat, len(names))
    starts = np.concatenate([[0], np.cumsum(counts)])
    shape = (len(lists), max(len(names), 1))
    pieces = csr_matrix((weights[flat], flat, starts), shape=shape)
    total = np.asarray(pieces.sum(axis=1)).reshape(-1)
    present = csr_matrix((np.ones(len(flat)), flat, starts), shape=shape)
    silent = total <= 0
    return Texts(np.where(silent[code], -1, code).astype(np.int64), pieces, present, total, words)


def _pieces(word: str, known: dict[str, list[int]], names: dict[str, int]) -> list[int]:
    found = known.get(word)
    if found is None:
        if word.isalpha() and len(word) >= PIECE:
            marked = f"^{word}"
            texts = [marked[at : at + PIECE] for at in range(len(marked) - PIECE + 1)]
        else:
            texts = [f"={word}"]
        found = known[word] = [names.setdefault(text, len(names)) for text in texts]
    return found


def _weights(code: Ints, split: int, counts: Ints, flat: Ints, pieces: int) -> Floats:
    """Bits of each piece: how rare it is among the rows; nothing where only one side uses it."""
    owner = np.repeat(np.arange(len(counts)), counts)
    uses = [np.bincount(side, minlength=len(counts)) for side in (code[:split], code[split:])]
    held = [np.bincount(flat, weights=use[owner], minlength=pieces) for use in uses]
    rarity = np.log2((len(code) + 1) / (held[0] + held[1] + 0.5))
    weights: Floats = np.where((held[0] > 0) & (held[1] > 0), np.maximum(rarity, 0.0) / SPLIT, 0.0)
    return weights
