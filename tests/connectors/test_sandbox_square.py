"""The simulated Square fits the official document in both directions, and the official SDK reads all of it."""

import json
from collections import Counter

import httpx
import pytest
import square
from square.core.api_error import ApiError

from awra_desk.connectors.square import ACCESS
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.sandbox.servers._http import Request
from awra_desk.sandbox.servers.square import PARAMETERS, VERSION, SquareApplication
from awra_desk.sandbox.square import CafeSpec, simulate_cafes
from tests.contracts import square_contract

TOKEN = "EAAAsandbox0001"
LISTS = ("payments", "refunds", "disputes", "payouts")


@pytest.fixture(scope="module")
def books():
    return simulate_cafes(CafeSpec(seed=2, orders=150))


@pytest.fixture
def application(books):
    return SquareApplication(books, access_token=TOKEN)


@pytest.fixture(scope="module")
def client(books):
    month = simulate(MonthSpec(orders=1))
    with running_sandbox(month, cafes=books, providers=["square"]) as box, httpx.Client() as line:
        place = box["square"]
        token = place["credentials"]["access_token"]
        yield square.Square(token=token, base_url=place["base_url"], version=VERSION, httpx_client=line)


def ask(application, path, *pairs, token=TOKEN, method="GET"):
    response = application.handle(Request(method, path, pairs, {"authorization": f"Bearer {token}"}))
    return response.status, json.loads(response.body)


def filled(template, books):
    """The path of an object that is there."""
    (payout, *_) = [row["id"] for row in books.payouts if books.payout_entries[row["id"]]]
    names = {"{payment_id}": books.payments[0]["id"], "{refund_id}": books.refunds[0]["id"], "{payout_id}": payout}
    for name, identity in names.items():
        template = template.replace(name, identity)
    return template


@pytest.mark.parametrize("template", list(PARAMETERS))
def test_every_answer_fits_the_document(application, books, template):
    path, cursor, seen = filled(template, books), "", 0
    while True:
        status, answer = ask(application, path, *([("cursor", cursor)] if cursor else []))
        assert (status, square_contract.answer_errors(template, answer)) == (200, [])
        seen += sum(len(rows) for rows in answer.values() if isinstance(rows, list))
        cursor = answer.get("cursor", "")
        if not cursor:
            break
    assert seen > 1 or "_id}" in template


@pytest.mark.parametrize("template", list(PARAMETERS))
def test_parameters_are_those_the_document_declares(application, books, template):
    declared = set(square_contract.declared_parameters(template))
    assert set(PARAMETERS[template]) <= declared
    names = {name for table in PARAMETERS.values() for name in table} | {"per_page", "since", ""}
    for name in sorted(names - set(PARAMETERS[template])):
        status, answer = ask(application, filled(template, books), (name, "1"))
        assert (status, answer["errors"][0]["code"]) == (400, "UNKNOWN_QUERY_PARAMETER")


def test_the_least_permissions_cover_what_is_asked():
    needed = {name for template in PARAMETERS for name in square_contract.permissions(template)}
    assert needed | {"PAYOUTS_READ"} == set(ACCESS.scopes), "the document has PAYOUTS_READ in its prose only"


def test_the_money_adds_up(books):
    for payout in books.payouts:
        members = books.payout_entries[payout["id"]]
        net = sum(row["net_amount_money"]["amount"] for row in members)
        assert net == (payout["amount_money"]["amount"] if payout["type"] == "BATCH" else 0)
        assert {row["payout_id"] for row in members} <= {payout["id"]}
    states = Counter((row["status"], row["type"]) for row in books.payouts)
    assert states["FAILED", "BATCH"] == states["PAID", "SIMPLE"] == 1
    assert min(row["amount_money"]["amount"] for row in books.payouts) < 0
    kinds = Counter(row["type"] for rows in books.payout_entries.values() for row in rows)
    assert kinds["RETURNED_PAYOUT"] == 1
    assert {row["state"] for row in books.disputes} == {"WON", "LOST"}
    tenders = {row["source_type"] for row in books.payments}
    assert tenders == {"CARD", "WALLET", "BUY_NOW_PAY_LATER", "CASH", "EXTERNAL"}
    assert {row["status"] for row in books.payments} == {"COMPLETED", "FAILED", "APPROVED"}
    assert {row["status"] for row in books.refunds} == {"COMPLETED", "PENDING", "FAILED"}


def test_without_a_location_payments_and_payouts_are_the_main_ones(application, books):
    for resource in ("payments", "payouts"):
        assert {row["location_id"] for row in ask(application, f"/v2/{resource}")[1][resource]} == {books.main}
    assert len({row["location_id"] for row in ask(application, "/v2/refunds")[1]["refunds"]}) > 1
    locations = ask(application, "/v2/locations")[1]["locations"]
    assert [row["status"] for row in locations].count("INACTIVE") == 1
    assert ask(application, "/v2/payouts", ("location_id", "LNOWHERE"))[1] == {}


def test_without_a_beginning_it_is_one_year(application, books):
    old = {**books.payments[0], "id": "old", "created_at": "2024-01-05T10:00:00.000Z", "location_id": books.main}
    books.payments.append(old)
    asked = [("location_id", books.main), ("sort_order", "ASC"), ("limit", "1")]
    first = ask(application, "/v2/payments", *asked)[1]["payments"][0]
    oldest = ask(application, "/v2/payments", *asked, ("begin_time", "2021-01-01T00:00:00Z"))[1]["payments"][0]
    books.payments.remove(old)
    assert (oldest["id"], first["id"] == "old") == ("old", False)


def test_a_cursor_belongs_to_its_question(application):
    first = ask(application, "/v2/payments", ("limit", "5"), ("sort_order", "ASC"))[1]
    again = ask(application, "/v2/payments", ("limit", "5"), ("cursor", first["cursor"]))
    assert (again[0], again[1]["errors"][0]["code"]) == (400, "INVALID_CURSOR")
    assert ask(application, "/v2/payments", ("cursor", "!"))[0] == 400
    second = ask(application, "/v2/payments", ("limit", "5"), ("sort_order", "ASC"), ("cursor", first["cursor"]))[1]
    assert first["payments"][-1]["created_at"] <= second["payments"][0]["created_at"]


def test_what_is_refused(application):
    assert ask(application, "/v2/locations", token="EAAAother")[1]["errors"][0]["code"] == "UNAUTHORIZED"
    assert ask(application, "/v2/customers")[0] == 404
    assert ask(application, "/v2/payments", method="POST")[0] == 405
    assert ask(application, "/v2/payments/none")[0] == 404
    assert ask(application, "/v2/payouts/none/payout-entries")[0] == 404
    assert ask(application, "/v2/payments", ("limit", "many"))[0] == 400
    for status in (200, 401, 403, 429, 500, 503):
        response = application.failure(status)
        assert (response.status, set(json.loads(response.body))) == (status, {"errors"})


def test_the_official_sdk_pages_through_everything(client, books):
    since = "2021-01-01T00:00:00Z"
    locations = [row.id for row in client.locations.list().locations]
    assert sorted(locations) == sorted(row["id"] for row in books.locations)
    asked = {"begin_time": since, "limit": 19, "sort_order": "ASC"}
    for name in ("payments", "payouts"):
        pages = (getattr(client, name).list(location_id=place, **asked) for place in locations)
        found = [row.id for pager in pages for row in pager]
        assert sorted(found) == sorted(row["id"] for row in getattr(books, name))
    refunds = client.refunds.list(sort_field="UPDATED_AT", updated_at_begin_time=since, **asked)
    assert sorted(row.id for row in refunds) == sorted(row["id"] for row in books.refunds)
    assert sorted(row.id for row in client.disputes.list()) == sorted(row["id"] for row in books.disputes)


def test_the_official_sdk_reads_entries_and_single_objects(client, books):
    for payout in books.payouts[:12]:
        members = list(client.payouts.list_entries(payout["id"], limit=5, sort_order="ASC"))
        assert sum(row.net_amount_money.amount for row in members) == payout["amount_money"]["amount"]
    assert client.payments.get(books.payments[2]["id"]).payment.order_id == books.payments[2]["order_id"]
    assert client.refunds.get(books.refunds[0]["id"]).refund.payment_id == books.refunds[0]["payment_id"]
    assert client.payouts.get(books.payouts[0]["id"]).payout.end_to_end_id == books.payouts[0]["end_to_end_id"]


def test_the_official_sdk_recognises_the_errors(client):
    with pytest.raises(ApiError) as missing:
        client.payments.get("none")
    assert (missing.value.status_code, missing.value.errors[0].code) == (404, "NOT_FOUND")
    with pytest.raises(ApiError) as refused:
        list(client.refunds.list(begin_time="yesterday"))
    assert (refused.value.status_code, refused.value.errors[0].field) == (400, "begin_time")


def test_late_rows_and_changes(application, books):
    identity = books.refunds[-1]["id"]
    application.rows.withhold("refunds", [identity], calls=1)
    application.rows.mutate("payouts", books.payouts[-1]["id"], {"status": "PAID"})
    counts = [len(ask(application, "/v2/refunds")[1]["refunds"]) for _ in range(2)]
    assert counts[1] == counts[0] + 1
    place = books.payouts[-1]["location_id"]
    asked = ("location_id", place)
    states = [ask(application, "/v2/payouts", asked)[1]["payouts"][0]["status"] for _ in range(2)]
    assert states == ["SENT", "PAID"]
