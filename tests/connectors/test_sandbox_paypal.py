"""The simulated PayPal against PayPal's own documents, and PayPal's official SDK against the simulated PayPal."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from apimatic_core.exceptions.auth_validation_exception import AuthValidationException
from paypalserversdk.configuration import Configuration, Environment, Server
from paypalserversdk.exceptions.default_error_exception import DefaultErrorException
from paypalserversdk.exceptions.search_error_exception import SearchErrorException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from awra_desk.connectors.paypal import ACCESS
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.paypal_account import PayPalBooks, moment, simulate_paypal
from awra_desk.sandbox.servers import Sandbox, running_sandbox
from awra_desk.sandbox.servers._http import Request, Response
from awra_desk.sandbox.servers.parameters import Kind
from awra_desk.sandbox.servers.paypal import PARAMETERS, PayPalApplication
from tests.contracts import paypal_contract

SPEC = MonthSpec(seed=3, orders=200)
TRANSACTIONS, BALANCES, DISPUTES = paypal_contract.PATHS
ISO = {"paypal-enforce-iso8601-format": "true"}
KIND_OF_TYPE = {"string": (Kind.TEXT, Kind.INSTANT, Kind.CHOICE), "integer": (Kind.INTEGER,)}


@pytest.fixture(scope="module")
def books() -> PayPalBooks:
    return simulate_paypal(SPEC)


@pytest.fixture
def application(books: PayPalBooks) -> PayPalApplication:
    return PayPalApplication(books, client_id="A1", client_secret="E1")


def ask(application: PayPalApplication, path: str, *pairs: tuple[str, str], **headers: str) -> Response:
    given = {"authorization": f"Bearer {application.token}", **ISO, **headers}
    return application.handle(Request("GET", path, pairs, given))


def october(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (("start_date", "2026-10-01T00:00:00Z"), ("end_date", "2026-11-01T00:00:00Z"), *pairs)


def body(response: Response) -> Any:
    return json.loads(response.body)


def rows(application: PayPalApplication, *pairs: tuple[str, str]) -> list[Any]:
    answer = body(ask(application, TRANSACTIONS, *october(("page_size", "500"), ("fields", "all"), *pairs)))
    return [row["transaction_info"] for row in answer.get("transaction_details", [])]


@pytest.mark.parametrize(
    ("path", "pairs"),
    [
        (TRANSACTIONS, october(("fields", "all"))),
        (TRANSACTIONS, october(("fields", "all"), ("balance_affecting_records_only", "N"), ("page_size", "500"))),
        (TRANSACTIONS, october()),
        (TRANSACTIONS, (("start_date", "2026-08-01T00:00:00Z"), ("end_date", "2026-08-02T00:00:00Z"))),
        (BALANCES, ()),
        (BALANCES, (("as_of_time", "2026-10-15T12:00:00Z"),)),
        (DISPUTES, ()),
        (DISPUTES, (("page_size", "1"),)),
    ],
)
def test_every_answer_fits_the_official_document(
    application: PayPalApplication, path: str, pairs: tuple[tuple[str, str], ...]
) -> None:
    assert paypal_contract.request_errors(path, list(pairs)) == []
    response = ask(application, path, *pairs)
    assert response.status == 200
    assert paypal_contract.answer_errors(path, body(response)) == []


def test_the_document_refuses_what_is_wrong() -> None:
    assert paypal_contract.answer_errors(TRANSACTIONS, {"transaction_details": []}) != []
    assert paypal_contract.answer_errors(BALANCES, {"balances": [{"currency": "USD"}]}) != []
    assert paypal_contract.answer_errors(DISPUTES, {"items": [{"reason": "NONE"}]}) != []
    assert paypal_contract.request_errors(TRANSACTIONS, [("start_date", "yesterday"), ("page_size", "501")]) == [
        "end_date: missing",
        "start_date: 'yesterday' is too short",
        "start_date: 'yesterday' does not match "
        + repr(paypal_contract.declared_parameters(TRANSACTIONS)["start_date"]["schema"]["pattern"]),
        "page_size: 501 is greater than the maximum of 500",
    ]


@pytest.mark.parametrize("path", list(PARAMETERS))
def test_parameters_are_those_of_the_document(application: PayPalApplication, path: str) -> None:
    declared = paypal_contract.declared_parameters(path)
    assert set(PARAMETERS[path]) == set(declared)
    for name, parameter in PARAMETERS[path].items():
        assert parameter.kind in KIND_OF_TYPE[declared[name]["schema"]["type"]], name
        assert parameter.required is declared[name].get("required", False)
    given = october() if path == TRANSACTIONS else ()
    for name in ("pagesize", "start", ""):
        response = ask(application, path, *given, (name, "1"))
        assert (response.status, body(response)["details"][0]["field"]) == (400, name)


def test_the_scopes_asked_for_are_those_of_the_document() -> None:
    for path in paypal_contract.PATHS:
        asked = {f"https://uri.paypal.com/services/{scope}" for scope in ACCESS.scopes}
        assert paypal_contract.scopes(path) & asked, path


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 503])
def test_errors_fit_the_official_document(application: PayPalApplication, status: int) -> None:
    response = application.failure(status)
    answer = body(response)
    assert response.status == status
    assert dict(response.headers)["Paypal-Debug-Id"] == answer["debug_id"]
    kept = {400, 401, 403, 500, 503}  # the document's words for 404 are another resource's
    assert status not in kept or paypal_contract.answer_errors(TRANSACTIONS, answer, status=599) == []


def test_what_is_refused(application: PayPalApplication) -> None:
    long = (("start_date", "2026-09-01T00:00:00Z"), ("end_date", "2026-10-02T00:00:01Z"))
    assert ask(application, TRANSACTIONS, *long).status == 400
    old = (("start_date", "2023-10-01T00:00:00Z"), ("end_date", "2023-10-02T00:00:00Z"))
    assert "not available" in body(ask(application, TRANSACTIONS, *old))["message"]
    late = (("start_date", moment(application.now)), ("end_date", moment(application.now)))
    assert "not available" in body(ask(application, TRANSACTIONS, *late))["message"]
    assert ask(application, BALANCES, authorization="Bearer none").status == 401
    assert ask(application, "/v1/reporting/other").status == 404
    assert application.handle(Request("POST", BALANCES)).status == 405
    old_disputes = ask(application, DISPUTES, ("update_time_after", "2026-01-01T00:00:00Z"))
    assert old_disputes.status == 400
    application.scopes.clear()
    assert ask(application, BALANCES).status == 403


def test_a_token_is_for_those_who_know_the_secret(application: PayPalApplication) -> None:
    def grant(name: str, secret: str, content: bytes) -> Response:
        basic = base64.b64encode(f"{name}:{secret}".encode()).decode()
        return application.handle(Request("POST", "/v1/oauth2/token", (), {"authorization": f"Basic {basic}"}, content))

    assert body(grant("A1", "E1", b"grant_type=client_credentials"))["access_token"] == application.token
    assert grant("A1", "E2", b"grant_type=client_credentials").status == 401
    assert grant("A1", "E1", b"grant_type=password").status == 400


def test_dates_have_no_colon_for_those_who_do_not_ask_for_iso(application: PayPalApplication) -> None:
    headers = {"authorization": f"Bearer {application.token}"}
    answer = body(application.handle(Request("GET", TRANSACTIONS, october(), headers)))
    assert answer["last_refreshed_datetime"].endswith("+0000")
    info = answer["transaction_details"][0]["transaction_info"]
    assert info["transaction_initiation_date"].endswith("+0000")


def test_a_filter_empties_the_balances(application: PayPalApplication) -> None:
    assert all("ending_balance" in info for info in rows(application))
    filtered = rows(application, ("transaction_type", "T0400"))
    assert filtered
    assert {info["transaction_event_code"] for info in filtered} == {"T0400"}
    assert not any("ending_balance" in info for info in filtered)
    assert rows(application, ("store_id", "1")) == []
    small = rows(application, ("transaction_amount", "[100 TO 5000]"), ("transaction_currency", "EUR"))
    assert {info["transaction_amount"]["currency_code"] for info in small} == {"EUR"}
    assert ask(application, TRANSACTIONS, *october(("transaction_amount", "some"))).status == 400


def test_authorisations_are_told_only_to_those_who_ask_for_everything(application: PayPalApplication) -> None:
    plain, everything = rows(application), rows(application, ("balance_affecting_records_only", "N"))
    more = [info for info in everything if info["transaction_id"] in {one["transaction_id"] for one in plain}]
    assert {info["transaction_event_code"] for info in everything} > {info["transaction_event_code"] for info in plain}
    assert len(more) > len(plain), "an authorisation has the id of what it became"


def test_balances_follow_the_transactions(application: PayPalApplication, books: PayPalBooks) -> None:
    last: dict[str, Any] = {}
    for info in rows(application):
        last[info["transaction_amount"]["currency_code"]] = info["ending_balance"]
    told = body(ask(application, BALANCES))
    assert told["as_of_time"] == moment(application.refreshed)
    found = {row["currency"]: row for row in told["balances"]}
    assert {code: row["total_balance"] for code, row in found.items()} == last
    assert int(found["USD"]["withheld_balance"]["value"].replace(".", "")) > 0
    assert "." not in found["JPY"]["total_balance"]["value"]
    first = body(ask(application, BALANCES, ("as_of_time", moment(books.opened - 1))))
    assert first["balances"] == []


def test_disputes_are_paged_newest_first(application: PayPalApplication, books: PayPalBooks) -> None:
    assert [row["dispute_id"] for row in body(ask(application, DISPUTES))["items"]] == [
        row["dispute_id"] for row in reversed(books.disputes)
    ]
    one = books.disputes[1]
    chosen = ask(application, DISPUTES, ("disputed_transaction_id", books.disputed[one["dispute_id"]]))
    assert [row["dispute_id"] for row in body(chosen)["items"]] == [one["dispute_id"]]
    later = body(ask(application, DISPUTES, ("start_time", one["create_time"])))["items"]
    assert {row["dispute_id"] for row in later} == {row["dispute_id"] for row in books.disputes[1:]}
    found, query = [], (("page_size", "2"),)
    while query:
        answer = body(ask(application, DISPUTES, *query))
        found += answer["items"]
        following = [link["href"] for link in answer["links"] if link["rel"] == "next"]
        query = tuple(parse_qsl(urlsplit(following[0]).query)) if following else ()
    assert len(found) == len(books.disputes) == 3


def test_the_same_seed_gives_the_same_account() -> None:
    assert simulate_paypal(SPEC) == simulate_paypal(SPEC)
    assert simulate_paypal(SPEC) != simulate_paypal(MonthSpec(seed=4, orders=200))


def test_late_and_changed_rows(application: PayPalApplication, books: PayPalBooks) -> None:
    sale = next(one for one in books.moved if one.code == "T0006" and one.at > 1_790_900_000)
    name = f"{sale.identity}-{sale.code}"
    application.rows.withhold("transactions", [name], calls=1)
    application.rows.mutate("disputes", books.disputes[0]["dispute_id"], {"status": "RESOLVED"})
    assert len(rows(application)) + 1 == len(rows(application))
    states = [body(ask(application, DISPUTES))["items"][-1]["status"] for _ in range(2)]
    assert states[1] == "RESOLVED"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with running_sandbox(simulate(MonthSpec(seed=3, orders=1)), providers=["paypal"]) as running:
        yield running


@pytest.fixture
def client(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> PaypalServersdkClient:
    return sdk(box, monkeypatch, **box["paypal"]["credentials"])


def sdk(box: Sandbox, monkeypatch: pytest.MonkeyPatch, *, client_id: str, client_secret: str) -> PaypalServersdkClient:
    monkeypatch.setitem(Configuration.environments[Environment.SANDBOX], Server.DEFAULT, box["paypal"]["base_url"])
    credentials = ClientCredentialsAuthCredentials(o_auth_client_id=client_id, o_auth_client_secret=client_secret)
    return PaypalServersdkClient(
        environment=Environment.SANDBOX, client_credentials_auth_credentials=credentials, max_retries=0
    )


def test_the_official_sdk_reads_the_history(box: Sandbox, client: PaypalServersdkClient) -> None:
    assert box.paypal is not None
    found, page, pages = [], 1, 1
    while page <= pages:
        window = {"start_date": "2026-10-01T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"}
        told = client.transaction_search.search_transactions({**window, "fields": "all", "page_size": 20, "page": page})
        found += [detail.transaction_info for detail in told.body.transaction_details]
        pages, page = told.body.total_pages, page + 1
    assert len(found) == told.body.total_items > 20
    asked = PayPalApplication(simulate_paypal(box.month.spec), client_id="A", client_secret="E")
    expected = rows(asked)
    assert [info.transaction_id for info in found] == [info["transaction_id"] for info in expected]
    assert [info.transaction_amount.value for info in found] == [row["transaction_amount"]["value"] for row in expected]


def test_the_official_sdk_reads_the_balances(client: PaypalServersdkClient) -> None:
    told = client.transaction_search.search_balances({"as_of_time": "2026-10-20T12:00:00Z"}).body
    assert {detail.currency for detail in told.balances} == {"EUR", "JPY", "USD"}
    assert datetime.fromisoformat(told.as_of_time) == datetime(2026, 10, 20, 12, tzinfo=UTC)


def test_the_official_sdk_recognises_the_errors(
    box: Sandbox, client: PaypalServersdkClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SearchErrorException) as refused:
        client.transaction_search.search_transactions({"start_date": "2026-09-01T00:00:00Z"})
    assert (refused.value.response_code, refused.value.name) == (400, "INVALID_REQUEST")
    assert refused.value.debug_id
    with pytest.raises(DefaultErrorException) as malformed:
        client.transaction_search.search_balances({"as_of_time": "soon"})
    assert malformed.value.name == "INVALID_REQUEST"
    with pytest.raises(AuthValidationException):
        sdk(box, monkeypatch, client_id="A1", client_secret="E1").transaction_search.search_balances({})
