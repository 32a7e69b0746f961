"""The fuzzy pass: among rows that pass the amount and date gates, words and nearly agreeing references.

It confirms only where the text is as strong as a key: a reference of each row that nearly agrees and is near nothing
else, or a whole name or
description in common so rare that amount and text together are hardly a coincidence; exact amounts; and no rival
within the margin.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import text, tolerance
from awra_desk.matching.book import Book
from awra_desk.matching.coincidence import LIMIT, Coincidence
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found, Group
from awra_desk.matching.graph import Graph
from awra_desk.matching.scoring import Scores
from awra_desk.matching.similarity import Crowding, Likeness
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

RULE = "fuzzy"
MIN_WORDS, MIN_LETTERS = 2, 8  # a shorter name is no evidence
FEW = 20  # rows below which nothing can be said of how common a text is


def run(
    book: Book,
    config: MatchConfig,
    found: Found,
    graph: Graph,
    scores: Scores,
    *,
    likeness: Likeness,
    coincidence: Coincidence,
) -> None:
    """Confirm what the text decides; suggestions are left to `suggestions`."""
    best = (scores.score >= config.floor) & ~_rivalled(config, graph, scores)
    source, ledger = graph.source.first[graph.left], graph.ledger.first[graph.right]
    single = (graph.source.count[graph.left] == 1) & (graph.ledger.count[graph.right] == 1)
    candidates = np.flatnonzero(best & single)
    candidates = candidates[tolerance.trusted(book, config, source[candidates], ledger[candidates])]
    if not len(candidates):
        return
    ours, theirs = source[candidates], ledger[candidates]
    expected = coincidence.expected(ours, theirs)
    cut = tolerance.cut_short(book, ours, theirs, np.ones(len(ours), dtype=bool))
    crowding = Crowding(book) if scores.near[candidates].any() else None
    names = _Names(book)
    for edge, chance, short in zip(candidates.tolist(), expected.tolist(), cut.tolist(), strict=True):
        one, other = source[edge].item(), ledger[edge].item()
        near = likeness.near_keys(one, other) if scores.near[edge] else None
        decisive = near is not None and crowding is not None and _tells(crowding, near)
        if decisive and near is not None and crowding is not None and not crowding.padded(*near):
            decisive = chance <= LIMIT  # a slip of one character may be another document: the amount must speak too
        share = names.share(one, other)
        odds = min(chance * share, 1.0)
        if decisive or (odds <= LIMIT and not (short and share == 1.0)):
            facts = {
                "version": 1,
                "rule": RULE,
                "currency": book.currencies[book.currency[one]],
                "diff": 0,
                "days": (book.day[other] - book.day[one]).item(),
                "parts": scores.parts(edge),
                **({"key": " ~ ".join(near)} if near else {}),
                **({} if decisive else {"chance": round(odds, 7)}),
            }
            found.confirm(Group((one, other), scores.score[edge].item(), RULE, "", encode(facts), confirmed=True))


def _tells(crowding: Crowding, near: tuple[str, str]) -> bool:
    """Whether a near-agreement is as strong as a key: enough varies, nothing else is near, and neither key is at home
    elsewhere.
    """
    if crowding.shared(*near):
        return False
    return crowding.padded(*near) or (all(map(text.informative, near)) and crowding.alone(*near))


def _rivalled(config: MatchConfig, graph: Graph, scores: Scores) -> NDArray[np.bool_]:
    """Edges with another edge at either node that comes within the margin."""
    result = np.zeros(len(scores.score), dtype=bool)
    for nodes in (graph.left, graph.right):
        order = np.lexsort((-scores.score, nodes))
        if not len(order):
            continue
        node, value = nodes[order], scores.score[order]
        first = np.concatenate([[True], node[1:] != node[:-1]])
        starts = np.flatnonzero(first)
        top = value[starts]
        second = np.full(len(starts), -1.0)
        follower = starts + 1
        has = (follower < len(order)) & ~np.concatenate([first, [True]])[np.minimum(follower, len(order))]
        second[has] = value[follower[has]]
        group = np.cumsum(first) - 1
        rival = np.where(first, second[group], top[group])
        result[order] |= rival >= value - config.margin
    return result


def _expected_share(count: int, total: int) -> float:
    """The share of rows to expect with a text that `count` of `total` have; few rows are no evidence."""
    return (count + 1) / (total + 1) if total >= FEW else 1.0


class _Names:
    """How common whole names and descriptions are on each side."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._counts: dict[tuple[str, str], tuple[Counter[str], int]] = {}
        self._folded: dict[str, str] = {}

    def share(self, one: int, other: int) -> float:
        """The share of rows one would expect to agree in a text as this pair does, the pair left out; 1 where no long
        text agrees.
        """
        shares = [1.0]
        for column in ("counterparty", "description"):
            mine, theirs = (self._fold(self._book.texts[column][row]) for row in (one, other))
            if not mine or mine != theirs:
                continue
            found = [self._count(side, column) for side in (SOURCE_SIDE, LEDGER_SIDE)]
            shares.append(max(_expected_share(counts[mine], total) for counts, total in found))
        return min(shares)

    def _fold(self, value: str) -> str:
        if value not in self._folded:
            words = text.words(value)
            long = len(words) >= MIN_WORDS and sum(map(len, words)) >= MIN_LETTERS
            self._folded[value] = " ".join(sorted(words)) if long else ""
        return self._folded[value]

    def _count(self, side: str, column: str) -> tuple[Counter[str], int]:
        """Rows of a side by folded text, "" for those without; and all of them."""
        if (side, column) not in self._counts:
            rows = slice(None, self._book.split) if side == SOURCE_SIDE else slice(self._book.split, None)
            values = self._book.texts[column][rows].tolist()
            self._counts[side, column] = Counter(map(self._fold, values)), len(values)
        return self._counts[side, column]
