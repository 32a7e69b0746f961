"""A shop's orders and refunds pulled while it is open: complete, and the same however the pull was cut."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import dumps
from awra_desk.ports.connections import TransportError
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.merchant.clock import DAY
from awra_desk.sandbox.servers.woocommerce import Money, shop_of
from awra_desk.services.pull import pull
from tests.connectors.crashing import check_every_page, check_random_steps, whole_pull
from tests.connectors.desks import desk_for
from tests.connectors.pulling import Shelf
from tests.connectors.virtual_time import START, VirtualClock
from tests.connectors.woo_shop import FIRST, NOW, Watched, add_order, add_refund, answered, at, shop, source
from tests.soak import scaled

STREAMS = ("orders", "refunds")


def pulled(made, shelf=None, before=None, **options):
    shelf = shelf or Shelf()
    reader = source(Watched(made, before), **options)
    assert shelf.pull(reader)
    return shelf, reader


def held(shelf, stream="orders"):
    return [int(record.external_id) for record in sorted(shelf.records(stream), key=lambda one: int(one.external_id))]


def check_counts(shelf, reader):
    for count in reader.counts():
        assert count.count == len(shelf.records(count.stream)), count.stream


def amounts(shelf, account="orders"):
    found = {}
    for stream in STREAMS:
        result = shelf.interpret("woocommerce", stream, zone="Africa/Nairobi")
        assert result.rejects == []
        table = result.table.take(result.table["account"] == account)
        found |= dict(zip(table["id"].tolist(), table["amount"].tolist(), strict=True))
    return found


@pytest.fixture(scope="module")
def month():
    return simulate(MonthSpec(seed=3, orders=110))


def test_a_whole_month_is_what_the_gateway_says(month):
    """Stripe's charges and refunds, to the cent and the id, although Stripe was not asked."""
    shelf, reader = pulled(shop_of(month), page_size="30")
    assert reader.streams == STREAMS
    for stream, name, sign in (("orders", "charges", 1), ("refunds", "refunds", -1)):
        table = shelf.interpret("woocommerce", stream).table
        table = table.take(table["account"] == "orders")
        mine = {}
        for texts, minor, currency in zip(table["references"], table["amount"], table["currency"], strict=True):
            mine[texts.split("\n")[0]] = (int(minor), currency)
        rows = getattr(month.stripe, name)
        assert mine == {row["id"]: (sign * row["amount"], row["currency"].upper()) for row in rows}
    check_counts(shelf, reader)


def test_fees_are_those_of_the_gateway_in_its_currency(month):
    shelf, _ = pulled(shop_of(month), page_size="30")
    table = shelf.interpret("woocommerce", "orders").table
    fees = table.take(table["account"] == "gateway_fees")
    assert set(fees["currency"].tolist()) == {"USD"}
    charges = {row["balance_transaction"] for row in month.stripe.charges}
    kept = sum(row["fee"] for row in month.stripe.balance_transactions if row["id"] in charges)
    assert -int(fees["amount"].sum()) == kept


def test_drafts_are_no_orders_and_the_trash_gives_nothing():
    made = shop(6)
    add_order(made, 71, FIRST, status="checkout-draft")
    add_order(made, 72, FIRST, status="trash")
    shelf, reader = pulled(made)
    assert held(shelf) == [10, 20, 30, 40, 50, 60, 72]
    assert "Shop/orders/72" not in amounts(shelf)
    check_counts(shelf, reader)


def test_the_same_pull_twice_changes_nothing_and_costs_little():
    made = shop(30, refunds=[(301, 300), (302, 300), (303, 20)])
    first = Watched(made)
    shelf = Shelf()
    assert shelf.pull(source(first))
    before, cursors = set(shelf.versions), dict(shelf.cursors)
    second = Watched(made)
    assert shelf.pull(source(second))
    assert (shelf.versions, shelf.cursors) == (before, cursors)
    assert len(second.asked) < len(first.asked)


def test_only_what_changed_is_asked_for_in_utc():
    made = shop(30)
    shelf, _ = pulled(made)
    watched = Watched(made)
    shelf.pull(source(watched))
    asked = [dict(request.url.params) for request in watched.asked if request.url.path.endswith("/orders")]
    assert asked[0]["modified_after"] == at(FIRST + 30 * DAY - 7 * DAY)
    assert {one["dates_are_gmt"] for one in asked if "modified_after" in one} == {"true"}


def test_a_refund_that_does_not_touch_its_order_is_found():
    made = shop(30)
    shelf, _ = pulled(made)
    stamp = made.orders[10]["date_modified_gmt"]
    add_refund(made, 305, 10, created=NOW - 100)
    shelf, reader = pulled(made, shelf)
    assert made.orders[10]["date_modified_gmt"] == stamp
    assert amounts(shelf)["Shop/refunds/305"] == -400
    check_counts(shelf, reader)


def test_late_and_changed_rows_are_found():
    made = shop(30)
    shelf, _ = pulled(made)
    made.touch(20, NOW - 50, total=Money("12.50"))
    add_order(made, 25, NOW - 6 * DAY)  # an import gave it an id of its own and a date of last week
    shelf, reader = pulled(made, shelf)
    assert amounts(shelf)["Shop/orders/20"] == 1_250
    assert "Shop/orders/25" in amounts(shelf)
    check_counts(shelf, reader)


def test_orders_are_placed_and_changed_while_it_is_read():
    """Low ids enter the list of changed orders, high ones are added, and one goes: none is lost, none doubled."""
    made = shop(30)
    shelf, _ = pulled(made)
    for number in range(60, 300, 30):
        made.touch(number, NOW - 500)
    wanted = dict.fromkeys(range(60, 300, 30), "12.00")

    def happen(request):
        if request == 3:
            made.touch(10, NOW - 20, total=Money("11.00"))
            add_order(made, 310, NOW - 20)
        if request == 4:
            made.touch(240, NOW - 19, status="trash")
        if request == 5:
            add_order(made, 320, NOW - 10)

    for number in wanted:
        made.orders[number]["total"] = Money("12.00")
    shelf, reader = pulled(made, shelf, happen)
    found = amounts(shelf)
    assert "Shop/orders/240" not in found
    assert all(found[f"Shop/orders/{number}"] == 1_200 for number in wanted if number != 240)
    assert {"Shop/orders/310", "Shop/orders/320"} <= set(found)
    shelf, reader = pulled(made, shelf)  # what entered behind the walk comes with the next
    assert amounts(shelf)["Shop/orders/10"] == 1_100
    check_counts(shelf, reader)


@pytest.mark.soak
@settings(max_examples=scaled(800), deadline=None)
@given(seed=st.integers(0, 1_000_000))
def test_whatever_happens_while_it_is_read_the_next_pull_has_it_all(seed):
    draw = random.Random(seed)
    made = shop(12, refunds=[(1_000 + number, number) for number in (20, 70)])

    def happen(request):
        if request > 14 or draw.random() < 0.4:
            return
        moment = NOW - 1_000 + request
        alive = sorted(made.orders)
        which = draw.choice(alive)
        match draw.randrange(5):
            case 0:
                add_order(made, made.next_id(), moment)
            case 1:
                made.touch(which, moment, total=Money(draw.choice(["7.00", "8.00"])))
            case 2:
                made.touch(which, moment, status="trash")
            case 3:
                made.touch(which, moment, status="completed")
            case 4 if which > 120:  # of older ones only the count tells
                made.delete(which)

    shelf, _ = pulled(made, before=happen)
    shelf, reader = pulled(made, shelf)
    alive = {number: row for number, row in made.orders.items() if row["status"] != "trash"}
    found = {name: minor for name, minor in amounts(shelf).items() if "/orders/" in name}
    assert found == {f"Shop/orders/{number}": int(row["total"] * 100) for number, row in alive.items()}
    check_counts(shelf, reader)


def test_orders_go_to_the_trash_come_back_and_are_emptied_out():
    made = shop(20, refunds=[(301, 20)])
    shelf, _ = pulled(made)
    made.touch(20, NOW - 90, status="trash")
    shelf, reader = pulled(made, shelf)
    assert not {"Shop/orders/20", "Shop/refunds/301"} & set(amounts(shelf))
    check_counts(shelf, reader)
    made.touch(20, NOW - 80, status="completed")
    shelf, reader = pulled(made, shelf)
    assert {"Shop/orders/20", "Shop/refunds/301"} <= set(amounts(shelf))
    made.touch(20, NOW - 70, status="trash")
    shelf, _ = pulled(made, shelf)
    made.delete(20)
    shelf, reader = pulled(made, shelf)
    assert json.loads(shelf.newest["orders", "20"].payload) == {"id": 20, "status": "deleted"}
    assert not {"Shop/orders/20", "Shop/refunds/301"} & set(amounts(shelf))
    check_counts(shelf, reader)
    shelf, reader = pulled(made, shelf)
    check_counts(shelf, reader)


def test_an_order_that_left_the_trash_without_a_new_date_is_looked_up():
    made = shop(20)
    made.orders[20]["status"] = "trash"
    shelf, _ = pulled(made)
    made.orders[20]["status"] = "completed"
    shelf, reader = pulled(made, shelf)
    assert "Shop/orders/20" in amounts(shelf)
    check_counts(shelf, reader)


def test_a_new_order_or_refund_deleted_for_good_is_noticed():
    made = shop(20, refunds=[(301, 20), (302, 30)])
    shelf, _ = pulled(made)
    made.delete(200)
    del made.refunds[302]
    shelf, reader = pulled(made, shelf)
    assert not {"Shop/orders/200", "Shop/refunds/302"} & set(amounts(shelf))
    check_counts(shelf, reader)


def test_an_old_order_deleted_for_good_breaks_the_count():
    made = shop(20)
    shelf, _ = pulled(made)
    made.delete(10)
    shelf, reader = pulled(made, shelf)
    counts = {count.stream: count.count for count in reader.counts()}
    assert counts["orders"] == len(shelf.records("orders")) - 1


@pytest.mark.parametrize("stream", STREAMS)
def test_a_row_that_is_missing_here_is_noticed(stream):
    made = shop(20, refunds=[(301, 20)])
    shelf, reader = pulled(made)
    shelf.newest.pop((stream, "20" if stream == "orders" else "301"))
    counts = {count.stream: count.count for count in reader.counts()}
    assert counts[stream] == len(shelf.records(stream)) + 1


def test_what_comes_after_the_pull_is_not_missed_yet():
    made = shop(20)
    shelf, reader = pulled(made)
    add_order(made, 300, NOW)
    add_order(made, 301, NOW, status="checkout-draft")
    check_counts(shelf, reader)


def test_a_future_cursor_brings_nothing_and_stays():
    made = shop(20, refunds=[(301, 20)])
    future = "2200-01-01T00:00:00"
    shelf = Shelf()
    shelf.pull(source(Watched(shop(0))))
    for stream in STREAMS:
        cursor = json.dumps({**json.loads(shelf.cursors[stream]), "since": future})
        *_, page = source(Watched(made)).pages(stream, cursor)
        assert (len(page.records), page.complete, json.loads(page.cursor)["since"]) == (0, True, future)


def test_a_clock_that_is_ahead_at_the_shop_does_not_skip_what_comes_next():
    made = shop(20)
    made.touch(200, NOW + 400 * DAY)
    shelf, _ = pulled(made)
    assert json.loads(shelf.cursors["orders"])["since"] == at(int(START.timestamp()) - 7 * DAY)


@pytest.mark.soak
def test_a_pull_cut_at_any_page_or_request_ends_the_same():
    made = shop(23, refunds=[(301 + number, 10 * number) for number in range(1, 12)])
    made.orders[50]["status"] = "trash"

    def inner():
        return Watched(made)

    whole, requests = whole_pull(source, inner)
    assert held(whole) == sorted(made.orders)
    check_every_page(source, inner, whole)
    check_random_steps(source, inner, whole, requests)


def test_a_second_pull_cut_at_any_page_ends_the_same():
    def changed():
        made = shop(23, refunds=[(301, 20)])
        shelf = Shelf()
        shelf.pull(source(Watched(made)))
        made.touch(40, NOW - 100, status="trash")
        made.touch(90, NOW - 90, total=Money("11.00"))
        made.delete(230)
        add_refund(made, 306, 50, created=NOW - 80)
        return made, shelf

    made, whole = changed()
    pages = whole.pages
    assert whole.pull(source(Watched(made)))
    for cut in range(1, whole.pages - pages):
        made, shelf = changed()
        assert not shelf.pull(source(Watched(made)), cut_after=cut)
        assert shelf.pull(source(Watched(made)))
        assert (shelf.payloads(), shelf.cursors) == (whole.payloads(), whole.cursors)


def test_pages_of_another_order_are_not_taken():
    watched = Watched(shop(20))
    rows = [watched.application.shop.orders[number] for number in (20, 10)]
    watched.odd = [answered([]), answered([{"id": row["id"], "status": "completed"} for row in rows])]
    with pytest.raises(TransportError, match="not sorted by id"):
        Shelf().pull(source(watched))


@pytest.mark.parametrize(("rows", "total"), [([{"id": "9" * 5000}], 1), ([], "9" * 5000)])
def test_a_number_of_thousands_of_digits_is_out_of_order(rows, total):
    watched = Watched(shop(2))
    watched.odd = [answered(rows, total)] * 9
    with pytest.raises(TransportError, match="out of order"):
        Shelf().pull(source(watched))


def test_rows_that_the_keys_user_may_not_see_are_not_taken_for_deleted():
    made = shop(20)
    shelf, _ = pulled(made)
    watched = Watched(made)
    whole = watched.inner.handler

    def veiled(request):
        answer = whole(request)
        rows = answer.json()
        if isinstance(rows, list):  # the list is as long as ever, and shows less
            rows = [row for row in rows if row["id"] != 200]
            return type(answer)(200, json=rows, headers={"X-WP-Total": answer.headers["X-WP-Total"]})
        return answer

    watched.inner.handler = veiled
    with pytest.raises(TransportError, match="does not show the rows"):
        shelf.pull(source(watched))
    assert "Shop/orders/200" in amounts(shelf)


def test_what_is_not_woocommerces_is_refused():
    with pytest.raises(UsageError, match="no stream"):
        next(source(Watched(shop(1))).pages("products", None))
    with pytest.raises(UsageError, match="cursor"):
        next(source(Watched(shop(1))).pages("orders", "{}"))


def test_the_desk_holds_its_count_against_the_shops_and_supersedes_what_went_to_the_trash(tmp_path):
    made, clock = shop(20, refunds=[(301, 20)]), VirtualClock()

    def make():
        return source(Watched(made), clock, name="Woocommerce")

    with desk_for(tmp_path, "woocommerce", make) as desk:
        first = pull(desk, "Woocommerce")
        assert (first.control_ok, first.quarantined, first.transactions) == (True, 0, 21)
        made.touch(20, NOW - 90, status="trash")
        second = pull(desk, "Woocommerce")
        assert (second.control_ok, second.transactions) == (True, 19)  # its refund went with it
        made.touch(20, NOW - 80, status="completed")
        assert pull(desk, "Woocommerce").transactions == 21
        made.delete(10)  # long before the look-back
        made.delete(20)
        last = pull(desk, "Woocommerce")
        assert (last.control_ok, last.transactions) == (True, 18)
        again = pull(desk, "Woocommerce")
        assert (again.control_ok, again.transactions, again.new) == (True, 18, 0)
        with desk.read() as uow:
            totals = {total.name: (total.expected, total.actual) for total in uow.controls.totals("Woocommerce")}
            assert json.loads(uow.records.get("Woocommerce/orders/10@" + _digest(10)).payload)["status"] == "deleted"
        assert totals == {"proof: number of orders": (20, 20), "proof: number of refunds": (1, 1)}


def _digest(identity):
    text = dumps({"id": identity, "status": "deleted"})
    return RawRecord("Woocommerce", "orders", str(identity), text, START).digest[:16]


def test_what_it_does_not_show_is_not_taken_for_deleted_when_it_is_asked_for():
    made = shop(20)
    shelf, _ = pulled(made)
    watched = Watched(made)
    reader = source(watched)
    shelf.pull(reader)
    watched.odd = [answered([], total=4)]
    with pytest.raises(TransportError, match="does not show the rows"):
        reader.vanished("orders", ["10", "20", "30", "40"])


def test_more_rows_there_than_here_stay_a_break(tmp_path):
    """Only what is missing there is looked up; what is missing here is pulled or told."""
    made, clock = shop(20), VirtualClock()
    with desk_for(tmp_path, "woocommerce", lambda: source(Watched(made), clock, name="Woocommerce")) as desk:
        assert pull(desk, "Woocommerce").control_ok
        add_order(made, 5, FIRST - 100 * DAY)  # restored from a backup, with an old date of change
        assert pull(desk, "Woocommerce").broken == ("proof: number of orders",)
