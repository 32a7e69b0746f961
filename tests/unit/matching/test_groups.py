"""Groups by key and by search."""

from decimal import Decimal
from typing import Any

from tests.unit.matching.builders import confirmed, item, left_open, pair, run, suggested


def test_instalments_of_one_reference_meet_their_invoice() -> None:
    result = run(
        [item("a", 6000, "INV-1001", day=4), item("b", 4000, "INV-1001", day=6)], [item("x", 10000, "INV-1001")]
    )
    assert confirmed(result) == {frozenset({"s:a", "s:b", "l:x"})}
    assert set(result.members["shape"].tolist()) == {"N:1"}


def test_date_gates_apply_to_groups_by_reference() -> None:
    for day in (1, 7, None):
        result = run(
            [item("a", 6000, "INV-1001"), item("b", 4000, "INV-1001", day=day)], [item("x", 10000, "INV-1001")]
        )
        assert not confirmed(result)
        assert suggested(result) == {frozenset({"s:a", "s:b", "l:x"}): "AMBIGUOUS"}


def test_a_sum_within_tolerance_still_belongs_together() -> None:
    sides = [item("a", 10000, "INV-1001")], [item("x", 6000, "INV-1001"), item("y", 4003, "INV-1001")]
    assert not confirmed(run(*sides))
    assert len(confirmed(run(*sides, tolerance=Decimal("0.05")))) == 1


def test_a_reference_whose_sums_differ_is_suggested() -> None:
    result = run([item("a", 6000, "INV-1001"), item("b", 4000, "INV-1001")], [item("x", 11000, "INV-1001")])
    assert suggested(result) == {frozenset({"s:a", "s:b", "l:x"}): "AMOUNT_DIFFERENCE"}


def test_partial_leaves_the_residual_on_the_larger_row() -> None:
    result = run(
        [item("a", 6000, "INV-1001"), item("b", 3000, "INV-1001")], [item("x", 10000, "INV-1001")], partial=True
    )
    assert confirmed(result) == {frozenset({"s:a", "s:b", "l:x"})}
    assert left_open(result) == {"l:x": "PARTIAL"}
    assert result.open["amount_open"].tolist() == [1000]


def test_the_same_amounts_on_both_sides_pair_up() -> None:
    result = run(
        [item("a", 6000, "INV-1001"), item("b", 4000, "INV-1001")],
        [item("x", 4000, "INV-1001", day=8), item("y", 6000, "INV-1001")],
    )
    assert confirmed(result) == {pair("a", "y"), pair("b", "x")}


def test_many_to_many_by_reference_is_exact() -> None:
    result = run(
        [item("a", 6000, "INV-1001"), item("b", 4000, "INV-1001")],
        [item("x", 7000, "INV-1001"), item("y", 3000, "INV-1001")],
    )
    assert confirmed(result) == {frozenset({"s:a", "s:b", "l:x", "l:y"})}
    assert set(result.members["shape"].tolist()) == {"N:M"}


def test_net_instead_of_gross_is_no_group() -> None:
    result = run([item("a", 10000, "ch_1AbC"), item("f", -320, "ch_1AbC")], [item("x", 9680, "ch_1AbC")])
    assert not confirmed(result)
    assert suggested(result) == {pair("a", "x"): "AMOUNT_DIFFERENCE"}


FEE = {"channel": "stripe-fees"}


def test_a_days_fees_meet_their_daily_line() -> None:
    fees = [item(f"f{n}", -(100 + n), day=5, **FEE) for n in range(5)]
    result = run([*fees, item("next", -90, day=6, **FEE)], [item("x", -510, day=5, **FEE)])
    assert confirmed(result) == {frozenset({*(f"s:f{n}" for n in range(5)), "l:x"})}


def test_an_incomplete_day_is_suggested() -> None:
    result = run([item("f", -100, **FEE), item("g", -101, **FEE)], [item("x", -250, **FEE)])
    assert suggested(result) == {frozenset({"s:f", "s:g", "l:x"}): "AMOUNT_DIFFERENCE"}


def test_a_day_booked_twice_is_a_duplicate() -> None:
    result = run([item("f", -100, **FEE), item("g", -101, **FEE)], [item("x", -201, **FEE), item("y", -201, **FEE)])
    assert not confirmed(result)
    assert suggested(result) == {frozenset({"s:f", "s:g", "l:x", "l:y"}): "DUPLICATE"}


def test_another_channel_does_not_join() -> None:
    assert not confirmed(run([item("f", -100, **FEE), item("g", -101, **FEE)], [item("x", -201, channel="tips")]))


def test_a_search_confirms_with_a_certificate() -> None:
    source = [item("a", 120513), item("b", 75231), item("c", 310177), item("d", 999999)]
    result = run(source, [item("x", 120513 + 75231 + 310177)])
    assert confirmed(result) == {frozenset({"s:a", "s:b", "s:c", "l:x"})}
    assert '"solutions":1' in result.members["explanation"][0]


def test_a_search_works_the_other_way_round() -> None:
    result = run([item("x", 505921)], [item("a", 120513), item("b", 75231), item("c", 310177)])
    assert set(result.members["shape"].tolist()) == {"1:N"}
    assert len(confirmed(result)) == 1


def test_members_share_the_targets_sign_and_window() -> None:
    late = run([item("a", 120513), item("b", 385408, day=20)], [item("x", 505921)])
    mixed = run([item("a", 605921), item("b", -100000)], [item("x", 505921)])
    assert not confirmed(late)
    assert not confirmed(mixed)


def test_two_answers_are_no_answer() -> None:
    source = [item("a", 100000), item("b", 405921), item("c", 200000), item("d", 305921)]
    result = run(source, [item("x", 505921)])
    assert not confirmed(result)


def test_a_spent_budget_makes_a_suggestion() -> None:
    sides = [item("a", 120513), item("b", 75231), item("c", 310177)], [item("x", 505921)]
    result = run(*sides, search_steps=1)
    assert not confirmed(result)
    assert suggested(result) == {frozenset({"s:a", "s:b", "s:c", "l:x"}): "AMBIGUOUS"}


def test_more_members_than_allowed_are_not_searched() -> None:
    sides = [item("a", 120513), item("b", 75231), item("c", 310177)], [item("x", 505921)]
    assert not confirmed(run(*sides, max_members=2))


def test_a_single_exact_candidate_beats_a_covering_set() -> None:
    result = run([item("a", 120513), item("b", 385408), item("c", 505921)], [item("x", 505921)])
    assert confirmed(result) == {pair("c", "x")}


def test_a_coincidental_sum_among_many_is_not_confirmed() -> None:
    source = [item(f"a{n:02d}", 1000 + 137 * n) for n in range(24)]
    target = sum(1000 + 137 * n for n in range(4, 9))
    assert not confirmed(run(source, [item("x", target)]))


def test_rows_of_two_finds_are_confirmed_by_neither() -> None:
    source = [item("a", 120513), item("b", 385408), item("c", 385409)]
    result = run(source, [item("x", 505921), item("y", 505922)])
    assert not confirmed(result)


def till(name: str, amount: int, day: int) -> dict[str, Any]:
    return item(name, amount, day=day, channel="till 1")


def test_a_days_channel_is_not_summed_by_a_row_that_another_day_claims_too() -> None:
    source = [till("a", 1000, 5), till("b", 2000, 5)]
    ledger = [till("x", 3000, 5), till("y", 3000, 6)]
    assert confirmed(run(source, ledger[:1])) == {frozenset({"s:a", "s:b", "l:x"})}
    result = run(source, ledger)
    assert not confirmed(result)
    assert suggested(result)[frozenset({"s:a", "s:b", "l:x"})] == "AMBIGUOUS"
    assert not confirmed(run(ledger, source))
    assert confirmed(run(source, [ledger[0], till("y", 3000, 20)])) == {frozenset({"s:a", "s:b", "l:x"})}


def test_days_of_one_channel_may_have_the_same_total() -> None:
    source = [till("a", 1000, 5), till("b", 2000, 5), till("c", 1100, 6), till("d", 1900, 6)]
    result = run(source, [till("x", 3000, 5), till("y", 3000, 6)])
    assert confirmed(result) == {frozenset({"s:a", "s:b", "l:x"}), frozenset({"s:c", "s:d", "l:y"})}
