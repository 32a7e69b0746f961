"""What amount, date and words propose after all passes: pairs by global assignment, and ties as one group. Nothing is
confirmed here.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.reasons import Reason
from awra_desk.matching.assignment import assign
from awra_desk.matching.book import Book, Mask
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import MAX_RIVALS, encode
from awra_desk.matching.found import Found, Group
from awra_desk.matching.graph import Graph
from awra_desk.matching.scoring import Scores

Ints = NDArray[np.int64]
CROWD_SCORE = 0.5
NEVER = 2.0  # above any score: a node without a partner ties with nobody


def run(book: Book, config: MatchConfig, found: Found, graph: Graph, scores: Scores, linked: Mask) -> None:
    """Suggest from the graph of rows that are still open; repeated rows are rivals, never members.

    Args:
        linked: rows that have a likely partner by words already.
    """
    source, ledger = graph.source.first[graph.left], graph.ledger.first[graph.right]
    fit = book.usable & ~linked
    usable = np.flatnonzero(fit[source] & fit[ledger])
    order = usable[np.lexsort((graph.right[usable], graph.left[usable], graph.component[usable]))]
    for edges in np.split(order, np.flatnonzero(np.diff(graph.component[order])) + 1) if len(order) else ():
        for members, best in _ties(config, graph, scores, edges):
            _suggest(book, found, graph, scores, (members, best, edges))
    _join(book, config, found)
    for ours, theirs in graph.crowds:
        _crowd(book, found, graph, ours[~linked[graph.source.first[ours]]], theirs[~linked[graph.ledger.first[theirs]]])


def _join(book: Book, config: MatchConfig, found: Found) -> None:
    """A pair of one key whose amounts differ, and what fits one of its rows exactly and as well, are one tie: the key
    may be the slip, or the amount.
    """
    by_key = {
        row: place
        for place, group in enumerate(found.suggestions)
        if group.rule == "keys" and group.reason == Reason.AMOUNT_DIFFERENCE and len(group.rows) == 2
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


def _ties(config: MatchConfig, graph: Graph, scores: Scores, edges: Ints) -> list[tuple[list[int], int]]:
    """Edges of each suggestion in one component, and its best edge: the assigned pairs, joined where another candidate
    comes within the margin.
    """
    left, right, score = graph.left[edges], graph.right[edges], scores.score[edges]
    chosen = assign(left, right, score)
    if len(edges) == 1:
        return [([edges[0].item()], edges[0].item())]
    best: dict[tuple[int, int], float] = {}
    for at in chosen.tolist():
        best[0, left[at].item()] = best[1, right[at].item()] = score[at].item()
    leader: dict[tuple[int, int], tuple[int, int]] = {}

    def top(node: tuple[int, int]) -> tuple[int, int]:
        while leader.setdefault(node, node) != node:
            node = leader[node]
        return node

    kept = []
    for at, (one, other, value) in enumerate(zip(left.tolist(), right.tolist(), score.tolist(), strict=True)):
        wanted = min(best.get((0, one), NEVER), best.get((1, other), NEVER))
        if value >= wanted - config.margin:
            kept.append(at)
            low, high = sorted((top((0, one)), top((1, other))))
            leader[high] = low
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at in kept:
        groups[top((0, left[at].item()))].append(at)
    return [
        (edges[held].tolist(), edges[max(held, key=lambda at: (score[at], -at))].item()) for held in groups.values()
    ]


def _suggest(book: Book, found: Found, graph: Graph, scores: Scores, tie: tuple[list[int], int, Ints]) -> None:
    """One suggestion from its edges (those of the tie, the best, those of the component): pairwise for twins in equal
    numbers, else all rows in one group.
    """
    edges, best, around = tie
    ours = sorted({node for edge in edges for node in [graph.left[edge].item()]})
    theirs = sorted({node for edge in edges for node in [graph.right[edge].item()]})
    rows = [
        [row for node in ours for row in graph.source.rows(node)],
        [row for node in theirs for row in graph.ledger.rows(node)],
    ]
    source, ledger = graph.source.first[graph.left[best]].item(), graph.ledger.first[graph.right[best]].item()
    diff = (book.amount[ledger] - book.amount[source]).item()
    twins = len(ours) == len(theirs) == 1
    reason, blocks = _reason(scores, edges, best, diff=diff, twins=twins, counts=(len(rows[0]), len(rows[1])))
    facts = {
        "version": 1,
        "rule": _rule(scores, best),
        "currency": book.currencies[book.currency[source]],
        "diff": diff,
        "days": (book.day[ledger] - book.day[source]).item(),
        "parts": scores.parts(best),
        "blocks": blocks,
        "rivals": _rivals(book, graph, scores, (set(ours), set(theirs)), best, around) if len(around) > 1 else [],
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
    scores: Scores, edges: list[int], best: int, *, diff: int, twins: bool, counts: tuple[int, int]
) -> tuple[Reason, list[str]]:
    if twins and counts[0] != counts[1]:
        return Reason.DUPLICATE, ["twins"]
    if len(edges) > 1:
        return Reason.AMBIGUOUS, ["rivals"]
    if scores.hard[best]:
        return Reason.AMBIGUOUS, ["hard"]
    if diff:
        return Reason.AMOUNT_DIFFERENCE, ["inexact"]
    return Reason.AMBIGUOUS, ["evidence"]


def _rivals(
    book: Book,
    graph: Graph,
    scores: Scores,
    inside: tuple[set[int], set[int]],
    best: int,
    around: Ints,
) -> list[tuple[str, str, float]]:
    """Rows outside the suggestion that pass the gates with a row of its best pair, best first, with their scores."""
    touching = around[(graph.left[around] == graph.left[best]) | (graph.right[around] == graph.right[best])]
    found = []
    for edge in touching[np.argsort(-scores.score[touching], kind="stable")].tolist():
        one, other = graph.left[edge].item(), graph.right[edge].item()
        if one not in inside[0]:
            found.append((graph.source.first[one].item(), scores.score[edge].item()))
        elif other not in inside[1]:
            found.append((graph.ledger.first[other].item(), scores.score[edge].item()))
        if len(found) == MAX_RIVALS:
            break
    return [(book.side_of(row), book.ids[row], score) for row, score in found]


def _crowd(book: Book, found: Found, graph: Graph, ours: Ints, theirs: Ints) -> None:
    """A component too dense to tell anything apart: one tie."""
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
