"""Xero's contract file on documents as the provider describes them, its own examples among them."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.connectors.xero import times
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import Number, dumps, interpret, loads
from tests.connectors.pulling import contract
from tests.connectors.virtual_time import START
from tests.contracts import xero_contract

FACTS = {
    "home_currency": "NZD",
    "receivable": "610",
    "payable": "800",
    "tax_account": "820",
    "own_account": "090",
    "day": "2026-10-30",
}


def read(stream, entity, **facts):
    record = RawRecord("Xero", stream, "x", dumps({**FACTS, **facts, "entity": entity}), START)
    return interpret(contract("xero"), [record], company="co", zone="Pacific/Auckland")


def rows(result):
    table = result.table
    assert result.rejects == []
    return list(zip(table["external_id"].tolist(), table["account"].tolist(), table["amount"].tolist(), strict=True))


def item(number, amount, code, tax="0.00", **more):
    return {"LineItemID": number, "LineAmount": Number(amount), "AccountCode": code, "TaxAmount": Number(tax), **more}


def document(kind, total, *items, tax="0.00", types="Exclusive", **more):
    net = Number(str(Number(total) - Number(tax)))
    return {
        "Type": kind,
        "Status": "AUTHORISED",
        "CurrencyCode": "NZD",
        "LineAmountTypes": types,
        "SubTotal": net,
        "TotalTax": Number(tax),
        "Total": Number(total),
        "LineItems": list(items),
        **more,
    }


@pytest.mark.parametrize(
    ("kind", "sign"), [("RECEIVE", 1), ("SPEND", -1), ("RECEIVE-OVERPAYMENT", 1), ("SPEND-PREPAYMENT", -1)]
)
def test_a_bank_transaction_posts_to_its_bank_its_lines_and_the_tax(kind, sign):
    found = rows(
        read(
            "bank_transactions",
            document(kind, "115.00", item("a", "100.00", "200", "15.00"), tax="15.00", BankTransactionID="b"),
        )
    )
    assert found == [("b:0", "090", sign * 11_500), ("b:a", "200", -sign * 10_000), ("b:tax", "820", -sign * 1_500)]


def test_where_amounts_include_the_tax_it_is_taken_out_of_the_line():
    found = rows(
        read(
            "bank_transactions",
            document(
                "SPEND",
                "115.00",
                item("a", "115.00", "400", "15.00"),
                tax="15.00",
                types="Inclusive",
                BankTransactionID="b",
            ),
        )
    )
    assert found == [
        ("b:0", "090", -11_500),
        ("b:a", "400", 11_500),
        ("b:a:tax", "400", -1_500),
        ("b:tax", "820", 1_500),
    ]
    assert sum(minor for _, _, minor in found) == 0


@pytest.mark.parametrize(
    ("stream", "kind", "identity", "sign"),
    [
        ("invoices", "ACCREC", "InvoiceID", 1),
        ("invoices", "ACCPAY", "InvoiceID", -1),
        ("credit_notes", "ACCRECCREDIT", "CreditNoteID", -1),
        ("credit_notes", "ACCPAYCREDIT", "CreditNoteID", 1),
    ],
)
def test_invoices_and_credit_notes_post_to_the_control_account(stream, kind, identity, sign):
    entity = document(
        kind,
        "115.00",
        item("a", "60.00", "200", "9.00"),
        item("b", "40.00", "260", "6.00"),
        tax="15.00",
        **{identity: "i"},
    )
    found = rows(read(stream, entity, own_account="610"))
    assert found == [
        ("i:0", "610", sign * 11_500),
        ("i:a", "200", -sign * 6_000),
        ("i:b", "260", -sign * 4_000),
        ("i:tax", "820", -sign * 1_500),
    ]


@pytest.mark.parametrize(
    ("kind", "bank", "control"),
    [
        ("ACCRECPAYMENT", 1, "610"),
        ("ACCPAYPAYMENT", -1, "800"),
        ("ARCREDITPAYMENT", -1, "610"),
        ("APCREDITPAYMENT", 1, "800"),
        ("AROVERPAYMENTPAYMENT", -1, "610"),
        ("ARPREPAYMENTPAYMENT", -1, "610"),
        ("APOVERPAYMENTPAYMENT", 1, "800"),
        ("APPREPAYMENTPAYMENT", 1, "800"),
    ],
)
def test_each_kind_of_payment(kind, bank, control):
    entity = {
        "PaymentID": "p",
        "PaymentType": kind,
        "Status": "AUTHORISED",
        "Amount": Number("50.00"),
        "Invoice": {"CurrencyCode": "NZD"},
    }
    assert rows(read("payments", entity)) == [("p:0", "090", bank * 5_000), ("p:1", control, -bank * 5_000)]


def test_a_foreign_payment_is_the_banks_amount_at_the_bank():
    entity = {
        "PaymentID": "p",
        "PaymentType": "ACCRECPAYMENT",
        "Status": "AUTHORISED",
        "Amount": Number("50.00"),
        "BankAmount": Number("82.15"),
        "CurrencyRate": Number("0.6086"),
        "Invoice": {"CurrencyCode": "USD"},
    }
    table = read("payments", entity).table
    assert list(zip(table["amount"].tolist(), table["currency"].tolist(), strict=True)) == [
        (8_215, "NZD"),
        (-5_000, "USD"),
    ]
    assert table["fx_rate"].tolist() == ["0.6086", "0.6086"]


def test_a_manual_journals_credits_are_negative_and_its_tax_goes_apart():
    lines = [
        {
            "LineAmount": Number("100.00"),
            "AccountCode": "400",
            "TaxAmount": Number("15.00"),
            "Description": "for ch_3abc",
            "Tracking": [{"Name": "Region", "Option": "North"}],
        },
        {"LineAmount": Number("-115.00"), "AccountID": "by-id"},
    ]
    entity = {
        "ManualJournalID": "j",
        "Status": "POSTED",
        "LineAmountTypes": "Exclusive",
        "Narration": "awra:w-1",
        "JournalLines": lines,
    }
    result = read("manual_journals", entity)
    assert rows(result) == [("j:0", "400", 10_000), ("j:1", "by-id", -11_500), ("j:0:tax", "820", 1_500)]
    assert result.table["references"][0].split("\n") == ["ch_3abc", "awra:w-1"]
    assert json.loads(result.table["dimensions"][0]) == {"tracking": "North"}


@pytest.mark.parametrize(
    ("stream", "status"),
    [
        ("bank_transactions", "DELETED"),
        ("payments", "DELETED"),
        ("invoices", "DRAFT"),
        ("invoices", "SUBMITTED"),
        ("invoices", "VOIDED"),
        ("credit_notes", "DELETED"),
        ("manual_journals", "DRAFT"),
        ("manual_journals", "VOIDED"),
        ("bank_transfers", "DELETED"),
    ],
)
def test_what_does_not_count_gives_nothing(stream, status):
    result = read(stream, {"Status": status})
    assert (len(result.table), result.rejects, len(result.evidence)) == (0, [], 1)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"Type": "GIVE"}, "entity.Type"),
        ({"Status": "PENDING"}, "entity.Status"),
        ({"CurrencyCode": "XX1"}, "entity.CurrencyCode"),
        ({"Total": Number("99.00")}, "entity.SubTotal"),
        ({"Total": True}, "entity.Total"),
    ],
)
def test_a_word_or_figure_nobody_knows_is_quarantined(changes, path):
    entity = {**document("RECEIVE", "100.00", item("a", "100.00", "200"), BankTransactionID="b"), **changes}
    (reject,) = read("bank_transactions", entity).rejects
    assert reject.path == path


def test_transfers_between_currencies_are_left_to_people():
    entity = {"BankTransferID": "t", "Status": "AUTHORISED", "Amount": Number("10.00")}
    facts = {"from_account": "1", "to_account": "2", "from_currency": "NZD"}
    assert rows(read("bank_transfers", entity, to_currency="NZD", **facts)) == [
        ("t:from", "1", -1_000),
        ("t:to", "2", 1_000),
    ]
    (reject,) = read("bank_transfers", entity, to_currency="USD", **facts).rejects
    assert reject.path == "to_currency"


@pytest.mark.parametrize("path", ["/BankTransactions", "/Invoices", "/Payments", "/BankTransfers", "/CreditNotes"])
def test_the_specifications_own_examples_are_read_or_say_what_is_missing(path):
    """Its examples of lists have no lines, as unpaged calls; everything else of them is read."""
    stream = {
        "/BankTransactions": "bank_transactions",
        "/BankTransfers": "bank_transfers",
        "/CreditNotes": "credit_notes",
    }.get(path, path[1:].lower())
    facts = {"from_account": "1", "to_account": "2", "from_currency": "NZD", "to_currency": "NZD"}
    entities = loads(json.dumps(xero_contract.example(path)))[path[1:]]
    assert entities
    for entity in entities:
        result = read(stream, entity, day=times.day(entity).isoformat(), **facts)
        assert result.rejects == []
        assert len(result.table) or result.evidence


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("/Date(1476316800000+0000)/", datetime(2016, 10, 13, tzinfo=UTC)),
        ("/Date(1552431874205)/", datetime(2019, 3, 12, 23, 4, 34, 205000, UTC)),
        ("/Date(-86400000+0000)/", datetime(1969, 12, 31, tzinfo=UTC)),
        ("/Date(1476316800000+1300)/", datetime(2016, 10, 13, tzinfo=UTC)),
        ("2014-05-26T00:00:00", datetime(2014, 5, 26, tzinfo=UTC)),
        ("2018-11-02 16:36:32+00:00", datetime(2018, 11, 2, 16, 36, 32, tzinfo=UTC)),
    ],
)
def test_both_forms_of_a_moment(text, moment):
    assert times.instant(text) == moment


def test_a_documents_day_is_the_organisations_own():
    assert times.day({"Date": "/Date(1793404800000+0000)/"}) == date(2026, 10, 31)
    assert times.day({"Date": "/Date(0)/", "DateString": "2026-10-31T00:00:00"}) == date(2026, 10, 31)
    for text in (None, "", "soon", "/Date(x)/", 5):
        with pytest.raises(ValueError, match=r".*"):
            times.day({"Date": text})


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_survives_xeros_form(moment):
    exact = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    milliseconds = (exact - datetime(1970, 1, 1, tzinfo=UTC)) // (exact.resolution * 1000)
    assert times.instant(f"/Date({milliseconds}+0000)/") == exact
