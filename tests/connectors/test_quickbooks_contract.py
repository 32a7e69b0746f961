"""QuickBooks' contract file on documents as the provider describes them, beyond what the simulated books hold."""

import pytest

from awra_desk.domain.records import RawRecord
from awra_desk.normalise import Number, dumps, interpret
from tests.connectors.pulling import contract
from tests.connectors.virtual_time import START

META = {"CreateTime": "2026-10-30T16:00:00-07:00", "LastUpdatedTime": "2026-10-30T16:00:00-07:00"}


def read(stream, entity, **envelope):
    whole = {"home_currency": "USD", "undeposited_funds": "4", **envelope, "entity": {"MetaData": META, **entity}}
    record = RawRecord("QuickBooks", stream, str(entity.get("Id")), dumps(whole), START)
    return interpret(contract("quickbooks"), [record], company="Kilimani", zone="America/New_York")


def journal_line(number, amount, posting, **changes):
    detail = {"PostingType": posting, "AccountRef": {"value": "35", "name": "Clearing"}, **changes}
    return {
        "Id": number,
        "Amount": Number(amount),
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": detail,
    }


def journal_entry(*lines, **changes):
    return {"Id": "9", "TxnDate": "2026-10-30", "DocNumber": "ADJ-1", "Line": list(lines), **changes}


def test_a_journal_entrys_lines_carry_sign_account_and_dimensions():
    entry = journal_entry(
        journal_line("0", "12.50", "Debit", ClassRef={"value": "7"}, DepartmentRef={"value": "3"}),
        journal_line(
            "1", "12.50", "Credit", Entity={"Type": "Customer", "EntityRef": {"value": "5", "name": "Otieno"}}
        ),
        {"Id": "2", "DetailType": "DescriptionOnly", "Description": "a note"},
        PrivateNote="for ch_3abc and KR-104217, awra:w-12",
    )
    table = read("journal_entries", entry).table
    assert table["external_id"].tolist() == ["9:0", "9:1"]
    assert table["amount"].tolist() == [1250, -1250]
    assert table["dimensions"].tolist() == ['{"class": "7", "location": "3"}', "{}"]
    assert table["counterparty"].tolist() == ["", "Otieno"]
    assert table["references"][0].split("\n") == ["ADJ-1", "ch_3abc", "awra:w-12", "KR-104217"]
    assert str(table["booking_date"][0]) == "2026-10-30"
    assert str(table["occurred_at"][0]) == "2026-10-30T23:00:00.000000"


def test_an_unbalanced_journal_entry_is_quarantined():
    (reject,) = read("journal_entries", journal_entry(journal_line("0", "12.50", "Debit"))).rejects
    assert (reject.path, reject.value) == ("@.Amount", "12.50 USD")


def test_a_posting_type_nobody_knows_is_quarantined():
    lines = (journal_line("0", "1.00", "Debet"), journal_line("1", "1.00", "Credit"))
    (reject,) = read("journal_entries", journal_entry(*lines)).rejects
    assert (reject.path, reject.value) == ("@.JournalEntryLineDetail.PostingType", "Debet")


def test_foreign_documents_keep_currency_and_rate():
    lines = (journal_line("0", "1000", "Debit"), journal_line("1", "1000", "Credit"))
    entry = journal_entry(*lines, CurrencyRef={"value": "KES"}, ExchangeRate=Number("0.0077"))
    table = read("journal_entries", entry).table
    assert table["amount"].tolist() == [100_000, -100_000]
    assert table["currency"].tolist() == ["KES", "KES"]
    assert table["fx_rate"].tolist() == ["0.0077", "0.0077"]
    assert table["book_currency"].tolist() == ["", ""]


def test_a_deposit_touches_its_account_and_each_lines():
    """A line that takes up an earlier payment has neither id of its own nor account: Undeposited Funds pays it out."""
    deposit = {
        "Id": "12",
        "TxnDate": "2026-10-30",
        "TotalAmt": Number("97.00"),
        "DepositToAccountRef": {"value": "1"},
        "Line": [
            {"LineNum": 1, "Amount": Number("100.00"), "LinkedTxn": [{"TxnId": "8", "TxnType": "Payment"}]},
            {
                "Id": "2",
                "Amount": Number("-3.00"),
                "DetailType": "DepositLineDetail",
                "DepositLineDetail": {"AccountRef": {"value": "60"}},
            },
        ],
    }
    table = read("deposits", deposit).table
    found = list(zip(table["external_id"], table["account"], table["amount"].tolist(), strict=True))
    assert found == [("12:0", "1", 9700), ("12:1", "4", -10_000), ("12:2", "60", 300)]


@pytest.mark.parametrize("stream", ["payments", "sales_receipts"])
def test_money_that_names_no_account_waits_in_undeposited_funds(stream):
    document = {"Id": "3", "TxnDate": "2026-10-30", "TotalAmt": Number("5.5"), "PaymentRefNum": "R1"}
    table = read(stream, document).table
    assert (table["account"].tolist(), table["amount"].tolist(), table["references"].tolist()) == (["4"], [550], ["R1"])
    (reject,) = read(stream, document, undeposited_funds=None).rejects
    assert reject.path == "entity.DepositToAccountRef.value"


@pytest.mark.parametrize("stream", ["journal_entries", "deposits", "payments", "sales_receipts"])
def test_a_deleted_document_gives_nothing(stream):
    result = read(stream, {"Id": "3", "domain": "QBO", "status": "Deleted"})
    assert (len(result.table), result.rejects, len(result.evidence)) == (0, [], 1)
