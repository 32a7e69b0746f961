"""Components of the candidate graph that have too many edges to look at: whether they are one tie, and else the nearest
candidates of each row in them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import gates
from awra_desk.matching import graph as graphs
from awra_desk.matching.book import Book
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.graph import Graph

Ints = NDArray[np.int64]

NEAREST = 3  # candidates kept below and above a row in each of its intervals
MOST = 2_000_000  # edges of one crowd; with more intervals than that the nearest only


def whole(book: Book, config: MatchConfig, graph: Graph, ours: Ints, theirs: Ints) -> bool:
    """Whether every node of one side could meet every node of the other."""
    _, _, low, high = graphs.intervals(book, config, graph.source.first[ours], graph.ledger.first[theirs])
    return int((high - low).sum()) == len(ours) * len(theirs)


def thinned(book: Book, config: MatchConfig, graph: Graph, ours: Ints, theirs: Ints) -> Graph:
    """The graph of these nodes with the nearest candidates of each ledger node only: in amount on each day, or in days
    where amounts must be exact.
    """
    source, ledger = graph.source.first[ours], graph.ledger.first[theirs]
    if not len(source) or not len(ledger):
        return replace(graph, left=ours[:0], right=theirs[:0], component=ours[:0], crowds=[])
    order, owner, low, high = graphs.intervals(book, config, source, ledger)
    exact = not gates.allowed(book, config, ledger).any()
    values = (book.day if exact else book.amount)[source[order]]
    place = _places(values, low, high, (book.day if exact else book.amount)[ledger[owner]])
    reach = min(NEAREST, max(MOST // (2 * max(len(owner), 1)), 1))
    low, high = np.maximum(low, place - reach), np.minimum(high, place + reach)
    left, right = graphs.expand(order, owner, low, high)
    left, right = ours[left], theirs[right]
    allowed = ~book.pairs_refused(graph.source.first[left], graph.ledger.first[right])
    left, right = left[allowed], right[allowed]
    nodes = len(graph.source.first)
    component = graphs.components(nodes + len(graph.ledger.first), left, right + nodes)[left]
    return replace(graph, left=left, right=right, component=component, crowds=[])


def _places(values: Ints, low: Ints, high: Ints, wanted: Ints) -> Ints:
    """Where in [low, high) of the values, ascending in there, each wanted one would stand."""
    low, high = low.copy(), high.copy()
    while (asking := low < high).any():
        middle = (low + high) // 2
        less = asking & (values[np.minimum(middle, len(values) - 1)] < wanted)
        low = np.where(less, middle + 1, low)
        high = np.where(asking & ~less, middle, high)
    return low
