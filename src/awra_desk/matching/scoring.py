"""Scores of candidate pairs for suggestions: amount, date, and words where the fuzzy pass is on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import gates
from awra_desk.matching.book import Book, Mask, Rows
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.similarity import Likeness

AMOUNT, INEXACT, DATE, WORDS, NEAR, MOST = 0.60, 0.45, 0.08, 0.25, 0.30, 0.97

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Contributions of each edge; `score` is their sum, capped. near: the references nearly agree. words: similarity
    0..1.
    """

    amount: Floats
    date: Floats
    words: Floats
    near: Mask
    hard: Mask
    score: Floats

    def parts(self, edge: int) -> list[tuple[str, float]]:
        """Named contributions of one edge, adding up to its score."""
        named = [
            ("amount", self.amount[edge].item()),
            ("date", self.date[edge].item()),
            ("near", NEAR if self.near[edge] else 0.0),
            ("words", self.words[edge].item()),
        ]
        parts = [(name, round(value, 4)) for name, value in named if value]
        rest = round(self.score[edge].item() - sum(value for _, value in parts), 4)
        return [*parts, ("cap", rest)] if rest else parts


def score(book: Book, config: MatchConfig, source: Rows, ledger: Rows, likeness: Likeness | None) -> Scores:
    """Score pairs that pass the gates; without `likeness` by amount and date only."""
    diff = np.abs(book.amount[ledger] - book.amount[source])
    allowed = np.maximum(gates.allowed(book, config, ledger), 1)
    amount = np.where(diff == 0, AMOUNT, INEXACT - 0.05 * diff / allowed)
    days, _ = gates.lag(book, source, ledger)
    date = DATE * (1 - np.abs(days) / (config.window + 1))
    if likeness is None:
        words, near = np.zeros(len(source), dtype=np.float64), np.zeros(len(source), dtype=bool)
    else:
        words, near = likeness.of_pairs(source, ledger)
        words = (words * WORDS).astype(np.float64)
    hard = gates.disagree(book, config, source, ledger) | gates.other_part(book, source, ledger)
    total = np.minimum(amount + date + words + np.where(near, NEAR, 0.0), MOST)
    total = np.where(hard, np.minimum(total, gates.cap(1.0, config)), total)
    return Scores(amount, date, words, near, hard, np.round(total, 4).astype(np.float64))
