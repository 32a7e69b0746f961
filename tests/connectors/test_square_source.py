"""A month of cafés pulled from the simulated Square: complete, exact, and the same however it was cut."""

import copy
import json
from collections import defaultdict
from types import SimpleNamespace

import httpx
import pytest

from awra_desk.connectors.square.faults import VERSION
from awra_desk.connectors.square.settled import named
from awra_desk.sandbox.square import CafeSpec, simulate_cafes
from awra_desk.services.control import COUNTED
from awra_desk.services.pull import pull
from tests.connectors.crashing import check_every_page, check_random_steps, whole_pull
from tests.connectors.desks import broken_without, desk_for
from tests.connectors.pulling import Shelf
from tests.connectors.square_pulling import batches, pulled, put, serving, source, transactions
from tests.connectors.virtual_time import VirtualClock
from tests.contracts import square_contract
from tests.simulation.in_process import InProcess
from tests.soak import scaled

STREAMS = ("locations", "payments", "refunds", "disputes", "payouts", "payout_entries")


@pytest.fixture(scope="module", autouse=True)
def _small_pages():
    """Pages of seven, so that a small month has many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("awra_desk.connectors.square.api.PAGE", 7)
        yield


@pytest.fixture(scope="module")
def cafes(_small_pages):
    """The month, served in this process, and an uninterrupted pull of it."""
    books = simulate_cafes(CafeSpec(seed=6, orders=60))
    inner = lambda: InProcess(serving(books))  # noqa: E731
    shelf, requests = whole_pull(source, inner)
    return SimpleNamespace(books=books, inner=inner, shelf=shelf, requests=requests)


@pytest.fixture
def books(cafes):
    """A copy that a test may change."""
    return copy.deepcopy(cafes.books)


def test_every_object_is_pulled_once(cafes):
    assert source(cafes.inner()).streams == STREAMS
    for stream in STREAMS[:-1]:
        expected = {row["id"] for row in getattr(cafes.books, stream)}
        assert {record.external_id for record in cafes.shelf.records(stream)} == expected
    entries = {row["id"] for rows in cafes.books.payout_entries.values() for row in rows}
    assert {record.external_id for record in cafes.shelf.records("payout_entries")} == entries
    assert len(cafes.shelf.versions) == len(cafes.shelf.newest)
    assert cafes.shelf.pages > 50


def test_each_location_is_asked_for_closed_ones_too(cafes):
    for stream in ("payments", "payouts"):
        rows = [json.loads(record.payload) for record in cafes.shelf.records(stream)]
        found = {row.get("payment", row)["location_id"] for row in rows}
        assert found == {row["id"] for row in cafes.books.locations}


def test_payments_and_refunds_carry_the_entries_that_settled_them(cafes):
    settled = defaultdict(list)
    for rows in cafes.books.payout_entries.values():
        for row in rows:
            settled[named(row)].append(row)
    for stream, kind in (("payments", "CHARGE"), ("refunds", "REFUND")):
        for record in cafes.shelf.records(stream):
            assert json.loads(record.payload)["entries"] == settled.get((kind, record.external_id), [])
    assert len(settled) > 40


def test_a_location_is_known_by_its_id_and_told_by_its_name(cafes):
    names = {row["id"]: row["name"] for row in cafes.books.locations}
    table = transactions(cafes.shelf)
    found = [json.loads(text) for text in table["dimensions"].tolist()]
    assert all(row["location"] in names for row in found)
    told = {row["location"]: row["location_name"] for row in found if "location_name" in row}
    assert told == names


def test_the_members_of_every_batch_add_up_to_its_payout(cafes):
    found = batches(cafes.shelf)
    assert set(found) == {row["id"] for row in cafes.books.payouts if row["type"] == "BATCH"}
    assert set(found.values()) == {0}


def test_the_balance_is_what_was_captured_less_what_was_paid_out(cafes):
    """Square has no balance to compare with: this one is what the account that is served still has to pay out."""
    table = transactions(cafes.shelf)
    minor = int(table["settlement_amount"][table["account"] == "balance"].sum())
    settled = {named(row) for rows in cafes.books.payout_entries.values() for row in rows}
    net = 0
    for row in cafes.books.payments:
        if row["status"] == "COMPLETED" and ("CHARGE", row["id"]) not in settled and own(row) is None:
            fees = [fee["amount_money"]["amount"] for fee in row.get("processing_fee", ())]
            net += row["total_money"]["amount"] - sum(fees) - row.get("app_fee_money", {"amount": 0})["amount"]
    paid = {row["id"]: row for row in cafes.books.payments}
    for row in cafes.books.refunds:
        waits = ("REFUND", row["id"]) not in settled and own(paid[row["payment_id"]]) is None
        net -= row["amount_money"]["amount"] if row["status"] == "COMPLETED" and waits else 0
    assert minor == net != 0


def own(payment):
    """The tender that Square does not settle, or None."""
    brand = payment.get("card_details", {}).get("card", {}).get("card_brand")
    gift = brand == "SQUARE_GIFT_CARD"
    return payment["source_type"] if payment["source_type"] in ("CASH", "EXTERNAL") else "gift" if gift else None


def test_what_never_meets_a_payout_has_accounts_of_its_own(cafes):
    table = transactions(cafes.shelf)
    for tender, account in (("CASH", "cash"), ("EXTERNAL", "external")):
        paid = [row["total_money"]["amount"] for row in cafes.books.payments if row["source_type"] == tender]
        back = [row["amount_money"]["amount"] for row in cafes.books.refunds
                if row["destination_type"] == tender and row["status"] == "COMPLETED"]  # fmt: skip
        rows = table.take(table["account"] == account)
        assert int(rows["amount"].sum()) == sum(paid) - sum(back)
        assert set(rows["batch"].tolist()) == {""}
    gifts = table.take(table["account"] == "gift_card")["amount"].tolist()
    assert min(gifts) < 0 < max(gifts), "one gift card got its money back"
    tips = table.take(table["account"] == "tips")
    paid = [row for row in cafes.books.payments if row["status"] == "COMPLETED"]
    assert int(tips["amount"].sum()) == sum(row.get("tip_money", {"amount": 0})["amount"] for row in paid)


def test_payouts_are_told_again_as_money_under_way(cafes):
    table = transactions(cafes.shelf)
    rows = table.take(table["account"] == "payouts")
    expected = {f"{row['id']}:bank": -row["amount_money"]["amount"] for row in cafes.books.payouts}
    failed = [row for row in cafes.books.payouts if row["status"] == "FAILED"]
    expected |= {f"{row['id']}:bank-failure": row["amount_money"]["amount"] for row in failed}
    assert dict(zip(rows["external_id"].tolist(), rows["amount"].tolist(), strict=True)) == expected
    assert (len(failed), max(expected.values()) > 0) == (1, True)


@pytest.fixture(scope="module")
def few(cafes):
    """The first days of it, so that a pull can be cut behind each of its pages."""
    books, until = copy.deepcopy(cafes.books), "2026-10-13"
    for name in ("payments", "refunds", "disputes", "payouts"):
        setattr(books, name, [row for row in getattr(books, name) if row["created_at"] < until])
    inner = lambda: InProcess(serving(books))  # noqa: E731
    shelf, requests = whole_pull(source, inner)
    assert {record.stream for record in shelf.newest.values()} >= {"payments", "refunds", "payout_entries"}
    assert shelf.pages > 35, shelf.pages
    return SimpleNamespace(inner=inner, shelf=shelf, requests=requests)


def test_killed_after_any_page_it_ends_the_same(few):
    check_every_page(source, few.inner, few.shelf)


def test_a_long_pull_that_was_killed_ends_the_same(cafes):
    check_every_page(source, cafes.inner, cafes.shelf, wanted=scaled(40))


@pytest.mark.soak
def test_killed_at_random_steps_it_ends_the_same(few):
    check_random_steps(source, few.inner, few.shelf, few.requests)


def test_pulling_again_brings_nothing_new_and_costs_less(cafes):
    shelf, counted = Shelf(), cafes.inner()
    assert shelf.pull(source(counted))
    before = set(shelf.versions)
    again, requests = SimpleNamespace(count=0), counted.handle_request

    def count(request):
        again.count += 1
        return requests(request)

    counted.handle_request = count
    assert shelf.pull(source(counted))
    assert shelf.versions == before
    assert again.count < cafes.requests


def test_a_future_cursor_gives_nothing_and_stays(cafes):
    since = {row["id"]: "2090-01-01T00:00:00.000Z" for row in cafes.books.locations}
    for stream in ("payments", "refunds", "payouts", "payout_entries"):
        far = {"": "2090-01-01T00:00:00.000Z"} if stream == "refunds" else since
        future = json.dumps({"since": far, "place": None, "after": None, "paid": far})
        pages = list(source(cafes.inner()).pages(stream, future))
        assert sum(len(page.records) for page in pages) == 0
        assert (pages[-1].complete, json.loads(pages[-1].cursor)) == (True, json.loads(future))


def test_rows_that_come_in_while_it_reads_are_neither_lost_nor_doubled(cafes):
    application = serving(cafes.books)
    newest = sorted(cafes.books.payments, key=lambda row: row["updated_at"])[-3:]
    for number, row in enumerate(newest):
        application.rows.withhold("payments", [row["id"]], calls=3 * number + 3)
    shelf = Shelf()
    assert shelf.pull(source(InProcess(application)))
    assert shelf.pull(source(InProcess(application)))
    assert shelf.payloads() == cafes.shelf.payloads()
    assert len(shelf.versions) == len(shelf.newest)


def test_fees_that_come_later_and_refunds_that_get_done_are_seen(books):
    done = {named(row) for rows in books.payout_entries.values() for row in rows}
    fresh = next(row for row in books.payments if ("CHARGE", row["id"]) not in done and "processing_fee" in row)
    waiting = next(row for row in books.refunds if row["status"] == "PENDING")
    fees = fresh.pop("processing_fee")
    shelf = pulled(books)
    assert f"{fresh['id']}:fee" not in transactions(shelf)["external_id"].tolist()
    assert waiting["id"] not in transactions(shelf)["external_id"].tolist()
    fresh |= {"processing_fee": fees, "updated_at": "2026-11-01T02:00:00.000Z"}
    waiting |= {"status": "COMPLETED", "updated_at": "2026-11-01T02:00:00.000Z"}
    pulled(books, shelf)
    table = transactions(shelf)
    rows = dict(zip(table["external_id"].tolist(), table["amount"].tolist(), strict=True))
    assert rows[f"{fresh['id']}:fee"] == -fees[0]["amount_money"]["amount"]
    assert rows[waiting["id"]] == -waiting["amount_money"]["amount"]


def test_a_payment_that_is_settled_keeps_its_identity_and_gets_its_batch(books):
    """First it stands alone; then a payout settles it, although it did not change itself."""
    last = books.payouts[-1]
    members = books.payout_entries.pop(last["id"])
    books.payouts.remove(last)
    shelf = pulled(books)
    (first, *_) = [row["type_charge_details"]["payment_id"] for row in members if row["type"] == "CHARGE"]
    before = transactions(shelf)
    assert before["batch"][before["external_id"].tolist().index(first)] == ""
    books.payouts.append(last)
    books.payout_entries[last["id"]] = members
    pulled(books, shelf)
    after = transactions(shelf)
    at = after["external_id"].tolist().index(first)
    assert (after["batch"][at], after["id"][at]) == (
        last["id"],
        before["id"][before["external_id"].tolist().index(first)],
    )
    assert set(batches(shelf).values()) == {0}


def test_what_is_settled_weeks_later_is_read_again_by_its_payout(books):
    """A seller without a bank account, say: the payment is long out of the window, and never changed."""
    early = next(row for row in books.payouts if row["location_id"] == books.main)
    members = books.payout_entries.pop(early["id"])
    books.payouts.remove(early)
    shelf = pulled(books)
    put(books, "po_late", *members)
    pulled(books, shelf)
    assert batches(shelf)["po_late"] == 0
    unchanged = set(shelf.versions)
    pulled(books, shelf)
    assert shelf.versions == unchanged


def test_a_refund_of_an_old_payment_forgets_nothing_of_how_it_was_settled(books):
    shelf = pulled(books)
    old = next(row for row in books.payments if "processing_fee" in row and "refund_ids" not in row)
    assert json.loads(shelf.newest["payments", old["id"]].payload)["entries"]
    old |= {"refunded_money": {"amount": 100, "currency": "USD"}, "updated_at": "2026-10-31T21:00:00.000Z"}
    pulled(books, shelf)
    kept = json.loads(shelf.newest["payments", old["id"]].payload)
    assert (kept["payment"]["updated_at"], len(kept["entries"])) == ("2026-10-31T21:00:00.000Z", 1)
    assert set(batches(shelf).values()) == {0}


def test_money_of_a_payment_that_square_does_not_show_is_told_by_its_entry(books):
    (row,) = [one for one in square_contract.published("payout_entries") if one["type"] == "CHARGE"]
    put(books, "po_other", row)
    shelf = pulled(books)
    identity = row["type_charge_details"]["payment_id"]
    assert json.loads(shelf.newest["payments", identity].payload)["payment"] is None
    assert batches(shelf)["po_other"] == 0


def test_a_payout_that_the_bank_returns_later_is_seen(books):
    row = next(row for row in books.payouts if row["status"] == "SENT")
    shelf = pulled(books)
    row |= {"status": "FAILED", "updated_at": "2026-11-02T05:00:00.000Z", "version": 3}
    pulled(books, shelf)
    assert f"{row['id']}:bank-failure" in transactions(shelf)["external_id"].tolist()


def test_any_row_of_a_payout_that_is_missing_is_noticed(cafes):
    table = transactions(cafes.shelf)
    assert broken_without("square", table.take(table["id"] == "none"), 0, []) == set()
    members = (table["batch"] != "").nonzero()[0]
    assert len(members) > 100
    for gone in members[:: max(1, len(members) // scaled(1200))]:
        expected = {f"payout {table['batch'][gone]}"}
        payout = table["external_id"][gone] == table["batch"][gone]
        assert broken_without("square", table, gone, []) == (set() if payout else expected)


def test_an_entry_that_square_does_not_list_is_noticed_and_its_return_heals_it(cafes, tmp_path):
    """Of a withdrawal from the bank, too: its payout has it all the same."""
    application = serving(cafes.books)
    debit = next(row["id"] for row in cafes.books.payouts if row["amount_money"]["amount"] < 0)
    other = next(row["id"] for row in cafes.books.payouts[::-1] if row["location_id"] == cafes.books.main)
    members = cafes.books.payout_entries
    gone = [members[one][0]["id"] for one in (debit, other)]
    clock = VirtualClock()
    make = lambda: source(InProcess(application), clock)  # noqa: E731
    with desk_for(tmp_path, "square", make, "America/New_York") as desk:
        application.rows.withhold("payout_entries", gone)
        assert set(pull(desk, "Square").broken) == {f"payout {debit}", f"payout {other}"}
        application.rows.release()
        clock.sleep(3600)
        found = pull(desk, "Square")
        assert (f"payout {other}" in found.broken, found.quarantined) == (False, 0)
        with desk.read() as uow:
            totals = {total.name: total for total in uow.controls.totals("Square")}
    assert {f"payout {row['id']}" for row in cafes.books.payouts if row["type"] == "BATCH"} <= set(totals)
    assert totals[f"{COUNTED}locations"].expected == 3


def test_every_request_pins_the_version_and_the_window(cafes):
    seen, inner = [], cafes.inner()

    class Watching(httpx.BaseTransport):
        def handle_request(self, request):
            seen.append(request)
            return inner.handle_request(request)

    source(Watching()).counts()
    list(source(Watching()).pages("payments", cafes.shelf.cursors["payments"]))
    assert {request.headers["square-version"] for request in seen} == {VERSION}
    lists = [request.url.params for request in seen if request.url.path in ("/v2/payments", "/v2/payouts")]
    assert {row["id"] for row in cafes.books.locations} == {params.get("location_id") for params in lists}
    assert all("begin_time" in params for params in lists), "without it Square gives one year only"
    asked = [params for params in lists if "updated_at_begin_time" in params]
    assert {(params["sort_field"], params["sort_order"]) for params in asked} == {("UPDATED_AT", "ASC")}
