"""Shopify's odd answers: throttled in a 200, missing scopes, other versions, locked shops, pages that repeat."""

import json
import random

import httpx
import pytest

from awra_desk.connectors.shopify import queries
from awra_desk.connectors.shopify.queries import PROVEN
from awra_desk.ports.connections import TransportError
from tests.connectors.pulling import Shelf
from tests.connectors.shopify_pulling import connect, source
from tests.connectors.shopify_seed import seeded
from tests.connectors.shopify_shop import TOKEN, cost
from tests.connectors.virtual_time import VirtualClock
from tests.contracts import shopify_contract
from tests.contracts.shopify.cut import all_queries
from tests.simulation.in_process import InProcess


@pytest.fixture
def shop():
    return seeded(VirtualClock())


def test_points_are_waited_for_before_they_run_out(shop):
    """Our own count of the budget keeps us from being throttled at all."""
    shop.maximum = shop.available = 1_000.0
    shop.restore = 50.0
    assert Shelf().pull(source(shop))
    assert shop.throttled == 0
    assert max(shop.clock.sleeps) > 1
    assert max(shop.costs.values()) <= 1_000
    assert set(shop.costs) < set(all_queries())


def test_throttled_in_a_200_waits_as_long_as_the_points_need(shop):
    shop.maximum, shop.available, shop.restore = 1_000.0, 5.0, 50.0
    whole = seeded(VirtualClock())
    expected, shelf = Shelf(), Shelf()
    expected.pull(source(whole))
    assert shelf.pull(source(shop))
    assert shop.throttled == 1
    missing = shop.costs[next(query for query in shop.costs if "Orders(" in query)] - 5
    assert missing / 50 <= shop.clock.sleeps[0] <= missing / 50 + 1
    assert shelf.payloads() == expected.payloads()


def test_no_query_costs_more_than_one_may():
    wanted = dict.fromkeys(all_queries(), 1)
    wanted |= dict.fromkeys((queries.BALANCE_TRANSACTIONS, queries.PAYOUTS, queries.DISPUTES), queries.PAYMENTS_FIRST)
    wanted |= {queries.ORDERS: queries.ORDERS_FIRST, queries.REFUND_TRANSACTIONS: queries.LARGEST}
    wanted |= dict.fromkeys((queries.ORDER_TRANSACTIONS, queries.ORDER_REFUNDS), queries.MOST_IN_ORDER)
    for query, first in wanted.items():
        for version in PROVEN:
            assert cost(version, query, first) <= 1_000, (query, cost(version, query, first))


@pytest.mark.parametrize("version", PROVEN)
@pytest.mark.parametrize("query", all_queries(), ids=lambda query: query.split()[1].partition("(")[0])
def test_every_query_is_valid_on_every_official_schema(version, query):
    assert shopify_contract.query_errors(version, query) == []


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("query { orders(first: 1) { nodes { grossProfit } } }", "Cannot query field"),
        ('query { orders(first: "five") { nodes { id } } }', "Int cannot represent"),
        ("query { orders(first: 1, sortKey: MOON) { nodes { id } } }", "does not exist in"),
    ],
)
def test_the_schema_refuses_what_shopify_would(broken, words):
    assert words in shopify_contract.query_errors("2026-10", broken)[0]


def test_the_schema_refuses_seeded_data_that_drifts():
    query = "query { shopifyPaymentsAccount { payouts(first: 1) { nodes { status } } } }"
    root = {"shopifyPaymentsAccount": {"payouts": {"nodes": [{"status": "NOPE"}]}}}
    (error,) = shopify_contract.execute("2026-10", query, {}, root).errors
    assert "cannot represent value" in error.message


def test_search_filters_are_the_documented_ones():
    fields = shopify_contract.schema("2026-10")
    documented = {
        "orders": (fields.query_type.fields["orders"], "updated_at"),
        "balanceTransactions": (
            fields.type_map["ShopifyPaymentsAccount"].fields["balanceTransactions"],
            "processed_at",
        ),
        "payouts": (fields.type_map["ShopifyPaymentsAccount"].fields["payouts"], "issued_at"),
        "disputes": (fields.type_map["ShopifyPaymentsAccount"].fields["disputes"], "initiated_at"),
    }
    for field, name in documented.values():
        assert f"| {name} | time |" in field.args["query"].description


@pytest.mark.parametrize(
    ("scope", "streams", "named"),
    [
        ("read_orders", ("orders",), "read_orders"),
        ("read_shopify_payments_accounts", ("balance_transactions",), "read_shopify_payments"),
        ("read_shopify_payments_disputes", ("disputes",), "read_shopify_payments_disputes"),
    ],
)
def test_a_missing_scope_is_named(shop, scope, streams, named):
    shop.scopes -= {scope}
    with pytest.raises(TransportError, match=named) as refusal:
        Shelf().pull(source(shop), streams=streams)
    assert refusal.value.kind == "auth"
    assert "access scope" in refusal.value.text
    assert scope not in source(shop).scopes()


def test_the_granted_scopes_are_told(shop):
    assert source(shop).scopes() == tuple(sorted(shop.scopes))


@pytest.mark.parametrize("version", PROVEN)
def test_an_older_version_that_is_proven_here_is_taken(version):
    shop = seeded(VirtualClock(), version=version)
    assert len(source(shop).balances([])) == 2


def test_falling_forward_to_an_unknown_version_is_noticed_and_nothing_of_it_kept(shop):
    shop.header = "2027-04"
    shelf = Shelf()
    with pytest.raises(TransportError, match=r"version 2026-10.*it was 2027-04"):
        shelf.pull(source(shop))
    assert shelf.newest == {}


@pytest.mark.parametrize(
    ("status", "body", "words", "kind"),
    [
        (402, {"errors": "Payment Required"}, "has frozen the shop", "refused"),
        (423, {"errors": "Locked"}, "has locked the shop", "refused"),
        (404, {"errors": "Not Found"}, "knows no such shop", "refused"),
        (403, {"errors": "[API] This action requires merchant approval"}, "requires merchant approval", "auth"),
        (200, {"errors": [{"message": "x", "extensions": {"code": "SHOP_INACTIVE"}}]}, "not active", "refused"),
        (200, {"errors": [{"message": "Field 'x' is gone"}]}, "Field 'x' is gone", "protocol"),
        (200, {"errors": "odd"}, "odd", "protocol"),
        (200, {"data": None}, "no data", "protocol"),
    ],
)
def test_troubles_are_told_in_shopifys_words(status, body, words, kind):
    answer = httpx.MockTransport(lambda request: httpx.Response(status, json=body))
    with pytest.raises(TransportError, match=words) as trouble:
        connect(answer).balances([])
    assert trouble.value.kind == kind
    assert trouble.value.remedy


def test_trouble_of_shopifys_own_in_a_200_is_asked_again(shop):
    inner, troubles = InProcess(shop), [500, 200, 429]

    def answer(request):
        if not troubles:
            return inner.handle_request(request)
        status = troubles.pop()
        words = [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]
        return httpx.Response(status, json={"errors": words if status == 200 else "busy"})

    assert len(connect(httpx.MockTransport(answer), shop.clock).balances([])) == 2
    assert len(shop.clock.sleeps) >= 3


def test_a_wrong_token_is_told_without_showing_it(shop):
    wrong = TOKEN.replace("canary", "sparrow")
    with pytest.raises(TransportError) as refusal:
        source(shop, token=wrong).balances([])
    assert refusal.value.kind == "auth"
    assert "unrecognized login" in refusal.value.text
    assert wrong not in refusal.value.text


def test_a_page_that_repeats_for_ever_is_left(shop):
    """hasNextPage stays true with the same cursor."""
    inner = InProcess(shop)

    def answer(request):
        reply = inner.handle_request(request)
        body = json.loads(reply.read())
        payments = body.get("data", {}).get("shopifyPaymentsAccount", {})
        if "payouts" in payments:
            payments["payouts"]["pageInfo"] = {"hasNextPage": True, "endCursor": "for-ever"}
        return httpx.Response(200, json=body, headers={"X-Shopify-API-Version": "2026-10"})

    with pytest.raises(TransportError, match="repeats"):
        Shelf().pull(connect(httpx.MockTransport(answer), shop.clock), streams=("payouts",))


@pytest.mark.parametrize("seed", range(5))
def test_lines_that_break_anywhere_change_nothing(shop, seed):
    expected, shelf, draw, inner = Shelf(), Shelf(), random.Random(seed), InProcess(shop)
    expected.pull(source(shop))

    def answer(request):
        luck = draw.random()
        if luck < 0.1:
            raise httpx.ReadError("cut")
        reply = inner.handle_request(request)
        if luck < 0.2:
            return httpx.Response(200, content=reply.read()[:-20], headers={"content-type": "application/json"})
        return httpx.Response(503) if luck < 0.3 else reply

    for _ in range(100):  # so many faults use up what may be tried again; the next pull goes on where this one stopped
        try:
            shelf.pull(connect(httpx.MockTransport(answer), shop.clock))
            break
        except TransportError:
            shop.clock.sleep(300)
    else:
        pytest.fail("it never came through")
    assert shelf.payloads() == expected.payloads()
