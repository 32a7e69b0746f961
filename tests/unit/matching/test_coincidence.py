"""The coincidence formula, against a plain reading of it."""

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.matching.book import build
from awra_desk.matching.coincidence import Coincidence, trailing_zeros
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.decisions import Decisions
from tests.unit.matching.builders import item, side


def plain(amount: int, others: list[tuple[int, int]], day: int, window: tuple[int, int]) -> float:
    """The formula as the design words it. others: (amount, day) of the other side, the pair's own row included once."""
    count = sum(1 for _, when in others if day - window[0] <= when <= day + window[1])
    rest = list(others)
    rest.remove(next(pair for pair in others if pair[0] == amount))
    unit = 1
    while amount and amount % (unit * 10) == 0:
        unit *= 10
    near = [
        value
        for value, _ in rest
        if value * amount > 0 and 95 * abs(amount) <= 100 * abs(value) <= 105 * abs(amount) and value % unit == 0
    ]
    multiples = max(
        sum(1 for value in range(unit, abs(amount) * 2, unit) if 95 * abs(amount) <= 100 * value <= 105 * abs(amount)),
        1,
    )
    share = sum(1 for value, _ in rest if value == amount) / max(len(rest), 1)
    density = (len(near) + 1) / ((len(rest) + 1) * multiples)
    return 1 - (1 - max(share, density)) ** count


@given(
    source=st.lists(st.tuples(st.integers(-400, 400).filter(bool), st.integers(1, 28)), min_size=1, max_size=12),
    ledger=st.lists(st.tuples(st.integers(-400, 400).filter(bool), st.integers(1, 28)), min_size=1, max_size=12),
)
def test_against_a_plain_reading(source: list[tuple[int, int]], ledger: list[tuple[int, int]]) -> None:
    ledger = [*ledger, (source[0][0], source[0][1])]
    config = MatchConfig()
    book, _ = build(
        side(item(f"a{n:02d}", *pair[:1], day=pair[1]) for n, pair in enumerate(source)),
        side(item(f"x{n:02d}", *pair[:1], day=pair[1]) for n, pair in enumerate(ledger)),
        Decisions.none(),
    )
    rows = np.array([0]), np.array([len(source) + len(ledger) - 1])
    found = Coincidence(book, config).of_pairs(*rows)[0]
    amount, day = source[0]
    expected = max(plain(amount, ledger, day, (1, 3)), plain(amount, source, day, (3, 1)))
    assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize(("amount", "zeros"), [(1, 0), (10, 1), (1000, 3), (1010, 1), (0, 0), (-500, 2), (10**16, 16)])
def test_trailing_zeros(amount: int, zeros: int) -> None:
    assert trailing_zeros(np.array([amount]))[0] == zeros


def test_a_dense_book_turns_evidence_into_coincidence() -> None:
    def chance(count: int) -> float:
        start = date(2026, 1, 1)
        rows = [item(f"x{n:05d}", 480000 + n * 7, date=start + timedelta(days=n % 5)) for n in range(count)]
        rows.append(item("zz", 484723, date=start))
        book, _ = build(side([item("a", 484723, date=start)]), side(rows), Decisions.none())
        return float(Coincidence(book, MatchConfig()).of_pairs(np.array([0]), np.array([len(book) - 1]))[0])

    assert chance(1) < 0.001 < chance(3000)
