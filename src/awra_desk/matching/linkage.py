"""Probabilistic linkage: what amount, day and words together propose, beyond the gates of a confirmation too.

Weights are estimated from the books at hand (`weights`), pairs are chosen by one global assignment, and a pair's
probability is its share of all the ways in which its two rows could be paired. It suggests and never confirms. Outside
the gates of amount and date a pair needs words that agree; inside them this pass only ranks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.reasons import Reason
from awra_desk.matching import gates, grams, neighbours, weights
from awra_desk.matching.assignment import assign
from awra_desk.matching.book import Book, Mask, Rows
from awra_desk.matching.bundles import Bundles
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import MAX_RIVALS
from awra_desk.matching.found import Found, PairBlock
from awra_desk.matching.graph import Graph
from awra_desk.matching.leftovers import Leftovers
from awra_desk.matching.said import Said
from awra_desk.matching.weights import Levels, Model, Weights

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

RULE = "fuzzy"
ROUNDS = 3
WORDS_NEEDED = 3.0  # weight of words (20 : 1) without which nothing is proposed beyond the gates
LIKELY = 0.3  # least probability of a suggestion, where the books taught what is usual
CLEAR = 0.85  # and where they are too small for that: then only words decide, and clearly
PLENTY = 100  # pairs learned from which tell what delays and differences are usual, even without words
LEFT_OVER = 500  # candidates of one row among those that are left
USUAL = 0.004  # share of pairs from which a delay is usual
UNPAIRED = 0.1  # least odds of a row's having no partner
FAINT = 1e-3  # odds below which a pair is not even a rival
BEST = 12  # partners of one row that are kept
RIVAL = 0.01  # least probability of a rival that is named
# By amount (exact, within the tolerance, beyond it), then the same again beyond the date window.
_BLOCKS = ('["evidence"]', '["inexact"]', '["amount"]', '["late"]', '["inexact","late"]', '["amount","late"]')
_REASONS = tuple(
    str(reason)
    for reason in (
        Reason.AMBIGUOUS,
        *[Reason.AMOUNT_DIFFERENCE] * 2,
        Reason.DATE_CUTOFF,
        *[Reason.AMOUNT_DIFFERENCE] * 2,
    )
)


@dataclass(frozen=True, slots=True)
class _Sides:
    """Nodes of the graph that may still be linked: their numbers, first rows and text codes on either side."""

    nodes: tuple[Ints, Ints]
    rows: tuple[Rows, Rows]
    codes: tuple[Ints, Ints]

    def where(self, fit: Mask) -> _Sides:
        """Those whose rows fit."""
        keep = [fit[rows] for rows in self.rows]
        return _Sides(*((part[0][keep[0]], part[1][keep[1]]) for part in (self.nodes, self.rows, self.codes)))

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


@dataclass(frozen=True, slots=True)
class _Linked:
    """Pairs to suggest, their weights and probabilities, and the rivals of each as JSON ("" for none)."""

    pairs: _Pairs
    weighed: Weights
    likely: Floats
    rivals: list[str]


def run(book: Book, config: MatchConfig, found: Found, graph: Graph, said: Said) -> Mask:
    """Suggest the likely pairs; returns which rows they are."""
    taken = np.zeros(len(book), dtype=bool)
    if not len(graph.source.first) or not len(graph.ledger.first):
        return taken
    texts = grams.read(said, graph.source.first, graph.ledger.first)
    sides = _free(book, graph, texts)
    if not len(sides.rows[0]) or not len(sides.rows[1]):
        return taken
    pairs = _pairs(book, config, graph, sides, _by_gate_or_words(book, graph, sides, said))
    levels = weights.levels(book, sides.rows, sides.codes, (pairs.one, pairs.other), texts)
    model = _learn(sides, pairs, levels, texts)
    free = _single(book, graph, sides)

    def link(sides: _Sides, pairs: _Pairs, levels: Levels, bars: tuple[float, float]) -> _Sides:
        linked = _link(book, config, pairs, (model, levels, len(sides.rows[1])), bars)
        _suggest(book, config, found, graph, sides, linked, taken)
        free[taken] = False
        return sides.less(linked.pairs.one, linked.pairs.other)

    sides = link(sides, pairs, levels, (WORDS_NEEDED, CLEAR))
    # One row of just this amount, as late as usual, beats a sum of several.
    if model.learned >= weights.PRIOR and len(sides.rows[0]) and len(sides.rows[1]):
        places = neighbours.same(book, *sides.rows, _reach(config, model))
        pairs = _pairs(book, config, graph, sides, places)
        levels = weights.levels(book, sides.rows, sides.codes, (pairs.one, pairs.other), texts)
        sides = link(sides, pairs, levels, (-np.inf, CLEAR))
    rest = Leftovers(book, config, found, free & ~_with_exact(book, graph, taken), texts)
    rest.reversals()
    bundles = Bundles(book, config, found, free & ~_with_exact(book, graph, taken) & ~rest.taken, texts, model.day)
    bundles.run(_reach(config, model))
    rest.without(bundles.taken)
    rest.slips()
    rest.late()
    taken |= rest.taken
    sides = sides.where(~taken)
    # What nobody names is proposed by its delay and difference alone, once the books say more of them than we assumed.
    for words in (WORDS_NEEDED, -np.inf) if model.learned >= weights.PRIOR else (WORDS_NEEDED,):
        if not len(sides.rows[0]) or not len(sides.rows[1]):
            break
        by_words = np.isfinite(words)
        places = (
            _by_gate_or_words(book, graph, sides, said) if by_words else neighbours.close(book, *sides.rows, LEFT_OVER)
        )
        pairs = _pairs(book, config, graph, sides, places)
        levels = weights.levels(book, sides.rows, sides.codes, (pairs.one, pairs.other), texts)
        sides = link(sides, pairs, levels, (words, _bar(model)))
    return taken


def _bar(model: Model) -> float:
    """Least probability of a suggestion: the less was learned, the clearer it must be."""
    return CLEAR - (CLEAR - LIKELY) * min(model.learned / PLENTY, 1.0)


def _single(book: Book, graph: Graph, sides: _Sides) -> Mask:
    """Rows of the sides that have no twin."""
    found = np.zeros(len(book), dtype=bool)
    for nodes, held, rows in zip(sides.nodes, (graph.source, graph.ledger), sides.rows, strict=True):
        found[rows[held.count[nodes] == 1]] = True
    return found


def _with_exact(book: Book, graph: Graph, taken: Mask) -> Mask:
    """Rows whose one candidate inside the gates is exact and still free: it beats a sum and a reversal."""
    found = np.zeros(len(book), dtype=bool)
    source, ledger = graph.source.first[graph.left], graph.ledger.first[graph.right]
    exact = graph.lonely & (book.amount[source] == book.amount[ledger]) & ~taken[source] & ~taken[ledger]
    found[source[exact]] = found[ledger[exact]] = True
    return found


def _reach(config: MatchConfig, model: Model) -> tuple[int, int]:
    """Days by which the ledger precedes and follows, as the window has it and as is usual in these books."""
    usual = np.flatnonzero(model.day >= USUAL) - neighbours.EARLY
    before, after = -int(usual.min(initial=0)), int(usual.max(initial=0))
    return max(before, config.before_days), max(after, config.after_days)


def _free(book: Book, graph: Graph, texts: grams.Texts) -> _Sides:
    """Nodes that no key and no batch speaks for."""
    free = book.usable & ~book.suspended & ~book.broken
    rows = graph.source.first, graph.ledger.first
    nodes = np.flatnonzero(free[rows[0]]), np.flatnonzero(free[rows[1]])
    chosen = rows[0][nodes[0]], rows[1][nodes[1]]
    return _Sides(nodes, chosen, (texts.code[chosen[0]], texts.code[chosen[1]]))


def _by_gate_or_words(book: Book, graph: Graph, sides: _Sides, said: Said) -> tuple[Ints, Ints]:
    """Places of pairs that the gates' graph or words bring together, each once, in canonical order."""
    place = []
    for nodes, count in zip(sides.nodes, (len(graph.source.first), len(graph.ledger.first)), strict=True):
        place.append(np.full(count, -1, dtype=np.int64))
        place[-1][nodes] = np.arange(len(nodes))
    one, other = place[0][graph.left], place[1][graph.right]
    both = (one >= 0) & (other >= 0)
    near = neighbours.pairs(book, sides.rows, said)
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


def _learn(sides: _Sides, pairs: _Pairs, levels: Levels, texts: grams.Texts) -> Model:
    """A model of these books."""
    strangers = weights.strangers(texts, *sides.codes)
    model = Model(strangers)
    for _ in range(ROUNDS):
        weighed = model.weigh(levels)
        sure = _mutual(pairs, weighed.total)
        # Words that say enough on their own teach what differences of amount and day are usual here.
        exact = np.where(levels.amount[sure] == weights.EXACT, weighed.amount[sure], -np.inf)
        enough = np.maximum(np.maximum(weighed.total[sure], weighed.words[sure]), exact) > np.log(len(sides.rows[1]))
        sure = sure[enough]
        model.learn(levels, sure, (len(sides.rows[0]), len(sides.rows[1])))
    return model


def _link(
    book: Book, config: MatchConfig, pairs: _Pairs, known: tuple[Model, Levels, int], bars: tuple[float, float]
) -> _Linked:
    """The pairs to suggest.

    Args:
        known: the model, the pairs' levels and the number of ledger rows they are among.
        bars: least weight of words beyond the gates (everywhere, where little was learned), and least probability.
    """
    model, levels, ledgers = known
    weighed = model.weigh(levels)
    odds = np.exp(np.minimum(weighed.total, 50.0)) / max(ledgers, 1)
    worded = weighed.words >= bars[0]
    kept = _worth(pairs, odds, worded | pairs.inside if model.learned >= PLENTY else worded)
    kept = kept[~gates.disagree(book, config, pairs.source[kept], pairs.ledger[kept])]
    held = pairs.take(kept)
    likely = _probable(held, odds[kept], max(1 - model.paired, UNPAIRED))
    chosen = _chosen(config, held, odds[kept], likely, bars[1])
    return _Linked(held.take(chosen), weighed.take(kept[chosen]), likely[chosen], _rivals(book, held, likely, chosen))


def _rivals(book: Book, pairs: _Pairs, likely: Floats, chosen: Ints) -> list[str]:
    """Of each chosen pair the other rows that either of its rows could be paired with, likeliest first."""
    places, rows = [], []
    for nodes, others in ((pairs.one, pairs.ledger), (pairs.other, pairs.source)):
        of = np.full(int(nodes.max(initial=-1)) + 1, -1, dtype=np.int64)
        of[nodes[chosen]] = np.arange(len(chosen))
        rival = np.flatnonzero((likely >= RIVAL) & (of[nodes] >= 0))
        rival = rival[chosen[of[nodes[rival]]] != rival]
        places.append(np.stack([of[nodes[rival]], rival]))
        rows.append(others[rival])
    (place, edge), row = np.concatenate(places, axis=1), np.concatenate(rows)
    score = np.round(likely[edge], 4)
    listed: list[list[str]] = [[] for _ in chosen]
    for at in np.lexsort((row, -score, place)).tolist():
        held = listed[place[at]]
        if len(held) < MAX_RIVALS:
            side, name = book.side_of(row[at].item()), json.dumps(book.ids[row[at]], ensure_ascii=False)
            held.append(f'["{side}",{name},{score[at]}]')
    return [f'"rivals":[{",".join(held)}],' if held else "" for held in listed]


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


def _probable(pairs: _Pairs, odds: Floats, unpaired: float) -> Floats:
    """Probability of each pair, all pairings of its two rows considered (odds balanced over rows of both sides)."""
    ours = np.ones(int(pairs.one.max(initial=0)) + 1)
    theirs = np.ones(int(pairs.other.max(initial=0)) + 1)
    for _ in range(30):
        ours = 1 / (unpaired + np.bincount(pairs.one, odds * theirs[pairs.other], minlength=len(ours)))
        theirs = 1 / (unpaired + np.bincount(pairs.other, odds * ours[pairs.one], minlength=len(theirs)))
    likely: Floats = odds * ours[pairs.one] * theirs[pairs.other]
    return np.minimum(likely, 1.0)


def _chosen(config: MatchConfig, pairs: _Pairs, odds: Floats, likely: Floats, bar: float) -> Ints:
    """The global assignment, less what is unlikely or has a rival within the margin."""
    if not len(odds):
        return np.empty(0, dtype=np.int64)
    gain = (np.log(odds) - np.log(FAINT)) / 60
    chosen = assign(pairs.one, pairs.other, np.clip(gain, 0.0, 1.0))
    chosen = chosen[likely[chosen] >= bar]
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
    linked: _Linked,
    taken: Mask,
) -> None:
    """Every row of the linked nodes, pairwise."""
    pairs, likely = linked.pairs, linked.likely
    if not len(likely):
        return
    rows, edges = _members(graph, sides.nodes[0][pairs.one], sides.nodes[1][pairs.other])
    source, ledger = rows
    taken[source] = taken[ledger] = True
    score = np.minimum(np.round(likely[edges], 4), gates.cap(1.0, config))
    rivals = [linked.rivals[edge] for edge in edges.tolist()]
    texts, reasons = _explanations(book, config, (source, ledger), (linked.weighed.take(edges), rivals), score)
    found.proposed.append(
        PairBlock(source, ledger, score, RULE, texts, book.amount[source], book.amount[ledger], reasons)
    )


def _members(graph: Graph, ours: Ints, theirs: Ints) -> tuple[tuple[Rows, Rows], Ints]:
    """Rows of the linked nodes (twins pairwise), and the pair that each comes from."""
    source, ledger, edges = graph.source.first[ours], graph.ledger.first[theirs], np.arange(len(ours))
    more: tuple[list[int], list[int], list[int]] = ([], [], [])
    for edge in np.flatnonzero(graph.source.count[ours] > 1).tolist():
        held = graph.source.rows(ours[edge].item())[1:], graph.ledger.rows(theirs[edge].item())[1:]
        for at, values in enumerate((*held, [edge] * len(held[0]))):
            more[at].extend(values)
    source, ledger, edges = (
        np.concatenate([known, np.array(added, dtype=np.int64)])
        for known, added in zip((source, ledger, edges), more, strict=True)
    )
    return (source, ledger), edges


def _explanations(
    book: Book, config: MatchConfig, rows: tuple[Rows, Rows], told: tuple[Weights, list[str]], score: Floats
) -> tuple[list[str], list[str]]:
    """Explanation and reason of each pair. The score is shared out by the fields' weights; written by hand because
    there may be very many.
    """
    (source, ledger), (weighed, rivals) = rows, told
    diff, (days, _) = book.amount[ledger] - book.amount[source], gates.lag(book, source, ledger)
    fields = [np.round(values, 2) for values in (weighed.amount, weighed.day, weighed.words)]
    share = score / np.where(np.abs(weighed.total) < 1e-6, 1.0, weighed.total)
    day, words = (np.round(values * share, 4) for values in (weighed.day, weighed.words))
    amount = np.round(score - day - words, 4)
    late = (days < -config.before_days) | (days > config.after_days)
    beyond = np.abs(diff) > gates.allowed(book, config, ledger)
    kind = np.where(diff == 0, 0, np.where(beyond, 2, 1)) + 3 * late
    names = [book.currencies[code] for code in book.currency[source].tolist()]
    columns = (values.tolist() for values in (kind, days, diff, amount, day, words, *fields))
    texts = [
        f'{{"blocks":{_BLOCKS[block]},"currency":"{name}","days":{lag},"diff":{gap},'
        f'"parts":[["amount",{by_amount}],["date",{by_day}],["words",{by_words}]],{others}"rule":"{RULE}","version":1,'
        f'"weights":{{"amount":{one},"day":{two},"words":{three}}}}}'
        for name, others, block, lag, gap, by_amount, by_day, by_words, one, two, three in zip(
            names, rivals, *columns, strict=True
        )
    ]
    return texts, [_REASONS[block] for block in kind.tolist()]
