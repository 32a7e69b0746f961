"""The simulated PayPal account behind a connector in this process, in few windows and small pages."""

import json
import random
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest

from awra_desk.connectors.paypal import PayPalSource
from awra_desk.ports.connections import Connection
from awra_desk.sandbox.merchant import MonthSpec
from awra_desk.sandbox.paypal_account import simulate_paypal
from awra_desk.sandbox.servers.paypal import PayPalApplication
from tests.connectors.crashing import Wrapped, whole_pull
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.contracts import paypal_contract
from tests.simulation.in_process import InProcess

ZONE = "America/New_York"
MODULE = "awra_desk.connectors.paypal"
SECRET = {"client_id": "A1", "client_secret": "Esecret1"}
SEARCH, BALANCES = "/v1/reporting/transactions", "/v1/reporting/balances"


def connection(base_url="https://api-m.sandbox.paypal.com", **options):
    return Connection("Kilimani", "Paypal", "paypal", base_url, ZONE, options)


def source(transport, clock=None, *, secret=SECRET, **options):
    clock = clock or VirtualClock()
    return PayPalSource(
        connection(**options), secret, clock=clock, rng=random.Random(5), transport=transport, guard=open_guard()
    )


def application(books=None, **settings):
    """The account; its list may grow without touching another test's."""
    books = books or simulate_paypal(MonthSpec(seed=3, orders=200))
    return PayPalApplication(replace(books, moved=list(books.moved)), **SECRET, **settings)


class Judging(Wrapped):
    """Keeps what was asked, and holds both ways against PayPal's own documents."""

    def __init__(self, inner):
        super().__init__(inner)
        self.asked = []

    def handle_request(self, request):
        answer = super().handle_request(request)
        path, pairs = request.url.path, parse_qsl(request.url.query.decode())
        self.asked.append((path, dict(pairs)))
        if path in paypal_contract.PATHS and answer.status_code == 200:
            assert paypal_contract.request_errors(path, pairs) == []
            assert paypal_contract.answer_errors(path, json.loads(answer.read())) == []
        return answer

    def paths(self):
        return Counter(path for path, _ in self.asked)


class Scripted(Wrapped):
    """Answers the n-th request of a path with what is scripted for it, the others as the account does."""

    def __init__(self, inner, path, answers):
        super().__init__(inner)
        self.path, self.answers, self.count = path, answers, 0

    def handle_request(self, request):
        if request.url.path == self.path:
            self.count += 1
            if (scripted := self.answers.get(self.count)) is not None:
                return scripted() if callable(scripted) else scripted
        return super().handle_request(request)


@contextmanager
def short_history():
    """Ten weeks instead of three years, and pages of seven."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{MODULE}.source.HISTORY", timedelta(days=70))
        patch.setattr(f"{MODULE}.source.PAGE", 7)
        patch.setattr(f"{MODULE}.api.PAGE", 7)
        patch.setattr(f"{MODULE}.api.DISPUTES_PAGE", 2)
        yield


def pulled_account():
    """The account, and an uninterrupted pull of it."""
    with short_history():
        served = application()
        shelf, requests = whole_pull(source, lambda: InProcess(served))
    return SimpleNamespace(served=served, inner=lambda: InProcess(served), shelf=shelf, requests=requests)


def sums(table):
    found = defaultdict(int)
    columns = (table[name].tolist() for name in ("account", "currency", "amount"))
    for account, currency, minor in zip(*columns, strict=True):
        found[account, currency] += minor
    return {key: minor for key, minor in found.items() if minor}


def interpreted(shelf):
    result = shelf.interpret("paypal", "transactions", ZONE)
    assert result.rejects == []
    return result.table
