"""Ties: one suggested group where all fit all, pairs that nothing equals or open rows where they only form a chain."""

import json
import random
from decimal import Decimal

import numpy as np
import pytest

from awra_desk.matching import graph as graphs
from awra_desk.matching.ties import ties
from tests.unit.matching.builders import item, left_open, pair, run, suggested

CHAIN = [item("a", 10_000), item("b", 10_110)], [item("x", 10_020), item("y", 10_125)]  # a fits x only, b fits both
WIDE = Decimal("1.00")


@pytest.fixture(params=[False, True], ids=["edges", "crowd"])
def crowded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of components with too many edges to look at."""
    if request.param:
        monkeypatch.setattr(graphs, "MAX_EDGES", 1)


@pytest.mark.usefixtures("crowded")
def test_of_a_chain_the_best_pairs_are_shown_and_name_their_rivals() -> None:
    result = run(*CHAIN, tolerance=WIDE)
    assert suggested(result) == {pair("a", "x"): "AMBIGUOUS", pair("b", "y"): "AMBIGUOUS"}
    told = [json.loads(text) for text in result.members["explanation"].tolist()]
    assert all(facts["blocks"] == ["rivals"] and facts["rivals"] for facts in told)


@pytest.mark.usefixtures("crowded")
def test_of_a_chain_of_equals_nothing_is_picked() -> None:
    source = [item("a", 10_000), item("b", 10_160)]
    ledger = [item("x", 10_080), item("y", 10_240)]
    result = run(source, ledger, tolerance=WIDE)
    assert not suggested(result)
    assert left_open(result) == dict.fromkeys(("s:a", "s:b", "l:x", "l:y"), "AMBIGUOUS")


def test_a_whole_tie_is_one_group() -> None:
    result = run([item("a", 10_000), item("b", 10_010)], [item("x", 10_020), item("y", 10_005)], tolerance=WIDE)
    assert suggested(result) == {frozenset({"s:a", "s:b", "l:x", "l:y"}): "AMBIGUOUS"}


def test_everything_is_shown_or_named_as_left() -> None:
    edges = np.array([(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)])
    score = np.array([0.50, 0.49, 0.50, 0.50, 0.50])
    shown, left = ties(edges[:, 0], edges[:, 1], score, 0.05)
    held = {node for tie in shown for at in tie.edges for node in (f"l{edges[at, 0]}", f"r{edges[at, 1]}")}
    assert held | {f"l{node}" for node in left[0]} | {f"r{node}" for node in left[1]} == {
        f"{side}{node}" for side in "lr" for node in range(3)
    }
    assert [tie.edges for tie in shown] == [[0]]


@pytest.mark.usefixtures("crowded")
@pytest.mark.parametrize("seed", range(4))
def test_no_suggestion_joins_rows_outside_the_gates(seed: int) -> None:
    chance = random.Random(seed)
    source = [item(f"s{at}", chance.randrange(10_000, 11_500), day=chance.randrange(3, 9)) for at in range(40)]
    ledger = [item(f"l{at}", chance.randrange(10_000, 11_500), day=chance.randrange(3, 9)) for at in range(40)]
    rows = {f"s:{row['id']}": row for row in source} | {f"l:{row['id']}": row for row in ledger}
    result = run(source, ledger, tolerance=WIDE)
    groups = suggested(result)
    assert groups
    for members in groups:
        ours, theirs = ([rows[name] for name in members if name.startswith(side)] for side in ("s:", "l:"))
        for one in ours:
            for other in theirs:
                assert abs(one["amount"] - other["amount"]) <= 100
                assert -1 <= (other["date"] - one["date"]).days <= 3
    assert result.digest == run(source[::-1], ledger[::-1], tolerance=WIDE).digest
