"""Reversals inside one side."""

import pytest

from tests.unit.matching.builders import confirmed, item, left_open, run, suggested


def test_a_void_and_its_original_by_reference() -> None:
    result = run([], [item("x", 5000, "JE-1001"), item("y", -5000, "JE-1001", day=20)])
    assert confirmed(result) == {frozenset({"l:x", "l:y"})}
    assert set(result.members["shape"].tolist()) == {"contra"}
    assert result.members["allocated"].sum() == 0


def test_a_void_that_names_its_original_in_the_text() -> None:
    result = run([item("a", 5000, "JE-1001"), item("b", -5000, "JE-1077", description="Reversal of JE-1001")], [])
    assert confirmed(result) == {frozenset({"s:a", "s:b"})}


def test_keys_come_first() -> None:
    result = run([item("a", 5000, "JE-1001")], [item("x", 5000, "JE-1001"), item("y", -5000, "JE-1001")])
    assert confirmed(result) == {frozenset({"s:a", "l:x"})}


def test_a_charge_and_its_refund_are_two_events() -> None:
    result = run([item("a", 5000, "ch_1AbC", kind="charge"), item("b", -5000, "ch_1AbC", kind="refund")], [])
    assert not confirmed(result)
    assert set(left_open(result)) == {"s:a", "s:b"}


def test_a_payout_and_its_failure_cancel() -> None:
    rows = [item("a", 5000, "po_1AbC", kind="payout"), item("b", -5000, "po_1AbC", kind="payout_failure")]
    assert len(confirmed(run(rows, []))) == 1


@pytest.mark.parametrize(
    "rival",
    [item("r", 5000, day=6), item("r", -5000, day=None), item("r", 1, "JE-1001")],
    ids=["amount", "no date", "key"],
)
def test_a_row_of_the_other_side_that_could_meet_either_stops_it(rival: dict[str, object]) -> None:
    result = run([item("a", 5000, "JE-1001"), item("b", -5000, "JE-1001")], [rival])
    assert not confirmed(result)
    assert "AMBIGUOUS" in suggested(result).values() or "AMOUNT_DIFFERENCE" in suggested(result).values()


@pytest.mark.parametrize(
    "other",
    [{"amount": -4999}, {"references": "JE-2002"}, {"currency": "EUR"}, {"references": ""}],
    ids=str,
)
def test_what_is_no_reversal(other: dict[str, object]) -> None:
    assert not confirmed(run([], [item("x", 5000, "JE-1001"), item("y", -5000, "JE-1001") | other]))


def test_three_rows_of_a_key_are_ambiguous() -> None:
    rows = [item("x", 5000, "JE-1001"), item("y", -5000, "JE-1001"), item("z", 5000, "JE-1001", day=9)]
    assert not confirmed(run([], rows))
