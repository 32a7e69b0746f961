"""Who could meet whom by amount and date: the candidate graph over open rows, without ever building all pairs.

Nodes are classes of twins. Each ledger node's candidates are intervals in a sorted list of source nodes, one interval
where amounts must be
exact, one per day of the window otherwise; components are found on the intervals, and only components of bearable size
become edges.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import gates
from awra_desk.matching.book import NO_DAY, Book, Mask, Rows
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.twins import likeness
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

MAX_EDGES = 200_000  # of one component; beyond it nothing could be told apart anyway

_MIX = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio's bits: spreads neighbouring numbers

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Nodes:
    """Classes of twins on one side. first: lowest row of each; members: all rows of those that hold several, by first
    row.
    """

    first: Rows
    count: Ints
    members: dict[int, list[int]]

    def rows(self, node: int) -> list[int]:
        """All rows of a node, ascending."""
        row = self.first[node].item()
        return self.members.get(row, [row])


@dataclass(frozen=True, slots=True)
class Graph:
    """Edges between source and ledger nodes that pass the gates.

    Attributes:
        left, right: node of each edge on either side. component: label of each edge's component.
        crowds: components too large for edges: source nodes and ledger nodes.
    """

    source: Nodes
    ledger: Nodes
    left: Ints
    right: Ints
    component: Ints
    crowds: list[tuple[Ints, Ints]]

    @property
    def lonely(self) -> NDArray[np.bool_]:
        """Edges whose two nodes have no other edge."""
        if not len(self.left):
            return np.zeros(0, dtype=bool)
        alone: NDArray[np.bool_] = (np.bincount(self.left)[self.left] == 1) & (np.bincount(self.right)[self.right] == 1)
        return alone


def build(book: Book, config: MatchConfig) -> Graph:
    """The graph over rows open now; repeated rows are in it as rivals. Deterministic for a canonical book."""
    dated = book.open & (book.day != NO_DAY) & (book.currency > 0)
    source, ledger = (_nodes(book, book.side_rows(side, dated)) for side in (SOURCE_SIDE, LEDGER_SIDE))
    if not len(source.first) or not len(ledger.first):
        none = np.empty(0, dtype=np.int64)
        return Graph(source, ledger, none, none, none, [])
    order, owner, low, high = intervals(book, config, source.first, ledger.first)
    labels = _interval_components(len(source.first), len(ledger.first), order, owner, low, high)
    sizes = np.bincount(labels[len(source.first) + owner], weights=high - low, minlength=len(labels))
    crowded = sizes > MAX_EDGES
    crowds = [
        (np.flatnonzero(labels[: len(source.first)] == label), np.flatnonzero(labels[len(source.first) :] == label))
        for label in np.flatnonzero(crowded).tolist()
    ]
    keep = ~crowded[labels[len(source.first) + owner]]
    left, right = expand(order, owner[keep], low[keep], high[keep])
    allowed = ~book.pairs_refused(source.first[left], ledger.first[right])
    left, right = left[allowed], right[allowed]
    component = components(len(source.first) + len(ledger.first), left, right + len(source.first))[left]
    return Graph(source, ledger, left, right, component, crowds)


def _nodes(book: Book, rows: Rows) -> Nodes:
    """Classes of twins among the rows, by lowest row; a row that people refused something of stands alone."""
    if not len(rows):
        return Nodes(rows, np.empty(0, dtype=np.int64), {})
    alike = _alike(book, rows)
    apart = {row for pair in book.rejected_pairs for row in pair}
    classes: dict[object, list[int]] = defaultdict(list)
    for row in rows[alike].tolist():
        special = row if row in apart or book.repeated[row] else -1
        classes[likeness(book, row), special, bool(book.suspended[row])].append(row)
    several = {held[0]: held for held in classes.values() if len(held) > 1}
    if not several:
        return Nodes(rows, np.ones(len(rows), dtype=np.int64), several)
    first = rows[~np.isin(rows, [row for held in several.values() for row in held[1:]])]
    count = np.ones(len(first), dtype=np.int64)
    count[np.searchsorted(first, list(several))] = [len(held) for held in several.values()]
    return Nodes(first, count, several)


def _alike(book: Book, rows: Rows) -> Mask:
    """Rows that are not alone with their currency, amount and day; a few strangers may be among them, who share no more
    than their mixed number.
    """
    mixed = np.zeros(len(rows), dtype=np.uint64)
    for column in (book.currency, book.amount, book.day):
        mixed = (mixed ^ column[rows].astype(np.uint64)) * _MIX
        mixed ^= mixed >> np.uint64(29)
    ordered = np.sort(mixed)
    several = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    place = np.minimum(np.searchsorted(several, mixed), max(len(several) - 1, 0))
    return several[place] == mixed if len(several) else np.zeros(len(rows), dtype=bool)


def intervals(book: Book, config: MatchConfig, source: Rows, ledger: Rows) -> tuple[Ints, Ints, Ints, Ints]:
    """Candidates of each ledger node as [low, high) in `order`, the sorted source nodes; `owner` is the ledger node of
    each interval.
    """
    amounts = np.unique(np.concatenate([book.amount[source], book.amount[ledger]]))
    days = np.concatenate([book.day[source], book.day[ledger]])
    extent = int(days.max() - days.min())
    after, before = min(config.after_days, extent), min(config.before_days, extent)
    base, span = int(days.min()) - after, extent + after + before + 1
    allowed = gates.allowed(book, config, ledger)
    value = book.amount[ledger]
    positive, negative = value > 0, value < 0
    least = np.where(positive, np.maximum(value - allowed, 1), np.where(negative, value - allowed, 0))
    most = np.where(negative, np.minimum(value + allowed, -1), np.where(positive, value + allowed, 0))
    by_amount = np.argsort(value)
    first = _places(amounts, least, by_amount, "left")
    last = _places(amounts, most, by_amount, "right") - 1
    rank = _places(amounts, book.amount[source], np.argsort(book.amount[source]), "left")
    source_day, ledger_day = book.day[source] - base, book.day[ledger] - base
    owners = np.arange(len(ledger), dtype=np.int64)
    if not allowed.any():
        packed = (book.currency[source] * len(amounts) + rank) * span + source_day
        order = np.argsort(packed, kind="stable")
        start = (book.currency[ledger] * len(amounts) + first) * span
        ordered, asking = packed[order], np.argsort(start + ledger_day)
        low = _places(ordered, start + np.maximum(ledger_day - after, 0), asking, "left")
        high = _places(ordered, start + np.minimum(ledger_day + before, span - 1), asking, "right")
        return _nonempty(order, owners, low, high)
    packed = (book.currency[source] * span + source_day) * len(amounts) + rank
    order = np.argsort(packed, kind="stable")
    ordered = packed[order]
    start = (book.currency[ledger] * span + ledger_day) * len(amounts)
    asking = np.argsort(start + first)
    found = []
    for shift in range(-after, before + 1):  # no day but a ledger day's neighbours: base and span leave room for them
        low = _places(ordered, start + shift * len(amounts) + first, asking, "left")
        high = _places(ordered, start + shift * len(amounts) + last, asking, "right")
        found.append(_nonempty(order, owners, low, high)[1:])
    owner, low, high = (np.concatenate([part[at] for part in found]) for at in range(3))
    return order, owner, low, high


def _places(ordered: Ints, asked: Ints, asking: Ints, side: Literal["left", "right"]) -> Ints:
    """`np.searchsorted`, asked in ascending order (`asking`): several times as fast, as neighbours are in the cache."""
    found = np.empty(len(asked), dtype=np.int64)
    found[asking] = np.searchsorted(ordered, asked[asking], side)
    return found


def _nonempty(order: Ints, owner: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    some = high > low
    return order, owner[some], low[some], high[some]


def _interval_components(sources: int, ledgers: int, order: Ints, owner: Ints, low: Ints, high: Ints) -> Ints:
    """Component label of each node (source nodes first), without expanding the intervals."""
    cover = np.zeros(sources + 1, dtype=np.int64)
    np.add.at(cover, low, 1)
    np.add.at(cover, high - 1, -1)
    joined = np.flatnonzero(np.cumsum(cover)[: sources - 1] > 0)
    left = np.concatenate([order[low], order[joined]])
    right = np.concatenate([owner + sources, order[joined + 1]])
    return components(sources + ledgers, left, right)


def components(nodes: int, left: Ints, right: Ints) -> Ints:
    """Lowest node connected with each node.

    Each node points at a lower one of its component. Of two that an edge joins, the higher's end is made to point at
    the lower's, and all are led on to where their pointers end, until no edge joins two ends. (scipy's own is as quick,
    but it loads all of linear algebra.)
    """
    lowest = np.arange(nodes)
    while True:
        one, other = lowest[left], lowest[right]
        apart = one != other
        if not apart.any():
            return lowest
        left, right, one, other = left[apart], right[apart], one[apart], other[apart]
        np.minimum.at(lowest, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(further := lowest[lowest], lowest):
            lowest = further


def expand(order: Ints, owner: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """One (source node, ledger node) for each place of each interval."""
    counts = high - low
    starts = np.repeat(low - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) if len(counts) else low
    places = starts + np.arange(counts.sum(), dtype=np.int64)
    return order[places], np.repeat(owner, counts)
