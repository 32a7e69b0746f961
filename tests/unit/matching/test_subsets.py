"""Subset search against all possibilities."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.matching.subsets import reachable, search

BUDGET = 5_000_000


def plain(amounts: list[int], target: int, most: int) -> list[tuple[int, ...]]:
    return [
        chosen
        for size in range(2, most + 1)
        for chosen in combinations(range(len(amounts)), size)
        if sum(amounts[place] for place in chosen) == target
    ]


@given(
    amounts=st.lists(st.integers(1, 60), min_size=2, max_size=9),
    target=st.integers(2, 200),
    most=st.integers(2, 9),
)
def test_counts_every_subset(amounts: list[int], target: int, most: int) -> None:
    amounts = [amount for amount in amounts if amount < target] or [1, 1]
    found = search(np.array(amounts), target, max_members=most, steps=BUDGET)
    expected = plain(amounts, target, most)
    assert found.complete
    assert found.solutions == len(expected)
    assert (found.members in expected) if expected else not found.members


@given(amounts=st.lists(st.integers(1, 60), min_size=2, max_size=9), target=st.integers(2, 200))
def test_near_counts_what_comes_within_a_twentieth(amounts: list[int], target: int) -> None:
    low, high = target - target // 20, target + target // 20
    sums = [sum(chosen) for size in range(len(amounts) + 1) for chosen in combinations(amounts, size)]
    found = search(np.array(amounts), target, max_members=60, steps=BUDGET)
    near = sum(1 for value in sums if low <= value <= high)
    assert found.near == (near if found.solutions else 0)


def test_beyond_its_budget_it_looks_at_all_but_two_and_says_so() -> None:
    amounts = np.arange(101, 141)
    found = search(amounts, int(amounts.sum()) - 101 - 140, max_members=60, steps=100)
    assert not found.complete
    assert found.solutions > 1
    assert amounts[list(found.members)].sum() == amounts.sum() - 241


def test_large_sets_are_not_for_search() -> None:
    amounts = np.arange(101, 141)
    assert not search(amounts, int(amounts.sum()), max_members=39, steps=100).members
    assert search(amounts, int(amounts.sum()), max_members=40, steps=100).members


@given(amounts=st.lists(st.integers(1, 40), max_size=8), target=st.integers(1, 150))
def test_reachable_is_what_some_subset_sums_to(amounts: list[int], target: int) -> None:
    sums = {sum(chosen) for size in range(1, len(amounts) + 1) for chosen in combinations(amounts, size)}
    assert reachable(np.array(amounts, dtype=np.int64), target) == (target in sums)


def test_what_is_no_cheap_work_may_be_reachable() -> None:
    assert reachable(np.array([10**7, 10**7 + 1], dtype=np.int64), 10**9)
