"""The Vendure connector against a real Vendure 3.7.3 on PostgreSQL: what it pulls is what the shop took and gave back,
also when refunds come late, orders come in between, sessions end and the program is killed.
"""

import json
import random
from collections import Counter

import httpx
import psycopg
import pytest

from awra_desk.connectors._http.instants import instant
from awra_desk.connectors.vendure import VendureSource
from awra_desk.connectors.vendure.source import LOOK_BACK
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.services.control import COUNTED
from awra_desk.services.pull import pull
from tests.connectors.crashing import check_every_page, whole_pull
from tests.connectors.desks import desk_for
from tests.connectors.pulling import Shelf
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.e2e import vendure_seed as shopkeeper
from tests.e2e.vendure_harness import READER, STRANGER, running_vendure
from tests.e2e.vendure_seed import AUTHORISED, DECLINING, ORDERS, Admin

pytestmark = pytest.mark.vendure

ZONE = "America/New_York"
SETTLED = """
SELECT 'payment:' || id, amount FROM payment WHERE state = 'Settled'
UNION ALL SELECT 'refund:' || id, -total FROM refund WHERE state = 'Settled'
"""


@pytest.fixture(scope="module")
def server(postgres_url):
    with running_vendure() as running:
        yield running


@pytest.fixture(scope="module")
def admin(server):
    return Admin(server.base_url)


def source(server, transport=None, *, who=READER, **options):
    named = {"allow_loopback": "true", "page_size": "8", **options}
    connection = Connection("co", "Vendure", "vendure", server.base_url, ZONE, named)
    secret = server.secrets[who] if isinstance(who, str) else who
    return VendureSource(
        connection, secret, guard=open_guard(), clock=VirtualClock(), rng=random.Random(1), transport=transport
    )


def sql(server, statement, *values):
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        done = connection.execute(statement, values)
        return done.fetchall() if done.description else []


def moved(shelf):
    result = shelf.interpret("vendure", "orders", ZONE)
    assert result.rejects == []
    table = result.table
    assert set(table["settlement_currency"].tolist()) == {"USD"}
    return dict(zip(table["external_id"].tolist(), table["settlement_amount"].tolist(), strict=True))


def pulled(server, shelf=None, **options):
    shelf = shelf or Shelf()
    assert shelf.pull(source(server, **options))
    return shelf


def order_of(shelf, number):
    """The order paid by `ch_<number>`."""
    wanted = f'"transactionId":"ch_{number:06}"'
    (found,) = [record for record in shelf.records("orders") if wanted in record.payload]
    return json.loads(found.payload)


def test_what_is_pulled_is_what_the_database_holds(server):
    shelf = pulled(server)
    assert moved(shelf) == dict(sql(server, SETTLED))
    assert len(shelf.records("orders")) == sql(server, 'SELECT count(*) FROM "order" WHERE NOT active')[0][0]
    assert source(server).streams == ("orders",)
    assert source(server).balances([]) == []
    kinds = Counter(name.partition(":")[0] for name in moved(shelf))
    assert kinds["payment"] >= ORDERS - 1
    assert kinds["refund"] >= 4


def test_a_refund_that_the_processor_refused_moves_nothing(server):
    shelf = pulled(server)
    (refused,) = order_of(shelf, DECLINING)["payments"][0]["refunds"]
    assert refused["state"] == "Failed"
    assert f"refund:{refused['id']}" not in moved(shelf)


def test_a_late_refund_is_seen_although_the_order_does_not_show_it(server, admin):
    shelf = pulled(server)
    before = order_of(shelf, ORDERS - 5)
    given = shopkeeper.refund(admin, before["payments"][0]["id"], 123)
    pulled(server, shelf)
    after = order_of(shelf, ORDERS - 5)
    assert after["updatedAt"] == before["updatedAt"], "a refund moves no order"
    assert moved(shelf)[f"refund:{given['id']}"] == -123
    assert moved(shelf) == dict(sql(server, SETTLED))


def test_what_was_authorised_and_is_taken_later_is_seen(server, admin):
    shelf = pulled(server, look_back_days="400")
    (payment,) = order_of(shelf, AUTHORISED)["payments"]
    assert (payment["state"], f"payment:{payment['id']}" in moved(shelf)) == ("Authorized", False)
    shopkeeper.settle_payment(admin, payment["id"])
    pulled(server, shelf, look_back_days="400")
    assert moved(shelf)[f"payment:{payment['id']}"] == payment["amount"]


def test_the_look_back_is_what_it_says(server):
    """Orders before it are not read again: a refund that comes even later is only seen from the beginning."""
    shelf = pulled(server)
    since = instant(json.loads(shelf.cursors["orders"])["since"])
    ((newest,),) = sql(server, 'SELECT max("orderPlacedAt") FROM "order"')
    assert abs((newest - LOOK_BACK - since.replace(tzinfo=newest.tzinfo)).total_seconds()) < 86_400
    again = [record for page in source(server).pages("orders", shelf.cursors["orders"]) for record in page.records]
    assert 0 < len(again) < len(shelf.records("orders"))
    assert {record.raw_id for record in again} <= shelf.versions, "the same pull twice brings nothing new"


def test_orders_placed_while_it_is_being_paged_are_neither_lost_nor_doubled(server, admin):
    shelf, things, placed = Shelf(), shopkeeper.shelf_of(admin), []
    for page in source(server, page_size="5").pages("orders", None):
        shelf.take("orders", page)
        if len(placed) < 2:
            placed.append(shopkeeper.place_order(admin, things, 100 + len(placed))["id"])
    assert {record.external_id for record in shelf.records("orders")} >= set(placed)
    assert len(shelf.versions) == len(shelf.newest) == source(server).counts()[0].count
    assert moved(shelf) == dict(sql(server, SETTLED))


def test_a_cart_and_an_unpaid_order_are_not_there_until_they_are_placed(server, admin):
    things = shopkeeper.shelf_of(admin)
    unpaid = shopkeeper.place_order(admin, things, 200, pay=False)["id"]
    shelf = pulled(server)
    assert ("orders", unpaid) not in shelf.newest
    shopkeeper.add_payment(admin, unpaid, "ch_000200")
    pulled(server, shelf)
    assert ("orders", unpaid) in shelf.newest


def test_a_future_cursor_brings_nothing_and_stays(server):
    future = json.dumps({"since": "2090-01-01T00:00:00.000Z", "skip": 0, "last": None, "newest": None})
    (page,) = source(server).pages("orders", future)
    assert (len(page.records), page.complete, json.loads(page.cursor)) == (0, True, json.loads(future))


def test_killed_after_any_page_it_ends_the_same(server):
    def make(transport):
        return source(server, transport)

    whole, _ = whole_pull(make, httpx.HTTPTransport)
    assert whole.pages >= 3
    check_every_page(make, httpx.HTTPTransport, whole)


class Forgetful(httpx.HTTPTransport):
    """Leaves an order out of every list, and counts without it there."""

    def __init__(self, forgotten):
        super().__init__()
        self.forgotten = forgotten

    def handle_request(self, request):
        answer = super().handle_request(request)
        body = json.loads(answer.read())
        orders = (body.get("data") or {}).get("orders") or {}
        if "items" in orders:
            orders["totalItems"] -= 1
            orders["items"] = [row for row in orders["items"] if row["id"] != self.forgotten]
        return httpx.Response(answer.status_code, headers={**answer.headers, "content-length": ""}, json=body)


def test_any_missing_order_is_noticed(server, tmp_path):
    (first,), *_ = sql(server, 'SELECT id FROM "order" WHERE NOT active ORDER BY id')
    transports = [Forgetful(str(first)), None]
    options = {"page_size": "50"}
    with desk_for(tmp_path, "vendure", lambda: source(server, transports[0], **options), ZONE) as desk:
        assert pull(desk, "Vendure").broken == (f"{COUNTED}orders",)
    with desk_for(tmp_path, "vendure", lambda: source(server, **options), ZONE, name="whole") as desk:
        once, again = pull(desk, "Vendure"), pull(desk, "Vendure")
    assert (once.control_ok, once.quarantined, again.control_ok, again.new) == (True, 0, True, 0)


def test_a_session_that_ended_is_signed_in_anew(server):
    shop, shelf = source(server), Shelf()
    for page in shop.pages("orders", None):
        shelf.take("orders", page)
        sql(server, "DELETE FROM session")
    assert moved(shelf) == dict(sql(server, SETTLED))


def test_a_wrong_password_is_told_without_showing_it(server):
    with pytest.raises(TransportError, match="does not let the administrator in") as refusal:
        source(server, who={"username": READER, "password": "canary-4711"}).counts()
    assert refusal.value.kind == "auth"
    assert "canary" not in refusal.value.text
    assert "ReadOrder" in refusal.value.remedy


def test_an_administrator_without_the_right_is_told_so(server):
    with pytest.raises(TransportError, match="not currently authorized") as refusal:
        list(source(server, who=STRANGER).pages("orders", None))
    assert refusal.value.kind == "auth"
    assert "ReadOrder" in refusal.value.remedy


def test_a_page_larger_than_the_server_allows_is_told_so(server):
    with pytest.raises(TransportError, match="50") as refusal:
        list(source(server, page_size="51").pages("orders", None))
    assert "page_size" in refusal.value.remedy


def test_a_question_vendure_does_not_know_is_told_so(server):
    with pytest.raises(TransportError, match=r"could not answer the question.*moon"):
        source(server)._api.ask("query { moon }", {})
