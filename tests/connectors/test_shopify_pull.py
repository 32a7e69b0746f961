"""A whole shop pulled over Shopify's official schemas: complete, proven, and the same however it was cut."""

import json
from collections import defaultdict
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from awra_desk.connectors.shopify.queries import PROVEN, VERSION
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import TransportError
from awra_desk.services.control import COUNTED, RUNNING
from awra_desk.services.pull import pull
from tests.connectors.crashing import check_every_page, check_random_steps, whole_pull
from tests.connectors.desks import broken_without, desk_for
from tests.connectors.pulling import Shelf
from tests.connectors.shopify_pulling import ZONE, connect, source
from tests.connectors.shopify_seed import LARGE, LINES, ORDERS, make_order, seeded
from tests.connectors.shopify_shop import later
from tests.connectors.virtual_time import VirtualClock
from tests.simulation.in_process import InProcess

STREAMS = ("orders", "balance_transactions", "payouts", "disputes")


@pytest.fixture
def shop():
    return seeded(VirtualClock())


@pytest.fixture(scope="module")
def whole():
    """An uninterrupted pull, and how many requests it took."""
    clock = VirtualClock()
    shop = seeded(clock)
    make, inner = partial(connect, clock=clock), lambda: InProcess(shop)
    shelf, requests = whole_pull(make, inner)
    asked = [name for _, name, _ in shop.asked]
    return SimpleNamespace(shop=shop, shelf=shelf, requests=requests, asked=asked, crash=(make, inner, shelf))


def rows_of(shelf, stream):
    result = shelf.interpret("shopify", stream, ZONE)
    assert result.rejects == []
    return result.table


@pytest.mark.parametrize("version", PROVEN)
def test_every_official_schema_gives_the_same_data(whole, version):
    shop = seeded(VirtualClock(), version=version)
    shelf = Shelf()
    assert shelf.pull(source(shop))
    assert source(shop).streams == STREAMS
    assert shelf.payloads() == whole.shelf.payloads()
    assert {asked for asked, _, _ in shop.asked} == {VERSION}


def test_every_object_is_pulled_once_and_whole(whole):
    for stream in STREAMS:
        found = {record.external_id: json.loads(record.payload) for record in whole.shelf.records(stream)}
        expected = {row["id"]: row for row in getattr(whole.shop, stream)}
        assert found.keys() == expected.keys()
    assert len(whole.shelf.versions) == len(whole.shelf.newest)
    for order in whole.shop.orders:
        read = json.loads(whole.shelf.newest["orders", order["id"]].payload)
        assert [row["id"] for row in read["transactions"]] == [row["id"] for row in order["transactions"]]
        members = [[node["id"] for node in refund["transactions"]["nodes"]] for refund in read["refunds"]]
        assert members == [refund["transactions"] for refund in order["refunds"]]


def test_an_order_larger_than_its_page_is_asked_for_again_alone(whole):
    assert {name: whole.asked.count(name) for name in ("OrderTransactions", "OrderRefunds", "RefundTransactions")} == {
        "OrderTransactions": 1,
        "OrderRefunds": 2,
        "RefundTransactions": 1,
    }
    large = json.loads(whole.shelf.newest["orders", f"gid://shopify/Order/{1000 + LARGE}"].payload)
    assert (len(large["transactions"]), len(large["refunds"])) == (32, 24)


def test_the_balance_is_what_its_transactions_add_up_to(whole):
    reported = source(whole.shop).balances([])
    table = rows_of(whole.shelf, "balance_transactions")
    sums = defaultdict(int)
    for code, minor in zip(table["settlement_currency"].tolist(), table["settlement_amount"].tolist(), strict=True):
        sums[code] += minor
    assert {one.currency: one.minor for one in reported} == dict(sums)
    assert sorted(sums) == ["JPY", "USD"]
    assert all(one.since_zero for one in reported)


def test_a_payout_is_the_sum_of_its_members_transfers_left_out(whole):
    table = rows_of(whole.shelf, "balance_transactions")
    members = defaultdict(int)
    others = table.take(~np.isin(table["kind"].astype(str), ["payout"]))
    for batch, minor in zip(others["batch"].tolist(), others["settlement_amount"].tolist(), strict=True):
        members[batch] += minor
    payouts = rows_of(whole.shelf, "payouts")
    sent = payouts.take(payouts["kind"] == "payout")
    for identity, minor in zip(sent["external_id"].tolist(), sent["amount"].tolist(), strict=True):
        assert members[identity] == -minor, identity
    assert len(sent) == len(whole.shop.payouts) >= 4
    failed = payouts.take(payouts["kind"] == "payout_failure")
    assert failed["external_id"].tolist() == [
        f"{payout['id']}:failure" for payout in whole.shop.payouts if payout["status"] == "FAILED"
    ]


def test_orders_tell_what_each_gateway_took_and_gave_back(whole):
    table = rows_of(whole.shelf, "orders")
    gateways = {json.loads(text)["gateway"] for text in table["dimensions"].tolist()}
    assert gateways == {"shopify_payments", "paypal", "gift_card", "cash"}
    net = sum(round(float(order["netPaymentSet"]["shopMoney"]["amount"]) * 100) for order in whole.shop.orders)
    assert int(table["settlement_amount"].sum()) == net
    assert set(table["kind"].tolist()) == {"charge", "refund", "adjustment"}
    foreign = table.take(table["currency"] != table["settlement_currency"])
    assert set(foreign["currency"].tolist()) == {"EUR"}
    assert set(foreign["settlement_currency"].tolist()) == {"USD"}


def test_a_payment_says_the_sku_and_tax_that_all_of_its_order_has(whole):
    table = rows_of(whole.shelf, "orders")
    said = {}
    for names, text in zip(table["references"].tolist(), table["dimensions"].tolist(), strict=True):
        said.setdefault(int(names.partition("\n")[0].removeprefix("#")) - 1000, []).append(json.loads(text))
    assert set(said) >= set(range(1, 11))
    for number, rows in said.items():
        sku = {0: "BEANS-1", 1: "BEANS-1"}.get(number % len(LINES))
        tax = "VAT" if number % 2 else None
        assert {(row.get("sku"), row.get("tax")) for row in rows} == {(sku, tax)}, number


def test_any_missing_balance_transaction_is_noticed(whole):
    reported = source(whole.shop).balances([])
    table = rows_of(whole.shelf, "balance_transactions")
    for gone in range(len(table)):
        assert f"{RUNNING}balance" in broken_without("shopify", table, gone, reported), table["id"][gone]


def test_any_missing_order_is_noticed(shop, tmp_path):
    with desk_for(tmp_path, "shopify", lambda: source(shop)) as desk:
        shop.hidden = {shop.orders[4]["id"]}
        assert pull(desk, "Shopify").broken == (f"{COUNTED}orders",)
        shop.hidden = set()
        shop.orders[4]["updatedAt"] = later(ORDERS + 1)
        result = pull(desk, "Shopify")
        assert (result.control_ok, result.quarantined) == (True, 0)
        with desk.read() as uow:
            names = {total.name for total in uow.controls.totals("Shopify")}
    assert names == {f"{COUNTED}orders", f"{RUNNING}balance", *(f"payout {payout['id']}" for payout in shop.payouts)}


def test_any_missing_transaction_of_an_order_is_noticed(shop):
    for order in shop.orders[:6]:
        for row in order["transactions"]:
            shop.hidden = {row["id"]}
            with pytest.raises(TransportError, match=f"{order['name']} has .* transactions and shows"):
                Shelf().pull(source(shop), streams=("orders",))


def test_a_count_is_only_believed_where_all_orders_may_be_seen(shop):
    assert [one.count for one in source(shop).counts()] == [ORDERS]
    shop.scopes -= {"read_all_orders"}
    assert source(shop).counts() == []


def test_the_same_pull_twice_changes_nothing(shop):
    shelf = Shelf()
    assert shelf.pull(source(shop))
    versions, cursors = set(shelf.versions), dict(shelf.cursors)
    assert shelf.pull(source(shop))
    assert (shelf.versions, shelf.cursors) == (versions, cursors)


def test_a_future_cursor_gives_nothing_and_stays(shop):
    future = json.dumps({"since": "2090-01-01T00:00:00Z", "after": None, "newest": None, "waiting": None})
    for stream in STREAMS:
        (page,) = source(shop).pages(stream, future)
        assert (len(page.records), page.complete, json.loads(page.cursor)) == (0, True, json.loads(future))


def test_killed_after_any_page_it_ends_the_same(whole):
    check_every_page(*whole.crash)


@pytest.mark.soak
def test_killed_at_random_steps_it_ends_the_same(whole):
    check_random_steps(*whole.crash, whole.requests)


def test_orders_that_come_and_change_while_being_paged_are_neither_lost_nor_doubled(shop):
    """On every page a new order arrives and an old one, already read, moves to the end."""

    def disturb(page):
        if page <= 3:
            newer = make_order(ORDERS + page)
            shop.orders.append(newer)
            shop.orders[page]["updatedAt"] = later(ORDERS + page)
            shop.orders[page]["displayFinancialStatus"] = "REFUNDED"

    shop.after_page = disturb
    shelf = Shelf()
    assert shelf.pull(source(shop), streams=("orders",))
    assert {record.external_id for record in shelf.records("orders")} == {order["id"] for order in shop.orders}
    for page in (1, 2, 3):
        assert '"REFUNDED"' in shelf.newest["orders", shop.orders[page]["id"]].payload
    assert rows_of(shelf, "orders")["occurrence"].max() == 1


def test_what_waits_for_its_payout_is_looked_at_again_however_old(shop):
    first = shop.balance_transactions[0]
    paid, first["associatedPayout"] = first["associatedPayout"], {"id": None, "status": "PENDING"}
    shop.balance_transactions[-1]["transactionDate"] = later(24 * 60)
    shelf = Shelf()
    shelf.pull(source(shop))
    assert json.loads(shelf.cursors["balance_transactions"])["since"] == first["transactionDate"]
    first["associatedPayout"] = paid
    shelf.pull(source(shop))
    assert json.loads(shelf.newest["balance_transactions", first["id"]].payload)["associatedPayout"] == paid


def test_late_rows_and_decided_disputes_are_seen(shop):
    shop.hidden = {shop.payouts[-1]["id"], shop.balance_transactions[-2]["id"]}
    shelf = Shelf()
    shelf.pull(source(shop))
    shop.hidden = set()
    shop.disputes[2]["status"] = "LOST"
    shelf.pull(source(shop))
    assert ("payouts", shop.payouts[-1]["id"]) in shelf.newest
    assert ("balance_transactions", shop.balance_transactions[-2]["id"]) in shelf.newest
    assert '"LOST"' in shelf.newest["disputes", shop.disputes[2]["id"]].payload


def test_a_shop_without_shopify_payments_has_orders_only(shop):
    shop.has_payments = False
    shelf = Shelf()
    assert shelf.pull(source(shop))
    assert {stream for stream, _ in shelf.newest} == {"orders"}
    assert source(shop).balances([]) == []


def test_what_is_not_shopifys_is_refused(shop):
    with pytest.raises(UsageError, match="no stream 'products'"):
        next(source(shop).pages("products", None))
    with pytest.raises(UsageError, match="cursor"):
        next(source(shop).pages("orders", '{"since": "yesterday"}'))
    with pytest.raises(UsageError, match=r"no shop's"):
        source(shop, url="https://shop.example.com")
    with pytest.raises(UsageError, match="access_token"):
        source(shop, token=None)
