"""Amount and date alone: exact, alone within the gates, and no coincidence."""

from decimal import Decimal

import pytest

from tests.unit.matching.builders import confirmed, item, left_open, pair, run, suggested


def test_a_rare_amount_alone_confirms() -> None:
    assert confirmed(run([item("a", 484723)], [item("x", 484723)])) == {pair("a", "x")}


def test_a_round_amount_does_not() -> None:
    result = run([item("a", 100000)], [item("x", 100000)])
    assert not confirmed(result)
    assert suggested(result) == {pair("a", "x"): "AMBIGUOUS"}


@pytest.mark.parametrize(("lag", "inside"), [(-2, False), (-1, True), (0, True), (3, True), (4, False)])
def test_the_date_window_is_inclusive_and_asymmetric(lag: int, inside: bool) -> None:
    result = run([item("a", 484723, day=10)], [item("x", 484723, day=10 + lag)])
    assert (confirmed(result) == {pair("a", "x")}) is inside
    assert bool(result.open["id"].tolist()) is not inside


def test_a_blank_date_passes_no_gate() -> None:
    result = run([item("a", 484723, day=None)], [item("x", 484723)])
    assert not confirmed(result)
    assert not suggested(result)
    assert result.open["failed_gate"].tolist() == ["date", "date"]


def test_every_other_row_within_the_gates_is_a_rival() -> None:
    result = run([item("a", 484723)], [item("x", 484723, day=5), item("y", 484723, day=6)])
    assert not confirmed(result)
    assert suggested(result) == {frozenset({"s:a", "l:x", "l:y"}): "AMBIGUOUS"}


def test_a_rival_outside_the_margin_still_stops_the_confirmation() -> None:
    result = run([item("a", 484723)], [item("x", 484723, day=5), item("y", 484723, day=8)])
    assert not confirmed(result)
    assert suggested(result) == {pair("a", "x"): "AMBIGUOUS"}
    assert left_open(result) == {"l:y": "MISSING_IN_SOURCE"}


def test_a_rival_within_tolerance_counts_too() -> None:
    settings = {"tolerance": Decimal("0.05")}
    result = run([item("a", 484723)], [item("x", 484723), item("y", 484720)], **settings)
    assert not confirmed(result)
    assert pair("a", "x") in suggested(result)


def test_within_tolerance_but_not_exact_is_a_suggestion() -> None:
    result = run([item("a", 484723)], [item("x", 484720)], tolerance=Decimal("0.05"))
    assert not confirmed(result)
    assert suggested(result) == {pair("a", "x"): "AMOUNT_DIFFERENCE"}


def test_signs_must_agree_even_inside_a_wide_tolerance() -> None:
    result = run([item("a", 3)], [item("x", -3)], tolerance=Decimal(1))
    assert not confirmed(result)
    assert not suggested(result)


@pytest.mark.parametrize("count", [2, 3, 40])
def test_twins_in_equal_numbers_match_pairwise_on_the_evidence_of_one_pair(count: int) -> None:
    source = [item(f"a{n:02d}", 484723, description="espresso machine") for n in range(count)]
    ledger = [item(f"x{n:02d}", 484723, description="sale") for n in range(count)]
    assert confirmed(run(source, ledger)) == {pair(f"a{n:02d}", f"x{n:02d}") for n in range(count)}
    cheap = run([row | {"amount": 100000} for row in source], [row | {"amount": 100000} for row in ledger])
    assert not confirmed(cheap)
    assert len(suggested(cheap)) == count


def test_twins_in_unequal_numbers_are_one_suggestion() -> None:
    result = run([item("a", 484723), item("b", 484723)], [item("x", 484723)])
    assert not confirmed(result)
    assert suggested(result) == {frozenset({"s:a", "s:b", "l:x"}): "DUPLICATE"}


def test_hard_identifiers_that_disagree_stop_it() -> None:
    result = run([item("a", 484723, "ch_1AAAA")], [item("x", 484723, "ch_2BBBB")])
    assert not confirmed(result)
    assert suggested(result) == {pair("a", "x"): "AMBIGUOUS"}


def test_identifiers_of_different_namespaces_say_nothing() -> None:
    assert confirmed(run([item("a", 484723, "ch_1AAAA")], [item("x", 484723, "po_2BBBB")])) == {pair("a", "x")}


def test_other_numbers_of_a_scheme_both_sides_use_disagree() -> None:
    shared = [item(f"k{n}", 700 + n, f"INV-{n:05d}") for n in range(5)]
    source = [*shared, item("a", 484723, "INV-70001")]
    ledger = [*shared, item("x", 484723, "INV-90002")]
    assert pair("a", "x") not in confirmed(run(source, ledger))
    assert pair("a", "x") in confirmed(run(source[5:], ledger[5:]))


def test_a_repeated_id_is_a_rival_but_never_a_member() -> None:
    import numpy as np

    from awra_desk.matching import MatchConfig, match
    from tests.unit.matching.builders import side

    source = side([item("a", 484723), item("a#2", 484723)]).with_columns(repeated=np.array([0, 1]))
    result = match(source, side([item("x", 484723)]), MatchConfig())
    assert not confirmed(result)
    assert suggested(result) == {pair("a", "x"): "AMBIGUOUS"}
    assert left_open(result) == {"s:a#2": "DUPLICATE_ID"}


def test_the_pass_can_be_switched_off() -> None:
    assert not confirmed(run([item("a", 484723)], [item("x", 484723)], passes=("keys",)))


@pytest.mark.parametrize("tolerance", ["0", "0.05"])
def test_a_very_wide_window_is_no_burden(tolerance: str) -> None:
    result = run(
        [item("a", 484723, day=1)],
        [item("x", 484723, day=28)],
        before_days=36_525,
        after_days=36_525,
        tolerance=Decimal(tolerance),
    )
    assert confirmed(result) == {pair("a", "x")}
