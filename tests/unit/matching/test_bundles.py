"""Several rows that make up one: found without words or keys where one answer is more probable than all others."""

import itertools
import random
from typing import Any

import numpy as np
import pytest

from awra_desk.matching import bundles
from awra_desk.matching.bundle_fees import Fee, recurring
from awra_desk.matching.bundle_runs import Runs
from awra_desk.matching.bundle_sums import FULL, Sums
from awra_desk.matching.bundles import Bundles
from tests.unit.matching.builders import confirmed, item, run, suggested

Row = dict[str, Any]


def deposits(seed: int, out: int = 0, fee: int = 0) -> tuple[list[Row], list[Row], list[frozenset[str]]]:
    """Ten deposits of all receipts of a day each, `out` of which are left out, two days later; and what is true."""
    chance, source, ledger, truth = random.Random(seed), list[Row](), list[Row](), []
    for day in range(1, 11):
        rows = [item(f"r{day:02d}{at}", chance.randrange(1_000, 90_000), day=day) for at in range(7)]
        members = rows[out:]
        total = sum(row["amount"] for row in members)
        source.append(item(f"d{day:02d}", total - total * fee // 10_000, day=day + 2))
        ledger += rows
        truth.append(frozenset({f"s:d{day:02d}", *(f"l:{row['id']}" for row in members)}))
    return source, ledger, truth


@pytest.mark.parametrize("out", [0, 1, 2])
def test_a_whole_window_less_at_most_two_rows_is_proposed(out: int) -> None:
    source, ledger, truth = deposits(3, out)
    result = run(source, ledger)
    assert {*suggested(result), *confirmed(result)} == set(truth)


def test_a_whole_window_is_confirmed_with_its_certificate_only() -> None:
    rows = [item(f"r{at}", amount, day=5) for at, amount in enumerate((104_711, 25_813, 391_907, 7_919))]
    whole = item("d", sum(row["amount"] for row in rows[:3]), day=5)
    result = run([whole], rows)
    assert confirmed(result) == {frozenset({"s:d", "l:r0", "l:r1", "l:r2"})}
    assert '"solutions":1,"subsets":1' in result.members["explanation"][0]
    assert not confirmed(run([whole], rows, search_steps=1)), "without a complete count nothing is certain"
    twin = item("r9", 104_711, day=5)
    assert not confirmed(run([whole], [*rows, twin])), "two answers are none"


def test_a_fee_that_comes_again_and_again_is_learned() -> None:
    source, ledger, truth = deposits(4, fee=250)
    result = run(source, ledger)
    assert set(suggested(result)) == set(truth)
    assert set(suggested(result).values()) == {"AMOUNT_DIFFERENCE"}
    assert "less a fee of 2.5 %" in result.members["explanation"][0]


def test_what_adds_up_by_accident_is_not_proposed() -> None:
    chance = random.Random(5)
    source = [item(f"s{at:02d}", chance.randrange(50_000, 300_000), day=chance.randrange(1, 9)) for at in range(12)]
    ledger = [item(f"l{at:02d}", chance.randrange(1_000, 90_000), day=chance.randrange(1, 9)) for at in range(60)]
    assert not suggested(run(source, ledger))


def test_the_order_of_rows_decides_nothing() -> None:
    source, ledger, _ = deposits(6, 1)
    assert run(source, ledger).digest == run(source[::-1], ledger[::-1]).digest


def test_rows_outside_the_window_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "LEAST", 0)
    source, ledger, truth = deposits(3, 1)
    more = [item(f"m{at:02d}", 7_001 + 1_013 * at, day=31) for at in range(60)]
    assert set(truth) <= {*suggested(run(source, ledger)), *confirmed(run(source, ledger))}
    assert set(truth) <= {*suggested(run(source, ledger + more)), *confirmed(run(source, ledger + more))}


def test_a_side_is_tried_on_totals_of_all_pools() -> None:
    near = [(target, np.arange(target)) for target in range(730)]
    tried = bundles._trial_first(near)
    assert sorted(target for target, _ in tried) == list(range(730))
    first = np.array([target for target, _ in tried[: bundles.TRIAL]])
    assert abs(first.mean() - 365) < 30, "not the small ones alone"


def test_no_row_is_in_two_suggestions_and_none_that_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Bundles] = []
    kept = Bundles.run
    monkeypatch.setattr(Bundles, "run", lambda self, reach: (seen.append(self), kept(self, reach))[1])
    source, ledger, _ = deposits(7, 2)
    rows = [row for members in suggested(run(source, ledger)) for row in members]
    assert len(rows) == len(set(rows))
    assert seen[0].taken.sum() > 0


@pytest.mark.parametrize("count", [2, 9, FULL, FULL + 1, 34])
def test_every_subset_of_bearable_size_is_found(count: int) -> None:
    chance = np.random.default_rng(count)
    amounts = chance.integers(1_000, 900_000, count)
    total = int(amounts[: min(count, 4)].sum())
    sums = Sums(amounts)
    found, crowded = sums.of(total)
    sizes = range(2, min(sums.most, 4) + 1)
    every = [held for size in sizes for held in itertools.combinations(range(count), size)]
    assert not crowded
    assert sorted(held for held in found if len(held) <= 4) == sorted(
        held for held in every if amounts[list(held)].sum() == total
    )


def test_too_many_answers_are_said_to_be() -> None:
    found, crowded = Sums(np.full(30, 500)).of(1_500)
    assert (found, 3 in crowded) == ([], True)


def test_runs_leave_out_up_to_two_rows() -> None:
    runs = Runs(np.array([100, 230, 340, 570, 810]), np.array([1, 1, 2, 2, 3]))
    assert {run.places for run in runs.of(100 + 340 + 570)} == {(0, 2, 3)}
    assert {run.places for run in runs.of(340 + 570)} == {(2, 3)}
    assert not list(runs.of(2_050 - 100 - 230 - 340 + 1))


@pytest.mark.parametrize("fee", [Fee(290, 0, False, 0), Fee(0, 1_500, False, 0), Fee(150, 20, True, 0)])
def test_a_fee_is_told_from_differences(fee: Fee) -> None:
    chance = np.random.default_rng(fee.rate)
    gross, rows = chance.integers(30_000, 900_000, 60), chance.integers(2, 20, 60)
    total = np.where(np.arange(60) < 12, gross - fee.of(gross, rows), gross - chance.integers(1, 3_000, 60))
    found = recurring(total, gross, rows)
    assert found
    assert (found.rate, found.fixed, found.each) == (fee.rate, fee.fixed, fee.each)
    assert recurring(total[12:], gross[12:], rows[12:]) is None
    if not fee.each:
        assert all(gross[at] in dict(found.gross(int(total[at]))) for at in range(12))
