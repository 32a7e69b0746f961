"""QuickBooks' walk cut at random steps, in process; and what a company adds or changes under it."""

import json
import random
from decimal import Decimal

import pytest

from awra_desk.connectors.quickbooks import QuickBooksLedger, api, pull
from awra_desk.ports.connections import Connection
from awra_desk.sandbox.servers.quickbooks import Company, QuickBooksApplication, Tokens
from tests.connectors.in_process import transport
from tests.connectors.pulling import Shelf
from tests.connectors.small_month import small_month
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.soak import scaled


@pytest.fixture
def application(monkeypatch):
    """Pages of three documents, so that there are many of them."""
    monkeypatch.setattr(api, "PAGE", 3)
    monkeypatch.setattr(pull, "PAGE", 3)
    return QuickBooksApplication(Company(small_month()), Tokens("seed"))


def ledger(application):
    company, tokens = application.company, application.tokens
    options = {"realm_id": company.realm_id}
    connection = Connection("co", "Q", "quickbooks", "https://quickbooks.api.intuit.com", "America/New_York", options)
    secret = {
        "client_id": tokens.client_id,
        "client_secret": tokens.client_secret,
        "refresh_token": tokens.refresh_token,
    }
    found = QuickBooksLedger(
        connection,
        secret,
        guard=open_guard(),
        clock=VirtualClock(),
        rng=random.Random(4),
        save_secret={}.update,
        transport=transport(application),
    )
    found._api._http._bucket._per_second = 1e9
    return found


def everything(application):
    entities = pull.ENTITIES.items()
    return {(stream, row["Id"]): row for stream, entity in entities for row in application.company.rows(entity)}


@pytest.mark.soak
def test_a_pull_cut_at_any_page_and_at_random_steps_ends_the_same(application):
    source, whole = ledger(application), Shelf()
    whole.pull(source)
    assert whole.pages == 10
    assert set(whole.newest) == set(everything(application))
    draw = random.Random(6)
    cuts = [[cut] for cut in range(1, whole.pages)]
    cuts += [[draw.randrange(1, 9) for _ in range(4)] for _ in range(scaled(500))]
    for steps in cuts:
        shelf = Shelf()
        for step in steps:
            shelf.pull(source, cut_after=step)
        shelf.pull(source)
        assert shelf.payloads() == whole.payloads(), steps


def test_documents_made_and_changed_under_the_walk_cost_none(application):
    """New ids come last, edits move nothing: a walk by id meets each document, and the next pull what changed."""
    company, source, shelf = application.company, ledger(application), Shelf()
    bank = {"value": company.account_ids["bank"]}
    clearing = {"value": company.account_ids["stripe_clearing"]}
    made = {"TxnDate": "2026-10-20", "FromAccountRef": clearing, "ToAccountRef": bank, "CurrencyRef": {"value": "USD"}}
    transfers = [company.enter("Transfer", {**made, "Amount": Decimal(number + 1)}) for number in range(8)]
    for count, page in enumerate(source.pages("transfers", None)):
        shelf.take("transfers", page)
        if count < 4:
            company.enter("Transfer", {**transfers[count], "Amount": Decimal("99.00")})
            company.enter("Transfer", {**made, "Amount": Decimal("0.50")})
    shelf.pull(source)
    for (stream, name), row in everything(application).items():
        told = json.loads(shelf.newest[stream, name].payload)["entity"]
        assert told["MetaData"]["LastUpdatedTime"] == row["MetaData"]["LastUpdatedTime"]


def test_removing_any_one_line_is_noticed(application):
    """Opening + lines = the trial balance of the accounts that money moves on."""
    source, shelf = ledger(application), Shelf()
    shelf.pull(source)
    month = small_month()
    tables = [shelf.interpret("quickbooks", stream).table for stream in pull.ENTITIES]
    names = ("account", "amount")
    lines = [row for table in tables for row in zip(*(table[name].tolist() for name in names), strict=True)]
    watched = {application.company.account_ids[role]: month.books.opening[role] for role in ("bank", "stripe_clearing")}
    reported = {
        item.account: item.minor for item in source.balances([month.spec.period.last.replace(month=11, day=30)])
    }

    def holds(rows):
        return all(
            reported[account] == opening + sum(minor for where, minor in rows if where == account)
            for account, opening in watched.items()
        )

    assert holds(lines)
    places = [at for at, (account, _) in enumerate(lines) if account in watched]
    assert len(places) > 8
    assert not any(holds(lines[:at] + lines[at + 1 :]) for at in places)
