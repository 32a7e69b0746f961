"""Writing to the QuickBooks sandbox: what is accepted, what is refused and how, and that each entry is there once."""

import http.client
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from intuitlib.client import AuthClient
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import AuthorizationException, ObjectNotFoundException, ValidationException
from quickbooks.objects import Account, Deposit, JournalEntry, Payment, SalesReceipt
from quickbooks.objects.base import Ref
from quickbooks.objects.journalentry import JournalEntryLine, JournalEntryLineDetail

from awra_desk.sandbox.merchant import Month
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, Sandbox, exact_json, running_sandbox
from awra_desk.sandbox.servers.quickbooks import Company
from awra_desk.sandbox.servers.quickbooks._faults import Refusal
from awra_desk.sandbox.servers.quickbooks._journal import DETAIL_PROPERTIES, HEAD_PROPERTIES, LINE_PROPERTIES
from tests.connectors.small_month import small_month
from tests.contracts import quickbooks_contract

FEES, CLEARING, RECEIVABLES = "12", "2", "4"


@pytest.fixture(scope="module")
def month() -> Month:
    return small_month()


@pytest.fixture
def company(month: Month) -> Company:
    return Company(month)


@pytest.fixture
def box(month: Month) -> Iterator[Sandbox]:
    with running_sandbox(month, providers=["quickbooks"]) as running:
        yield running


@pytest.fixture
def client(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickBooks]:
    """The community's client, pointed at the sandbox by attributes; plain http is allowed in tests only."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    session = auth(box)
    quickbooks = QuickBooks(
        auth_client=session,
        refresh_token=box["quickbooks"]["credentials"]["refresh_token"],
        company_id=box["quickbooks"]["credentials"]["realm_id"],
        minorversion=75,
        use_decimal=True,
    )
    quickbooks.api_url_v3 = f"{box['quickbooks']['base_url']}/v3"
    yield quickbooks
    quickbooks.session.close()
    session.close()


def auth(box: Sandbox, *, secret: str = "") -> AuthClient:
    credentials = box["quickbooks"]["credentials"]
    discovery = f"{box['quickbooks']['base_url']}/.well-known/openid_configuration"
    secret = secret or credentials["client_secret"]
    return AuthClient(credentials["client_id"], secret, "http://localhost/callback", discovery)


def entry(*lines: dict[str, Any], **head: Any) -> dict[str, Any]:
    return {"TxnDate": "2026-10-31", "DocNumber": "AWRA-1", "Line": list(lines) or [debit(), credit()], **head}


def line(kind: str, account: str, amount: Any) -> dict[str, Any]:
    detail = {"PostingType": kind, "AccountRef": {"value": account}}
    return {"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}


def debit(amount: Any = Decimal("12.34"), account: str = FEES) -> dict[str, Any]:
    return line("Debit", account, amount)


def credit(amount: Any = Decimal("12.34"), account: str = CLEARING) -> dict[str, Any]:
    return line("Credit", account, amount)


def without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def test_a_created_entry_is_kept_counted_and_fits_the_schema(company: Company) -> None:
    assert quickbooks_contract.errors("JournalEntry", entry()) == []
    before = company.balances(date(2026, 10, 31))
    row = company.write_journal_entry(entry(PrivateNote="approved"))
    assert quickbooks_contract.errors("JournalEntry", row) == []
    assert (row["Id"], row["SyncToken"], row["DocNumber"]) == ("110", "0", "AWRA-1")
    assert [part["Id"] for part in row["Line"]] == ["0", "1"]
    assert row["Line"][0]["JournalEntryLineDetail"]["AccountRef"]["name"] == "Payment Processing Fees"
    assert company.row("JournalEntry", "110") == row
    after = company.balances(date(2026, 10, 31))
    assert {account: after[account] - before[account] for account in (FEES, CLEARING)} == {FEES: 1234, CLEARING: -1234}
    assert company.balances(date(2026, 10, 30)) == {**before, **company.balances(date(2026, 10, 30))}
    assert sum(after.values()) == 0


def test_written_entries_are_younger_than_everything_and_in_order(company: Company) -> None:
    since = company.now
    rows = [company.write_journal_entry(entry()) for _ in range(3)]
    stamps = [row["MetaData"]["LastUpdatedTime"] for row in rows]
    assert stamps == sorted(set(stamps))
    assert [row["Id"] for row in company.changes("JournalEntry", since)[0]] == ["112", "111", "110"]


def test_the_same_request_id_gives_the_first_document_again_whatever_the_body(company: Company) -> None:
    first = company.write_journal_entry(entry(), request_id="r-1")
    again = company.write_journal_entry(entry(), request_id="r-1")
    other = company.write_journal_entry(entry(debit("1.00"), credit("1.00")), request_id="r-1")
    assert first == again == other
    assert company.write_journal_entry(entry(), request_id="r-2")["Id"] != first["Id"]
    assert len(company.rows("JournalEntry")) == 3


def test_a_refused_request_may_be_sent_again_corrected_under_its_request_id(company: Company) -> None:
    with pytest.raises(Refusal):
        company.write_journal_entry(entry(debit("1"), credit("2")), request_id="r-1")
    assert company.write_journal_entry(entry(), request_id="r-1")["Id"] == "110"


@pytest.mark.parametrize(
    ("body", "code", "element"),
    [
        (without(entry(), "Line"), "2020", "Line"),
        (entry(Line=[]), "2020", "Line"),
        (entry(debit("12.34"), credit("12.33")), "6000", ""),
        (entry(debit(account="99"), credit()), "2500", "AccountRef"),
        (entry(debit(account="17"), credit()), "2500", "AccountRef"),
        (entry(debit(account=RECEIVABLES), credit()), "6000", ""),
        (entry(line("Debet", FEES, 1), credit(1)), "2170", "PostingType"),
        (entry({**debit(), "DetailType": "SalesItemLineDetail"}), "2170", "DetailType"),
        (entry(without(debit(), "Amount"), credit()), "2020", "Amount"),
        (entry(without(debit(), "JournalEntryLineDetail"), credit()), "2020", "JournalEntryLineDetail"),
        (entry(debit("-1"), credit("-1")), "6000", ""),
        (entry(debit("1.005"), credit("1.005")), "2090", "Amount"),
        (entry(debit("ten"), credit("ten")), "2090", "Amount"),
        (entry(debit(True), credit(True)), "2090", "Amount"),
        (entry({**debit(), "JournalEntryLineDetail": {"PostingType": "Debit"}}, credit()), "2020", "AccountRef"),
        (entry(DocNumber="A" * 22), "2050", "DocNumber"),
        (entry(PrivateNote="A" * 4001), "2050", "PrivateNote"),
        (entry(DocNumbr="1"), "2010", "DocNumbr"),
        (entry({**debit(), "Ammount": 1}, credit()), "2010", "Ammount"),
        (entry(TxnDate="31/10/2026"), "2010", "TxnDate"),
        (entry(CurrencyRef={"value": "KES"}), "6000", ""),
        (entry(TxnDate="2026-09-30"), "6210", ""),
        (entry(Id="109"), "2020", "SyncToken"),
        (entry(Id="999", SyncToken="0"), "610", ""),
        (entry(Id="109", SyncToken="7"), "5010", ""),
    ],
)
def test_refused_entries_leave_no_trace(company: Company, body: dict[str, Any], code: str, element: str) -> None:
    company.set_active("17", active=False)
    company.close_books(date(2026, 9, 30))
    before, now = company.balances(date.max), company.now
    with pytest.raises(Refusal) as refused:
        company.write_journal_entry(body)
    assert (refused.value.code, refused.value.element) == (code, element)
    assert quickbooks_contract.errors("IntuitResponse", refused.value.document("2026-11-01T00:00:00-07:00")) == []
    assert (company.balances(date.max), company.now, len(company.rows("JournalEntry"))) == (before, now, 1)


def test_the_properties_a_request_may_name_are_those_of_the_schema() -> None:
    for element, names in (
        ("JournalEntry", HEAD_PROPERTIES),
        ("Line", LINE_PROPERTIES),
        ("JournalEntryLineDetail", DETAIL_PROPERTIES),
    ):
        assert quickbooks_contract.unknown_type_properties(element, set(names)) == set()


def test_a_number_of_21_characters_and_amounts_as_text_are_accepted(company: Company) -> None:
    row = company.write_journal_entry(entry(debit("7"), credit(7), DocNumber="A" * 21))
    assert row["Line"][0]["Amount"] == Decimal("7.00")
    assert exact_json.dumps(row["Line"][0]["Amount"]) == "7.00"


def test_an_update_replaces_the_entry_and_moves_its_postings(company: Company) -> None:
    company.write_journal_entry(entry(debit("5.00"), credit("5.00"), Id="109", SyncToken="0", TxnDate="2026-10-30"))
    row = company.row("JournalEntry", "109")
    assert row is not None
    assert (row["SyncToken"], row["TxnDate"]) == ("1", "2026-10-30")
    assert row["MetaData"]["LastUpdatedTime"] > row["MetaData"]["CreateTime"]
    fees = company.balances(date.max)[FEES]
    assert fees == 500 + 500, "the deposit's fee and the replaced entry"


def test_a_deleted_entry_is_gone_and_leaves_a_tombstone(company: Company) -> None:
    since, before = company.now, company.balances(date.max)[FEES]
    answer = company.delete_journal_entry({"Id": "109", "SyncToken": "0"})
    assert answer == {"domain": "QBO", "status": "Deleted", "Id": "109"}
    assert company.row("JournalEntry", "109") is None
    assert [stone.identity for stone in company.changes("JournalEntry", since)[1]] == ["109"]
    assert company.balances(date.max)[FEES] == before - 730
    with pytest.raises(Refusal):
        company.delete_journal_entry({"Id": "109", "SyncToken": "0"})


def test_unknown_accounts_and_documents_cannot_be_scripted(company: Company) -> None:
    with pytest.raises(KeyError):
        company.set_active("99", active=False)
    with pytest.raises(KeyError):
        company.delete("Deposit", "99")


def test_the_client_library_refreshes_its_tokens(box: Sandbox) -> None:
    with auth(box) as session:
        session.refresh(refresh_token=box["quickbooks"]["credentials"]["refresh_token"])
        assert session.access_token
        assert session.expires_in == 3600
        assert session.refresh_token == box["quickbooks"]["credentials"]["refresh_token"]
        with pytest.raises(AuthClientError) as spent:
            session.refresh(refresh_token="RT1-spent")
        assert spent.value.status_code == 400
    with auth(box, secret="wrong") as stranger, pytest.raises(AuthClientError) as unknown:
        stranger.refresh(refresh_token="any")
    assert unknown.value.status_code == 401


def test_the_client_library_reads_everything(client: QuickBooks, month: Month) -> None:
    for kind, entity in (
        (SalesReceipt, "SalesReceipt"),
        (Deposit, "Deposit"),
        (Payment, "Payment"),
        (JournalEntry, "JournalEntry"),
    ):
        found = kind.all(qb=client, order_by="Id", max_results=1000)
        documents = [document for document in month.books.documents if document.entity == entity]
        assert [row.TxnDate for row in found] == [document.date.isoformat() for document in documents]
        assert kind.count(qb=client) == len(documents)
    receipts = SalesReceipt.filter(qb=client, start_position=2, max_results=2, DocNumber="ch_003")
    assert receipts == []
    assert SalesReceipt.filter(qb=client, DocNumber="ch_003")[0].TotalAmt == Decimal("14.11")
    assert Account.get(1, qb=client).AcctNum == "1000"
    assert [account.Name for account in Account.where("AccountType = 'Bank'", qb=client)] == [
        "Harbor Community Bank Checking"
    ]
    with pytest.raises(ObjectNotFoundException):
        JournalEntry.get(999, qb=client)


def test_the_client_library_creates_an_entry_once(client: QuickBooks, box: Sandbox) -> None:
    written = JournalEntry()
    written.DocNumber, written.TxnDate = "AWRA-7", "2026-10-31"
    for kind, account in (("Debit", FEES), ("Credit", CLEARING)):
        part = JournalEntryLine()
        part.Amount = Decimal("3.21")
        part.JournalEntryLineDetail = JournalEntryLineDetail()
        part.JournalEntryLineDetail.PostingType = kind
        part.JournalEntryLineDetail.AccountRef = Ref()
        part.JournalEntryLineDetail.AccountRef.value = account
        written.Line.append(part)
    written.save(qb=client, request_id="once")
    again = client.create_object("JournalEntry", written.to_json(), request_id="once")["JournalEntry"]
    assert again["Id"] == written.Id == "110"
    found = JournalEntry.filter(qb=client, DocNumber="AWRA-7")
    assert [row.Id for row in found] == ["110"]
    changed = change_data_capture([JournalEntry, Deposit], "2026-11-03T00:00:00-08:00", qb=client)
    assert [row.Id for row in changed.JournalEntry._object_list] == ["110"]
    assert box.quickbooks is not None
    assert box.quickbooks.company.balances(date.max)[FEES] == 500 + 730 + 321
    report = client.get_report("TrialBalance", {"start_date": "2026-10-01", "end_date": "2026-10-31"})
    fees = next(row["ColData"] for row in report["Rows"]["Row"] if "ColData" in row and row["ColData"][0]["id"] == FEES)
    assert fees[1]["value"] == "8.21"
    with pytest.raises(ValidationException) as refused:
        client.create_object("JournalEntry", exact_json.dumps(entry(DocNumbr="x")))
    assert refused.value.error_code == 2010


def test_the_client_library_recognises_an_expired_token_and_a_fault_in_a_200(client: QuickBooks, box: Sandbox) -> None:
    assert box.quickbooks is not None
    box.servers["quickbooks"].faults.add(Rule("/v3/*/query", Fault(FaultKind.ANSWER, status=200)))
    with pytest.raises(Exception, match="application error"):
        Account.all(qb=client)
    box.quickbooks.tokens.expire_access_tokens()
    with pytest.raises(AuthorizationException):
        Account.all(qb=client)


@pytest.mark.parametrize("acts", [False, True])
def test_a_lost_answer_leaves_none_or_one_entry_and_a_repeat_makes_it_one(month: Month, acts: bool) -> None:
    plan = FaultPlan([Rule("/v3/company/*/journalentry", Fault(FaultKind.CUT, acts=acts), method="POST")])
    with running_sandbox(month, providers=["quickbooks"], faults={"quickbooks": plan}) as box:
        assert box.quickbooks is not None
        tokens, company = box.quickbooks.tokens, box.quickbooks.company
        tokens._access["token"] = float("inf")
        host, _, port = box["quickbooks"]["base_url"].removeprefix("http://").partition(":")
        target = f"/v3/company/{company.realm_id}/journalentry?requestid=once"
        headers = {"Authorization": "Bearer token", "Content-Type": "application/json"}
        for attempt in range(2):
            connection = http.client.HTTPConnection(host, int(port), timeout=5)
            connection.request("POST", target, body=exact_json.dumps(entry()), headers=headers)
            if attempt == 0:
                with pytest.raises(http.client.RemoteDisconnected):
                    connection.getresponse()
                assert len(company.rows("JournalEntry")) == 1 + acts
            else:
                assert json.loads(connection.getresponse().read())["JournalEntry"]["Id"] == "110"
            connection.close()
        assert len(company.rows("JournalEntry")) == 2
