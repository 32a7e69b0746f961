"""What Square's own published records become, and what is kept out."""

from datetime import UTC, datetime

import pytest

from awra_desk.connectors._http import dumps
from awra_desk.domain.records import RawRecord
from awra_desk.domain.transactions import SIGN
from awra_desk.normalise import Number, interpret
from tests.connectors.pulling import contract
from tests.contracts import square_contract

CONTRACT = contract("square")
ORDER = "d7eKah653Z579f3gVtjlxpSlmUcZY"
GIFT = {"card_details": {"card": {"card_brand": "SQUARE_GIFT_CARD"}}}
NEVER = "PAYOUT"  # "never returned by the Payouts API"


def read(stream, *rows, zone="America/New_York"):
    at = datetime(2026, 11, 1, tzinfo=UTC)
    records = [RawRecord("Square", stream, str(number), dumps(row), at) for number, row in enumerate(rows)]
    return interpret(CONTRACT, records, company="co", zone=zone)


def told(result, *names):
    assert result.rejects == []
    return [tuple(row) for row in zip(*(result.table[name].tolist() for name in names), strict=True)]


def payment(*entries, **changes):
    return {"payment": {**square_contract.published("payments")[0], **changes}, "entries": list(entries)}


def refund(*entries, paid_by=None, **changes):
    found = {**square_contract.published("refunds")[0], **changes}
    return {"refund": found, "entries": list(entries), "payment": paid_by}


def payout(number=0, **changes):
    return {**square_contract.published("payouts")[number], **changes}


def entry(kind="CHARGE", gross=555, fee=34, **changes):
    (row,) = [row for row in square_contract.published("payout_entries") if row["type"] == "CHARGE"]
    row |= {"type": kind, "gross_amount_money": money(gross), "fee_amount_money": money(fee)}
    row |= {"net_amount_money": money(gross - fee)}
    return {**row, **changes}


def money(minor, code="USD"):
    return {"amount": minor, "currency": code}


def alone(row, told_by=None):
    return {"location": {"id": "L1", "name": "Astoria"}, "told_by": told_by, "entry": row}


def test_a_published_payment_pays_its_total_less_the_fee():
    result = read("payments", payment())
    assert told(result, "external_id", "kind", "amount", "currency", "account", "batch") == [
        ("bP9mAsEMYPUGjjGNaNO5ZDVyLhSZY", "charge", 555, "USD", "balance", ""),
        ("bP9mAsEMYPUGjjGNaNO5ZDVyLhSZY:fee", "fee", -34, "USD", "balance", ""),
    ]
    row = result.table
    assert str(row["occurred_at"][0]).startswith("2021-10-13T19:34:34.34")
    assert row["references"].tolist() == [f"bP9mAsEMYPUGjjGNaNO5ZDVyLhSZY\n{ORDER}", ""]
    assert '"location": "L88917AVBK2S5"' in row["dimensions"][0]
    assert row["fee"].tolist() == [34, 0]


def test_the_published_refund_gives_back_the_amount_and_its_fee():
    """It does not say where it went: its payment does."""
    paid_by = square_contract.published("payments")[0]
    result = read("refunds", refund(paid_by=paid_by))
    identity = square_contract.published("refunds")[0]["id"]
    assert told(result, "external_id", "kind", "amount") == [(identity, "refund", -555), (f"{identity}:fee", "fee", 34)]
    (reject,) = read("refunds", refund()).rejects
    assert reject.path == "refund.destination_type"


def test_published_entries_add_up_and_those_of_payments_and_refunds_are_told_there():
    rows = square_contract.published("payout_entries")
    result = read("payout_entries", *(alone(row, "payments") for row in rows))
    assert (len(result.table), len(result.evidence), result.rejects) == (0, 2, [])
    by_type = {row["type"]: row for row in rows}
    settled = read("payments", payment(by_type["CHARGE"]), {"payment": None, "entries": [by_type["CHARGE"]]})
    assert told(settled, "amount", "kind", "batch")[:2] == told(settled, "amount", "kind", "batch")[2:] == [
        (100, "charge", by_type["CHARGE"]["payout_id"]), (-19, "fee", by_type["CHARGE"]["payout_id"]),
    ]  # fmt: skip
    back = read("refunds", refund(by_type["REFUND"]))
    assert told(back, "amount", "kind") == [(-50, "refund"), (2, "fee")]


def test_published_payouts_leave_the_balance_and_a_withdrawal_comes_into_it():
    result = read("payouts", *square_contract.published("payouts"))
    assert told(result, "account", "kind", "amount", "fee") == [
        ("balance", "payout", -6259, 95), ("payouts", "payout", -6259, 0),
        ("balance", "transfer", 103, 0), ("payouts", "transfer", 103, 0),
    ]  # fmt: skip
    assert set(result.table["currency"].tolist()) == {"USD"}
    assert result.table["references"][0].split("\n")[1] == "L2100000005"


def test_a_failed_payout_leaves_the_bank_and_comes_back_to_the_balance_by_its_entry():
    failed = payout(status="FAILED", updated_at="2022-04-01T10:00:00Z")
    assert told(read("payouts", failed), "account", "kind", "amount")[-1] == ("payouts", "payout_failure", 6259)
    returned = read("payout_entries", alone(entry("RETURNED_PAYOUT", 6259, 0)))
    assert told(returned, "account", "kind", "amount") == [("balance", "payout_failure", 6259)]
    debit = told(read("payouts", payout(1, status="FAILED")), "account", "kind", "amount")
    assert debit[-1] == ("payouts", "transfer", -103)


def test_a_simple_payout_leaves_the_balance_by_its_entry_only():
    assert told(read("payouts", payout(type="SIMPLE")), "account", "amount") == [("payouts", -6259)]


@pytest.mark.parametrize(
    ("changes", "account", "kind"),
    [
        ({"source_type": "CASH", "processing_fee": None}, "cash", "charge"),
        ({"source_type": "EXTERNAL", "processing_fee": None}, "external", "charge"),
        ({**GIFT, "processing_fee": None}, "gift_card", "gift_card"),
        ({"source_type": "WALLET"}, "balance", "charge"),
        ({"source_type": "BANK_ACCOUNT"}, "balance", "charge"),
    ],
)
def test_only_what_square_settles_is_in_the_balance(changes, account, kind):
    assert told(read("payments", payment(**changes)), "account", "kind", "amount")[0] == (account, kind, 555)


@pytest.mark.parametrize(
    ("record", "account", "kind"),
    [
        (refund(destination_type="CASH", processing_fee=None), "cash", "refund"),
        (refund(destination_type="EXTERNAL", processing_fee=None), "external", "refund"),
        (refund(destination_type="CARD", processing_fee=None, paid_by=GIFT), "gift_card", "gift_card"),
        (refund(destination_type="CARD", processing_fee=None), "balance", "refund"),
    ],
)
def test_a_refund_goes_back_where_it_says(record, account, kind):
    assert told(read("refunds", record), "account", "kind", "amount") == [(account, kind, -555)]


def test_a_tip_is_in_the_total_and_told_again_as_owed_to_the_staff():
    result = read("payments", payment(tip_money=money(80), total_money=money(635)))
    assert told(result, "account", "kind", "amount") == [
        ("balance", "charge", 635), ("balance", "fee", -34), ("tips", "tip", 80),
    ]  # fmt: skip


def test_an_apps_fee_counts_until_the_entries_tell():
    row = payment(app_fee_money=money(11))
    assert told(read("payments", row), "external_id", "amount")[2] == ("bP9mAsEMYPUGjjGNaNO5ZDVyLhSZY:app-fee", -11)
    assert len(read("payments", row | {"entries": [entry()]}).table) == 2


def test_fees_that_come_later_and_adjustments_add_up():
    assert told(read("payments", payment(processing_fee=None)), "amount") == [(555,)]
    fees = [{"amount_money": money(34), "type": "INITIAL"}, {"amount_money": money(-4), "type": "ADJUSTMENT"}]
    assert told(read("payments", payment(processing_fee=fees)), "amount", "fee") == [(555, 30), (-30, 0)]


def test_a_payment_settled_twice_keeps_both_parts():
    result = read("payments", payment(entry(gross=300, fee=20), entry(gross=255, fee=14, payout_id="po_2")))
    assert told(result, "external_id", "occurrence", "amount", "batch")[:2] == [
        ("HVdG62H5K3291d0SGJS6IWd4cSi8YY", 1, 300, "po_4d28e6c4-7dd5-4de4-8ec9-a059277646a6"),
        ("HVdG62H5K3291d0SGJS6IWd4cSi8YY", 2, 255, "po_2"),
    ]


@pytest.mark.parametrize("status", ["APPROVED", "PENDING", "CANCELED", "FAILED"])
def test_what_is_not_captured_moves_nothing(status):
    result = read("payments", payment(status=status))
    assert (len(result.table), len(result.evidence), result.rejects) == (0, 1, [])


@pytest.mark.parametrize("status", ["PENDING", "REJECTED", "FAILED"])
def test_a_refund_counts_when_it_is_done(status):
    result = read("refunds", refund(status=status))
    assert (len(result.table), len(result.evidence), result.rejects) == (0, 1, [])


@pytest.mark.parametrize("kind", square_contract.words("ActivityType"))
def test_every_type_of_entry_the_document_names_is_known(kind):
    for gross in (700, -700):
        result = read("payout_entries", alone(entry(kind, gross, 0)))
        if kind == NEVER:
            assert [reject.path for reject in result.rejects] == ["entry.type"]
            continue
        ((word, minor),) = told(result, "kind", "amount")
        assert minor == gross
        assert SIGN[word] * gross >= 0


@pytest.mark.parametrize(
    ("stream", "row", "path"),
    [
        ("payments", payment(status="SETTLED"), "payment.status"),
        ("payments", payment(source_type="CRYPTO"), "payment.source_type"),
        ("payments", payment(total_money=money(Number("5.55"))), "payment.total_money.amount"),
        ("payments", payment(total_money={"amount": 555}), "payment.total_money.currency"),
        ("payments", payment(total_money=money(555, "XYZ"), processing_fee=None), "payment.total_money.currency"),
        ("payments", payment(entry(net_amount_money=money(9))), "@.net_amount_money.amount"),
        ("refunds", refund(destination_type="CARD", status="ESCALATED"), "refund.status"),
        ("refunds", refund(destination_type="CRYPTO"), "refund.destination_type"),
        ("payouts", payout(status="HELD"), "status"),
        ("payouts", payout(type="SPLIT"), "type"),
        ("payout_entries", alone(entry("NEWEST_FEE")), "entry.type"),
        ("payout_entries", alone(entry(effective_at="soon")), "entry.effective_at"),
        ("payout_entries", alone(entry(net_amount_money=money(9))), "entry.net_amount_money.amount"),
    ],
)
def test_an_unknown_word_or_a_changed_type_waits_in_quarantine(stream, row, path):
    result = read(stream, row)
    assert [reject.path for reject in result.rejects] == [path]
    assert len(result.table) == 0


def test_mixed_currencies_are_not_added_up():
    (reject,) = read("payments", payment(tip_money=money(80, "EUR"))).rejects
    assert (reject.path, reject.value) == ("payment.tip_money.currency", "EUR")


@pytest.mark.parametrize(("code", "minor"), [("JPY", 1200), ("USD", 1200), ("EUR", 1200), ("GBP", 1)])
def test_amounts_are_whole_minor_units_of_iso_4217(code, minor):
    """JPY has none of its own: 1200 is 1,200 yen."""
    row = payment(total_money=money(minor, code), processing_fee=None)
    assert told(read("payments", row), "amount", "currency") == [(minor, code)]


def test_the_booking_day_is_the_connections():
    late = payment(card_details=None, created_at="2026-10-06T03:30:00.000Z")
    assert str(read("payments", late).table["booking_date"][0]) == "2026-10-05"
    assert str(read("payments", late, zone="UTC").table["booking_date"][0]) == "2026-10-06"


def test_published_disputes_give_no_transactions():
    rows = square_contract.published("disputes")
    result = read("disputes", *rows)
    assert (len(result.table), len(result.evidence), result.rejects) == (0, len(rows), [])
