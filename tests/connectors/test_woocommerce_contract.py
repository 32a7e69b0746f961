"""What WooCommerce's orders and refunds become, and how the connector takes what shops and their hosts do wrong."""

import json

import httpx
import pytest

from awra_desk.domain.errors import UsageError
from awra_desk.domain.mappings import values_of
from awra_desk.domain.money import EXPONENTS
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import interpret
from awra_desk.ports.connections import TransportError
from awra_desk.sandbox.servers._http import Request
from tests.connectors.pulling import Shelf, contract
from tests.connectors.virtual_time import START, VirtualClock
from tests.connectors.woo_shop import FIRST, KEY, SECRET, Watched, add_order, add_refund, shop, source
from tests.contracts import woocommerce_contract

ZONE = "Africa/Nairobi"


def read(row, stream="orders"):
    record = RawRecord("Shop", stream, "x", json.dumps(row), START)
    return interpret(contract("woocommerce"), [record], company="co", zone=ZONE)


def order(**fields):
    return {**woocommerce_contract.samples("orders")[0], **fields}


def refund(whole=None, **fields):
    facts = {"id": 723, "number": "723", "status": "completed", "currency": "USD", "payment_method": "stripe"}
    facts |= {"transaction_id": "ch_0723", "created_via": "checkout"} | (whole or {})
    return {"order": facts, "refund": {**woocommerce_contract.samples("order-refunds")[0], "parent_id": 723, **fields}}


def meta(**pairs):
    return [{"id": at, "key": key, "value": value} for at, (key, value) in enumerate(pairs.items())]


def rows(result, account):
    assert result.rejects == []
    table = result.table.take(result.table["account"] == account)
    names = ("external_id", "kind", "amount", "currency")
    return list(zip(*(table[name].tolist() for name in names), strict=True))


def dimensions(result, account):
    table = result.table.take(result.table["account"] == account)
    return [json.loads(text) for text in table["dimensions"].tolist()]


@pytest.mark.parametrize("row", woocommerce_contract.samples("orders"), ids=lambda row: str(row["id"]))
def test_the_official_samples_are_read_and_their_parts_add_up(row):
    result = read(row)
    ((external_id, kind, minor, currency),) = rows(result, "orders")
    assert (external_id, kind, currency) == (str(row["id"]), "charge", row["currency"])
    assert minor == int(row["total"].replace(".", ""))
    assert sum(part[2] for part in rows(result, "items")) == minor


def test_refunds_are_read_by_what_their_order_says():
    result = read(refund(refunded_payment=True), "refunds")
    assert rows(result, "orders") == [("726", "refund", -1_000, "USD")]
    assert result.table["references"].tolist() == ["ch_0723\n723"]
    assert dimensions(result, "orders")[0]["refund"] == "by the gateway"
    by_hand = read(refund(refunded_payment=False, reason="Broken cup"), "refunds")
    assert dimensions(by_hand, "orders")[0]["refund"] == "by hand"
    assert "by hand of order 723 Broken cup" in by_hand.table["description"][0]


def test_a_refunds_parts_carry_sku_and_tax():
    line = {"id": 5, "name": "Mug", "sku": "MUG", "total": "-8.0000", "total_tax": "-0.7100"}
    tax = {"id": 6, "rate_code": "KE-VAT-1", "label": "VAT", "tax_total": "-0.7100", "shipping_tax_total": "0.0000"}
    result = read(refund(line_items=[line], tax_lines=[tax]), "refunds")
    assert rows(result, "items") == [("726:item:5", "adjustment", -800, "USD"), ("726:tax:6", "tax", -71, "USD")]
    assert [found.get("sku") or found.get("tax") for found in dimensions(result, "items")] == ["MUG", "KE-VAT-1"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "pending"}, []),
        ({"status": "on-hold"}, []),
        ({"status": "failed"}, []),
        ({"status": "cancelled"}, []),
        ({"status": "shipped-by-plugin"}, []),
        ({"status": "completed"}, [("727", "charge", 2_935, "USD")]),
        ({"status": "refunded"}, [("727", "charge", 2_935, "USD")]),
        ({"status": "trash"}, []),
    ],
)
def test_an_order_that_nobody_paid_gives_nothing(fields, expected):
    assert rows(read(order(date_paid_gmt=None, **fields)), "orders") == expected


@pytest.mark.parametrize("status", ["processing", "cancelled", "failed", "shipped-by-plugin"])
def test_money_that_came_in_counts_whatever_became_of_the_order(status):
    assert rows(read(order(status=status)), "orders") == [("727", "charge", 2_935, "USD")]


def test_the_trash_and_what_is_no_more_give_nothing():
    for row, stream in (
        (order(status="trash"), "orders"),
        ({"id": 727, "status": "deleted"}, "orders"),
        (refund({"status": "trash"}), "refunds"),
        ({"order": None, "refund": {"id": 726, "status": "deleted"}}, "refunds"),
    ):
        result = read(row, stream)
        assert (len(result.table), result.rejects) == (0, [])


def test_a_refund_whose_order_is_not_there_waits_in_quarantine():
    (reject,) = read({**refund(), "order": None}, "refunds").rejects
    assert reject.path == "order.currency"


def test_stamps_come_from_the_utc_fields_and_days_from_the_zone():
    """The site's clock says the 22nd, Nairobi's the 23rd."""
    result = read(order(date_paid="2017-03-22T18:28:08", date_paid_gmt="2017-03-22T21:28:08"))
    assert str(result.table["occurred_at"][0]).startswith("2017-03-22T21:28:08")
    assert str(result.table["booking_date"][0]) == "2017-03-23"


@pytest.mark.parametrize("code", ["USD", *sorted(code for code, places in EXPONENTS.items() if places != 2)])
def test_totals_keep_the_decimals_of_their_currency(code):
    places = EXPONENTS[code]
    text = f"12{'.3456'[: places + 1] if places else ''}"
    result = read(order(currency=code, total=f"{text}{'0' * (4 - places)}" if places else f"{text}.0000"))
    assert rows(result, "orders")[0][2] == int(text.replace(".", ""))


def test_a_total_that_is_no_amount_of_its_currency_waits_in_quarantine():
    for total in ("29.3551", "", "n/a", None):
        (reject,) = read(order(total=total)).rejects
        assert reject.path == "total"


def test_lines_are_rounded_as_the_shop_shows_them():
    lines = [{**order()["line_items"][0], "id": at, "total": text} for at, text in enumerate(["8.3333", "0.0050", ""])]
    found = rows(read(order(line_items=lines, shipping_lines=[], tax_lines=[])), "items")
    assert [(name, minor) for name, _, minor, _ in found] == [("727:item:0", 833), ("727:item:1", 1)]


def test_numbers_and_texts_may_change_places():
    row = order(id="727", total=29.35, meta_data=meta(_stripe_fee=0.9))
    result = read(row)
    assert rows(result, "orders") == [("727", "charge", 2_935, "USD")]
    assert rows(result, "gateway_fees") == [("727:fee", "fee", -90, "USD")]


PAYPAL = {"paypal_fee": {"currency_code": "EUR", "value": "1.34"}, "net_amount": {"value": "28.01"}}


@pytest.mark.parametrize(
    ("pairs", "expected", "place"),
    [
        ({"_stripe_fee": "1.15", "_stripe_net": "28.20"}, ("fee", -115, "USD"), "_stripe_fee"),
        ({"_stripe_fee": "1.15", "_stripe_currency": "KES"}, ("fee", -115, "KES"), "_stripe_fee"),
        ({"_stripe_fee": "1.15", "Stripe Fee": "9.99"}, ("fee", -115, "USD"), "_stripe_fee"),
        ({"Stripe Fee": "1.15"}, ("fee", -115, "USD"), "Stripe Fee"),
        ({"_stripe_fee": "", "Stripe Fee": "1.15"}, ("fee", -115, "USD"), "Stripe Fee"),
        ({"_wcpay_transaction_fee": "0.98"}, ("fee", -98, "USD"), "_wcpay_transaction_fee"),
        ({"_ppcp_paypal_fees": PAYPAL}, ("fee", -134, "EUR"), "_ppcp_paypal_fees"),
        ({"_ppcp_paypal_fees": PAYPAL, "PayPal Transaction Fee": "7"}, ("fee", -134, "EUR"), "_ppcp_paypal_fees"),
        ({"PayPal Transaction Fee": "1.34"}, ("fee", -134, "USD"), "PayPal Transaction Fee"),
        ({"_stripe_fee": "1,234.50"}, ("fee", -123_450, "USD"), "_stripe_fee"),
    ],
)
def test_fees_are_facts_with_their_place(pairs, expected, place):
    result = read(order(meta_data=meta(**pairs)))
    assert [row[1:] for row in rows(result, "gateway_fees")] == [expected]
    assert dimensions(result, "gateway_fees")[0]["fee_source"] == place


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_fee_is_none(value):
    assert rows(read(order(meta_data=meta(_stripe_fee=value, _wcpay_transaction_fee=value))), "gateway_fees") == []


@pytest.mark.parametrize("value", ["0,59", "free", "1.2.3"])
def test_a_fee_that_can_be_read_in_two_ways_waits_in_quarantine(value):
    (reject,) = read(order(meta_data=meta(_stripe_fee=value))).rejects
    assert (reject.path, reject.value) == ("meta_data[key=_stripe_fee].value", value)


def test_what_plugins_add_is_left_alone():
    row = order(meta_data=meta(_seo={"a": [1]}, _odd=None, _list=["x"]), my_plugin={"deep": [{"x": 1}]})
    assert rows(read(row), "orders") == [("727", "charge", 2_935, "USD")]


def test_gift_cards_and_store_credit_stand_apart_from_what_the_gateway_took():
    cards = [{"id": 43, "code": "XXXX", "amount": 50}, {"id": 44, "code": "YYYY", "amount": "12.5000"}]
    coupons = [
        {"id": 7, "code": "credit", "discount": "5.0000", "discount_tax": "0", "discount_type": "smart_coupon"},
        {"id": 8, "code": "spring", "discount": "3.0000", "discount_tax": "0", "discount_type": "percent"},
    ]
    result = read(order(gift_cards=cards, coupon_lines=coupons))
    assert rows(result, "orders") == [("727", "charge", 2_935, "USD")]
    assert [row[2] for row in rows(result, "store_credit")] == [5_000, 1_250, 500]


def test_an_order_paid_with_credit_alone_brought_no_money():
    result = read(order(total="0.0000", gift_cards=[{"id": 1, "code": "X", "amount": "29.3500"}]))
    assert rows(result, "orders") == []
    assert rows(result, "store_credit") == [("727:gift_card:1", "gift_card", 2_935, "USD")]


def test_cash_on_delivery_and_exchanges_have_their_kinds():
    assert rows(read(order(payment_method="cod")), "orders")[0][1] == "cash_on_delivery"
    assert rows(read(order(total="-4.0000")), "orders") == [("727", "refund", -400, "USD")]
    line = {**order()["line_items"][0], "total": "-6.0000"}
    assert rows(read(order(line_items=[line])), "items")[0][1] == "adjustment"


def test_the_mapping_tables_find_gateway_location_sku_and_tax():
    pickup = {"id": 9, "method_id": "pickup_location", "method_title": "Pickup", "total": "0.00"}
    pickup["meta_data"] = [{"id": 1, "key": "pickup_location", "value": "Westlands"}]
    result = read(order(shipping_lines=[pickup]))
    found = set()
    for kind, text in zip(result.table["kind"], result.table["dimensions"], strict=True):
        found |= {(str(axis), value) for axis, value in values_of(kind, json.loads(text))}
    assert found == {
        ("gateway", "bacs"),
        ("location", "Westlands"),
        ("sku", "Bar3"),
        ("tax", "US-CA-STATE TAX"),
    }


def test_references_are_the_gateways_ids_and_the_order_number():
    pairs = meta(_stripe_intent_id="pi_1", _stripe_charge_id="ch_1", _ppcp_paypal_order_id="5O1")
    result = read(order(transaction_id="ch_1", number="W-77", meta_data=pairs))
    assert result.table["references"][0].split("\n") == ["ch_1", "pi_1", "5O1", "W-77"]
    guest = read(order(customer_id=0, transaction_id="", billing=None))
    assert (guest.table["references"][0], guest.table["counterparty"][0]) == ("727", "")


def test_refunds_of_many_currencies_carry_their_orders():
    made = shop(2)
    add_order(made, 30, FIRST, total="1500", currency="UGX")
    add_order(made, 40, FIRST, total="12.345", currency="KWD")
    add_refund(made, 301, 30, "500")
    add_refund(made, 302, 40, "2.345")
    shelf = Shelf()
    shelf.pull(source(Watched(made)))
    result = shelf.interpret("woocommerce", "refunds", zone=ZONE)
    assert rows(result, "orders") == [("301", "refund", -500, "UGX"), ("302", "refund", -2_345, "KWD")]
    found = rows(shelf.interpret("woocommerce", "orders", zone=ZONE), "orders")
    assert {(minor, currency) for *_, minor, currency in found} >= {(1_500, "UGX"), (12_345, "KWD")}


PAGE = httpx.Response(200, text="<!DOCTYPE html><p>Briefly unavailable</p>", headers={"Content-Type": "text/html"})
NOTICE = httpx.Response(200, text="<b>Notice</b>: Undefined index<br />[]")


@pytest.mark.parametrize(
    "odd",
    [PAGE, NOTICE, httpx.Response(200, text=""), httpx.Response(502, text="<p>"), httpx.Response(508, text="<p>")],
)
def test_a_hiccup_of_the_host_is_asked_again(odd):
    watched, clock = Watched(shop(3)), VirtualClock()
    watched.odd = [odd] if odd.text else [PAGE]
    assert Shelf().pull(source(watched, clock))
    assert len(clock.sleeps) >= 1


def refusal(status, code="", words="Sorry, you cannot list resources.", headers=None):
    document = {"code": code, "message": words, "data": {"status": status}}
    return httpx.Response(status, json=document, headers=headers)


CANNOT = "woocommerce_rest_cannot_view"


@pytest.mark.parametrize(
    ("odd", "kind", "words"),
    [
        ([PAGE] * 9, "protocol", "something else than data.*permalinks are plain"),
        ([refusal(401, CANNOT)], "auth", "does not see who asks.*Authorization header"),
        ([refusal(401, "woocommerce_rest_authentication_error", "Consumer key is invalid.")], "auth", "know the key"),
        ([httpx.Response(403, text="<h1>Forbidden</h1>")], "auth", "does not allow"),
        ([refusal(404, "rest_no_route")], "refused", "WooCommerce 9.0 or later"),
        ([refusal(400, "rest_invalid_param", "Invalid parameter(s): orderby")], "refused", "orderby.*9.0 or later"),
        ([httpx.Response(301, headers={"Location": "https://www.example.com/"})], "protocol", "sends us elsewhere"),
        ([httpx.Response(200, json={"code": "x"}, headers={"X-WP-Total": "1"})], "protocol", "no list"),
        ([httpx.Response(200, json=[{"id": 1}])], "protocol", "X-WP-Total"),
        ([httpx.Response(200, json=[{"number": "7"}], headers={"X-WP-Total": "1"})], "protocol", "without id"),
    ],
)
def test_what_a_shop_does_wrong_is_told_with_its_remedy(odd, kind, words):
    watched = Watched(shop(3))
    watched.odd = odd
    with pytest.raises(TransportError, match=f"(?s){words}") as caught:
        source(watched).balances([])
    assert caught.value.kind == kind
    assert SECRET not in caught.value.text
    assert KEY not in caught.value.text


@pytest.mark.parametrize("status", [429, 503])
def test_a_long_wait_is_said_and_not_waited_for(status):
    watched, clock = Watched(shop(3)), VirtualClock()
    watched.odd = [httpx.Response(status, text="<p>Briefly unavailable", headers={"Retry-After": "600"})]
    with pytest.raises(TransportError) as caught:
        source(watched, clock).balances([])
    assert caught.value.not_before is not None
    assert sum(clock.sleeps) < 60


def test_a_short_wait_is_waited_for():
    watched, clock = Watched(shop(3)), VirtualClock()
    watched.odd = [httpx.Response(429, text="slow down", headers={"Retry-After": "20"})]
    assert source(watched, clock).balances([]) == []
    assert max(clock.sleeps) >= 20


def test_it_asks_politely_with_the_key_in_a_header_and_nowhere_else():
    watched, clock = Watched(shop(40)), VirtualClock()
    assert Shelf().pull(source(watched, clock))
    for request in watched.asked:
        assert request.headers["authorization"].startswith("Basic ")
        assert SECRET not in str(request.url)
        assert "consumer" not in str(request.url)
    assert clock.passed > len(watched.asked) / 4 - 2  # four a second: customers shop there, too


def test_a_shop_without_drafts_is_counted_all_the_same():
    watched = Watched(shop(3))
    reader, shelf = source(watched), Shelf()
    assert shelf.pull(reader)
    whole = watched.application.handle

    def older(request: Request):
        if ("status", "checkout-draft") in request.query:
            document = {"code": "rest_invalid_param", "message": "Invalid parameter(s): status"}
            return type(whole(request))(400, json.dumps(document).encode(), (("Content-Type", "application/json"),))
        return whole(request)

    watched.application.handle = older
    assert [count.count for count in reader.counts()] == [3, 0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"secret": {}}, "consumer_key and consumer_secret"),
        ({"url": "https://provider.example.com/wp-json/wc/v3"}, "names the API"),
        ({"url": "http://provider.example.com"}, "https only"),
        ({"page_size": "1"}, "page_size"),
        ({"page_size": "101"}, "page_size"),
        ({"look_back_days": "soon"}, "look_back_days"),
    ],
)
def test_what_cannot_be_used_is_refused(settings, words):
    with pytest.raises(UsageError, match=words):
        source(Watched(shop(1)), **settings)
