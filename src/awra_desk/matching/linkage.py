"""Probabilistic linkage: what amount, day and words together propose, beyond the gates of a confirmation too.

Weights are estimated from the books at hand (`weights`), pairs are chosen by one global assignment, and a pair's
probability is its share of all the ways in which its two rows could be paired. It suggests and never confirms. Outside
the gates of amount and date a pair needs words that agree; inside them this pass only ranks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.reasons import Reason
from awra_desk.matching import gates, grams, neighbours, weights
from awra_desk.matching.assignment import assign
from awra_desk.matching.book import Book, Mask, Rows
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found, Group
from awra_desk.matching.graph import Graph
from awra_desk.matching.weights import Weights

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

RULE = "fuzzy"
ROUNDS = 3
WORDS_NEEDED = 3.0  # weight of words (20 : 1) without which nothing is proposed beyond the gates
LIKELY = 0.45  # least probability of a suggestion
UNPAIRED = 0.1  # what speaks for a row's having no partner, against 1 for all its partners together
FAINT = 1e-3  # odds below which a pair is not even a rival
BEST = 12  # partners of one row that are kept


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Candidate pairs: places of the nodes, rows, and whether they pass the gates."""

    one: Ints
    other: Ints
    source: Rows
    ledger: Rows
    inside: Mask

    def take(self, chosen: Ints | Mask) -> _Pairs:
        return _Pairs(*(getattr(self, name)[chosen] for name in self.__slots__))


def run(book: Book, config: MatchConfig, found: Found, graph: Graph) -> Mask:
    """Suggest the likely pairs; returns which rows they are."""
    taken = np.zeros(len(book), dtype=bool)
    sides = graph.source.first, graph.ledger.first
    if not len(sides[0]) or not len(sides[1]):
        return taken
    texts = grams.read(book, *sides)
    pairs = _candidates(book, config, graph, texts)
    if not len(pairs.one):
        return taken
    pairs, weighed = _weighed(book, sides, pairs, texts)
    odds = np.exp(np.minimum(weighed.total, 50.0)) / len(sides[1])
    kept = _worth(pairs, weighed, odds)
    kept = kept[~gates.disagree(book, config, pairs.source[kept], pairs.ledger[kept])]
    pairs, odds = pairs.take(kept), odds[kept]
    weighed = Weights(weighed.amount[kept], weighed.day[kept], weighed.words[kept])
    likely = _probable(pairs, odds)
    for edge in _chosen(config, pairs, odds, likely).tolist():
        for rows in zip(
            graph.source.rows(pairs.one[edge].item()), graph.ledger.rows(pairs.other[edge].item()), strict=True
        ):
            taken[list(rows)] = True
            found.suggest(_group(book, config, rows, weighed, edge, likely[edge].item()))
    return taken


def _candidates(book: Book, config: MatchConfig, graph: Graph, texts: grams.Texts) -> _Pairs:
    """Pairs of nodes from the gates' graph and from words; equal classes of twins only, nothing refused or settled."""
    sides = graph.source.first, graph.ledger.first
    near = neighbours.pairs(book, *sides, texts)
    count = len(sides[1])
    packed = np.unique(np.concatenate([graph.left * count + graph.right, near[0] * count + near[1]]))
    one, other = packed // count, packed % count
    source, ledger = sides[0][one], sides[1][other]
    free = book.usable & ~book.suspended & ~book.broken
    fit = free[source] & free[ledger] & (graph.source.count[one] == graph.ledger.count[other])
    fit &= ~book.pairs_refused(source, ledger)
    one, other, source, ledger = one[fit], other[fit], source[fit], ledger[fit]
    inside = gates.in_window(book, config, source, ledger)
    inside &= np.abs(book.amount[ledger] - book.amount[source]) <= gates.allowed(book, config, ledger)
    return _Pairs(one, other, source, ledger, inside)


def _weighed(book: Book, sides: tuple[Rows, Rows], pairs: _Pairs, texts: grams.Texts) -> tuple[_Pairs, Weights]:
    """Weights of the pairs under a model learned from them."""
    levels = weights.levels(book, sides, (pairs.one, pairs.other), texts)
    every = len(sides[0]) * len(sides[1])
    strangers = weights.strangers(texts, len(sides[0]), len(sides[1]))
    model = weights.Model(strangers)
    for _ in range(ROUNDS):
        weighed = model.weigh(levels)
        sure = _mutual(pairs, weighed.total)
        sure = sure[weighed.total[sure] > np.log(len(sides[1]))]
        model.learn(levels, sure, len(strangers) / every)
    return pairs, model.weigh(levels)


def _mutual(pairs: _Pairs, total: Floats) -> Ints:
    """Pairs that are the best of both their rows, the first of equals."""
    best = []
    for nodes in (pairs.one, pairs.other):
        most = np.full(int(nodes.max()) + 1, -np.inf)
        np.maximum.at(most, nodes, total)
        best.append(total >= most[nodes])
    return np.flatnonzero(best[0] & best[1])


def _worth(pairs: _Pairs, weighed: Weights, odds: Floats) -> Ints:
    """Pairs that may matter: not faint, backed by words where they are beyond the gates, among the best of a row."""
    good = np.flatnonzero((odds > FAINT) & (pairs.inside | (weighed.words >= WORDS_NEEDED)))
    for nodes in (pairs.one, pairs.other):
        order = good[np.lexsort((-odds[good], nodes[good]))]
        group = nodes[order]
        first = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]])) if len(group) else group
        rank = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
        good = np.sort(order[rank < BEST])
    return good


def _probable(pairs: _Pairs, odds: Floats) -> Floats:
    """Probability of each pair, all pairings of its two rows considered (odds balanced over rows of both sides)."""
    ours = np.ones(int(pairs.one.max(initial=0)) + 1)
    theirs = np.ones(int(pairs.other.max(initial=0)) + 1)
    for _ in range(30):
        ours = 1 / (UNPAIRED + np.bincount(pairs.one, odds * theirs[pairs.other], minlength=len(ours)))
        theirs = 1 / (UNPAIRED + np.bincount(pairs.other, odds * ours[pairs.one], minlength=len(theirs)))
    likely: Floats = odds * ours[pairs.one] * theirs[pairs.other]
    return np.minimum(likely, 1.0)


def _chosen(config: MatchConfig, pairs: _Pairs, odds: Floats, likely: Floats) -> Ints:
    """The global assignment, less what is unlikely or has a rival within the margin."""
    if not len(odds):
        return np.empty(0, dtype=np.int64)
    gain = (np.log(odds) - np.log(FAINT)) / 60
    chosen = assign(pairs.one, pairs.other, np.clip(gain, 0.0, 1.0))
    chosen = chosen[likely[chosen] >= LIKELY]
    rivalled = np.zeros(len(odds), dtype=bool)
    for nodes in (pairs.one, pairs.other):
        best = np.full(int(nodes.max()) + 1, -1, dtype=np.int64)
        best[nodes[chosen]] = chosen
        rival = (best[nodes] >= 0) & (best[nodes] != np.arange(len(odds)))
        rival &= likely >= likely[best[nodes]] - config.margin
        rivalled[best[nodes[rival]]] = True
    return chosen[~rivalled[chosen]]


def _group(
    book: Book, config: MatchConfig, rows: tuple[int, int], weighed: Weights, edge: int, likely: float
) -> Group:
    """One suggestion with its waterfall: the score shared out by the fields' weights."""
    source, ledger = rows
    diff = (book.amount[ledger] - book.amount[source]).item()
    days = (book.day[ledger] - book.day[source]).item()
    score = gates.cap(likely, config)
    bits = {name: getattr(weighed, name)[edge].item() for name in ("amount", "day", "words")}
    total = sum(bits.values())
    parts = [[{"day": "date"}.get(name, name), round(score * value / total, 4)] for name, value in bits.items()]
    parts[0][1] = round(score - sum(part[1] for part in parts[1:]), 4)
    blocks = ["amount" if abs(diff) > _allowed(book, config, ledger) else "inexact"] if diff else []
    if not -config.before_days <= days <= config.after_days:
        blocks.append("late")
    facts: dict[str, object] = {
        "version": 1,
        "rule": RULE,
        "currency": book.currencies[book.currency[source]],
        "diff": diff,
        "days": days,
        "parts": parts,
        "weights": {name: round(value, 2) for name, value in bits.items()},
        "blocks": blocks or ["evidence"],
    }
    reason = Reason.AMOUNT_DIFFERENCE if diff else Reason.DATE_CUTOFF if "late" in blocks else Reason.AMBIGUOUS
    return Group(rows, score, RULE, reason, encode(facts), confirmed=False)


def _allowed(book: Book, config: MatchConfig, ledger: int) -> int:
    return int(gates.allowed(book, config, np.array([ledger]))[0])
