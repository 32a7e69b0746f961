"""What amount, date and words propose after all passes: pairs by global assignment, and whole ties as one group.
Nothing is confirmed here.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.reasons import Reason
from awra_desk.matching import crowds
from awra_desk.matching.book import Book, Mask
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import MAX_RIVALS, encode
from awra_desk.matching.found import Found, Group
from awra_desk.matching.graph import Graph
from awra_desk.matching.scoring import Scores, score
from awra_desk.matching.similarity import Likeness
from awra_desk.matching.ties import Around, Tie, ties

Ints = NDArray[np.int64]
CROWD_SCORE = 0.5


def run(
    book: Book,
    config: MatchConfig,
    found: Found,
    graph: Graph,
    scores: Scores,
    *,
    linked: Mask,
    likeness: Likeness | None,
) -> None:
    """Suggest from the graph of rows that are still open; repeated rows are rivals, never members.

    Args:
        linked: rows that have a likely partner by words already. likeness: None where words do not count.
    """
    fit = book.usable & ~linked
    _components(book, config, found, graph, scores, fit)
    for ours, theirs in graph.crowds:
        if crowds.whole(book, config, graph, ours, theirs):
            _crowd(
                book, found, graph, ours[~linked[graph.source.first[ours]]], theirs[~linked[graph.ledger.first[theirs]]]
            )
        else:
            thin = crowds.thinned(
                book, config, graph, ours[fit[graph.source.first[ours]]], theirs[fit[graph.ledger.first[theirs]]]
            )
            rows = graph.source.first[thin.left], graph.ledger.first[thin.right]
            _components(book, config, found, thin, score(book, config, *rows, likeness), fit)
    _join(book, config, found)


def _components(book: Book, config: MatchConfig, found: Found, graph: Graph, scores: Scores, fit: Mask) -> None:
    """Suggest component by component."""
    source, ledger = graph.source.first[graph.left], graph.ledger.first[graph.right]
    usable = np.flatnonzero(fit[source] & fit[ledger])
    order = usable[np.lexsort((graph.right[usable], graph.left[usable], graph.component[usable]))]
    for edges in np.split(order, np.flatnonzero(np.diff(graph.component[order])) + 1) if len(order) else ():
        left, right = graph.left[edges], graph.right[edges]
        around = Around(left, right, scores.score[edges])
        shown, unsaid = ties(left, right, scores.score[edges], config.margin)
        for tie in shown:
            _suggest(book, found, graph, scores, (tie, edges, around))
        for nodes, held in zip(unsaid, (graph.source, graph.ledger), strict=True):
            found.tied.update(row for node in nodes for row in held.rows(node))


def _join(book: Book, config: MatchConfig, found: Found) -> None:
    """A pair of one key whose amounts differ, and what fits one of its rows exactly and as well, are one tie: the key
    may be the slip, or the amount.
    """
    by_key = {
        row: place
        for place, group in enumerate(found.suggestions)
        if group.rule == "keys" and not group.weak and group.reason == Reason.AMOUNT_DIFFERENCE and len(group.rows) == 2
        for row in group.rows
    }
    joined: dict[int, list[Group]] = defaultdict(list)
    for group in found.suggestions if by_key else ():
        if len(group.rows) == 2 and group.rule in ("fuzzy", "tolerance"):
            places = {by_key[row] for row in group.rows if row in by_key}
            amounts = book.amount[list(group.rows)]
            for place in places if amounts[0] == amounts[1] else ():
                if group.score >= found.suggestions[place].score - config.margin:
                    joined[place].append(group)
    for place, groups in joined.items():
        found.suggestions[place] = _tied(book, found.suggestions[place], groups)


def _tied(book: Book, keyed: Group, groups: list[Group]) -> Group:
    """The key's pair and the pairs that fit as well, as one suggestion; as it was where people refused a part of it."""
    rows = tuple(sorted({*keyed.rows, *(row for group in groups for row in group.rows)}))
    if book.refused(rows):
        return keyed
    others = [
        (book.side_of(row), book.ids[row], group.score)
        for group in sorted(groups, key=lambda group: (-group.score, group.rows))
        for row in group.rows
        if row not in keyed.rows
    ]
    facts = {**json.loads(keyed.explanation), "blocks": ["amount", "rivals"], "rivals": others[:MAX_RIVALS]}
    return replace(keyed, rows=rows, reason=Reason.AMBIGUOUS, explanation=encode(facts))


def _suggest(book: Book, found: Found, graph: Graph, scores: Scores, told: tuple[Tie, Ints, Around]) -> None:
    """One suggestion from a tie, its component's edges, and what else is at their nodes: pairwise for twins in equal
    numbers, else all rows in one group.
    """
    tie, edges, around = told
    best = edges[tie.best].item()
    ours, theirs = sorted({*graph.left[edges[tie.edges]].tolist()}), sorted({*graph.right[edges[tie.edges]].tolist()})
    rows = [
        [row for node in ours for row in graph.source.rows(node)],
        [row for node in theirs for row in graph.ledger.rows(node)],
    ]
    source, ledger = graph.source.first[graph.left[best]].item(), graph.ledger.first[graph.right[best]].item()
    diff = (book.amount[ledger] - book.amount[source]).item()
    twins = len(ours) == len(theirs) == 1
    reason, blocks = _reason(scores, tie, best, diff=diff, twins=twins, counts=(len(rows[0]), len(rows[1])))
    rivals = [
        ((graph.ledger if ledgers else graph.source).first[node].item(), value)
        for node, value, ledgers in around.rivals(tie.best, set(ours), set(theirs))
    ]
    facts = {
        "version": 1,
        "rule": _rule(scores, best),
        "currency": book.currencies[book.currency[source]],
        "diff": diff,
        "days": (book.day[ledger] - book.day[source]).item(),
        "parts": scores.parts(best),
        "blocks": blocks,
        "rivals": [(book.side_of(row), book.ids[row], value) for row, value in rivals],
    }
    explanation = encode({name: value for name, value in facts.items() if value != []})
    pairwise = twins and len(rows[0]) == len(rows[1])
    members = zip(*rows, strict=True) if pairwise else [(*rows[0], *rows[1])]
    for group in members:
        value = scores.score[best].item()
        found.suggest(Group(tuple(group), value, _rule(scores, best), reason, explanation, confirmed=False))


def _rule(scores: Scores, edge: int) -> str:
    return "fuzzy" if scores.words[edge] or scores.near[edge] else "tolerance"


def _reason(
    scores: Scores, tie: Tie, best: int, *, diff: int, twins: bool, counts: tuple[int, int]
) -> tuple[Reason, list[str]]:
    if twins and counts[0] != counts[1]:
        return Reason.DUPLICATE, ["twins"]
    if tie.rivalled:
        return Reason.AMBIGUOUS, ["rivals"]
    if scores.hard[best]:
        return Reason.AMBIGUOUS, ["hard"]
    if diff:
        return Reason.AMOUNT_DIFFERENCE, ["inexact"]
    return Reason.AMBIGUOUS, ["evidence"]


def _crowd(book: Book, found: Found, graph: Graph, ours: Ints, theirs: Ints) -> None:
    """A component too dense for edges in which everything fits everything: one tie."""
    rows = [row for node in ours.tolist() for row in graph.source.rows(node)]
    rows += [row for node in theirs.tolist() for row in graph.ledger.rows(node)]
    rows = [row for row in rows if not book.repeated[row]]
    explanation = encode(
        {
            "version": 1,
            "rule": "tolerance",
            "parts": [["amount", CROWD_SCORE]],
            "blocks": ["rivals"],
            "currency": "",
            "diff": 0,
        }
    )
    found.suggest(Group(tuple(rows), CROWD_SCORE, "tolerance", Reason.AMBIGUOUS, explanation, confirmed=False))
