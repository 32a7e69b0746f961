"""The Stripe sandbox against the official contract, and the official SDK against the sandbox."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from awra_desk.sandbox.merchant import Month
from awra_desk.sandbox.servers import Sandbox, exact_json, running_sandbox
from awra_desk.sandbox.servers._http import Request, Response
from awra_desk.sandbox.servers.parameters import Kind
from awra_desk.sandbox.servers.stripe import PARAMETERS, StripeApplication
from tests.connectors.small_month import CHARGES, HOUR, START, small_month
from tests.contracts import stripe_contract

KEY = "rk_test_0123456789abcdef"
LISTS = [template for template in PARAMETERS if "{" not in template and template != "/v1/balance"]
KIND_OF_TYPE = {"string": Kind.TEXT, "integer": Kind.INTEGER, "boolean": Kind.BOOLEAN, "array": Kind.TEXTS}


@pytest.fixture(scope="module")
def month() -> Month:
    return small_month()


@pytest.fixture
def application(month: Month) -> StripeApplication:
    return StripeApplication(month.stripe, api_key=KEY)


@pytest.fixture(scope="module")
def box(month: Month) -> Iterator[Sandbox]:
    with running_sandbox(month, providers=["stripe"]) as running:
        yield running


@pytest.fixture
def client(box: Sandbox) -> stripe.StripeClient:
    connection = box["stripe"]
    addresses: Any = {"api": connection["base_url"]}
    return stripe.StripeClient(connection["credentials"]["api_key"], base_addresses=addresses, max_network_retries=0)


def ask(application: StripeApplication, path: str, *pairs: tuple[str, str], key: str = KEY, **headers: str) -> Response:
    named = {"authorization": f"Bearer {key}", **headers}
    return application.handle(Request("GET", path, pairs, named))


def body(response: Response) -> Any:
    return json.loads(response.body)


def error(response: Response) -> tuple[int, str, str]:
    found = body(response)["error"]
    return response.status, found.get("code", ""), found.get("param", "")


def rows_of(application: StripeApplication, template: str) -> list[dict[str, Any]]:
    return list(getattr(application._books, template.removeprefix("/v1/")))


def test_the_contract_accepts_the_official_fixtures_and_refuses_broken_ones() -> None:
    for resource in ("balance", "balance_transaction", "charge", "dispute", "event", "payout", "refund"):
        fixture = stripe_contract.fixture(resource)
        assert stripe_contract.resource_errors(resource, fixture) == []
        assert stripe_contract.resource_errors(resource, {**fixture, "object": "other"}) != []
    assert stripe_contract.answer_errors("/v1/charges", {"object": "list", "data": [], "has_more": False}) != []


@pytest.mark.parametrize("template", LISTS)
def test_every_list_answer_fits_the_contract(application: StripeApplication, template: str) -> None:
    answer = body(ask(application, template, ("limit", "100")))
    assert answer["data"], "an empty list proves nothing"
    assert stripe_contract.answer_errors(template, answer) == []


@pytest.mark.parametrize("template", [template for template in PARAMETERS if "{" in template])
def test_every_single_object_fits_the_contract(application: StripeApplication, template: str) -> None:
    listed = template.rpartition("/")[0]
    for row in rows_of(application, listed):
        answer = body(ask(application, f"{listed}/{row['id']}"))
        assert answer["id"] == row["id"]
        assert stripe_contract.answer_errors(template, answer) == []


def test_the_balance_fits_the_contract_and_equals_the_sum_of_all_transactions(application: StripeApplication) -> None:
    answer = body(ask(application, "/v1/balance"))
    assert stripe_contract.answer_errors("/v1/balance", answer) == []
    total = sum(row["net"] for row in rows_of(application, "/v1/balance_transactions"))
    assert sum(part["amount"] for part in (*answer["available"], *answer["pending"])) == total


@pytest.mark.parametrize("template", list(PARAMETERS))
def test_every_parameter_is_declared_by_the_provider_with_its_type(template: str) -> None:
    declared = stripe_contract.declared_parameters(template)
    for name, parameter in PARAMETERS[template].items():
        schema = declared[name]
        kinds = {KIND_OF_TYPE.get(choice.get("type", ""), Kind.RANGE) for choice in schema.get("anyOf", [schema])}
        assert parameter.kind in (kinds | {Kind.RANGE} if "anyOf" in schema else kinds), name
    assert set(PARAMETERS[template]) == set(declared), "the provider declares more than the sandbox takes"


@pytest.mark.parametrize("template", list(PARAMETERS))
def test_every_undeclared_parameter_is_refused(application: StripeApplication, template: str) -> None:
    names = {name for table in PARAMETERS.values() for name in table} | {"payuot", "Limit", "limit[gte]", "", "x[y]"}
    path = template.replace("{id}", "txn_001" if "balance_tr" in template else "evt_001")
    for plain, identity in (("charge", "ch_001"), ("refund", "re_023"), ("payout", "po_026"), ("dispute", "dp_025")):
        path = path.replace(f"{{{plain}}}", identity)
    for name in sorted(names - set(PARAMETERS[template])):
        response = ask(application, path, (name, "1"))
        assert error(response) == (400, "parameter_unknown", name)
        assert stripe_contract.answer_errors(template, body(response), status="400") == []


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("limit", "abc")], (400, "parameter_invalid_integer", "limit")),
        ([("limit", "0")], (400, "parameter_invalid_integer", "limit")),
        ([("limit", "101")], (400, "parameter_invalid_integer", "limit")),
        ([("created[gte]", "soon")], (400, "parameter_invalid_integer", "created[gte]")),
        ([("created[since]", "1")], (400, "parameter_unknown", "created[since]")),
        ([("starting_after", "ch_none")], (400, "resource_missing", "starting_after")),
        ([("starting_after", "ch_001"), ("ending_before", "ch_002")], (400, "", "")),
        ([("limit", "1"), ("limit", "2")], (400, "", "limit")),
        ([("expand[]", "data.customer")], (400, "", "expand")),
        ([("expand[]", "balance_transaction")], (400, "", "expand")),
        ([("customer", "c" * 5001)], (400, "", "customer")),
    ],
)
def test_ill_typed_parameters_are_refused(
    application: StripeApplication, pairs: list[tuple[str, str]], expected: tuple[int, str, str]
) -> None:
    response = ask(application, "/v1/charges", *pairs)
    assert error(response) == expected
    assert stripe_contract.answer_errors("/v1/charges", body(response), status="400") == []


def test_the_key_is_checked_and_basic_authorization_works(application: StripeApplication) -> None:
    basic = base64.b64encode(f"{KEY}:".encode()).decode()
    assert application.handle(Request("GET", "/v1/balance", (), {"authorization": f"Basic {basic}"})).status == 200
    for header in ("", f"Bearer {KEY}x", "Basic !!!", "Digest x", "Bearer "):
        response = application.handle(Request("GET", "/v1/balance", (), {"authorization": header}))
        assert response.status == 401
        assert KEY not in response.body.decode()
        assert stripe_contract.answer_errors("/v1/balance", body(response), status="401") == []


def test_what_a_read_only_key_may_not_do_or_find(application: StripeApplication) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    assert application.handle(Request("POST", "/v1/refunds", (), headers, b"charge=ch_001")).status == 403
    assert application.handle(Request("GET", "/v1/customers", (), headers)).status == 404
    assert error(ask(application, "/v1/charges/ch_none")) == (404, "resource_missing", "id")
    assert error(ask(application, "/v1/balance_transactions", ("payout", "po_none")))[0] == 400


def test_answers_carry_a_request_id_and_the_version_asked_for(application: StripeApplication) -> None:
    first = dict(ask(application, "/v1/balance", **{"stripe-version": "2026-10-28.endive"}).headers)
    second = dict(ask(application, "/v1/balance").headers)
    assert first["Stripe-Version"] == "2026-10-28.endive"
    assert first["Request-Id"].startswith("req_")
    assert first["Request-Id"] != second["Request-Id"]
    assert ask(application, "/v1/balance", **{"stripe-version": "yesterday"}).status == 400


def test_pages_go_back_in_time_and_forth_again(application: StripeApplication) -> None:
    newest = body(ask(application, "/v1/charges"))
    assert [row["id"] for row in newest["data"]] == [f"ch_{number:03}" for number in range(22, 12, -1)]
    assert newest["has_more"] is True
    assert newest["url"] == "/v1/charges"
    last = body(ask(application, "/v1/charges", ("starting_after", "ch_003"), ("limit", "3")))
    assert [row["id"] for row in last["data"]] == ["ch_002", "ch_001", "ch_000"]
    assert last["has_more"] is False
    back = body(ask(application, "/v1/charges", ("ending_before", "ch_002"), ("limit", "2")))
    assert [row["id"] for row in back["data"]] == ["ch_004", "ch_003"]
    assert back["has_more"] is True


@pytest.mark.parametrize(
    ("path", "pairs", "expected"),
    [
        ("/v1/charges", [("created[gte]", str(START + 20 * HOUR))], ["ch_022", "ch_021", "ch_020"]),
        ("/v1/charges", [("created[gt]", str(START + 20 * HOUR))], ["ch_022", "ch_021"]),
        ("/v1/charges", [("created[lte]", str(START)), ("created[gte]", "0")], ["ch_000"]),
        ("/v1/charges", [("created[lt]", str(START + HOUR))], ["ch_000"]),
        ("/v1/charges", [("created", str(START + HOUR))], ["ch_001"]),
        ("/v1/charges", [("payment_intent", "pi_004")], ["ch_004"]),
        ("/v1/refunds", [("charge", "ch_002")], ["re_023"]),
        ("/v1/disputes", [("charge", "ch_005")], ["dp_025"]),
        ("/v1/payouts", [("status", "failed")], []),
        ("/v1/payouts", [("arrival_date[gte]", str(START))], ["po_026"]),
        ("/v1/balance_transactions", [("type", "refund")], ["txn_024", "txn_023"]),
        ("/v1/balance_transactions", [("source", "ch_001"), ("currency", "usd")], ["txn_001"]),
        ("/v1/balance_transactions", [("currency", "eur")], []),
        ("/v1/events", [("type", "payout.*")], ["evt_012"]),
        ("/v1/events", [("types[]", "payout.paid"), ("types[]", "payout.failed")], ["evt_012"]),
        ("/v1/events", [("delivery_success", "false")], []),
    ],
)
def test_filters(application: StripeApplication, path: str, pairs: list[tuple[str, str]], expected: list[str]) -> None:
    assert [row["id"] for row in body(ask(application, path, *pairs))["data"]] == expected


def test_a_payout_names_its_members_and_its_own_row_and_they_sum_to_zero(application: StripeApplication) -> None:
    rows = body(ask(application, "/v1/balance_transactions", ("payout", "po_026"), ("limit", "100")))["data"]
    assert [row["id"] for row in rows] == ["txn_026", *(f"txn_{number:03}" for number in range(9, -1, -1))]
    assert sum(row["net"] for row in rows) == 0


def test_expansion_puts_the_object_in_the_ids_place(application: StripeApplication) -> None:
    listed = body(ask(application, "/v1/balance_transactions", ("expand[]", "data.source"), ("limit", "100")))
    assert stripe_contract.answer_errors("/v1/balance_transactions", listed) == []
    assert {row["source"]["object"] for row in listed["data"]} == {"charge", "refund", "dispute", "payout"}
    one = body(ask(application, "/v1/refunds/re_023", ("expand[]", "charge.balance_transaction")))
    assert one["charge"]["balance_transaction"]["id"] == "txn_002"
    assert stripe_contract.resource_errors("refund", one) == []


def test_numbers_are_written_exactly(application: StripeApplication) -> None:
    raw = ask(application, "/v1/balance_transactions/txn_007").body
    assert b'"exchange_rate":1.08' in raw
    with pytest.raises(TypeError, match="float"):
        exact_json.dumps({"rate": 1.08})


@pytest.mark.parametrize("status", [401, 429, 500, 502, 503])
def test_scripted_failures_have_the_providers_error_object(application: StripeApplication, status: int) -> None:
    response = application.failure(status)
    assert response.status == status
    assert stripe_contract.answer_errors("/v1/charges", body(response), status=str(status)) == []
    assert body(response)["error"]["type"] == ("api_error" if status >= 500 else "invalid_request_error")


def test_late_rows_appear_after_so_many_lists_and_mutated_rows_change_once_served(month: Month) -> None:
    application = StripeApplication(month.stripe, api_key=KEY)
    application.rows.withhold("refunds", ["re_024"], calls=2)
    assert ask(application, "/v1/refunds/re_024").status == 404
    counts = [len(body(ask(application, "/v1/refunds"))["data"]) for _ in range(3)]
    assert counts == [1, 1, 2]
    application.rows.withhold("payouts", ["po_026"])
    assert body(ask(application, "/v1/payouts"))["data"] == []
    application.rows.release()
    assert len(body(ask(application, "/v1/payouts"))["data"]) == 1
    application.rows.mutate("refunds", "re_023", {"status": "failed"})
    states = [body(ask(application, "/v1/refunds/re_023"))["status"] for _ in range(3)]
    assert states == ["succeeded", "failed", "failed"]


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_the_official_sdk_pages_through_everything(client: stripe.StripeClient, month: Month, limit: int) -> None:
    parameters: Any = {"limit": limit}
    for name in ("charges", "refunds", "balance_transactions", "payouts", "disputes", "events"):
        service = getattr(client.v1, name)
        found = [row.id for row in service.list(params=parameters).auto_paging_iter()]
        assert found == [row["id"] for row in reversed(getattr(month.stripe, name))]


def test_the_official_sdk_reads_single_objects_and_the_balance(client: stripe.StripeClient, month: Month) -> None:
    assert client.v1.charges.retrieve("ch_003").balance_transaction == "txn_003"
    balance = client.v1.balance.retrieve()
    assert balance.available[0].amount == month.stripe.balance["available"][0]["amount"]
    rows = client.v1.balance_transactions.list(params={"payout": "po_026", "limit": 100, "expand": ["data.source"]})
    assert sum(row.net for row in rows.data) == 0
    assert rows.data[-1].source.id == "ch_000"
    recent = client.v1.charges.list(params={"created": {"gte": START + 22 * HOUR}})
    assert [row.id for row in recent.data] == [f"ch_{CHARGES - 1:03}"]


def test_the_official_sdk_recognises_the_errors(box: Sandbox, client: stripe.StripeClient) -> None:
    wrong: Any = {"payuot": "po_026"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.balance_transactions.list(params=wrong)
    assert (refused.value.param, refused.value.code) == ("payuot", "parameter_unknown")
    assert refused.value.request_id
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.charges.retrieve("ch_none")
    assert missing.value.http_status == 404
    with pytest.raises(stripe.PermissionError):
        client.v1.refunds.create(params={"charge": "ch_001"})
    addresses: Any = {"api": box["stripe"]["base_url"]}
    stranger = stripe.StripeClient("rk_test_other", base_addresses=addresses, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.balance.retrieve()
