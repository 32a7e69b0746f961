"""Subset sums with a uniqueness certificate: how many subsets hit the target, and how many come near it.

Meet in the middle: all sums of two halves, sorted, joined by binary search; so the count is complete or the search is
not begun. Finding a
subset is easy, identifying *the* subset is not: whoever uses the result must look at `solutions`, `complete` and
    `near`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_SMALL = 10
_CHUNK = 2_000_000
_CHEAP = 2**21  # bits shifted
NEAR = 20  # sums within a twentieth (5 %) of the target count as near


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found.

    Attributes:
        members: places of one solution, ascending; empty where there is none.
        solutions: subsets found that sum to the target. complete: no other subset of allowed size does.
        near: subsets within 5 % of the target, the solutions included; not counted where there is no solution.
        candidates: size of the pool.
    """

    members: tuple[int, ...]
    solutions: int
    near: int
    complete: bool
    candidates: int


def search(amounts: Ints, target: int, *, max_members: int, steps: int) -> Search:
    """Subsets of two or more positive amounts, each below the target, that sum to it.

    Args:
        steps: work budget, in sums formed; what does not fit is searched only among "all but at most two".
    """
    if _none(amounts, target):
        return Search((), 0, 0, complete=True, candidates=len(amounts))
    half = (len(amounts) + 1) // 2
    if half > 40 or 2 ** (half + 1) > steps:
        return _all_but_two(amounts, target, max_members)
    left, left_sizes = sums(amounts[:half])
    right, right_sizes = sums(amounts[half:])
    order = np.argsort(right, kind="stable")
    ordered = right[order]
    first, last = np.searchsorted(ordered, target - left, "left"), np.searchsorted(ordered, target - left, "right")
    solutions = 0
    members: tuple[int, ...] = ()
    for place in np.flatnonzero(last > first).tolist():
        partners = order[first[place] : last[place]]
        sizes = left_sizes[place] + right_sizes[partners]
        fitting = partners[(sizes >= 2) & (sizes <= max_members)]
        if len(fitting) and not solutions:
            members = (*bits(place), *(half + bit for bit in bits(int(fitting.min()))))
        solutions += len(fitting)
    near = 0
    if solutions:
        low, high = target - target // NEAR, target + target // NEAR
        near = int(
            (np.searchsorted(ordered, high - left, "right") - np.searchsorted(ordered, low - left, "left")).sum()
        )
    return Search(members, solutions, near, complete=True, candidates=len(amounts))


def _none(amounts: Ints, target: int) -> bool:
    """Whether so few amounts fit into the target that no pair and no triple of them is it, and no more can be."""
    ordered = np.sort(amounts)
    most = int(np.searchsorted(np.cumsum(ordered), target, "right"))  # members at most
    if most < 2 or most > 3:
        return most < 2
    one, other = np.triu_indices(len(ordered), 1)
    pairs = ordered[one] + ordered[other]
    if (pairs == target).any():
        return False
    rest = target - pairs
    place = np.minimum(np.searchsorted(ordered, rest), len(ordered) - 1)
    return most < 3 or not bool((ordered[place] == rest).any())


def sums(amounts: Ints) -> tuple[Ints, Ints]:
    """Sum and size of every subset; the place's bits name the members."""
    if len(amounts) <= _SMALL:
        chosen, sizes = _subsets(len(amounts))
        return chosen @ amounts, sizes
    found, sizes = sums(amounts[:_SMALL])
    for amount in amounts[_SMALL:].tolist():
        found, sizes = np.concatenate([found, found + amount]), np.concatenate([sizes, sizes + 1])
    return found, sizes


@cache
def _subsets(count: int) -> tuple[Ints, Ints]:
    """Which members each subset holds, a row of zeros and ones each, and its size."""
    places = np.arange(2**count, dtype=np.int64)
    chosen = places[:, None] >> np.arange(count, dtype=np.int64) & 1
    return chosen, chosen.sum(axis=1)


def bits(number: int) -> tuple[int, ...]:
    """Places of the set bits, ascending."""
    return tuple(bit for bit in range(number.bit_length()) if number >> bit & 1)


def _all_but_two(amounts: Ints, target: int, max_members: int) -> Search:
    """The whole pool, or all but one or two of it; never complete."""
    count = len(amounts)
    gap = int(amounts.sum()) - target
    tried = 1 + count + count * (count - 1) // 2
    left_out: list[tuple[int, ...]] = []
    if gap == 0:
        left_out = [()]
    elif gap > 0:
        left_out = [(place,) for place in np.flatnonzero(amounts == gap).tolist()]
        order = np.argsort(amounts, kind="stable")
        ordered = amounts[order]
        first, last = np.searchsorted(ordered, gap - amounts, "left"), np.searchsorted(ordered, gap - amounts, "right")
        for place in np.flatnonzero(last > first).tolist():
            left_out += [(place, other) for other in order[first[place] : last[place]].tolist() if other > place]
    found = [
        tuple(place for place in range(count) if place not in out)
        for out in sorted(left_out)
        if 2 <= count - len(out) <= max_members
    ]
    return Search(found[0] if found else (), len(found), tried, complete=False, candidates=count)


def reachable(amounts: Ints, target: int) -> bool:
    """Whether any of the positive amounts sum to the target at all; True as well where finding out is no cheap work.

    Most pools hold no such sum, and this tells in a few operations on one long number: bit n stands for "n is left to
    find", and taking an amount away shifts it.
    """
    if len(amounts) * target > _CHEAP:
        return True
    left = 1 << target
    for amount in amounts.tolist():
        left |= left >> amount
    return bool(left & 1)


def promising(pools: tuple[Ints, Ints, Ints], targets: Ints, multiples: Ints, limit: float) -> NDArray[np.bool_]:
    """For each target whether its pool could hold a subset worth searching: two smaller amounts or more that reach it,
    and not so many subsets near it that hitting it says nothing.

    Args:
        pools: amounts, and where in them each target's pool begins and ends.
    """
    amounts, low, high = pools
    facts = np.zeros((3, len(targets)))
    lengths = high - low
    ends = np.cumsum(lengths)
    begin = 0
    while begin < len(targets):  # so many targets at a time that their pools fit into memory
        done = int(ends[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(ends, done + _CHUNK, "right")), begin + 1)
        part = slice(begin, end)
        owner = np.repeat(np.arange(end - begin), lengths[part])
        first = np.repeat(low[part] - np.concatenate([[0], np.cumsum(lengths[part])[:-1]]), lengths[part])
        values = amounts[first + np.arange(len(owner))]
        below = values < targets[part][owner]
        owner, sizes = owner[below], values[below].astype(np.float64)
        for at, weights in enumerate((None, sizes, sizes**2)):
            facts[at, part] = np.bincount(owner, weights, minlength=end - begin)
        begin = end
    count, total, squares = facts
    fit: NDArray[np.bool_] = (count >= 2) & (total * (1 + 1e-9) >= targets)
    return fit & ~_drowned(count, total, squares, targets, multiples, limit)


def _drowned(
    count: NDArray[np.float64],
    total: NDArray[np.float64],
    squares: NDArray[np.float64],
    target: Ints,
    multiples: Ints,
    limit: float,
) -> NDArray[np.bool_]:
    """A normal estimate of the subsets near the target, from number, sum and sum of squares of the amounts."""
    mean, deviation = total / 2, np.maximum(np.sqrt(squares) / 2, 1.0)
    width = np.maximum(np.minimum(target / 10 / deviation, 1.0), 1e-300)
    distance = np.maximum(np.abs(target - mean) - target / NEAR, 0.0) / deviation
    log_near = count * float(np.log(2)) + np.log(width * 0.4) - distance**2 / 2
    drowned: NDArray[np.bool_] = (count >= 16) & (log_near > np.log(np.maximum(multiples * limit * 20, 1.0)))
    return drowned
