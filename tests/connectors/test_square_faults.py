"""Square misbehaves: limits, refused tokens, errors in a 200, another version, pages told twice, a line that breaks."""

from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest

from awra_desk.app.doctor_command import health_json, health_text
from awra_desk.connectors.square.settled import entries
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, running_sandbox
from awra_desk.sandbox.square import CafeSpec, simulate_cafes
from awra_desk.services.control import COUNTED
from awra_desk.services.health import examine
from awra_desk.services.pull import pull
from tests.connectors.desks import desk_for
from tests.connectors.pulling import Shelf, square
from tests.connectors.square_pulling import TOKEN, made, pulled, serving, source
from tests.connectors.virtual_time import VirtualClock
from tests.simulation.in_process import InProcess


@pytest.fixture(scope="module", autouse=True)
def _small_pages():
    """Pages of seven, so that a small month has many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("awra_desk.connectors.square.api.PAGE", 7)
        yield


@pytest.fixture(scope="module")
def cafes(_small_pages):
    """A month, served in this process, and an uninterrupted pull of it."""
    books = simulate_cafes(CafeSpec(seed=6, orders=60))
    return SimpleNamespace(books=books, inner=lambda: InProcess(serving(books)), shelf=pulled(books))


class Odd(httpx.BaseTransport):
    """Answers the first call oddly, the others as the account does."""

    def __init__(self, inner, *answers):
        self.inner, self.odd = inner, list(answers)

    def handle_request(self, request):
        return self.odd.pop(0) if self.odd else self.inner.handle_request(request)


def odd(status, code, category="API_ERROR", **headers):
    body = {"errors": [{"category": category, "code": code, "detail": "It is so."}]}
    return httpx.Response(status, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize(
    ("answer", "waited"),
    [
        (lambda: odd(429, "RATE_LIMITED", "RATE_LIMIT_ERROR", Retry_After="7"), 7),
        (lambda: odd(429, "RATE_LIMITED", "RATE_LIMIT_ERROR"), 0),
        (lambda: odd(503, "SERVICE_UNAVAILABLE"), 0),
        (lambda: odd(200, "INTERNAL_SERVER_ERROR"), 0),
        (lambda: httpx.Response(200, content=b'{"locations": ['), 0),
    ],
)
def test_what_may_pass_is_asked_again(cafes, answer, waited):
    clock = VirtualClock()
    (page,) = source(Odd(cafes.inner(), answer()), clock).pages("locations", None)
    assert len(page.records) == 3
    assert max(clock.sleeps) >= waited


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            lambda: odd(401, "ACCESS_TOKEN_EXPIRED", "AUTHENTICATION_ERROR"),
            "auth",
            "has expired.*Sign in again",
        ),
        (lambda: odd(401, "ACCESS_TOKEN_REVOKED", "AUTHENTICATION_ERROR"), "auth", "was revoked"),
        (lambda: odd(401, "UNAUTHORIZED", "AUTHENTICATION_ERROR"), "auth", "does not accept the key"),
        (lambda: odd(403, "INSUFFICIENT_SCOPES", "AUTHENTICATION_ERROR"), "auth", "missing permission"),
        (lambda: odd(200, "BAD_REQUEST", "INVALID_REQUEST_ERROR"), "protocol", "errors in place of records"),
        (lambda: odd(400, "INVALID_VALUE", "INVALID_REQUEST_ERROR"), "refused", "refused the request"),
        (
            lambda: httpx.Response(200, json={}, headers={"Square-Version": "2027-01-20"}),
            "protocol",
            "it was 2027-01-20",
        ),
        (lambda: httpx.Response(200, json={"locations": {}}), "protocol", "no list 'locations'"),
        (lambda: httpx.Response(200, json={"locations": [{"name": "x"}]}), "protocol", "without id"),
        (lambda: httpx.Response(200, json={"locations": [{"id": "L"}], "cursor": 7}), "protocol", "cursor is 7"),
    ],
)
def test_what_will_not_pass_is_told_and_shows_no_secret(cafes, answer, kind, words):
    answers = [answer() for _ in range(10)]
    with pytest.raises(TransportError, match=f"(?s){words}") as caught:
        list(source(Odd(cafes.inner(), *answers)).pages("locations", None))
    assert caught.value.kind == kind
    assert TOKEN not in caught.value.text


@pytest.fixture(scope="module")
def month():
    return simulate(MonthSpec(orders=1))


@pytest.mark.parametrize(
    "fault",
    [Fault(FaultKind.ANSWER, status=429, retry_after="2"), Fault(FaultKind.TRUNCATE)],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_trouble_on_the_line_changes_nothing(cafes, month, fault):
    plan = FaultPlan([Rule("/v2/*", fault, nth=nth, times=2) for nth in (2, 9, 40)])
    with running_sandbox(month, cafes=cafes.books, providers=["square"], faults={"square": plan}) as box:
        shelf = Shelf()
        assert shelf.pull(square(box))
    assert shelf.payloads() == cafes.shelf.payloads()


def test_a_page_told_twice_changes_nothing(cafes, month):
    plan = FaultPlan([Rule("/v2/refunds", Fault(FaultKind.REPLAY), nth=2)])
    with running_sandbox(month, cafes=cafes.books, providers=["square"], faults={"square": plan}) as box:
        shelf = Shelf()
        assert shelf.pull(square(box))
    assert shelf.payloads() == cafes.shelf.payloads()


def test_answers_to_other_questions_are_not_taken(cafes, month):
    """A proxy gone mad: whatever it makes of a pull, nothing wrong is kept and a later pull heals it.

    What a list leaves out nobody can see in it; the control totals of the payouts do.
    """
    paths = ("/v2/payments", "/v2/payouts/*/payout-entries")
    plan = FaultPlan([Rule(path, Fault(FaultKind.REPLAY), nth=nth) for path in paths for nth in range(4, 60, 13)])
    failures = 0
    with running_sandbox(month, cafes=cafes.books, providers=["square"], faults={"square": plan}) as box:
        shelf = Shelf()
        for _ in range(20):
            try:
                if shelf.pull(square(box), streams=("payments",)):
                    break
            except TransportError:
                failures += 1
    assert failures > 0
    expected = {key: text for key, text in cafes.shelf.payloads().items() if key[0] == "payments"}
    assert shelf.payloads() == expected


def test_an_id_stays_one_part_of_the_path(cafes):
    asked = []

    def handle(request):
        asked.append(request.url.raw_path)
        return httpx.Response(200, json={})

    list(entries(source(httpx.MockTransport(handle))._api, {"id": "../locations?x=1"}))
    assert [path.partition(b"?")[0] for path in asked] == [b"/v2/payouts/..%2Flocations%3Fx%3D1/payout-entries"]


def test_a_test_of_the_connection_asks_square_although_it_reports_no_balance(cafes, tmp_path):
    transports = [cafes.inner(), cafes.inner(), Odd(cafes.inner(), odd(401, "UNAUTHORIZED", "AUTHENTICATION_ERROR"))]
    with desk_for(tmp_path, "square", lambda: source(transports.pop(0)), "America/New_York") as desk:
        pull(desk, "Square")
        sound, refused = (examine(desk, "Square") for _ in range(2))
    assert checked(sound).words == "It answers and counts 3 locations."
    assert (checked(refused).holds, "does not accept the key" in checked(refused).words) == (False, True)
    counted = [total for total in sound.totals if total.name == f"{COUNTED}locations"]
    assert "number of locations: 3 / 3" in health_text(replace(sound, totals=counted))
    totals = {total["name"]: total for total in health_json(sound)["control_totals"]}
    assert totals[f"{COUNTED}locations"]["expected"] == "3"


def checked(health):
    return next(check for check in health.checks if check.name == "connection")


def test_what_is_not_squares_is_refused(cafes):
    with pytest.raises(UsageError, match="no stream"):
        next(source(cafes.inner()).pages("invoices", None))
    with pytest.raises(UsageError, match="cursor"):
        next(source(cafes.inner()).pages("payments", "{}"))
    own = Connection("Kilimani", "Square", "square", "https://connect.squareup.com", "UTC")
    with pytest.raises(UsageError, match="access_token"):
        made(own, {})
    elsewhere = Connection("Kilimani", "Square", "square", "https://square.example.com", "UTC")
    with pytest.raises(UsageError, match="not the provider's"):
        made(elsewhere, {"access_token": TOKEN})
