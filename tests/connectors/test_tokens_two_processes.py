"""A rotating grant between two processes: renewed once for all of them, and never lost in silence."""

import json
import random
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awra_desk.connectors._http import Guard, MemoryState, tokens
from awra_desk.connectors.quickbooks import QuickBooksLedger
from awra_desk.ports.connections import TransportError
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.store import open_workspace
from tests.connectors.pulling import connection
from tests.connectors.small_month import small_month
from tests.connectors.virtual_time import VirtualClock
from tests.soak import is_full

TOKEN = "/oauth2/v1/tokens/bearer"
ROUNDS = 1_000 if is_full() else 6
SCRIPT = Path(__file__).with_name("renewing_process.py")


@pytest.fixture(scope="module")
def month():
    return small_month()


@pytest.fixture
def place(month, tmp_path):
    """A served QuickBooks, a workspace and a keyring file: (box, workspace, keyring)."""
    workspace, keyring = tmp_path / "w.awra", tmp_path / "keyring.json"
    opened = open_workspace(str(workspace))
    opened.add_company("co", at=datetime(2026, 11, 2, tzinfo=UTC))
    opened.close()
    with running_sandbox(month, providers=["quickbooks"]) as box:
        keyring.write_text(json.dumps(box["quickbooks"]["credentials"]), encoding="utf-8")
        yield box, workspace, keyring


@contextmanager
def process(place, mode="save"):
    box, workspace, keyring = place
    words = [sys.executable, str(SCRIPT), str(workspace), str(keyring), json.dumps(box["quickbooks"]), mode]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline().strip() == "ready"
        try:
            yield running
        finally:
            running.stdin.close()


def go(*running):
    """All ask at once; what failed, of all of them."""
    for each in running:
        each.stdin.write("go\n")
        each.stdin.flush()
    return [failure for each in running for failure in json.loads(each.stdout.readline())]


def renewals(box):
    return sum(exchange.path == TOKEN for exchange in box.servers["quickbooks"].exchanges)


@pytest.mark.soak
def test_sixteen_refused_together_in_two_processes_renew_once(place):
    box, _, keyring = place
    with process(place) as first, process(place) as second:
        for _ in range(ROUNDS):
            assert go(first, second) == []
            assert renewals(box) == 1
            box.servers["quickbooks"].exchanges.clear()  # it keeps the latest only, fewer than all rounds make
            assert json.loads(keyring.read_text())["refresh_token"] == box.quickbooks.tokens.refresh_token
            box.quickbooks.tokens.expire_access_tokens()


def test_a_crash_between_answer_and_save_asks_for_a_new_sign_in_once(place):
    """Whoever comes next is told to sign in again, and nobody hammers the token endpoint with the spent token."""
    box, workspace, keyring = place
    with process(place, "crash") as dying:
        dying.stdin.write("go\n")
        dying.stdin.flush()
        assert dying.wait(timeout=60) == 9
    assert renewals(box) == 1
    opened = open_workspace(str(workspace))
    shared = opened.shared("co")
    release(shared)
    for _ in range(3):
        with pytest.raises(TransportError, match="Sign in to QuickBooks again") as caught:
            ledger(box, shared, keyring).find("awra:x")
        assert caught.value.kind == "auth"
    assert renewals(box) == 2
    opened.close()


def test_a_new_sign_in_ends_it(place):
    box, _, keyring = place
    shared, spent = MemoryState(), keyring.read_text()
    assert ledger(box, shared, keyring).find("awra:x") == []
    fresh = keyring.read_text()
    keyring.write_text(spent, encoding="utf-8")
    lost = ledger(box, shared, keyring)
    for _ in range(2):
        with pytest.raises(TransportError, match="Sign in"):
            lost.find("awra:x")
    keyring.write_text(fresh, encoding="utf-8")
    assert lost.find("awra:x") == []
    assert renewals(box) == 2


def test_a_dead_holders_lease_ends(place):
    box, _, keyring = place
    shared, clock = MemoryState(), VirtualClock()
    waiting = ledger(box, shared, keyring, clock)
    held = waiting._api._http._auth._alone()
    held.__enter__()
    assert waiting.find("awra:x") == []
    assert tokens._LEASE <= clock.elapsed() < tokens._LEASE + 5
    held.__exit__(None, None, None)  # too late: it is no longer its own to give back
    assert ledger(box, shared, keyring, clock).find("awra:x") == []


def ledger(box, shared, keyring, clock=None):
    place = connection(box, "quickbooks")
    return QuickBooksLedger(
        place,
        json.loads(keyring.read_text()),
        clock=clock or VirtualClock(),
        rng=random.Random(1),
        save_secret=lambda secret: keyring.write_text(json.dumps(secret), encoding="utf-8"),
        guard=Guard(shared, "co/QuickBooks", load_secret=lambda: json.loads(keyring.read_text())),
    )


def release(shared):
    """As if the dead holder's lease had ended: nobody waits two minutes in a test."""

    def earlier(text):
        state = json.loads(text)
        assert state["held"]
        return json.dumps({**state, "since": state["since"] - tokens._LEASE}), None

    shared.change("co/QuickBooks: tokens", earlier)
