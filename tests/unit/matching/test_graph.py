"""The candidate graph against every pair looked at one by one."""

from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.matching import graph as graphs
from awra_desk.matching.book import build
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.decisions import Decisions
from tests.unit.matching.builders import item, side

rows = st.lists(
    st.tuples(
        st.sampled_from([-500, -3, 0, 3, 5, 498, 500, 505, 9000]),
        st.sampled_from([None, 1, 4, 5, 6, 28]),
        st.sampled_from(["USD", "KES"]),
    ),
    max_size=9,
)


def items(prefix: str, drawn: list[tuple[int, int | None, str]]) -> list[dict[str, Any]]:
    return [
        item(f"{prefix}{number}", amount, day=day, currency=currency, description=f"{prefix} {number}")
        for number, (amount, day, currency) in enumerate(drawn)
    ]


def fits(one: dict[str, Any], other: dict[str, Any], config: MatchConfig) -> bool:
    """The gates, one by one."""
    if one["date"] is None or other["date"] is None or one["currency"] != other["currency"]:
        return False
    if np.sign(one["amount"]) != np.sign(other["amount"]):
        return False
    most = max(config.tolerance * 100, config.percent * abs(other["amount"]) / 100)
    lag = (other["date"] - one["date"]).days
    return bool(abs(one["amount"] - other["amount"]) <= most and -config.before_days <= lag <= config.after_days)


@given(
    source=rows,
    ledger=rows,
    tolerance=st.sampled_from(["0", "0.02", "5"]),
    percent=st.sampled_from(["0", "1"]),
    before=st.sampled_from([0, 1, 40]),
    after=st.sampled_from([0, 3, 40]),
)
def test_edges_are_exactly_the_pairs_that_pass_the_gates(
    source: Any, ledger: Any, tolerance: str, percent: str, before: int, after: int
) -> None:
    config = MatchConfig(tolerance=Decimal(tolerance), percent=Decimal(percent), before_days=before, after_days=after)
    ours, theirs = items("s", source), items("l", ledger)
    book, _ = build(side(ours), side(theirs), Decisions.none())
    graph = graphs.build(book, config)
    names = book.ids
    found = {
        (names[graph.source.first[left]], names[graph.ledger.first[right]])
        for left, right in zip(graph.left.tolist(), graph.right.tolist(), strict=True)
    }
    assert found == {(one["id"], other["id"]) for one in ours for other in theirs if fits(one, other, config)}
    assert len(found) == len(graph.left)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=15))
def test_components(edges: list[tuple[int, int]]) -> None:
    left, right = (np.array([edge[at] for edge in edges], dtype=np.int64) for at in (0, 1))
    labels = graphs.components(13, left, right).tolist()
    groups = [{node} for node in range(13)]
    for one, other in edges:
        first, second = (next(group for group in groups if node in group) for node in (one, other))
        if first is not second:
            groups.remove(second)
            first |= second
    assert labels == [min(next(group for group in groups if node in group)) for node in range(13)]


def test_a_component_too_large_for_edges_is_a_crowd() -> None:
    count = 500
    book, _ = build(
        side(item(f"s{n}", 1000, description=f"s {n}") for n in range(count)),
        side(item(f"l{n}", 1000, description=f"l {n}") for n in range(count)),
        Decisions.none(),
    )
    graph = graphs.build(book, MatchConfig())
    assert not len(graph.left)
    assert [(len(ours), len(theirs)) for ours, theirs in graph.crowds] == [(count, count)]
