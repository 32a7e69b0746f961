"""The Vendure connector without Vendure: how it walks, and what it makes of each failure; its contract file.

Answers here are shaped as those of a real 3.7.3; tests/e2e/test_vendure_orders.py is the proof against one.
"""

import copy
import json
import random
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from awra_desk.connectors.vendure import VendureSource
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import EXPONENTS
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import dumps, interpret
from awra_desk.ports.connections import Connection, TransportError
from tests.connectors.crashing import check_every_page, check_random_steps, whole_pull
from tests.connectors.pulling import Shelf, contract
from tests.connectors.virtual_time import START, VirtualClock, open_guard

URL = "https://shop.example.com/admin-api"
SECRET = {"username": "reader", "password": "canary-4711"}
FIRST = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)


def stamp(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refund(number, minor=100, state="Settled"):
    fixed = {"id": str(number), "createdAt": stamp(FIRST), "updatedAt": stamp(FIRST), "method": "card"}
    return {**fixed, "total": minor, "state": state, "transactionId": f"re_{number:04}", "reason": "return"}


def order(number, state="Settled", refunds=(), currency="USD"):
    at = stamp(FIRST + timedelta(hours=number))
    payment = {"id": str(number), "createdAt": at, "updatedAt": at, "method": "card", "amount": 1_000 + number}
    payment |= {"state": state, "transactionId": f"ch_{number:04}", "errorMessage": None, "refunds": list(refunds)}
    return {
        "id": str(number),
        "code": f"CODE{number:04}",
        "state": "PaymentSettled",
        "type": "Regular",
        "active": False,
        "createdAt": at,
        "updatedAt": at,
        "orderPlacedAt": at,
        "currencyCode": currency,
        "totalWithTax": 1_000,
        "total": 1_000,
        "shippingWithTax": 0,
        "taxSummary": [{"description": "VAT", "taxRate": 16}],
        "lines": [{"productVariant": {"sku": "BEANS-1"}}],
        "payments": [payment],
    }


class Vendure(httpx.BaseTransport):
    """Answers as the admin API does. `before` is called before each list of orders, with its number from 1."""

    def __init__(self, orders=(), *, precision=2, before=None):
        self.orders, self.precision, self.before = list(orders), precision, before
        self.logins = self.lists = 0
        self.odd = []
        self.tokens = set()
        self.headers = []

    def handle_request(self, request):
        body = json.loads(request.read())
        self.headers.append(dict(request.headers))
        if "Login" in body["query"]:
            return self._login(body["variables"])
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return self._error("FORBIDDEN", "You are not currently authorized to perform this action")
        if self.odd:
            return self.odd.pop(0)
        if "Precision" in body["query"]:
            config = {"serverConfig": {"moneyStrategyPrecision": self.precision}}
            return httpx.Response(200, json={"data": {"globalSettings": config}})
        return httpx.Response(200, json={"data": {"orders": self._orders(body)}})

    def _login(self, variables):
        if variables != SECRET:
            wrong = {"__typename": "InvalidCredentialsError", "errorCode": "INVALID_CREDENTIALS_ERROR", "message": "No"}
            return httpx.Response(200, json={"data": {"login": wrong}})
        self.logins += 1
        self.tokens = {f"token-{self.logins}"}
        user = {"__typename": "CurrentUser", "id": "2"}
        token = {"vendure-auth-token": f"token-{self.logins}"}
        return httpx.Response(200, json={"data": {"login": user}}, headers=token)

    def _orders(self, body):
        options = body["variables"]["options"]
        if "items" in body["query"]:
            self.lists += 1
            if self.before:
                self.before(self.lists)
        since = options["filter"]["orderPlacedAt"].get("after", "")
        shown = sorted(
            (row for row in self.orders if row["orderPlacedAt"] > since),
            key=lambda row: (row["orderPlacedAt"], int(row["id"])),
        )
        skip = options.get("skip", 0)
        return {"totalItems": len(shown), "items": shown[skip : skip + options["take"]]}

    def _error(self, code, words, status=200):
        return httpx.Response(status, json={"errors": [{"message": words, "extensions": {"code": code}}], "data": None})


def source(transport, clock=None, secret=SECRET, url=URL, **options):
    connection = Connection("co", "Vendure", "vendure", url, "UTC", {"page_size": "4", **options})
    clock = clock or VirtualClock()
    return VendureSource(connection, secret, guard=open_guard(), clock=clock, rng=random.Random(1), transport=transport)


def ids(shelf):
    return sorted(int(record.external_id) for record in shelf.records("orders"))


def test_all_orders_are_walked_with_one_login():
    shop, shelf = Vendure([order(number) for number in range(1, 12)]), Shelf()
    assert shelf.pull(source(shop, channel="branch"))
    assert ids(shelf) == list(range(1, 12))
    assert (shop.logins, shop.lists) == (1, 4)
    assert {headers["vendure-token"] for headers in shop.headers} == {"branch"}


def test_the_look_back_begins_before_the_newest_order():
    shop, shelf = Vendure([order(1), order(24 * 200)]), Shelf()
    shelf.pull(source(shop))
    since = json.loads(shelf.cursors["orders"])["since"]
    assert since == stamp(FIRST + timedelta(days=200 - 120))
    again = [
        record.external_id for page in source(shop).pages("orders", shelf.cursors["orders"]) for record in page.records
    ]
    assert again == [str(24 * 200)]


def test_an_order_that_goes_while_it_is_being_paged_makes_the_walk_begin_anew():
    def lose(number):
        if number == 2:
            shop.orders = [row for row in shop.orders if row["id"] != "2"]

    shop, shelf = Vendure([order(number) for number in range(1, 12)], before=lose), Shelf()
    assert shelf.pull(source(shop))
    assert ids(shelf) == list(range(1, 12)), "the one that went had been read already"


def test_an_older_order_that_appears_late_is_not_lost():
    def appear(number):
        if number == 3:
            shop.orders.append(late)

    late = {**order(2), "id": "99"}
    shop, shelf = Vendure([order(number) for number in range(1, 12)], before=appear), Shelf()
    assert shelf.pull(source(shop))
    assert ids(shelf) == [*range(1, 12), 99]


def test_orders_that_never_keep_their_places_are_given_up():
    def shuffle(number):
        shop.orders = [order(number * 100 + row) for row in range(1, 12)]

    shop = Vendure(before=shuffle)
    with pytest.raises(TransportError, match="change places"):
        Shelf().pull(source(shop))


def test_a_count_that_lies_is_noticed():
    shop = Vendure([order(1)])
    shop._orders = lambda body: {
        "totalItems": 7,
        "items": [order(1)] if not body["variables"]["options"]["skip"] else [],
    }
    with pytest.raises(TransportError, match=r"change places|there are 7 orders"):
        Shelf().pull(source(shop))


def test_killed_anywhere_it_ends_the_same():
    shop = Vendure([order(number) for number in range(1, 24)])
    whole, _ = whole_pull(source, lambda: shop)
    check_every_page(source, lambda: shop, whole)


@pytest.mark.soak
def test_killed_at_random_steps_it_ends_the_same():
    shop = Vendure([order(number) for number in range(1, 24)])
    check_random_steps(source, lambda: shop, *whole_pull(source, lambda: shop))


def test_money_of_another_precision_is_refused_before_anything_is_read():
    shop = Vendure([order(1)], precision=3)
    with pytest.raises(UsageError, match="3 decimals"):
        next(source(shop).pages("orders", None))
    assert shop.lists == 0


def test_an_ended_session_is_renewed_once_and_a_missing_right_is_told():
    shop = Vendure([order(1)])
    asked = source(shop)
    asked.counts()
    shop.tokens = set()
    assert asked.counts()[0].count == 1
    assert shop.logins == 2
    shop.odd = [shop._error("FORBIDDEN", "You are not currently authorized to perform this action") for _ in range(2)]
    with pytest.raises(TransportError, match="not currently authorized") as refusal:
        asked.counts()
    assert refusal.value.kind == "auth"


@pytest.mark.parametrize(
    ("answer", "words", "kind"),
    [
        (("USER_INPUT_ERROR", "Cannot take more than 50 results"), "take more than 50", "refused"),
        (("GRAPHQL_VALIDATION_FAILED", "Cannot query field", 400), "Cannot query field", "protocol"),
    ],
)
def test_errors_in_any_status_are_told_in_vendures_words(answer, words, kind):
    shop = Vendure([order(1)])
    shop.odd = [shop._error(*answer)]
    with pytest.raises(TransportError, match=words) as trouble:
        source(shop).counts()
    assert trouble.value.kind == kind


def test_trouble_of_its_own_is_asked_again():
    shop, clock = Vendure([order(1)]), VirtualClock()
    shop.odd = [shop._error("INTERNAL_SERVER_ERROR", "boom"), httpx.Response(502), httpx.Response(200, text="{")]
    assert source(shop, clock).counts()[0].count == 1
    assert len(clock.sleeps) == 3


def test_a_wrong_password_is_told_without_showing_it():
    with pytest.raises(TransportError, match="does not let the administrator in: No") as refusal:
        source(Vendure(), secret={**SECRET, "password": "sparrow-4711"}).counts()
    assert "sparrow" not in refusal.value.text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"secret": {}}, "username and password"),
        ({"url": "https://shop.example.com"}, "names no API"),
        ({"page_size": "1"}, "page_size"),
        ({"look_back_days": "soon"}, "look_back_days"),
    ],
)
def test_what_cannot_be_used_is_refused(options, words):
    with pytest.raises(UsageError, match=words):
        source(Vendure(), **options)


def read(payload):
    record = RawRecord("Vendure", "orders", "x", dumps(payload), START)
    return interpret(contract("vendure"), [record], company="co", zone="UTC")


def test_payments_and_refunds_become_transactions():
    table = read(order(7, refunds=[refund(1, 300), refund(2, 200, "Pending"), refund(3, 50, "Failed")])).table
    assert table["external_id"].tolist() == ["payment:7", "refund:1"]
    assert table["amount"].tolist() == [1_007, -300]
    assert table["references"].tolist() == ["ch_0007\nCODE0007", "re_0001\nCODE0007"]


@pytest.mark.parametrize(
    ("skus", "said"),
    [(["A"], "A"), (["A", "A"], "A"), (["A", "B"], None), (["A", ""], None), (["A", None], None), ([], None)],
)
def test_a_payment_says_the_sku_that_all_of_its_order_has(skus, said):
    lines = [{"productVariant": {"sku": sku} if sku is not None else None} for sku in skus]
    sent = {**order(7, refunds=[refund(1, 300)]), "lines": lines}
    sent["taxSummary"] = [{"description": "VAT"}, {"description": "VAT"}]
    found = [json.loads(text) for text in read(sent).table["dimensions"].tolist()]
    assert [(one.get("sku"), one["tax"]) for one in found] == [(said, "VAT")] * 2


@pytest.mark.parametrize("state", ["Created", "Authorized", "Declined", "Error", "Cancelled"])
def test_payments_that_moved_nothing_give_nothing(state):
    result = read(order(1, state))
    assert (len(result.table), result.rejects, len(result.evidence)) == (0, [], 1)


@pytest.mark.parametrize("sent", [order(1, "HeldByBank"), order(1, refunds=[refund(1, state="HeldByBank")])])
def test_a_state_of_the_shops_own_is_quarantined(sent):
    (reject,) = read(copy.deepcopy(sent)).rejects
    assert (reject.path, reject.value) == ("@.state", "HeldByBank")


@pytest.mark.parametrize("code", [*sorted(code for code, exponent in EXPONENTS.items() if exponent != 2), "USD", "KES"])
def test_money_has_two_decimals_on_the_wire_whatever_the_currency(code):
    sent = order(1, currency=code)
    sent["payments"][0]["amount"] = 70_000
    table = read(sent).table
    assert table["amount"].tolist() == [700 * 10 ** EXPONENTS[code]]


def test_cents_of_a_currency_without_them_are_quarantined():
    sent = order(1, currency="JPY")
    sent["payments"][0]["amount"] = 70_050
    (reject,) = read(sent).rejects
    assert reject.value == "70050"
