"""Payout decomposition: zero-sum proofs, and batches meeting their opposite row."""

from tests.unit.matching.builders import confirmed, item, left_open, pair, run, suggested

PAYOUT = {"batch": "po_1A2B", "currency": "USD"}


def members(*amounts: int) -> list[dict[str, object]]:
    return [item(f"m{n}", amount, f"ch_{n}AbC{n}", **PAYOUT) for n, amount in enumerate(amounts)]


def test_a_proven_batch_sends_its_payout_row_to_meet_the_opposite_one() -> None:
    source = [*members(10000, -320, -80), item("p", -9600, "po_1A2B", kind="payout", **PAYOUT)]
    result = run(source, [item("x", -9600, batch="po_1A2B", day=28)])
    assert confirmed(result) == {pair("p", "x")}
    assert list(result.batches.rows()) == [("source", "po1a2b", "USD", 4, 0, 1)]
    assert set(left_open(result)) == {"s:m0", "s:m1", "s:m2"}


def test_a_broken_batch_is_a_balance_break_and_confirms_nothing() -> None:
    source = [*members(10000, -320), item("p", -9600, "po_1A2B", kind="payout", **PAYOUT)]
    result = run(source, [item("x", -9600, "po_1A2B")])
    assert not confirmed(result)
    assert suggested(result) == {pair("p", "x"): "BALANCE_BREAK"}
    assert [row[4:] for row in result.batches.rows()] == [(80, 0)]
    alone = run(source, [])
    assert left_open(alone)["s:p"] == "BALANCE_BREAK"


def test_a_broken_batch_is_not_confirmed_by_amount_either() -> None:
    source = [*members(1000000, -320), item("p", -484723, kind="payout", **PAYOUT)]
    assert not confirmed(run(source, [item("x", -484723)]))


def test_the_payout_row_is_known_by_its_reference_too() -> None:
    source = [*members(10000, -400), item("p", -9600, "po_1A2B", **PAYOUT)]
    result = run(source, [item("x", -9600, "po_1A2B")])
    assert confirmed(result) == {pair("p", "x")}
    assert len(result.batches) == 1


def test_payout_rows_alone_are_no_decomposition() -> None:
    result = run([item("p", 9600, "po_1A2B", kind="payout", **PAYOUT)], [item("x", 9600, "po_1A2B")])
    assert confirmed(result) == {pair("p", "x")}
    assert not len(result.batches)


def test_members_without_a_payout_row_meet_the_sum() -> None:
    source = members(10000, 5000, -480)
    for more in ({"batch": "po_1A2B"}, {"references": "po_1A2B"}, {"description": "STRIPE PAYOUT po_1A2B"}):
        result = run(source, [item("x", 14520, day=20) | more])
        assert confirmed(result) == {frozenset({"s:m0", "s:m1", "s:m2", "l:x"})}
        assert set(result.members["shape"].tolist()) == {"N:1"}
        assert result.members["allocated"].sum() == 2 * 14520


def test_a_batch_on_the_ledger_side_meets_one_source_row() -> None:
    result = run([item("p", 14520, "po_1A2B")], members(10000, 5000, -480))
    assert set(result.members["shape"].tolist()) == {"1:N"}
    assert len(confirmed(result)) == 1


def test_a_batch_meets_without_tolerance() -> None:
    from decimal import Decimal

    result = run(members(10000, 5000), [item("x", 14999, "po_1A2B")], tolerance=Decimal(1))
    assert not confirmed(result)
    assert suggested(result) == {frozenset({"s:m0", "s:m1", "l:x"}): "AMOUNT_DIFFERENCE"}


def test_a_second_row_of_the_batch_makes_it_ambiguous() -> None:
    result = run(members(10000, 5000), [item("x", 15000, "po_1A2B"), item("y", 15000, "po_1A2B", day=9)])
    assert not confirmed(result)
    assert "AMBIGUOUS" in suggested(result).values()


def test_batches_are_per_currency() -> None:
    source = [*members(10000, 5000), item("e", 700, batch="po_1A2B", currency="EUR")]
    result = run(source, [item("x", 15000, "po_1A2B")])
    assert confirmed(result) == {frozenset({"s:m0", "s:m1", "l:x"})}


def test_a_member_already_matched_by_its_own_key_leaves_no_whole_batch() -> None:
    result = run(members(10000, 5000), [item("k", 10000, "ch_0AbC0"), item("x", 15000, "po_1A2B")])
    assert confirmed(result) == {pair("m0", "k")}
