"""The keys pass: what a shared reference confirms, and what it only suggests."""

from decimal import Decimal

import pytest

from awra_desk.matching import Decisions
from tests.unit.matching.builders import confirmed, item, left_open, pair, run, suggested


def test_a_unique_reference_confirms_whatever_the_dates() -> None:
    result = run([item("a", 1000, "INV-1001", day=1)], [item("x", 1000, "inv 1001", day=28)])
    assert confirmed(result) == {pair("a", "x")}
    assert result.members["score"].tolist() == [1.0, 1.0]
    assert result.members["rule"].tolist() == ["keys", "keys"]


def test_a_missing_date_does_not_matter_to_a_key() -> None:
    assert confirmed(run([item("a", 1000, "INV-1001", day=None)], [item("x", 1000, "INV-1001")])) == {pair("a", "x")}


def test_amounts_outside_tolerance_are_suggested() -> None:
    result = run([item("a", 1000, "INV-1001")], [item("x", 1010, "INV-1001")])
    assert not confirmed(result)
    assert suggested(result) == {pair("a", "x"): "AMOUNT_DIFFERENCE"}


@pytest.mark.parametrize(("ledger", "sure"), [(1005, True), (1006, False), (995, True), (994, False)])
def test_tolerance_is_inclusive_both_ways(ledger: int, sure: bool) -> None:
    result = run([item("a", 1000, "INV-1001")], [item("x", ledger, "INV-1001")], tolerance=Decimal("0.05"))
    assert bool(confirmed(result)) is sure


@pytest.mark.parametrize(
    ("source", "ledger", "sure"), [(10050, 10000, True), (10051, 10000, False), (10000, 10050, True)]
)
def test_percentage_is_a_share_of_the_ledger_amount(source: int, ledger: int, sure: bool) -> None:
    result = run([item("a", source, "INV-1001")], [item("x", ledger, "INV-1001")], percent=Decimal("0.5"))
    assert bool(confirmed(result)) is sure


def test_tolerance_by_currency_and_the_larger_allows() -> None:
    settings = {"tolerance_by_currency": {"UGX": Decimal(1)}, "percent": Decimal("0.001")}
    pairs = [item("a", 500, "INV-1001", currency="UGX")], [item("x", 501, "INV-1001", currency="UGX")]
    assert confirmed(run(*pairs, **settings)) == {pair("a", "x")}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"currency": "EUR"}, "CURRENCY_MISMATCH"),
        ({"currency": ""}, "CURRENCY_MISMATCH"),
        ({"amount": -1000}, "AMOUNT_DIFFERENCE"),
    ],
)
def test_another_currency_or_sign_is_suggested(more: dict[str, object], reason: str) -> None:
    result = run([item("a", 1000, "INV-1001")], [item("x", 1000, "INV-1001") | more])
    assert not confirmed(result)
    assert suggested(result) == {pair("a", "x"): reason}


def test_uniqueness_counts_by_sign() -> None:
    result = run(
        [item("a", 1000, "ORD-1001"), item("b", -1000, "ORD-1001")],
        [item("x", 1000, "ORD-1001"), item("y", -1000, "ORD-1001")],
    )
    assert confirmed(result) == {pair("a", "x"), pair("b", "y")}


def test_a_key_in_a_text_confirms() -> None:
    result = run([item("a", 1000, "ORD-1001")], [item("x", 1000, description="Payment ORD 1001 thanks")])
    assert confirmed(result) == {pair("a", "x")}
    assert set(result.members["score"].tolist()) == {0.98}


def test_a_reference_outranks_the_same_key_in_a_text() -> None:
    result = run(
        [item("a", 1000, "ORD-1001"), item("b", 1000, description="refund of ORD-1001", day=20)],
        [item("x", 1000, "ORD-1001")],
    )
    assert confirmed(result) == {pair("a", "x")}
    assert left_open(result) == {"s:b": "MISSING_IN_LEDGER"}


def test_a_word_of_many_matched_rows_is_no_key_for_the_last_two() -> None:
    beans = "coffee beans 250g"
    source = [item(f"a{n}", 1800, f"ORD-{n:04d}", description=beans) for n in range(20)]
    ledger = [item(f"x{n}", 1800, f"ORD-{n:04d}", description=beans) for n in range(20)]
    result = run(
        [*source, item("lost", 1800, description=beans)], [*ledger, item("stray", 1800, description=beans, day=25)]
    )
    assert pair("lost", "stray") not in confirmed(result)
    assert len(confirmed(result)) == 20


def test_identical_twins_in_equal_numbers_match_pairwise() -> None:
    result = run(
        [item("a", 500, "ORD-1001"), item("b", 500, "ORD-1001")],
        [item("x", 500, "ORD-1001"), item("y", 500, "ORD-1001")],
    )
    assert confirmed(result) == {pair("a", "x"), pair("b", "y")}


def test_twins_in_unequal_numbers_are_one_suggestion() -> None:
    result = run([item("a", 500, "ORD-1001"), item("b", 500, "ORD-1001")], [item("x", 500, "ORD-1001")])
    assert not confirmed(result)
    assert suggested(result) == {frozenset({"s:a", "s:b", "l:x"}): "DUPLICATE"}


def test_an_entry_doubled_on_another_day_is_a_duplicate() -> None:
    result = run(
        [item("a", 484723, "ORD-1001")], [item("x", 484723, "ORD-1001"), item("y", 484723, "ORD-1001", day=25)]
    )
    assert not confirmed(result)
    assert suggested(result) == {frozenset({"s:a", "l:x", "l:y"}): "DUPLICATE"}


def test_two_keys_that_point_to_different_rows_confirm_nothing() -> None:
    result = run([item("a", 500, "ORD-1001\nPAY-2002")], [item("x", 500, "ORD-1001"), item("y", 500, "PAY-2002")])
    assert not confirmed(result)
    assert suggested(result) == {frozenset({"s:a", "l:x", "l:y"}): "AMBIGUOUS"}


def test_two_keys_that_agree_confirm_once() -> None:
    result = run([item("a", 500, "ORD-1001\nPAY-2002")], [item("x", 500, "PAY-2002\nORD-1001")])
    assert confirmed(result) == {pair("a", "x")}


def test_a_hard_identifier_that_disagrees_caps_the_score() -> None:
    result = run(
        [item("a", 484723, "ORD-1001", description="ch_1AAAAAAA111")],
        [item("x", 484723, "ORD-1001", description="ch_9ZZZZZZZ999")],
    )
    assert not confirmed(result)
    assert suggested(result) == {pair("a", "x"): "AMBIGUOUS"}
    assert result.members["score"].max() < 0.9


def test_a_column_listed_as_hard_caps_too() -> None:
    sides = [item("a", 484723, "ORD-1001", batch="B-10")], [item("x", 484723, "ORD-1001", batch="B-99")]
    assert confirmed(run(*sides)) == {pair("a", "x")}
    assert not confirmed(run(*sides, hard_keys=("batch",)))


def test_ids_listed_as_hard_are_keys() -> None:
    assert confirmed(run([item("T1001", 500)], [item("T1001", 500)], hard_keys=("id",))) == {pair("T1001", "T1001")}
    assert not confirmed(run([item("T1001", 500)], [item("T1001", 500)]))


def test_a_row_in_a_key_suggestion_is_not_confirmed_by_amount() -> None:
    result = run([item("a", 484723, "ORD-1001")], [item("x", 484700, "ORD-1001"), item("y", 484723)])
    assert not confirmed(result)
    assert suggested(result) == {pair("a", "x"): "AMOUNT_DIFFERENCE"}
    assert left_open(result) == {"l:y": "MISSING_IN_SOURCE"}


def test_partial_confirms_a_unique_key_and_leaves_the_residual_open() -> None:
    result = run([item("a", 600, "ORD-1001")], [item("x", 1000, "ORD-1001")], partial=True)
    assert confirmed(result) == {pair("a", "x")}
    assert result.members["allocated"].tolist() == [600, 600]
    assert left_open(result) == {"l:x": "PARTIAL"}
    assert result.open["amount_open"].tolist() == [400]


def test_a_floor_above_the_score_leaves_a_suggestion() -> None:
    sides = [item("a", 1000, "ORD-1001")], [item("x", 1000, description="for ORD-1001")]
    assert confirmed(run(*sides, floor=0.98))
    assert suggested(run(*sides, floor=0.99)) == {pair("a", "x"): "AMBIGUOUS"}


def test_a_floor_of_one_confirms_an_exact_reference() -> None:
    assert confirmed(run([item("a", 1000, "ORD-1001")], [item("x", 1000, "ORD-1001")], floor=1.0))


def test_a_row_without_a_currency_matches_nothing() -> None:
    result = run([item("a", 484723, currency="")], [item("x", 484723, currency="")])
    assert not confirmed(result)
    assert set(left_open(result)) == {"s:a", "l:x"}


def test_a_receipt_number_in_both_texts_confirms() -> None:
    result = run(
        [item("a", 1800, description="POS USPS 99759553")], [item("x", 1800, description="receipt 99759553", day=20)]
    )
    assert confirmed(result) == {pair("a", "x")}


def test_a_telephone_number_in_both_texts_needs_the_dates_too() -> None:
    source, text = [item("a", 1800, description="from 254712345678")], "Kamau 254712345678"
    assert confirmed(run(source, [item("x", 1800, description=text, day=6)])) == {pair("a", "x")}
    assert suggested(run(source, [item("x", 1800, description=text, day=20)])) == {pair("a", "x"): "AMBIGUOUS"}


def test_a_slip_in_the_reference_is_shown_with_what_the_amount_says() -> None:
    ours = item("a", 16155, "KR-104445", counterparty="Daniel Mutua")
    other = item("b", 21359, "KR-104455", day=7, counterparty="Kamau Wambui")
    booked = item("x", 16155, "KR-104455", counterparty="Daniel Mutua")
    result = run([ours, other], [booked])
    assert suggested(result) == {frozenset({"s:a", "s:b", "l:x"}): "AMBIGUOUS"}
    assert '"rivals":[["source","a",0.905]]' in result.members["explanation"][0]


def test_what_people_refused_is_not_shown_with_it() -> None:
    ours = item("a", 16155, "KR-104445", counterparty="Daniel Mutua")
    other = item("b", 21359, "KR-104455", day=7, counterparty="Kamau Wambui")
    booked = item("x", 16155, "KR-104455", counterparty="Daniel Mutua")
    refused = Decisions(rejected=frozenset({frozenset({("source", "a"), ("source", "b")})}))
    assert pair("b", "x") in suggested(run([ours, other], [booked], decisions=refused))
