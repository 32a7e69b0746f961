"""Shopify's contract file against the official enums, and against what Shopify may yet send."""

import copy

import pytest

from awra_desk.connectors.shopify.queries import PROVEN
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import dumps, interpret
from tests.connectors.pulling import contract
from tests.connectors.shopify_seed import make_order, seeded
from tests.connectors.shopify_shop import bag, money
from tests.connectors.virtual_time import START, VirtualClock
from tests.contracts import shopify_contract


def read(stream, payload):
    record = RawRecord("Shopify", stream, "x", dumps(payload), START)
    return interpret(contract("shopify"), [record], company="Kilimani", zone="UTC")


SHOP = seeded(VirtualClock())


def moved(**changes):
    return {**{name: value for name, value in SHOP.balance_transactions[0].items() if name[0] != "_"}, **changes}


def order(number=1, **changes):
    return {**copy.deepcopy(make_order(number)), **changes}


@pytest.mark.parametrize("version", PROVEN)
def test_every_official_type_of_balance_transaction_has_its_kind(version):
    known = shopify_contract.enum_values(version, "ShopifyPaymentsTransactionType")
    assert len(known) == 113
    for name in sorted(known):
        for sign in (1, -1):
            sent = moved(type=name, amount=money(sign * 1_000), fee=money(0), net=money(sign * 1_000))
            result = read("balance_transactions", sent)
            good = result.rejects == [] and len(result.table) == 1
            # A charge below zero or a refund above it is no such thing, whatever it is called.
            assert good or name in {"CHARGE", "REFUND", "DISPUTE_WITHDRAWAL", "DISPUTE_REVERSAL"}, (name, sign)


def test_an_unknown_type_is_quarantined():
    (reject,) = read("balance_transactions", moved(type="MOON_LANDING")).rejects
    assert (reject.path, reject.value) == ("type", "MOON_LANDING")


def test_gross_and_fee_add_up_to_net():
    table = read("balance_transactions", moved(amount=money(10_000), fee=money(320), net=money(9_680))).table
    assert (table["kind"].tolist(), table["amount"].tolist()) == (["charge", "fee"], [10_000, -320])
    (reject,) = read("balance_transactions", moved(amount=money(10_000), fee=money(320), net=money(9_681))).rejects
    assert reject.path == "net.amount"


@pytest.mark.parametrize(("code", "places"), [("JPY", 0), ("KWD", 3), ("UGX", 0), ("USD", 2)])
def test_decimal_texts_become_minor_units(code, places):
    sent = money(123_456, code, places)
    table = read("balance_transactions", moved(amount=sent, net=sent, fee=money(0, code, places))).table
    assert (table["amount"].tolist(), table["currency"].tolist()) == ([123_456], [code])


def test_more_decimals_than_the_currency_has_are_quarantined():
    sent = {"amount": "10.005", "currencyCode": "USD"}
    (reject,) = read("balance_transactions", moved(amount=sent, net=sent, fee=money(0))).rejects
    assert reject.path in {"amount.amount", "net.amount"}


def test_another_currency_inside_a_record_is_quarantined():
    (reject,) = read("balance_transactions", moved(fee=money(10, "EUR"))).rejects
    assert reject.path == "fee.currencyCode"


@pytest.mark.parametrize("kind", ["AUTHORIZATION", "EMV_AUTHORIZATION", "VOID", "SUGGESTED_REFUND"])
def test_what_moves_no_money_gives_nothing(kind):
    sent = order(1, netPaymentSet=bag(0))
    for row in sent["transactions"]:
        row["kind"] = kind
    result = read("orders", sent)
    assert (len(result.table), result.rejects, len(result.evidence)) == (0, [], 1)


def test_an_unknown_kind_of_order_transaction_is_quarantined():
    sent = order()
    sent["transactions"][-1]["kind"] = "BARTER"
    (reject,) = read("orders", sent).rejects
    assert reject.value == "BARTER"


@pytest.mark.parametrize("version", PROVEN)
def test_every_official_status_of_an_order_transaction_is_understood(version):
    for status in sorted(shopify_contract.enum_values(version, "OrderTransactionStatus")):
        sent = order(1)
        for row in sent["transactions"]:
            row["status"] = status
        sent["netPaymentSet"] = bag(
            sum(round(float(row["amountSet"]["shopMoney"]["amount"]) * 100) for row in sent["transactions"])
            if status == "SUCCESS"
            else 0
        )
        assert read("orders", sent).rejects == []


def test_a_status_that_hides_a_payment_is_noticed_by_the_orders_own_net_payment():
    sent = order()
    sent["transactions"][-1]["status"] = "SETTLED_LATER"
    (reject,) = read("orders", sent).rejects
    assert "net payment is what its transactions moved" in reject.reason


def test_an_order_that_lost_a_transaction_is_quarantined():
    sent = order(4)
    del sent["transactions"][-1]
    (reject,) = read("orders", sent).rejects
    assert reject.path == "netPaymentSet.shopMoney.amount"


@pytest.mark.parametrize("status", ["PAID", "IN_TRANSIT", "SCHEDULED", "SOME_NEW_STATUS"])
def test_a_payout_is_under_way_whatever_its_status_is_called(status):
    sent = {**SHOP.payouts[0], "status": status}
    table = read("payouts", sent).table
    assert (table["kind"].tolist(), table["status"].tolist()) == (["payout"], [status])


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_a_payout_that_failed_comes_back(status):
    sent = {**SHOP.payouts[0], "status": status}
    table = read("payouts", sent).table
    assert table["kind"].tolist() == ["payout", "payout_failure"]
    assert int(table["amount"].sum()) == 0


def test_a_withdrawal_takes_from_the_bank():
    sent = {**SHOP.payouts[0], "transactionType": "WITHDRAWAL", "net": money(-4_200)}
    table = read("payouts", sent).table
    assert (table["kind"].tolist(), table["amount"].tolist()) == (["transfer"], [4_200])
