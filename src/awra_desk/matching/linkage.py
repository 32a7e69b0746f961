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
from awra_desk.matching.weights import Model, Weights

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

RULE = "fuzzy"
ROUNDS = 3
WORDS_NEEDED = 3.0  # weight of words (20 : 1) without which nothing is proposed beyond the gates
LIKELY = 0.3  # least probability of a suggestion
PLENTY = 100  # pairs learned from which tell what delays and differences are usual, even without words
LEFT_OVER = 500  # candidates of one row among those that are left
UNPAIRED = 0.1  # what speaks for a row's having no partner, against 1 for all its partners together
FAINT = 1e-3  # odds below which a pair is not even a rival
BEST = 12  # partners of one row that are kept


@dataclass(frozen=True, slots=True)
class _Sides:
    """Nodes of the graph that may still be linked: their numbers, first rows and text codes on either side."""

    nodes: tuple[Ints, Ints]
    rows: tuple[Rows, Rows]
    codes: tuple[Ints, Ints]

    def less(self, one: Ints, other: Ints) -> _Sides:
        """Without these places."""
        keep = [np.ones(len(rows), dtype=bool) for rows in self.rows]
        keep[0][one], keep[1][other] = False, False
        return _Sides(*((part[0][keep[0]], part[1][keep[1]]) for part in (self.nodes, self.rows, self.codes)))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Candidate pairs: places in the sides, rows, and whether they pass the gates."""

    one: Ints
    other: Ints
    source: Rows
    ledger: Rows
    inside: Mask

    def take(self, chosen: Ints | Mask) -> _Pairs:
        """The chosen ones."""
        return _Pairs(*(getattr(self, name)[chosen] for name in self.__slots__))


def run(book: Book, config: MatchConfig, found: Found, graph: Graph) -> Mask:
    """Suggest the likely pairs; returns which rows they are."""
    taken = np.zeros(len(book), dtype=bool)
    if not len(graph.source.first) or not len(graph.ledger.first):
        return taken
    texts = grams.read(book, graph.source.first, graph.ledger.first)
    sides = _free(book, graph, texts)
    if not len(sides.rows[0]) or not len(sides.rows[1]):
        return taken
    pairs = _pairs(book, config, graph, sides, _by_gate_or_words(book, graph, sides, texts))
    model, learned = _learn(book, sides, pairs, texts)
    linked = _link(book, config, sides, pairs, (model, texts), WORDS_NEEDED)
    _suggest(book, config, found, graph, sides, linked, taken)
    if learned >= PLENTY:
        sides = sides.less(linked[0].one, linked[0].other)
        pairs = _pairs(book, config, graph, sides, neighbours.close(book, *sides.rows, LEFT_OVER))
        linked = _link(book, config, sides, pairs, (model, texts), -np.inf)
        _suggest(book, config, found, graph, sides, linked, taken)
    return taken


def _free(book: Book, graph: Graph, texts: grams.Texts) -> _Sides:
    """Nodes that no key and no batch speaks for."""
    free = book.usable & ~book.suspended & ~book.broken
    rows = graph.source.first, graph.ledger.first
    nodes = np.flatnonzero(free[rows[0]]), np.flatnonzero(free[rows[1]])
    codes = texts.code[: len(rows[0])], texts.code[len(rows[0]) :]
    return _Sides(nodes, (rows[0][nodes[0]], rows[1][nodes[1]]), (codes[0][nodes[0]], codes[1][nodes[1]]))


def _by_gate_or_words(book: Book, graph: Graph, sides: _Sides, texts: grams.Texts) -> tuple[Ints, Ints]:
    """Places of pairs that the gates' graph or words bring together, each once, in canonical order."""
    place = []
    for nodes, count in zip(sides.nodes, (len(graph.source.first), len(graph.ledger.first)), strict=True):
        place.append(np.full(count, -1, dtype=np.int64))
        place[-1][nodes] = np.arange(len(nodes))
    one, other = place[0][graph.left], place[1][graph.right]
    both = (one >= 0) & (other >= 0)
    near = neighbours.pairs(book, sides.rows, sides.codes, texts)
    count = len(sides.rows[1])
    packed = np.unique(np.concatenate([one[both] * count + other[both], near[0] * count + near[1]]))
    return packed // count, packed % count


def _pairs(book: Book, config: MatchConfig, graph: Graph, sides: _Sides, places: tuple[Ints, Ints]) -> _Pairs:
    """Of these pairs those of equal classes of twins that nobody refused."""
    one, other = places
    source, ledger = sides.rows[0][one], sides.rows[1][other]
    fit = graph.source.count[sides.nodes[0][one]] == graph.ledger.count[sides.nodes[1][other]]
    fit &= ~book.pairs_refused(source, ledger)
    one, other, source, ledger = one[fit], other[fit], source[fit], ledger[fit]
    inside = gates.in_window(book, config, source, ledger)
    inside &= np.abs(book.amount[ledger] - book.amount[source]) <= gates.allowed(book, config, ledger)
    return _Pairs(one, other, source, ledger, inside)


def _learn(book: Book, sides: _Sides, pairs: _Pairs, texts: grams.Texts) -> tuple[Model, int]:
    """A model of these books, and the number of pairs it was learned from."""
    levels = weights.levels(book, sides.rows, sides.codes, (pairs.one, pairs.other), texts)
    strangers = weights.strangers(texts, *sides.codes)
    model, learned = Model(strangers), 0
    for _ in range(ROUNDS):
        total = model.weigh(levels).total
        sure = _mutual(pairs, total)
        sure = sure[total[sure] > np.log(len(sides.rows[1]))]
        learned = len(sure)
        model.learn(levels, sure, len(strangers) / (len(sides.rows[0]) * len(sides.rows[1])))
    return model, learned


def _link(
    book: Book, config: MatchConfig, sides: _Sides, pairs: _Pairs, known: tuple[Model, grams.Texts], words: float
) -> tuple[_Pairs, Weights, Floats]:
    """The pairs to suggest, their weights and their probabilities. words: least weight of words beyond the gates."""
    model, texts = known
    weighed = model.weigh(weights.levels(book, sides.rows, sides.codes, (pairs.one, pairs.other), texts))
    odds = np.exp(np.minimum(weighed.total, 50.0)) / max(len(sides.rows[1]), 1)
    kept = _worth(pairs, odds, pairs.inside | (weighed.words >= words))
    kept = kept[~gates.disagree(book, config, pairs.source[kept], pairs.ledger[kept])]
    likely = _probable(pairs.take(kept), odds[kept])
    chosen = _chosen(config, pairs.take(kept), odds[kept], likely)
    return pairs.take(kept[chosen]), weighed.take(kept[chosen]), likely[chosen]


def _mutual(pairs: _Pairs, total: Floats) -> Ints:
    """Pairs that are the best of both their rows."""
    if not len(total):
        return np.empty(0, dtype=np.int64)
    best = []
    for nodes in (pairs.one, pairs.other):
        most = np.full(int(nodes.max()) + 1, -np.inf)
        np.maximum.at(most, nodes, total)
        best.append(total >= most[nodes])
    return np.flatnonzero(best[0] & best[1])


def _worth(pairs: _Pairs, odds: Floats, fit: Mask) -> Ints:
    """Of the fitting pairs those that may matter: not faint, and among the best of a row."""
    good = np.flatnonzero((odds > FAINT) & fit)
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


def _suggest(
    book: Book,
    config: MatchConfig,
    found: Found,
    graph: Graph,
    sides: _Sides,
    linked: tuple[_Pairs, Weights, Floats],
    taken: Mask,
) -> None:
    """Every row of the linked nodes, pairwise."""
    pairs, weighed, likely = linked
    for edge, (one, other) in enumerate(
        zip(sides.nodes[0][pairs.one].tolist(), sides.nodes[1][pairs.other].tolist(), strict=True)
    ):
        for rows in zip(graph.source.rows(one), graph.ledger.rows(other), strict=True):
            taken[list(rows)] = True
            found.suggest(_group(book, config, rows, weighed, edge, likely[edge].item()))


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
