"""Stripe beyond automatic dollar payouts: manual and instant ones, disputes, nine currencies, its odd answers."""

import json
import random
from collections import defaultdict
from types import SimpleNamespace

import httpx
import pytest

from awra_desk.connectors.stripe import StripeSource
from awra_desk.connectors.stripe.faults import VERSION
from awra_desk.domain.money import EXPONENTS
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import dumps, interpret
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.services.control import RUNNING
from awra_desk.services.pull import pull
from tests.connectors.crashing import check_every_page, check_random_steps, whole_pull
from tests.connectors.desks import broken_without, desk_for
from tests.connectors.pulling import Shelf, contract
from tests.connectors.stripe_account import CHARGES, KEY, application, many_currencies
from tests.connectors.virtual_time import START, VirtualClock, open_guard
from tests.contracts import stripe_contract
from tests.simulation.in_process import InProcess

# Stripe's "Supported currencies": zero-decimal, and three-decimal ones.
ZERO = ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
THREE = ["BHD", "JOD", "KWD", "OMR", "TND"]
TWO_ALTHOUGH = ["HUF", "ISK", "TWD", "UGX"]


def source(transport, clock=None):
    connection = Connection("Kilimani", "Stripe", "stripe", "https://api.stripe.com", "UTC")
    clock = clock or VirtualClock()
    return StripeSource(
        connection, {"api_key": KEY}, guard=open_guard(), clock=clock, rng=random.Random(5), transport=transport
    )


@pytest.fixture(scope="module", autouse=True)
def _small_pages():
    """Nine pages of balance transactions instead of one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("awra_desk.connectors.stripe.source.PAGE", 4)
        yield


@pytest.fixture(scope="module")
def stripe(_small_pages):
    """The account, served in this process, and an uninterrupted pull of it."""
    account = many_currencies()
    inner = lambda: InProcess(application(account))  # noqa: E731
    shelf, requests = whole_pull(source, inner)
    return SimpleNamespace(account=account, inner=inner, shelf=shelf, requests=requests)


def minor_by(stripe, *names):
    """Settled minor units by the named columns of the balance."""
    result = stripe.shelf.interpret("stripe", "balance_transactions", "UTC")
    assert result.rejects == []
    found = defaultdict(int)
    columns = (result.table[name].tolist() for name in names)
    for *key, minor in zip(*columns, result.table["settlement_amount"].tolist(), strict=True):
        found[tuple(key)] += minor
    return dict(found)


def test_what_the_account_serves_fits_the_official_contract(stripe):
    for plural, rows in stripe.account.rows.items():
        for row in rows:
            assert stripe_contract.resource_errors(plural.removesuffix("s"), row) == []


def test_the_running_balance_of_every_currency_is_what_stripe_reports(stripe):
    reported = source(stripe.inner()).balances([])
    assert all(balance.since_zero for balance in reported)
    assert {(one.currency,): one.minor for one in reported} == minor_by(stripe, "settlement_currency")
    assert len(reported) == len(CHARGES)


def test_members_are_told_for_automatic_payouts_and_never_guessed_for_others(stripe):
    batches = {batch for (batch,) in minor_by(stripe, "batch") if batch}
    assert batches == {"po_0000"}
    assert minor_by(stripe, "batch")["po_0000",] == 0
    told = {row["id"] for row in stripe.account.rows["payouts"]}
    assert len(told) == 7
    payouts = stripe.shelf.interpret("stripe", "payouts", "UTC")
    assert payouts.rejects == []
    said = {json.loads(text).get("automatic") for text in payouts.table["dimensions"].tolist()}
    assert said == {"members told", "members not told"}


def test_an_instant_payout_costs_its_fee_beside_it(stripe):
    kinds = minor_by(stripe, "kind", "settlement_currency")
    charges = sum(100 * (code == "usd") for code, amounts in CHARGES.items() for _ in amounts)
    assert kinds["fee", "USD"] == -(1_190 + charges + 1_500 * 3 - 1_500 + 100)
    assert kinds["payout", "USD"] == -(38_810 + 60_000 + 10_000 + 5_000)


def test_a_failed_payout_comes_back_and_says_why(stripe):
    kinds = minor_by(stripe, "kind", "settlement_currency")
    assert (kinds["payout", "EUR"], kinds["payout_failure", "EUR"]) == (-2_500, 2_500)
    table = stripe.shelf.interpret("stripe", "payouts", "UTC").table
    failures = table.take(table["kind"] == "payout_failure")
    assert failures["amount"].tolist() == [2_500]
    assert "no such account" in failures["description"][0]


def test_disputes_cost_what_was_lost_and_what_their_fees_were(stripe):
    kinds = minor_by(stripe, "kind", "settlement_currency")
    assert kinds["chargeback", "USD"] == -(5_000 + 7_000 + 9_000)
    assert kinds["chargeback_reversal", "USD"] == 7_000 + 9_000
    disputes = {json.loads(record.payload)["status"] for record in stripe.shelf.records("disputes")}
    assert disputes == {"lost", "won"}


@pytest.mark.parametrize("code", sorted([*ZERO, *THREE, *TWO_ALTHOUGH]))
def test_decimals_are_read_as_stripe_sends_them(code):
    wire = 0 if code in ZERO else 3 if code in THREE else 2
    sent = {**stripe_contract.fixture("balance_transaction"), "currency": code.lower(), "source": "ch_1"}
    sent |= {"amount": 7 * 10**wire, "net": 7 * 10**wire}
    assert contract("stripe").exponents.get(code, EXPONENTS[code]) == wire
    money = amounts_of(sent)
    assert money == [(7 * 10 ** EXPONENTS[code], code)], "seven whole units, in ISO 4217's minor units"


def amounts_of(row):
    payload = dumps({"payout": None, "balance_transaction": row})
    record = RawRecord("Stripe", "balance_transactions", "x", payload, START)
    result = interpret(contract("stripe"), [record], company="Kilimani", zone="UTC")
    assert result.rejects == []
    return list(zip(result.table["amount"].tolist(), result.table["currency"].tolist(), strict=True))


def test_killed_anywhere_it_ends_the_same(stripe):
    check_every_page(source, stripe.inner, stripe.shelf)


@pytest.mark.soak
def test_killed_at_random_steps_it_ends_the_same(stripe):
    check_random_steps(source, stripe.inner, stripe.shelf, stripe.requests)


def test_any_row_that_is_missing_is_noticed(stripe):
    reported = source(stripe.inner()).balances([])
    table = stripe.shelf.interpret("stripe", "balance_transactions", "UTC").table
    assert broken_without("stripe", table.take(table["id"] == "none"), 0, []) == set()
    for gone in range(len(table)):
        assert f"{RUNNING}balance" in broken_without("stripe", table, gone, reported), table["id"][gone]


def test_a_row_that_stripe_does_not_list_is_noticed(stripe, tmp_path):
    """Its balance still has it."""
    served = application(stripe.account)
    served.rows.withhold("balance_transactions", ["txn_0009"])
    with desk_for(tmp_path, "stripe", lambda: source(InProcess(served))) as desk:
        assert pull(desk, "Stripe").broken == (f"{RUNNING}balance",)
        served.rows.release()
        assert pull(desk, "Stripe").control_ok


def test_the_whole_account_holds_and_a_second_pull_is_empty(stripe, tmp_path):
    with desk_for(tmp_path, "stripe", lambda: source(stripe.inner())) as desk:
        first, second = pull(desk, "Stripe"), pull(desk, "Stripe")
        assert (first.control_ok, first.quarantined, second.control_ok, second.new) == (True, 0, True, 0)
        with desk.read() as uow:
            names = {(total.name, total.currency) for total in uow.controls.totals("Stripe")}
    assert names >= {(f"{RUNNING}balance", code.upper()) for code in CHARGES} | {("payout po_0000", "USD")}


class Odd(httpx.BaseTransport):
    """Answers the first call oddly, the others as the account does."""

    def __init__(self, inner, answer):
        self.inner, self.odd = inner, [answer]

    def handle_request(self, request):
        return self.odd.pop() if self.odd else self.inner.handle_request(request)


def odd(status, code="", **headers):
    error = {"message": "It is locked.", "type": "invalid_request_error", **({"code": code} if code else {})}
    return httpx.Response(status, json={"error": error}, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize(
    "answer",
    [
        lambda: odd(429, "lock_timeout"),
        lambda: odd(429, "rate_limit", Stripe_Rate_Limited_Reason="global-rate"),
        lambda: odd(400, Stripe_Should_Retry="true"),
        lambda: odd(409, "idempotency_key_in_use", Stripe_Should_Retry="true"),
    ],
)
def test_what_may_pass_is_asked_again(stripe, answer):
    clock = VirtualClock()
    asked = source(Odd(stripe.inner(), answer()), clock)
    assert len(asked.balances([])) == len(CHARGES)
    assert len(clock.sleeps) >= 1


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_what_stripe_asks_not_to_repeat_is_not_repeated(stripe, status):
    clock = VirtualClock()
    with pytest.raises(TransportError, match=r"asks not to repeat the request: It is locked"):
        source(Odd(stripe.inner(), odd(status, Stripe_Should_Retry="false")), clock).balances([])
    assert clock.sleeps == []


def test_a_lock_holds_nobody_else_back(stripe):
    """A busy object is not a rate limit: the next request need not wait."""
    clock = VirtualClock()
    asked = source(Odd(stripe.inner(), odd(429, "lock_timeout")), clock)
    asked.balances([])
    before = len(clock.sleeps)
    asked.balances([])
    assert len(clock.sleeps) == before


def test_another_api_version_is_noticed_and_nothing_of_it_is_kept(stripe):
    newer = httpx.Response(200, json={"object": "list", "data": [], "has_more": False, "url": "/v1/payouts"})
    newer.headers["Stripe-Version"] = "2026-10-28.endive"
    with pytest.raises(TransportError, match=rf"{VERSION}.*it was 2026-10-28.endive"):
        list(source(Odd(stripe.inner(), newer)).pages("payouts", None))


def test_every_request_pins_the_version(stripe):
    seen = []
    application_of = stripe.inner()

    class Watching(httpx.BaseTransport):
        def handle_request(self, request):
            seen.append(request.headers["stripe-version"])
            return application_of.handle_request(request)

    Shelf().pull(source(Watching()))
    assert set(seen) == {VERSION}


def test_rows_that_come_in_while_it_is_being_paged_are_neither_lost_nor_doubled(stripe):
    served = application(stripe.account)
    newest = [row["id"] for row in stripe.account.rows["balance_transactions"][-3:]]
    for number, identity in enumerate(newest):
        served.rows.withhold("balance_transactions", [identity], calls=number + 2)
    shelf = Shelf()
    assert shelf.pull(source(InProcess(served)))
    assert not {("balance_transactions", identity) for identity in newest} <= set(shelf.newest)
    assert shelf.pull(source(InProcess(served)))
    assert shelf.payloads() == stripe.shelf.payloads()
    assert len(shelf.versions) == len(shelf.newest)
