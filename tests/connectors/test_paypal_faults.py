"""What PayPal and the line do wrong, and tokens: fetched once, renewed once, never shown."""

import json
import random
import threading
from datetime import timedelta

import httpx
import pytest

from awra_desk.connectors._http import GrantedAuth, Reply
from awra_desk.connectors.paypal import PayPalSource
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.paypal_account import simulate_paypal
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, running_sandbox
from awra_desk.sandbox.servers.paypal import TOKEN_SECONDS, PayPalApplication
from tests.connectors.crashing import Wrapped
from tests.connectors.pulling import Shelf, paypal
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.simulation.in_process import InProcess

SECRET = {"client_id": "A1", "client_secret": "Ecanary51H8xQ2eZvKYlo"}
TOKENS, SEARCH, BALANCES = "/v1/oauth2/token", "/v1/reporting/transactions", "/v1/reporting/balances"
SPEC = MonthSpec(seed=3, orders=40)


@pytest.fixture(autouse=True)
def _short_history(monkeypatch):
    monkeypatch.setattr("awra_desk.connectors.paypal.source.HISTORY", timedelta(days=70))


@pytest.fixture
def served():
    return PayPalApplication(simulate_paypal(SPEC), **SECRET)


class Watched(Wrapped):
    """Keeps the paths that were asked; its `answers` come first, by path."""

    def __init__(self, inner, answers=()):
        super().__init__(inner)
        self.answers = {path: list(found) for path, found in dict(answers).items()}
        self.paths = []

    def handle_request(self, request):
        self.paths.append(request.url.path)
        if self.answers.get(request.url.path):
            return self.answers[request.url.path].pop(0)
        return super().handle_request(request)


def source(transport, clock=None, secret=SECRET):
    connection = Connection("co", "PayPal", "paypal", "https://api-m.paypal.com", "UTC")
    clock = clock or VirtualClock()
    return PayPalSource(connection, secret, clock=clock, rng=random.Random(5), transport=transport, guard=open_guard())


def error(status, **fields):
    headers = {
        name.replace("_", "-"): fields.pop(name) for name in ("Retry_After", "Paypal_Debug_Id") if name in fields
    }
    return httpx.Response(status, json=fields, headers=headers)


LIMITED = {"name": "RATE_LIMIT_REACHED", "message": "Too many requests. Blocked due to rate limiting."}
INTERNAL = {"name": "INTERNAL_SERVER_ERROR", "message": "An internal server error occurred."}


def test_a_rate_limit_is_waited_for(served):
    clock = VirtualClock()
    watched = Watched(InProcess(served), {BALANCES: [error(429, Retry_After="7", **LIMITED)]})
    assert source(watched, clock).balances([])
    assert max(clock.sleeps) >= 7


def test_a_rate_limit_of_hours_is_said_and_not_slept_through(served):
    clock = VirtualClock()
    watched = Watched(InProcess(served), {BALANCES: [error(429, Retry_After="7200", **LIMITED)]})
    with pytest.raises(TransportError, match="Blocked due to rate limiting") as caught:
        source(watched, clock).balances([])
    assert (caught.value.kind, caught.value.not_before) == ("rate", clock.now() + timedelta(hours=2))


def test_trouble_of_its_own_is_asked_again_and_named_when_it_stays(served):
    one = error(500, Paypal_Debug_Id="f7", debug_id="f7", **INTERNAL)
    assert source(Watched(InProcess(served), {BALANCES: [one]})).balances([])
    lasting = [error(500, Paypal_Debug_Id="f8", debug_id="f8", **INTERNAL) for _ in range(10)]
    with pytest.raises(TransportError, match="An internal server error occurred") as caught:
        source(Watched(InProcess(served), {BALANCES: lasting})).balances([])
    assert (caught.value.kind, caught.value.record) == ("unavailable", f"GET {BALANCES} (request f8)")


def test_the_debug_id_is_told_where_no_header_has_it(served):
    lasting = [error(500, debug_id="b9", **INTERNAL) for _ in range(10)]
    with pytest.raises(TransportError, match="debug id b9"):
        source(Watched(InProcess(served), {BALANCES: lasting})).balances([])


def test_a_page_of_html_is_no_answer(served):
    page = lambda: httpx.Response(200, text="<html>Maintenance</html>", headers={"Content-Type": "text/html"})  # noqa: E731
    assert source(Watched(InProcess(served), {BALANCES: [page()]})).balances([])
    with pytest.raises(TransportError, match="not sound JSON") as caught:
        source(Watched(InProcess(served), {BALANCES: [page() for _ in range(10)]})).balances([])
    assert caught.value.kind == "protocol"


def test_a_refusal_names_the_field(served):
    details = [{"field": "start_date", "issue": "INVALID_PARAMETER_VALUE", "description": "Not within three years."}]
    refused = error(400, name="INVALID_REQUEST", message="Not well-formed.", details=details)
    with pytest.raises(TransportError, match=r"Not well-formed; start_date: Not within three years") as caught:
        Shelf().pull(source(Watched(InProcess(served), {SEARCH: [refused]})))
    assert caught.value.kind == "refused"


def test_a_missing_permission_says_what_to_switch_on(served):
    served.scopes.clear()
    with pytest.raises(TransportError, match="insufficient permissions") as caught:
        source(InProcess(served)).balances([])
    assert caught.value.kind == "auth"
    assert "Transaction Search" in caught.value.text
    assert "nine hours" in caught.value.text


@pytest.mark.parametrize(
    "body",
    [
        {"total_items": 1, "total_pages": 1},
        {"total_items": "1", "total_pages": 1, "transaction_details": []},
        {"total_items": 1, "total_pages": 1, "transaction_details": [{"transaction_info": {"transaction_id": "X"}}]},
        {"total_items": 0, "total_pages": 0, "last_refreshed_datetime": "soon"},
        [],
    ],
)
def test_an_answer_that_is_none_is_refused(served, body):
    whole = {"last_refreshed_datetime": "2026-11-02T07:00:00Z", **body} if isinstance(body, dict) else body
    with pytest.raises(TransportError, match="out of order"):
        Shelf().pull(source(Watched(InProcess(served), {SEARCH: [httpx.Response(200, json=whole)] * 9})))


def test_a_link_that_is_no_address_is_refused(served):
    body = {"items": [], "links": [{"rel": "next", "href": "https://[api-m.paypal.com/x?page=2"}]}
    answers = {"/v1/customer/disputes": [httpx.Response(200, json=body)] * 9}
    with pytest.raises(TransportError, match="out of order"):
        list(source(Watched(InProcess(served), answers)).pages("disputes", None))


@pytest.mark.parametrize("row", [{"currency": "XXY"}, {"currency": "USD"}, "USD", {}])
def test_a_balance_that_cannot_be_read_is_refused(served, row):
    told = httpx.Response(200, json={"balances": [row]})
    with pytest.raises(TransportError, match="its balance cannot be read"):
        source(Watched(InProcess(served), {BALANCES: [told]})).balances([])


def test_without_a_word_on_how_fresh_its_data_are_three_hours_are_left(served):
    class Silent(Wrapped):
        def handle_request(self, request):
            answer = super().handle_request(request)
            told = json.loads(answer.read())
            return httpx.Response(
                answer.status_code, json={key: told[key] for key in told if key != "last_refreshed_datetime"}
            )

    clock, shelf = VirtualClock(), Shelf()
    assert shelf.pull(source(Silent(InProcess(served)), clock))
    since = json.loads(shelf.cursors["transactions"])["since"]
    assert since == f"{clock.now() - timedelta(hours=3) - timedelta(days=31):%Y-%m-%dT%H:%M:%SZ}"


def test_one_token_serves_a_whole_pull_and_is_renewed_in_time(served):
    clock, watched = VirtualClock(), Watched(InProcess(served))
    pulled = source(watched, clock)
    assert Shelf().pull(pulled)
    pulled.balances([])
    assert watched.paths.count(TOKENS) == 1
    clock.time += timedelta(seconds=TOKEN_SECONDS - 30)
    pulled.balances([])
    assert watched.paths.count(TOKENS) == 2


def test_a_refused_token_is_renewed_once(served):
    watched = Watched(InProcess(served))
    pulled = source(watched)
    pulled.balances([])
    served.expire()
    assert pulled.balances([])
    assert watched.paths.count(TOKENS) == 2
    unauthorised = [error(401, name="AUTHENTICATION_FAILURE", message="Authentication failed.") for _ in range(9)]
    watched.answers = {BALANCES: unauthorised}
    with pytest.raises(TransportError, match="Authentication failed") as caught:
        pulled.balances([])
    assert (caught.value.kind, watched.paths.count(TOKENS)) == ("auth", 3)


def test_a_wrong_secret_is_told_without_showing_it(served):
    wrong = {**SECRET, "client_secret": "Ecanary-not-the-right-one"}
    with pytest.raises(TransportError, match="Client Authentication failed") as caught:
        source(InProcess(served), secret=wrong).balances([])
    assert caught.value.kind == "auth"
    assert "canary" not in caught.value.text
    assert "canary" not in repr(caught.value)


@pytest.mark.parametrize("answer", [{}, {"access_token": 7, "expires_in": 60}, {"access_token": "t"}, []])
def test_an_answer_without_a_token_is_said(served, answer):
    watched = Watched(InProcess(served), {TOKENS: [httpx.Response(200, json=answer)]})
    with pytest.raises(TransportError, match="PayPal's token answer has no token"):
        source(watched).balances([])


def test_threads_that_need_a_token_fetch_one():
    fetched, gate = [], threading.Barrier(8)

    def fetch():
        fetched.append(1)
        return Reply(200, {}, "", {"access_token": f"t{len(fetched)}", "expires_in": "3599"}, "")

    auth = GrantedAuth("PayPal", fetch=fetch, clock=VirtualClock())
    seen = []

    def use(call):
        gate.wait()
        seen.append(call())

    def all_at_once(call):
        threads = [threading.Thread(target=use, args=(call,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    all_at_once(auth.headers)
    assert (len(fetched), {one["Authorization"] for one in seen}) == (1, {"Bearer t1"})
    all_at_once(lambda: auth.refresh({"Authorization": "Bearer t1"}))
    assert len(fetched) == 2
    assert set(auth.secrets()) == {"t2"}
    assert "t2" not in repr(auth)


@pytest.fixture(scope="module")
def quiet():
    """A month, and an uninterrupted pull of its PayPal account over loopback."""
    month, shelf = simulate(MonthSpec(seed=3, orders=1)), Shelf()
    with pytest.MonkeyPatch.context() as patch, running_sandbox(month, providers=["paypal"]) as box:
        patch.setattr("awra_desk.connectors.paypal.source.HISTORY", timedelta(days=70))
        assert shelf.pull(paypal(box))
    return month, shelf


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.ANSWER, status=429, retry_after="3"),
        Fault(FaultKind.ANSWER, status=500),
        Fault(FaultKind.ANSWER, status=200),
        Fault(FaultKind.CUT),
        Fault(FaultKind.TRUNCATE),
        Fault(FaultKind.BROKEN_JSON),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_trouble_on_the_line_changes_nothing(quiet, fault):
    month, whole = quiet
    plan = FaultPlan([Rule("/v1/*", fault, nth=nth, times=2) for nth in (1, 4)])
    with running_sandbox(month, providers=["paypal"], faults={"paypal": plan}) as box:
        shelf = Shelf()
        assert shelf.pull(paypal(box))
    assert shelf.payloads() == whole.payloads()
    assert len(whole.newest) > 30
