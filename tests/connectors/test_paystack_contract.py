"""What Paystack's own published records become, and what is kept out."""

import itertools
import json
from datetime import UTC, datetime

import pytest

from awra_desk.connectors._http import dumps
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import interpret
from tests.connectors.pulling import contract
from tests.contracts import paystack_contract

CONTRACT = contract("paystack")


def read(stream, *rows, zone="Africa/Nairobi"):
    at = datetime(2026, 11, 1, tzinfo=UTC)
    records = [RawRecord("Paystack", stream, str(number), dumps(row), at) for number, row in enumerate(rows)]
    return interpret(CONTRACT, records, company="co", zone=zone)


def published(resource, **changes):
    return {**paystack_contract.sample(resource)["data"][0], **changes}


def transaction(settlement=None, **changes):
    return {"settlement": settlement, "transaction": published("transactions", **changes)}


def test_published_transactions_pay_their_amount_less_fees():
    rows = read("transactions", transaction("77")).table
    assert rows["external_id"].tolist() == ["4099260516", "4099260516:fee"]
    assert rows["amount"].tolist() == [40_333, -10_283]
    assert rows["fee"].tolist() == [10_283, 0]
    assert rows["kind"].tolist() == ["charge", "fee"]
    assert rows["batch"].tolist() == ["77", "77"]
    assert rows["currency"].tolist() == ["NGN", "NGN"]
    assert str(rows["occurred_at"][0]).startswith("2024-08-22T09:15:02")
    assert rows["references"].tolist()[0].split("\n") == ["re4lyvq3s3", "4099260516"]
    assert rows["counterparty"].tolist()[0] == "demo@test.com"


def test_a_published_settlement_has_the_published_transactions_sum():
    (row,) = paystack_contract.sample("settlement transactions")["data"]
    (settlement,) = [one for one in paystack_contract.sample("settlements")["data"] if one["id"] == 2_856_168]
    assert (row["amount"], row["fees"]) == (settlement["total_processed"], settlement["total_fees"])
    members = read("transactions", {"settlement": "2856168", "transaction": row}).table
    paid = read("settlements", settlement).table
    assert int(members["amount"].sum()) + int(paid["amount"][0]) == 0
    assert paid["batch"].tolist() == ["2856168", ""]


def test_published_settlements_are_what_was_processed_less_fees():
    settlements = paystack_contract.sample("settlements")["data"]
    result = read("settlements", *settlements)
    assert result.rejects == []
    # One of them paid out nothing: it moves no money.
    expected = [-row["effective_amount"] for row in settlements if row["effective_amount"] for _ in (1, 2)]
    assert result.table["amount"].tolist() == expected
    wrong = read("settlements", published("settlements", total_fees=6))
    assert [(reject.path, "does not hold" in reject.reason) for reject in wrong.rejects] == [("total_amount", True)]


def test_published_refunds_take_out_what_they_give_back():
    result = read("refunds", *paystack_contract.sample("refunds")["data"])
    # Both samples belong to disputes.
    assert result.table["kind"].tolist() == ["chargeback", "chargeback"]
    assert result.table["amount"].tolist() == [-500_000, -500_000]
    plain = read("refunds", published("refunds", dispute=None, settlement=88)).table
    assert (plain["kind"].tolist(), plain["batch"].tolist()) == (["refund"], ["88"])


def test_a_refund_that_failed_was_added_back():
    result = read("refunds", published("refunds", status="failed"))
    assert (len(result.table), len(result.evidence), result.rejects) == (0, 1, [])


@pytest.mark.parametrize("status", ["failed", "abandoned", "ongoing", "pending", "processing", "queued"])
def test_what_was_not_paid_moves_nothing(status):
    result = read("transactions", transaction(status=status, fees=None, paid_at=None, paidAt=None))
    assert (len(result.table), len(result.evidence), result.rejects) == (0, 1, [])


@pytest.mark.parametrize("status", ["success", "reversed", "reversal-pending"])
def test_what_was_paid_stays_paid_when_it_is_given_back(status):
    assert read("transactions", transaction(status=status)).table["amount"].tolist() == [40_333, -10_283]


@pytest.mark.parametrize(
    ("stream", "row", "path"),
    [
        ("transactions", transaction(status="held"), "transaction.status"),
        ("refunds", published("refunds", status="escalated"), "status"),
        ("settlements", published("settlements", status="split"), "status"),
        ("transactions", transaction(currency="XYZ"), "transaction.currency"),
        ("transactions", transaction(amount=403.33), "transaction.amount"),
        ("transactions", transaction(amount=None), "transaction.amount"),
        ("transactions", transaction(paid_at="yesterday", paidAt=None), "transaction.paid_at"),
        ("refunds", published("refunds", amount="500000"), "amount"),
    ],
)
def test_an_unknown_word_or_a_changed_type_waits_in_quarantine(stream, row, path):
    record = RawRecord("Paystack", stream, "1", json.dumps(row), datetime(2026, 11, 1, tzinfo=UTC))
    result = interpret(CONTRACT, [record], company="co", zone="Africa/Nairobi")
    assert [reject.path for reject in result.rejects] == [path]
    assert len(result.table) == 0


@pytest.mark.parametrize(
    ("currency", "wire", "minor"),
    [
        ("KES", 125_050, 125_050),
        ("NGN", 100, 100),
        ("GHS", 5, 5),
        ("ZAR", 999, 999),
        ("USD", 1, 1),
        ("XOF", 50_000, 500),
    ],
)
def test_amounts_are_in_subunits(currency, wire, minor):
    rows = read("transactions", transaction(currency=currency, amount=wire, fees=None)).table
    assert (rows["amount"].tolist(), rows["currency"].tolist()) == ([minor], [currency])


def test_a_franc_has_no_hundredth():
    (reject,) = read("transactions", transaction(currency="XOF", amount=50_050, fees=None)).rejects
    assert (reject.path, "no whole number" in reject.reason) == ("transaction.amount", True)


def test_the_booking_day_is_nairobis():
    late = transaction(paid_at="2026-10-05T21:30:00.000Z")
    assert str(read("transactions", late).table["booking_date"][0]) == "2026-10-06"
    assert str(read("transactions", late, zone="Africa/Lagos").table["booking_date"][0]) == "2026-10-05"


def test_an_orders_name_in_the_metadata_is_a_reference():
    named = transaction(metadata={"order": "KR-10023"})
    assert "KR-10023" in read("transactions", named).table["references"].tolist()[0].split("\n")
    assert read("transactions", transaction(metadata="")).rejects == []


def test_published_evidence_gives_no_transactions():
    for stream, resource in (("disputes", "disputes"), ("balance_ledger", "ledger")):
        rows = paystack_contract.sample(resource)["data"]
        result = read(stream, *rows)
        assert (len(result.table), len(result.evidence), result.rejects) == (0, len(rows), [])


def test_the_published_ledger_runs_on():
    rows = paystack_contract.sample("ledger")["data"]
    for newer, older in itertools.pairwise(rows):
        assert newer["balance"] - newer["difference"] == older["balance"]
