"""Tenders, tips, gift cards, reserves, cash on delivery and exchange in their place on the chain, one case each."""

import pytest

from awra_desk.matching import MatchConfig, MatchResult, match
from awra_desk.services.rule_sets import rule_set
from tests.unit.matching.builders import confirmed, item, left_open, pair, run, side, suggested

SHOP = "shop-orders-processor-charges"


def under_rules(source: list[dict[str, object]], ledger: list[dict[str, object]], name: str = SHOP) -> MatchResult:
    """Matched under a ready-made set."""
    return match(side(source), side(ledger), MatchConfig().with_rules(rule_set(name)))


def open_amounts(result: MatchResult) -> dict[str, int]:
    return dict(zip(result.open["id"].tolist(), result.open["amount_open"].tolist(), strict=True))


def test_a_split_tender_meets_its_order() -> None:
    order = item("order", 10_000, "KR-1001")
    tenders = [item("card", 6_000, "KR-1001", kind="charge"), item("mpesa", 4_000, "KR-1001", kind="charge")]
    result = run([order], tenders)
    assert confirmed(result) == {frozenset({"s:order", "l:card", "l:mpesa"})}
    assert set(result.members["shape"].tolist()) == {"1:N"}


def test_a_split_tender_of_which_one_is_missing_stays_open_for_the_rest() -> None:
    order, card = item("order", 10_000, "KR-1001"), item("card", 6_000, "KR-1001", kind="charge")
    assert suggested(run([order], [card])) == {pair("order", "card"): "AMOUNT_DIFFERENCE"}
    part = run([order], [card], partial=True)
    assert confirmed(part) == {pair("order", "card")}
    assert left_open(part) == {"s:order": "PARTIAL"}
    assert open_amounts(part) == {"order": 4_000}
    assert part.members["allocated"].tolist() == [6_000, 6_000]


def test_two_tenders_of_one_amount_are_one_order() -> None:
    tenders = [item("card", 5_000, "KR-1001"), item("mpesa", 5_000, "KR-1001")]
    assert confirmed(run([item("order", 10_000, "KR-1001")], tenders)) == {frozenset({"s:order", "l:card", "l:mpesa"})}


def test_a_tip_is_part_of_the_charge() -> None:
    charge = item("charge", 11_500, "KR-1001", kind="charge")
    books = [item("sale", 10_000, "KR-1001"), item("tip", 1_500, "KR-1001", kind="tip")]
    assert confirmed(run([charge], books)) == {frozenset({"s:charge", "l:sale", "l:tip"})}


def test_a_tip_that_the_books_lack_is_the_difference() -> None:
    result = run([item("charge", 11_500, "KR-1001", kind="charge")], [item("sale", 10_000, "KR-1001")])
    assert suggested(result) == {pair("charge", "sale"): "AMOUNT_DIFFERENCE"}
    assert '"diff":-1500' in result.members["explanation"][0]


def test_a_gift_card_pays_without_a_charge() -> None:
    """The card's part has no counterpart at the processor, and the charge still finds its own."""
    tenders = [
        item("gift", 3_000, "KR-1001", kind="gift_card"),
        item("rest", 484_723, "KR-1001", kind="charge"),
    ]
    result = run(tenders, [item("charge", 484_723, "KR-1001", kind="charge")])
    assert confirmed(result) == {pair("rest", "charge")}
    assert left_open(result) == {"s:gift": "MISSING_IN_LEDGER"}


def test_a_gift_card_is_redeemed_in_the_books() -> None:
    sale = item("sale", 10_000, "KR-1001")
    books = [item("charge", 7_000, "KR-1001"), item("card", 3_000, "KR-1001", kind="gift_card")]
    assert confirmed(run([sale], books)) == {frozenset({"s:sale", "l:charge", "l:card"})}


def test_a_reserve_is_held_and_released_as_two_events() -> None:
    held = item("held", -5_000, "rr_77AB12", day=2, kind="reserve_hold")
    released = item("released", 5_000, "rr_77AB12", day=30, kind="reserve_release")
    books = [item("x", -5_000, "rr_77AB12", day=3), item("y", 5_000, "rr_77AB12", day=30)]
    assert confirmed(run([held, released], books)) == {pair("held", "x"), pair("released", "y")}


def test_a_reserve_is_no_reversal_of_itself() -> None:
    """Hold and release cancel out at the provider; the books that lack both are still wrong twice."""
    held = item("held", -5_000, "rr_77AB12", day=2, kind="reserve_hold")
    released = item("released", 5_000, "rr_77AB12", day=4, kind="reserve_release")
    result = run([held, released], [])
    assert not confirmed(result)
    assert left_open(result) == dict.fromkeys(("s:held", "s:released"), "MISSING_IN_LEDGER")


def test_a_reserve_not_yet_released_leaves_its_release_open_only() -> None:
    held = item("held", -5_000, "rr_77AB12", day=2, kind="reserve_hold")
    result = run([held], [item("x", -5_000, "rr_77AB12", day=3), item("y", 5_000, "rr_77AB12", day=30)])
    assert confirmed(result) == {pair("held", "x")}
    assert set(left_open(result)) == {"l:y"}


def test_cash_on_delivery_is_paid_over_less_the_carrier_s_fee() -> None:
    collected = [
        item("one", 10_000, "KR-1001", kind="cash_on_delivery", batch="RM-2201"),
        item("two", 8_000, "KR-1002", kind="cash_on_delivery", batch="RM-2201"),
        item("fee", -900, kind="fee", batch="RM-2201"),
    ]
    result = run(collected, [item("paid", 17_100, "RM-2201", day=20)])
    assert confirmed(result) == {frozenset({"s:one", "s:two", "s:fee", "l:paid"})}


def test_cash_on_delivery_that_falls_short_is_shown_and_not_confirmed() -> None:
    collected = [
        item("one", 10_000, "KR-1001", kind="cash_on_delivery", batch="RM-2201"),
        item("two", 8_000, "KR-1002", kind="cash_on_delivery", batch="RM-2201"),
    ]
    result = run(collected, [item("paid", 17_100, "RM-2201", day=20)])
    assert suggested(result) == {frozenset({"s:one", "s:two", "l:paid"}): "AMOUNT_DIFFERENCE"}


def test_cash_on_delivery_late_and_net_is_suggested_by_the_shop_s_rules() -> None:
    order = item("order", 10_000, "KR-1001", day=1, kind="cash_on_delivery")
    result = under_rules([order], [item("paid", 9_700, day=12, description="G4S courier COD")])
    assert list(suggested(result)) == [pair("order", "paid")]
    assert not confirmed(result)
    assert result.members["rule"].tolist() == ["rule:cash-on-delivery"] * 2


@pytest.mark.parametrize("paid", [10_400, 9_000])
def test_a_carrier_pays_no_more_than_was_collected_and_not_much_less(paid: int) -> None:
    order = item("order", 10_000, "KR-1001", day=1, kind="cash_on_delivery")
    assert not suggested(under_rules([order], [item("paid", paid, day=12, description="G4S courier COD")]))


def test_residuals_stay_open_and_add_up_over_three_payments() -> None:
    parts = [item("a", 2_500, "INV-9001", day=4), item("b", 3_000, "INV-9001"), item("c", 1_500, "INV-9001", day=6)]
    result = run(parts, [item("invoice", 10_000, "INV-9001")], partial=True)
    assert confirmed(result) == {frozenset({"s:a", "s:b", "s:c", "l:invoice"})}
    allocated = dict(zip(result.members["id"].tolist(), result.members["allocated"].tolist(), strict=True))
    assert allocated == {"a": 2_500, "b": 3_000, "c": 1_500, "invoice": 7_000}
    assert open_amounts(result) == {"invoice": 3_000}


def test_currencies_are_never_converted_in_a_comparison() -> None:
    paid, settled = item("euro", 484_723, "KR-1001", currency="EUR"), item("dollar", 525_440, "KR-1001")
    assert suggested(run([paid], [settled])) == {pair("euro", "dollar"): "CURRENCY_MISMATCH"}
