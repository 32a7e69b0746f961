"""QuickBooks' other documents that move money, its limits, and the refresh token that two processes share."""

import random
from datetime import date, timedelta
from decimal import Decimal

import httpx
import pytest

from awra_desk.connectors.quickbooks import QuickBooksLedger
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import Number, dumps, interpret
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, running_sandbox
from tests.connectors.pulling import Shelf, contract, quickbooks
from tests.connectors.small_month import small_month
from tests.connectors.virtual_time import START, VirtualClock, open_guard
from tests.contracts import quickbooks_contract

DAY = date(2026, 10, 31)
STREAMS = {
    "purchases": "Purchase",
    "transfers": "Transfer",
    "bill_payments": "BillPayment",
    "refund_receipts": "RefundReceipt",
}


@pytest.fixture
def plan():
    return FaultPlan()


@pytest.fixture
def box(plan):
    with running_sandbox(small_month(), providers=["quickbooks"], faults={"quickbooks": plan}) as served:
        yield served


def expense(account, amount):
    detail = {"AccountRef": {"value": account}}
    return {
        "Id": "1",
        "Amount": Decimal(amount),
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }


def documents(box):
    """One of each kind, and the refund of an expense."""
    accounts = box["quickbooks"]["accounts"]
    bank, clearing, fees = (accounts[role] for role in ("bank", "stripe_clearing", "fees"))
    common = {"TxnDate": "2026-10-20", "CurrencyRef": {"value": "USD"}}
    bought = {**common, "PaymentType": "Check", "AccountRef": {"value": bank}, "DocNumber": "1041"}
    return [
        (
            "Purchase",
            {**bought, "TotalAmt": Decimal("42.50"), "Line": [expense(fees, "42.50")], "PrivateNote": "for ch_3abc"},
        ),
        ("Purchase", {**bought, "TotalAmt": Decimal("2.50"), "Credit": True, "Line": [expense(fees, "2.50")]}),
        (
            "Transfer",
            {
                **common,
                "FromAccountRef": {"value": clearing},
                "ToAccountRef": {"value": bank},
                "Amount": Decimal("10.00"),
            },
        ),
        (
            "BillPayment",
            {
                **common,
                "PayType": "Check",
                "CheckPayment": {"BankAccountRef": {"value": bank}},
                "TotalAmt": Decimal("7.00"),
                "VendorRef": {"value": "3", "name": "Kilimani Farms"},
                "Line": [],
            },
        ),
        (
            "RefundReceipt",
            {
                **common,
                "DepositToAccountRef": {"value": clearing},
                "TotalAmt": Decimal("5.00"),
                "PaymentRefNum": "re_9",
                "Line": [],
            },
        ),
    ]


def test_each_kind_fits_the_schema_and_moves_its_accounts(box):
    ledger, shelf = quickbooks(box), Shelf()
    before = {item.account: item.minor for item in ledger.balances([DAY])}
    for entity, body in documents(box):
        row = box.quickbooks.company.enter(entity, body)
        # The schema demands of a transfer an extension that the service neither sends nor wants.
        assert [text for text in quickbooks_contract.errors(entity, row) if "TransferEx" not in text] == []
    shelf.pull(ledger)
    moved = dict.fromkeys(before, 0)
    for stream in STREAMS:
        result = shelf.interpret("quickbooks", stream)
        assert result.rejects == []
        for account, minor in zip(result.table["account"].tolist(), result.table["amount"].tolist(), strict=True):
            moved[account] += minor
    after = {item.account: item.minor for item in ledger.balances([DAY])}
    bank, clearing, fees = (box["quickbooks"]["accounts"][role] for role in ("bank", "stripe_clearing", "fees"))
    assert (moved[bank], moved[clearing], moved[fees]) == (-4_250 + 250 + 1_000 - 700, -1_500, 4_000)
    assert {account: before[account] + minor for account, minor in moved.items()} == after


def test_a_change_and_a_deletion_of_them_are_seen(box):
    company, ledger, shelf = box.quickbooks.company, quickbooks(box), Shelf()
    rows = [(entity, company.enter(entity, body)) for entity, body in documents(box)]
    shelf.pull(ledger)
    versions = set(shelf.versions)
    shelf.pull(ledger)
    assert shelf.versions == versions
    for entity, row in rows:
        company.delete(entity, row["Id"]) if entity != "Transfer" else company.enter(
            entity, {**row, "Amount": Decimal("11.00")}
        )
    shelf.pull(ledger)
    assert shelf.interpret("quickbooks", "transfers").table["amount"].tolist() == [-1_100, 1_100]
    for stream in ("purchases", "bill_payments", "refund_receipts"):
        result = shelf.interpret("quickbooks", stream)
        assert (len(result.table), result.rejects, bool(result.evidence)) == (0, [], True)


def test_texts_of_them_are_kept(box):
    for entity, body in documents(box):
        box.quickbooks.company.enter(entity, body)
    shelf = Shelf()
    shelf.pull(quickbooks(box))
    assert "ch_3abc" in shelf.interpret("quickbooks", "purchases").table["references"][0].split("\n")
    assert shelf.interpret("quickbooks", "bill_payments").table["counterparty"].tolist() == ["Kilimani Farms"]
    assert shelf.interpret("quickbooks", "refund_receipts").table["references"].tolist() == ["re_9"]


def test_a_bill_paid_by_card_and_a_refund_without_account():
    def read(stream, entity):
        whole = {
            "home_currency": "USD",
            "undeposited_funds": "4",
            "entity": {"Id": "7", "TxnDate": "2026-10-20", **entity},
        }
        record = RawRecord("Q", stream, "7", dumps(whole), START)
        result = interpret(contract("quickbooks"), [record], company="co", zone="UTC")
        assert result.rejects == []
        return list(zip(result.table["account"].tolist(), result.table["amount"].tolist(), strict=True))

    card = {"CreditCardPayment": {"CCAccountRef": {"value": "41"}}, "TotalAmt": Number("7.00")}
    assert read("bill_payments", card) == [("41", -700)]
    assert read("refund_receipts", {"TotalAmt": Number("5.00")}) == [("4", -500)]


def test_five_hundred_calls_a_minute_are_not_passed():
    """In no minute, the first one with its burst included."""
    clock, calls = VirtualClock(), []

    def answer(request):
        if request.url.host == "oauth.platform.intuit.com":
            return httpx.Response(200, json={"access_token": "a", "refresh_token": "r", "expires_in": 3600})
        calls.append(clock.now())
        return httpx.Response(200, json={"QueryResponse": {}})

    connection = Connection("co", "Q", "quickbooks", "https://quickbooks.api.intuit.com", "UTC", {"realm_id": "1"})
    secret = {"client_id": "c", "client_secret": "s", "refresh_token": "r"}
    ledger = QuickBooksLedger(
        connection,
        secret,
        guard=open_guard(),
        clock=clock,
        rng=random.Random(1),
        save_secret={}.update,
        transport=httpx.MockTransport(answer),
    )
    for _ in range(1_200):
        ledger._api.query("select * from Account")
    window = timedelta(minutes=1)
    assert max(sum(first <= call < first + window for call in calls) for first in calls[::25]) <= 500


def test_a_throttled_or_metered_company_is_told_and_not_hammered(box, plan):
    """A limit that names hours (the month's reads are spent) ends the pull; a short one is waited for."""
    plan.add(Rule("/v3/*/query", Fault(FaultKind.ANSWER, status=429, retry_after="7200")))
    clock = VirtualClock()
    with pytest.raises(TransportError, match="wait until 2026-11-02 10:00 UTC") as caught:
        Shelf().pull(quickbooks(box, clock))
    assert (caught.value.kind, sum(clock.sleeps) < 5) == ("rate", True)
    plan.add(Rule("/v3/*/query", Fault(FaultKind.ANSWER, status=429, retry_after="9")))
    quickbooks(box, clock, keyring={"refresh_token": box.quickbooks.tokens.refresh_token}).accounts()
    assert 9 <= max(clock.sleeps) < 20
