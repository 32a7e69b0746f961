"""The Xero sandbox against the official specification, and under the official SDK."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from xero_python.accounting import AccountingApi, LineAmountTypes, ManualJournal, ManualJournalLine, ManualJournals
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import AccountingBadRequestException

from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.sandbox.servers._http import Request
from awra_desk.sandbox.servers.xero import PARAMETERS, XeroApplication, XeroBooks
from tests.connectors.small_month import OPENING, small_month
from tests.contracts import xero_contract

ROOT = "/api.xro/2.0"


@pytest.fixture(scope="module")
def month():
    return small_month()


class Desk:
    """A client without any cleverness."""

    def __init__(self, month):
        self.books = XeroBooks(month)
        self.application = XeroApplication(self.books)
        self.token = self.renew()["access_token"]

    def renew(self, refresh=None):
        form = {
            "grant_type": "refresh_token",
            "client_id": self.application.client_id,
            "refresh_token": refresh or self.application.refresh_token,
        }
        response = self.application.handle(Request("POST", "/connect/token", body=urlencode(form).encode()))
        return json.loads(response.body)

    def call(self, path, *, method="GET", body=None, headers=None, **query):
        given = {"authorization": f"Bearer {self.token}", "xero-tenant-id": self.books.tenant_id, **(headers or {})}
        content = b"" if body is None else json.dumps(body).encode()
        response = self.application.handle(Request(method, ROOT + path, tuple(query.items()), given, content))
        return response.status, json.loads(response.body)


@pytest.fixture
def desk(month):
    return Desk(month)


LISTS = sorted(resource for resource in PARAMETERS if "/" not in resource)


@pytest.mark.parametrize("resource", LISTS)
def test_every_parameter_we_take_is_declared(resource):
    declared = xero_contract.declared_parameters(f"/{resource}")
    assert {name for name in PARAMETERS[resource] if declared.get(name) != "query"} == set()
    assert declared["xero-tenant-id"] == "header"


@pytest.mark.parametrize("resource", [*LISTS, "Reports/TrialBalance"])
def test_every_answer_fits_the_specification(desk, resource):
    desk.application.advanced = True
    asked = {"page": "1"} if "page" in PARAMETERS[resource] else {}
    status, body = desk.call(f"/{resource}", **asked)
    assert status == 200
    assert xero_contract.answer_errors(f"/{resource}", body) == []
    key = {"Organisation": "Organisations", "Reports/TrialBalance": "Reports"}.get(resource, resource)
    assert body[key] or resource in ("CreditNotes", "BankTransfers")


def test_the_judge_is_strict(desk):
    _, body = desk.call("/Payments", page="1")
    body["Payments"][0]["Amount"] = "ten"
    body["Payments"][0]["Ammount"] = 10
    found = xero_contract.answer_errors("/Payments", body)
    assert len(found) == 2
    assert any("Ammount: is not declared" in text for text in found)
    for path in ("/BankTransactions", "/Invoices", "/Payments", "/ManualJournals", "/CreditNotes"):
        assert xero_contract.answer_errors(path, {path[1:]: [{"Type": "SOMETHING", "Status": 5}]})


def test_unpaged_calls_leave_the_lines_out(desk):
    for resource, lines in (
        ("Invoices", "LineItems"),
        ("ManualJournals", "JournalLines"),
        ("BankTransactions", "LineItems"),
    ):
        _, body = desk.call(f"/{resource}")
        assert all(row[lines] == [] for row in body[resource])
        _, body = desk.call(f"/{resource}", page="1")
        assert all(row[lines] for row in body[resource])


def test_pages_filter_and_order(desk):
    _, first = desk.call("/Invoices", page="1", pageSize="4", order="UpdatedDateUTC ASC")
    assert first["pagination"] == {"page": 1, "pageSize": 4, "pageCount": 2, "itemCount": 7}
    _, second = desk.call("/Invoices", page="2", pageSize="4", order="UpdatedDateUTC ASC")
    stamps = [row["UpdatedDateUTC"] for row in first["Invoices"] + second["Invoices"]]
    assert (len(stamps), stamps) == (7, sorted(stamps))
    _, later = desk.call("/Invoices", page="1", headers={"if-modified-since": "2099-01-01T00:00:00Z"})
    assert later["Invoices"] == []


def test_what_it_does_not_know_is_refused(desk):
    assert desk.call("/Invoices", since="2026")[0] == 400
    assert desk.call("/Invoices", page="0")[0] == 400
    assert desk.call("/Invoices", page="1", where='Name=="x"')[0] == 400
    assert desk.call("/Journals")[0] == 401
    assert desk.call("/Nothing")[0] == 404
    assert desk.call("/Invoices", headers={"xero-tenant-id": "other"})[0] == 403
    assert desk.call("/Invoices", headers={"authorization": "Bearer other"})[0] == 401


def test_a_refresh_token_is_good_once(desk):
    first = desk.application.refresh_token
    assert "access_token" in desk.renew(first)
    assert desk.renew(first) == {"error": "invalid_grant"}


def test_the_trial_balance_is_the_books(desk, month):
    _, body = desk.call("/Reports/TrialBalance", date="2026-09-30")
    codes = {account.code: account.role for account in month.books.accounts}
    found = {}
    for row in body["Reports"][0]["Rows"][1]["Rows"]:
        name, _, _, debit, credit = (cell["Value"] for cell in row["Cells"])
        found[codes[name[-5:-1]]] = int((Decimal(debit or 0) - Decimal(credit or 0)) * 100)
    # An invoice of the month before, paid in this one, stands in what was owed then.
    assert found == {role: minor for role, minor in OPENING.items() if minor}


@pytest.fixture(scope="module")
def sdk(month):
    """Xero's own client, with the sandbox as its host."""
    with running_sandbox(simulate(MonthSpec(seed=3, orders=40)), providers=["xero"]) as box:
        token = {}
        configuration = Configuration(oauth2_token=OAuth2Token(client_id=box.xero.client_id, client_secret=""))
        client = ApiClient(configuration, oauth2_token_getter=lambda: token, oauth2_token_saver=token.update)
        place = box["xero"]
        form = {"grant_type": "refresh_token", **place["credentials"]}
        answer = box.xero.handle(Request("POST", "/connect/token", body=urlencode(form).encode()))
        token.update(json.loads(answer.body), expires_at=datetime.now(UTC).timestamp() + 1800)
        yield AccountingApi(client, base_url=f"{place['base_url']}{ROOT}"), box.xero.books


def test_the_official_sdk_reads_every_list(sdk):
    api, books = sdk
    tenant = books.tenant_id
    invoices = api.get_invoices(tenant, page=1, page_size=1000, order="UpdatedDateUTC ASC").invoices
    assert len(invoices) == len(books.documents["Invoices"])
    assert (
        invoices[0].line_items[0].line_amount
        == books.documents["Invoices"][invoices[0].invoice_id]["LineItems"][0]["LineAmount"]
    )
    payments = api.get_payments(tenant, page=1, page_size=1000).payments
    assert sum(payment.amount for payment in payments) == sum(
        row["Amount"] for row in books.documents["Payments"].values()
    )
    assert {journal.status for journal in api.get_manual_journals(tenant, page=1).manual_journals} == {"POSTED"}
    assert api.get_bank_transactions(tenant, page=1).bank_transactions[0].bank_account.code == "1000"
    assert api.get_bank_transfers(tenant).bank_transfers in (None, [])
    assert len(api.get_accounts(tenant).accounts) == len(books.accounts())
    assert api.get_organisations(tenant).organisations[0].base_currency.value == "USD"
    assert api.get_report_trial_balance(tenant, date="2026-10-31").reports[0].report_name == "Trial Balance"


def test_the_official_sdk_writes_once_and_reads_its_refusals(sdk):
    api, books = sdk
    lines = [
        ManualJournalLine(line_amount=12.5, account_code=books.codes["fees"]),
        ManualJournalLine(line_amount=-12.5, account_code=books.codes["stripe_clearing"]),
    ]
    journal = ManualJournal(
        narration="Fees",
        date=datetime(2026, 10, 31, tzinfo=UTC).date(),
        journal_lines=lines,
        status="POSTED",
        line_amount_types=LineAmountTypes.NOTAX,
    )
    before = len(books.documents["ManualJournals"])
    made = [
        api.create_manual_journals(
            books.tenant_id, ManualJournals(manual_journals=[journal]), idempotency_key="one"
        ).manual_journals[0]
        for _ in range(2)
    ]
    assert made[0].manual_journal_id == made[1].manual_journal_id
    assert len(books.documents["ManualJournals"]) == before + 1
    lines[1].account_code = books.codes["bank"]
    with pytest.raises(AccountingBadRequestException) as caught:
        api.create_manual_journals(books.tenant_id, ManualJournals(manual_journals=[journal]), idempotency_key="two")
    assert "cannot be used in a Manual Journal" in str(caught.value.body)
