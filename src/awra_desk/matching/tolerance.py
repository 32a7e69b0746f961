"""The tolerance pass: amount and date alone.

It confirms only what is exact, has no other open row within the gates on either side, and is hardly a coincidence.
What it does not confirm
becomes a suggestion after all passes (`suggestions`), by global assignment.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import gates, text
from awra_desk.matching.book import Book, Mask, Rows
from awra_desk.matching.coincidence import LIMIT, Coincidence
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found, PairBlock
from awra_desk.matching.graph import Graph, build

RULE = "tolerance"
EXACT = 0.96
LATE = 0.03  # taken off at the far end of the date window


def run(book: Book, config: MatchConfig, found: Found, coincidence: Coincidence) -> None:
    """Confirm pairs (and classes of twins, pairwise) that amount and date alone identify."""
    graph = build(book, config)
    lonely = graph.lonely
    left, right = graph.left[lonely], graph.right[lonely]
    equal = graph.source.count[left] == graph.ledger.count[right]
    left, right = left[equal], right[equal]
    source, ledger, twins = graph.source.first[left], graph.ledger.first[right], graph.source.count[left]
    good = trusted(book, config, source, ledger)
    good &= ~cut_short(book, source, ledger, good)
    left, right, source, ledger, twins = left[good], right[good], source[good], ledger[good], twins[good]
    chance = coincidence.of_pairs(source, ledger, twins)
    days, _ = gates.lag(book, source, ledger)
    score = np.round(EXACT - LATE * np.abs(days) / config.window, 4)
    sure = (chance <= LIMIT) & (score >= config.floor)
    chosen = np.flatnonzero(sure)
    _confirm(book, found, graph, (left[chosen], right[chosen]), (score[chosen], chance[chosen]))


def trusted(book: Book, config: MatchConfig, source: Rows, ledger: Rows) -> Mask:
    """Pairs that amount may speak for: exact, no reference or identifier pointing elsewhere, no broken batch, no
    repeated id.
    """
    either = book.suspended | book.broken | book.repeated
    good: Mask = (book.amount[source] == book.amount[ledger]) & ~either[source] & ~either[ledger]
    good &= ~gates.disagree(book, config, source, ledger)
    good &= ~gates.other_part(book, source, ledger)
    for place in np.flatnonzero(good).tolist() if book.key_links else ():
        one, other = book.key_links.get(source[place].item()), book.key_links.get(ledger[place].item())
        if (one or other) and not (one and other and one & other):
            good[place] = False
    return good


def cut_short(book: Book, source: Rows, ledger: Rows, asked: Mask) -> Mask:
    """Of the asked pairs those of which one reference begins like the other and is longer: perhaps cut short, perhaps
    another document, which an equal amount does not tell.
    """
    references = book.texts["references"]
    found: Mask = (
        asked & (references[source] != "") & (references[ledger] != "") & (references[source] != references[ledger])
    )
    for place in np.flatnonzero(found).tolist():
        ours, theirs = (text.keys_of(references[rows[place]].split("\n")) for rows in (source, ledger))
        found[place] = set(ours).isdisjoint(theirs) and any(
            min(len(one), len(other)) >= text.MIN_NEAR and (one.startswith(other) or other.startswith(one))
            for one in ours
            for other in theirs
        )
    return found


def _confirm(
    book: Book,
    found: Found,
    graph: Graph,
    nodes: tuple[NDArray[np.int64], NDArray[np.int64]],
    facts: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Every row of the chosen nodes, in canonical order."""
    source, ledger, scores, explanations = [], [], [], []
    for left, right, score, chance in zip(
        nodes[0].tolist(), nodes[1].tolist(), facts[0].tolist(), facts[1].tolist(), strict=True
    ):
        ours, theirs = graph.source.rows(left), graph.ledger.rows(right)
        days = (book.day[theirs[0]] - book.day[ours[0]]).item()
        explanation = encode(
            {
                "version": 1,
                "rule": RULE,
                "currency": book.currencies[book.currency[ours[0]]],
                "diff": 0,
                "days": days,
                "chance": round(chance, 7),
                "parts": [["amount", EXACT], ["date", round(score - EXACT, 4)]],
                **({"note": f"{len(ours)} identical rows on each side, interchangeable"} if len(ours) > 1 else {}),
            }
        )
        source += ours
        ledger += theirs
        scores += [score] * len(ours)
        explanations += [explanation] * len(ours)
    rows = np.array(source, dtype=np.int64), np.array(ledger, dtype=np.int64)
    found.confirm_pairs(
        PairBlock(*rows, np.array(scores), RULE, explanations, book.amount[rows[0]], book.amount[rows[1]])
    )
