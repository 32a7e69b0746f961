"""Token renewal: in time, one at a time, and never a lost grant."""

import threading
import traceback
from datetime import timedelta

import pytest

from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import TransportError
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, running_sandbox
from tests.connectors.pulling import connection, quickbooks
from tests.connectors.small_month import small_month
from tests.connectors.virtual_time import VirtualClock, open_guard

TOKEN = "/oauth2/v1/tokens/bearer"


@pytest.fixture(scope="module")
def month():
    return small_month()


@pytest.fixture
def plan():
    return FaultPlan()


@pytest.fixture
def box(month, plan):
    with running_sandbox(month, providers=["quickbooks"], faults={"quickbooks": plan}) as served:
        yield served


def renewals(box):
    return sum(exchange.path == TOKEN and exchange.status == 200 for exchange in box.servers["quickbooks"].exchanges)


def test_the_newest_token_is_stored_before_it_is_used(box):
    kept = {}
    calls_before_saving = []

    def save(secret):
        calls_before_saving.append([exchange.path for exchange in box.servers["quickbooks"].exchanges])
        kept.update(secret)

    ledger = quickbooks(box)
    ledger._api._http._auth._save = save
    assert ledger.find("awra:x") == []
    assert calls_before_saving == [[TOKEN]]
    assert kept["refresh_token"] == box.quickbooks.tokens.refresh_token
    assert set(kept) == {"client_id", "client_secret", "realm_id", "refresh_token", "access_token", "expires_at"}


def test_a_stored_access_token_is_used_while_it_is_fresh(box):
    clock, keyring = VirtualClock(), {}
    quickbooks(box, clock, keyring=keyring).find("awra:x")
    quickbooks(box, clock, keyring=keyring).find("awra:x")
    assert renewals(box) == 1
    clock.time += timedelta(minutes=59, seconds=30)
    quickbooks(box, clock, keyring=keyring).find("awra:x")
    assert renewals(box) == 2


def test_an_access_token_refused_early_is_renewed_once(box):
    ledger = quickbooks(box)
    ledger.find("awra:x")
    box.quickbooks.tokens.expire_access_tokens()
    assert ledger.find("awra:x") == []
    assert renewals(box) == 2


def test_threads_refused_together_renew_once(box):
    ledger = quickbooks(box)
    ledger.find("awra:x")
    box.quickbooks.tokens.expire_access_tokens()
    failures = []

    def ask():
        try:
            ledger.find("awra:x")
        except TransportError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert renewals(box) == 2


def test_a_token_that_could_not_be_stored_is_not_used_and_not_lost(box):
    """The keyring fails once: nothing is asked with the unsaved token, and it is stored first next time."""
    kept = {}
    trouble = [OSError("the keyring is locked")]

    def save(secret):
        if trouble:
            raise trouble.pop()
        kept.update(secret)

    ledger = quickbooks(box)
    ledger._api._http._auth._save = save
    with pytest.raises(OSError, match="locked"):
        ledger.find("awra:x")
    assert [exchange.path for exchange in box.servers["quickbooks"].exchanges] == [TOKEN]
    assert ledger.find("awra:x") == []
    assert renewals(box) == 1
    assert kept["refresh_token"] == box.quickbooks.tokens.refresh_token


@pytest.mark.parametrize("secret", ["refresh_token", "client_secret"])
def test_a_lost_grant_asks_for_a_new_sign_in_and_shows_nothing(box, secret):
    canary = "canary-AB11-zyxw-9876"
    ledger = quickbooks(box, **{secret: canary})
    with pytest.raises(TransportError) as caught:
        ledger.find("awra:x")
    assert caught.value.kind == "auth"
    assert "Sign in to QuickBooks again" in caught.value.text
    shown = "".join([str(caught.value), repr(caught.value), repr(ledger._api._http._auth)])
    shown += "".join(line for line in traceback.format_exception(caught.value) if 'canary = "' not in line)
    assert canary not in shown


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.ANSWER, status=500),
        Fault(FaultKind.ANSWER, status=429, retry_after="4"),
        Fault(FaultKind.CUT),
    ],
    ids=lambda fault: str(fault.kind),
)
def test_renewal_is_repeated_while_nothing_was_renewed(box, plan, fault):
    plan.add(Rule(TOKEN, fault))
    assert quickbooks(box).find("awra:x") == []


def test_a_token_answer_may_begin_with_a_byte_order_mark(box):
    box.quickbooks._byte_order_mark = True
    assert quickbooks(box).find("awra:x") == []


def test_addresses_of_others_are_refused(box):
    for options in ({"token_url": "https://evil.example/token"}, {"realm_id": "../1"}):
        with pytest.raises(UsageError):
            quickbooks_at(box, options)


def quickbooks_at(box, options):
    import random

    from awra_desk.connectors.quickbooks import QuickBooksLedger

    place = connection(box, "quickbooks", **options)
    return QuickBooksLedger(
        place,
        box["quickbooks"]["credentials"],
        guard=open_guard(),
        clock=VirtualClock(),
        rng=random.Random(1),
        save_secret=lambda _: None,
    )
