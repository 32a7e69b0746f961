"""Sorting columns of a million rows: a permutation per column, worked out once, then only looked up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.ports.columns import Column

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

FEW = 30_000
"""Up to so many different texts a column is worth coding; two bytes hold them."""
WIDEST = 96
"""Texts are told apart by so many bytes (UTF-8); beyond it the rows' own order decides."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """One column's order.

    Attributes:
        ascending: row indices, equal values in row order.
        edge: True where the value differs from the one before in `ascending`; the first is True.
    """

    ascending: Ints
    edge: Mask

    def rows(self, *, descending: bool = False) -> Ints:
        """Row indices in order; equal values keep row order either way."""
        if not descending or not len(self.ascending):
            return self.ascending
        starts = np.flatnonzero(self.edge)
        ends = np.append(starts[1:], len(self.ascending))
        lengths = (ends - starts)[::-1]
        first = starts[::-1]
        return self.ascending[ranges(first, lengths)]


def ranges(starts: Ints, lengths: Ints) -> Ints:
    """start, start + 1, … of each range, one after another."""
    if not len(starts):
        return np.empty(0, dtype=np.int64)
    if (lengths == 1).all():
        return starts.astype(np.int64)
    before = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


def rank_numbers(values: Column) -> Ranking:
    """Of integers or days (NaT last)."""
    numbers = values.astype(np.int64) if values.dtype.kind == "M" else values
    if values.dtype.kind == "M":
        numbers = np.where(np.isnat(values), np.iinfo(np.int64).max, numbers)
    if len(numbers) and int(numbers.max()) - int(numbers.min()) < 2**15:
        numbers = (numbers - numbers.min()).astype(np.int16)  # numpy sorts two-byte integers by counting
    return _ranking(np.argsort(numbers, kind="stable"), numbers)


def rank_texts(texts: list[str]) -> Ranking:
    """Of texts, case folded, empty last."""
    if len(set(texts[: FEW + 1])) > FEW:
        return _rank_unique(texts)  # not worth coding, and known without reading it all
    index: dict[str, int] = {}
    codes = np.fromiter((index.setdefault(text, len(index)) for text in texts), dtype=np.int64, count=len(texts))
    if len(index) < FEW:
        vocabulary = sorted(index, key=lambda text: (not text, text.casefold(), text))
        folded = {text: place for place, text in enumerate(dict.fromkeys(t.casefold() for t in vocabulary))}
        place = np.empty(len(index), dtype=np.int16)
        place[[index[text] for text in vocabulary]] = [folded[text.casefold()] for text in vocabulary]
        coded = place[codes] if len(codes) else np.empty(0, dtype=np.int16)
        return _ranking(np.argsort(coded, kind="stable"), coded)
    return _rank_unique(texts)


def _rank_unique(texts: list[str]) -> Ranking:
    """By eight bytes at a time; only rows that are still equal are compared further."""
    raw = np.array([(text.casefold() or "\U0010ffff").encode()[:WIDEST] for text in texts])
    width = raw.dtype.itemsize
    padded = np.zeros((len(raw), width + -width % 8), dtype=np.uint8)
    padded[:, :width] = raw.view(np.uint8).reshape(len(raw), width)
    same = (padded == padded[0]).all(axis=0)
    shared = int(np.argmin(same)) if not same.all() else 0
    if shared:
        padded = np.roll(padded, -shared, axis=1)
        padded[:, padded.shape[1] - shared :] = 0
    words = padded.view(">u8").astype(np.uint64)
    order = np.argsort(words[:, 0], kind="stable")
    edge = _edges(words[order, 0])
    for column in range(1, words.shape[1]):
        tied = ~edge
        tied[:-1] |= ~edge[1:]
        if not tied.any():
            break
        at = np.flatnonzero(tied)
        rows, run = order[at], np.cumsum(edge)[at]
        ranked = np.lexsort((rows, words[rows, column], run))
        order[at] = rows[ranked]
        edge[at] |= _edges(words[rows[ranked], column])
    return Ranking(order, edge)


def _ranking(order: Ints, values: Column) -> Ranking:
    return Ranking(order, _edges(values[order]))


def _edges(ordered: Column) -> Mask:
    edge = np.ones(len(ordered), dtype=bool)
    edge[1:] = ordered[1:] != ordered[:-1]
    return edge
