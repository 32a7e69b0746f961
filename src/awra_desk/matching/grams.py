"""Texts as sets of weighted pieces, compared pair by pair at array speed.

A word of letters is its three-letter pieces from its beginning on, so that a truncated, mistyped or moved word still
agrees in part; a token with a digit is one piece, because neighbouring numbers are different things. A piece that only
one side ever writes cannot agree and does not count. A piece weighs as many bits as it is rare in these books, so that
rare words speak and common ones do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from awra_desk.matching.book import Rows
from awra_desk.matching.said import Said

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PIECE = 3
SPLIT = 3.0  # neighbouring pieces of one word say nearly the same, so each counts for a part


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts that rows say, in pieces.

    Attributes:
        code: text of each row of the book, index into the others; -1 where it says nothing that both sides say.
        pieces: one row per text, weight in bits of each piece. present: the same with ones.
        weight: bits of each text.
    """

    code: Ints
    pieces: csr_matrix
    present: csr_matrix
    weight: Floats

    def shared(self, one: Ints, other: Ints) -> Floats:
        """Bits that two texts each have in common; one and other are text codes, not -1."""
        common: Floats = np.asarray(self.pieces[one].multiply(self.present[other]).sum(axis=1)).reshape(-1)
        return common


def read(said: Said, source: Rows, ledger: Rows) -> Texts:
    """The texts of these rows of both sides."""
    present = said.matrix() @ _pieces(said.names)
    present.data[:] = 1.0
    uses = [
        np.bincount(said.code[rows], minlength=len(said.rows)).astype(np.float64) @ present for rows in (source, ledger)
    ]
    rarity = np.log2((len(source) + len(ledger) + 1) / (uses[0] + uses[1] + 0.5))
    weights = np.where((uses[0] > 0) & (uses[1] > 0), np.maximum(rarity, 0.0) / SPLIT, 0.0)
    pieces = present.copy()
    pieces.data = weights[present.indices]
    pieces.eliminate_zeros()
    present = pieces.copy()
    present.data = np.ones_like(pieces.data)
    total = np.asarray(pieces.sum(axis=1)).reshape(-1)
    code = np.where((said.code >= 0) & (total[said.code] > 0), said.code, -1)
    return Texts(code, pieces, present, total)


def _pieces(words: list[str]) -> csr_matrix:
    """One row per word, ones for its pieces."""
    names: dict[str, int] = {}
    flat: list[int] = []
    starts = [0]
    for word in words:
        if word.isalpha() and len(word) >= PIECE:
            marked = f"^{word}"
            flat += {names.setdefault(marked[at : at + PIECE], len(names)) for at in range(len(marked) - PIECE + 1)}
        else:
            flat.append(names.setdefault(f"={word}", len(names)))
        starts.append(len(flat))
    shape = (max(len(words), 1), max(len(names), 1))
    if not words:
        return csr_matrix(shape)
    return csr_matrix((np.ones(len(flat)), np.array(flat, dtype=np.int64), np.array(starts)), shape=shape)
