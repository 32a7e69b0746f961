"""Global assignment against all possibilities."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.matching.assignment import assign

edges = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 4)),
    st.integers(1, 20).map(lambda step: step / 20),
    min_size=1,
    max_size=10,
)


def best(weights: dict[tuple[int, int], float]) -> tuple[float, int, int]:
    """Highest total, most pairs, least squared distance of ranks, over every set of disjoint edges."""
    left = {node: rank for rank, node in enumerate(sorted({one for one, _ in weights}))}
    right = {node: rank for rank, node in enumerate(sorted({other for _, other in weights}))}
    found = []
    for size in range(len(weights) + 1):
        for chosen in combinations(weights, size):
            if len({one for one, _ in chosen}) == len({other for _, other in chosen}) == size:
                distance = sum((left[one] - right[other]) ** 2 for one, other in chosen)
                found.append((round(sum(weights[edge] for edge in chosen), 4), size, -distance))
    return max(found)


@given(edges)
def test_no_other_assignment_is_better(weights: dict[tuple[int, int], float]) -> None:
    ordered = sorted(weights)
    left, right = (np.array([edge[at] for edge in ordered]) for at in (0, 1))
    score = np.array([weights[edge] for edge in ordered])
    chosen = [ordered[place] for place in assign(left, right, score).tolist()]
    ranks = [{node: rank for rank, node in enumerate(sorted({edge[at] for edge in ordered}))} for at in (0, 1)]
    distance = sum((ranks[0][one] - ranks[1][other]) ** 2 for one, other in chosen)
    assert len({one for one, _ in chosen}) == len({other for _, other in chosen}) == len(chosen)
    assert (round(sum(weights[edge] for edge in chosen), 4), len(chosen), -distance) == best(weights)


def test_a_large_tied_component_pairs_everyone() -> None:
    left, right = (grid.ravel() for grid in np.meshgrid(np.arange(120), np.arange(120), indexing="ij"))
    chosen = assign(left, right, np.full(len(left), 0.7))
    assert left[chosen].tolist() == right[chosen].tolist() == list(range(120))
