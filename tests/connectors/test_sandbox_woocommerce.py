"""The WooCommerce sandbox against the documentation held, and the official Python kit against the sandbox."""

import base64
import json

import pytest
import woocommerce

from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.sandbox.servers._http import Request
from awra_desk.sandbox.servers.parameters import Kind
from awra_desk.sandbox.servers.woocommerce import PARAMETERS, WooCommerceApplication, shop_of
from awra_desk.sandbox.servers.woocommerce._auth import OAUTH
from tests.contracts import woocommerce_contract

KEY, SECRET = "ck_0123456789abcdef", "cs_0123456789abcdef"
ROOT = "/wp-json/wc/v3"
KIND_OF_TYPE = {"string": (Kind.TEXT, Kind.CHOICE), "integer": (Kind.INTEGER,), "boolean": (Kind.BOOLEAN,)}


@pytest.fixture(scope="module")
def month():
    return simulate(MonthSpec(seed=3, orders=110))


@pytest.fixture(scope="module")
def application(month):
    return WooCommerceApplication(shop_of(month), key=KEY, secret=SECRET)


@pytest.fixture(scope="module")
def box(month):
    with running_sandbox(month, providers=["woocommerce"]) as running:
        yield running


def kit(box, **kwargs):
    place = box["woocommerce"]
    secret = {**place["credentials"], **kwargs}
    return woocommerce.API(url=place["base_url"], version="wc/v3", timeout=30, **secret)


def ask(application, path, *pairs, key=KEY, secret=SECRET, method="GET"):
    word = base64.b64encode(f"{key}:{secret}".encode()).decode()
    return application.handle(Request(method, f"{ROOT}{path}", pairs, {"authorization": f"Basic {word}"}))


def rows(application, path, *pairs):
    answer = ask(application, path, *pairs)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def test_the_contract_accepts_the_official_samples_and_refuses_broken_ones():
    for row in woocommerce_contract.samples("orders"):
        assert woocommerce_contract.order_errors(row) == []
        assert woocommerce_contract.order_errors({**row, "total": 29.35}) != []
        assert woocommerce_contract.order_errors({**row, "status": None}) != []
    for row in woocommerce_contract.samples("order-refunds"):
        assert woocommerce_contract.refund_errors(row, listed=False) == []
        assert woocommerce_contract.refund_errors(row, listed=True) == ["parent_id is missing"]


def test_every_order_and_refund_fits_the_contract(application):
    orders = [
        row for page in ("1", "2", "3") for row in rows(application, "/orders", ("per_page", "100"), ("page", page))
    ]
    assert len(orders) > 110
    for row in orders:
        assert woocommerce_contract.order_errors(row) == []
    refunds = rows(application, "/refunds", ("per_page", "100"))
    assert refunds
    for row in refunds:
        assert woocommerce_contract.refund_errors(row, listed=True) == []
        single = rows(application, f"/orders/{row['parent_id']}/refunds/{row['id']}")
        assert woocommerce_contract.refund_errors(single, listed=False) == []


def test_every_parameter_is_declared_with_its_type(application):
    declared = woocommerce_contract.declared_parameters()
    for name in set(PARAMETERS["/orders"]) - woocommerce_contract.WORDPRESS - set(OAUTH):
        schema, kind = declared[name], PARAMETERS["/orders"][name].kind
        array = schema["type"] == "array"
        assert kind in ((Kind.TEXTS, Kind.TEXT) if array else KIND_OF_TYPE[schema["type"]]), name
        assert name in woocommerce_contract.documented_parameters()
    beyond = woocommerce_contract.BEYOND["orderby"]
    assert set(PARAMETERS["/orders"]["orderby"].choices) == {*declared["orderby"]["enum"], beyond}
    answer = ask(application, "/orders", ("modified-after", "2026-10-01T00:00:00"))
    assert (answer.status, json.loads(answer.body)["code"]) == (400, "rest_invalid_param")
    assert woocommerce_contract.error_errors(json.loads(answer.body)) == []


def test_the_shop_is_the_months(application, month):
    by_charge = {row["transaction_id"]: row for row in application.shop.orders.values() if row["transaction_id"]}
    for charge in month.stripe.charges:
        order = by_charge[charge["id"]]
        assert (int(order["total"] * 100), order["currency"]) == (charge["amount"], charge["currency"].upper())
        parts = [*order["line_items"], *order["fee_lines"]]
        sold = sum(line["total"] for line in parts) + order["total_tax"]
        assert sold - sum(card["amount"] for card in order.get("gift_cards", ())) == order["total"]
    assert len(application.shop.refunds) == len(month.stripe.refunds)
    statuses = {row["status"] for row in application.shop.orders.values()}
    assert statuses >= {"completed", "processing", "refunded", "pending", "failed", "trash", "checkout-draft"}


def test_stamps_are_the_sites_and_their_twins_utc(application):
    row = rows(application, "/orders", ("per_page", "1"), ("orderby", "id"), ("order", "asc"))[0]
    local, utc = row["date_created"], row["date_created_gmt"]
    assert int(utc[11:13]) - int(local[11:13]) in (4, -20)  # New York in summer
    found = rows(application, "/orders", ("modified_after", row["date_modified_gmt"]), ("dates_are_gmt", "true"))
    assert all(each["date_modified_gmt"] > row["date_modified_gmt"] for each in found)


def test_money_has_the_decimals_asked_for(application):
    (two,) = rows(application, "/orders", ("per_page", "1"))
    (four,) = rows(application, "/orders", ("per_page", "1"), ("dp", "4"))
    assert four["total"] == f"{two['total']}00"


@pytest.mark.parametrize(
    ("key", "secret", "words"),
    [("ck_other", SECRET, "Consumer key is invalid."), (KEY, "cs_other", "Consumer secret is invalid.")],
)
def test_a_key_that_may_only_read(application, key, secret, words):
    refused = ask(application, "/orders", key=key, secret=secret)
    assert (refused.status, json.loads(refused.body)["message"]) == (401, words)
    writing = ask(application, "/orders", method="POST")
    assert (writing.status, "write permissions" in json.loads(writing.body)["message"]) == (401, True)
    assert woocommerce_contract.error_errors(json.loads(writing.body)) == []


@pytest.mark.parametrize("size", [7, 100])
def test_the_official_kit_pages_through_everything(box, size):
    api, found, page = kit(box), [], 1
    while True:
        asked = {"per_page": size, "page": page, "orderby": "id", "order": "asc", "status": "any"}
        answer = api.get("orders", params=asked)
        assert answer.status_code == 200, answer.text
        found += answer.json()
        if page >= int(answer.headers["X-WP-TotalPages"]):
            break
        page += 1
    assert int(answer.headers["X-WP-Total"]) == len(found)
    shop = box.woocommerce.shop
    assert [row["id"] for row in found] == sorted(
        number for number, row in shop.orders.items() if row["status"] != "trash"
    )
    refunds = api.get("refunds", params={"per_page": 100}).json()
    assert {row["id"] for row in refunds} == set(shop.refunds)
    single = api.get(f"orders/{found[0]['id']}").json()
    assert single == found[0]


def test_the_official_kit_recognises_the_errors(box):
    assert kit(box, consumer_secret="cs_wrong").get("orders").status_code == 401
    missing = kit(box).get("orders/1")
    assert (missing.status_code, missing.json()["code"]) == (404, "woocommerce_rest_shop_order_invalid_id")
    assert kit(box).post("orders", {"status": "completed"}).status_code == 401
    assert kit(box).get("nothing").json()["code"] == "rest_no_route"
