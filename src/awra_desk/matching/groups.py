"""The groups pass: first by key, then by bounded subset search.

A found subset is confirmed only with a certificate: it is the only one among all candidates within the gates, the
count is complete, the sum
is hardly a coincidence, and no member (nor the target) has a partner of its own or belongs to another find.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.reasons import Reason
from awra_desk.matching import gates, keyed_groups
from awra_desk.matching.book import NO_DAY, Book, Rows
from awra_desk.matching.coincidence import LIMIT, multiples_near
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found, Group
from awra_desk.matching.graph import Graph
from awra_desk.matching.graph import build as build_graph
from awra_desk.matching.subsets import Search, promising, reachable, search
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

RULE = "groups"
SCORE = 0.93
PLAUSIBLE = 0.05  # above this chance of coincidence a find is not even shown
MAX_POOL = 2000


@dataclass(frozen=True, slots=True)
class _Find:
    """A subset and its target. chance: of hitting the target by accident."""

    target: int
    members: tuple[int, ...]
    outcome: Search
    chance: float

    @property
    def rows(self) -> tuple[int, ...]:
        return tuple(sorted((self.target, *self.members)))


def run(book: Book, config: MatchConfig, found: Found) -> None:
    """Groups by key, then by search."""
    keyed_groups.run(book, config, found)
    if config.max_members < 2:
        return
    paired = _with_partner(book, build_graph(book, config))
    finds = [
        find
        for side, other, reach in (
            (SOURCE_SIDE, LEDGER_SIDE, (config.before_days, config.after_days)),
            (LEDGER_SIDE, SOURCE_SIDE, (config.after_days, config.before_days)),
        )
        for find in _search_side(book, config, side, other, reach, paired)
    ]
    uses = Counter(row for find in finds for row in find.rows)
    for find in finds:
        _settle(book, config, found, find, paired, shared=any(uses[row] > 1 for row in find.rows))


def _with_partner(book: Book, graph: Graph) -> NDArray[np.bool_]:
    """Rows that some single row could meet: a single candidate beats a covering set."""
    paired = np.zeros(len(book), dtype=bool)
    for nodes, used in ((graph.source, np.unique(graph.left)), (graph.ledger, np.unique(graph.right))):
        paired[[row for node in used.tolist() for row in nodes.rows(node)]] = True
    for ours, theirs in graph.crowds:
        paired[[row for node in ours.tolist() for row in graph.source.rows(node)]] = True
        paired[[row for node in theirs.tolist() for row in graph.ledger.rows(node)]] = True
    return paired


def _search_side(
    book: Book, config: MatchConfig, side: str, other: str, reach: tuple[int, int], paired: NDArray[np.bool_]
) -> list[_Find]:
    """Finds for the targets of one side among the rows of the other."""
    dated = book.open & (book.day != NO_DAY) & (book.currency > 0) & (book.amount != 0)
    pool = book.side_rows(other, dated)
    targets = book.side_rows(side, dated & book.usable & ~book.suspended & ~paired)
    if not len(pool) or not len(targets):
        return []
    base = min(int(book.day[pool].min()), int(book.day[targets].min())) - sum(reach)
    span = max(int(book.day[pool].max()), int(book.day[targets].max())) - base + sum(reach) + 1
    order = pool[np.lexsort((pool, book.day[pool], _class(book, pool)))]
    packed = _class(book, order) * span + book.day[order] - base
    start = _class(book, targets) * span + book.day[targets] - base
    low, high = np.searchsorted(packed, start - reach[0], "left"), np.searchsorted(packed, start + reach[1], "right")
    sums = np.concatenate([[0], np.cumsum(np.minimum(np.abs(book.amount[order]), np.int64(10**12)))])
    wanted = (
        (high - low >= 2)
        & (high - low <= MAX_POOL)
        & (sums[high] - sums[low] >= np.minimum(np.abs(book.amount[targets]), 10**12))
    )
    sizes, multiples = np.abs(book.amount[order]), multiples_near(np.abs(book.amount[targets]))
    places = np.flatnonzero(wanted)
    pools = sizes, low[places], high[places]
    places = places[promising(pools, np.abs(book.amount[targets[places]]), multiples[places], PLAUSIBLE)]
    finds = []
    for place in places.tolist():
        near = slice(low[place], high[place])
        find = _find(book, config, targets[place].item(), (order[near], sizes[near]), multiples[place].item())
        if find is not None:
            finds.append(find)
    return finds


def _class(book: Book, rows: Rows) -> NDArray[np.int64]:
    """Currency and sign packed."""
    return book.currency[rows] * 3 + book.sign[rows] + 1


def _find(
    book: Book, config: MatchConfig, target: int, pool: tuple[Rows, NDArray[np.int64]], multiples: int
) -> _Find | None:
    """The subset of the pool (rows and sizes) that sums to the target, if there is one worth showing."""
    amount = abs(book.amount[target].item())
    below = pool[1] < amount
    amounts = pool[1][below]
    if len(amounts) < 2 or int(amounts.sum()) < amount or not reachable(amounts, amount):
        return None
    smaller = np.sort(pool[0][below])
    amounts = np.abs(book.amount[smaller])
    outcome = search(amounts, amount, max_members=config.max_members, steps=config.search_steps)
    if not outcome.members:
        return None
    chance = min(outcome.near / multiples, 1.0)
    members = tuple(smaller[list(outcome.members)].tolist())
    if chance > PLAUSIBLE or book.repeated[list(members)].any():
        return None
    return _Find(target, members, outcome, chance)


def _settle(
    book: Book, config: MatchConfig, found: Found, find: _Find, paired: NDArray[np.bool_], *, shared: bool
) -> None:
    """Confirm with a certificate, else suggest."""
    rows = list(find.rows)
    if book.refused(rows):
        return
    hard = any(gates.rows_disagree(book, config, *sorted((find.target, row))) for row in find.members)
    keyed = bool(book.suspended[rows].any() or book.broken[rows].any() or any(row in book.key_links for row in rows))
    troubles = {
        "proof": not find.outcome.complete,
        "rivals": find.outcome.solutions != 1 or shared or bool(paired[rows].any()),
        "chance": find.chance > LIMIT,
        "hard": hard,
        "key": keyed,
        "floor": config.floor > SCORE,
    }
    blocks = [name for name, holds in troubles.items() if holds]
    score = gates.cap(SCORE, config) if blocks else SCORE
    facts = {
        "version": 1,
        "rule": RULE,
        "currency": book.currencies[book.currency[find.target]],
        "diff": 0,
        "chance": round(find.chance, 7),
        "proof": {
            "complete": find.outcome.complete,
            "solutions": 1 if find.outcome.solutions == 1 else find.outcome.solutions,
            "subsets": find.outcome.solutions,
            "candidates": find.outcome.candidates,
        },
        "parts": [["subset", score]],
        **({"blocks": blocks} if blocks else {}),
    }
    explanation = encode(facts)
    if blocks:
        found.suggest(Group(find.rows, score, RULE, Reason.AMBIGUOUS, explanation, confirmed=False))
    else:
        found.confirm(Group(find.rows, score, RULE, "", explanation, confirmed=True))
