"""Stripe's contract file against Stripe's own published fixtures, and against what Stripe may yet send."""

import pytest

from awra_desk.domain.records import RawRecord
from awra_desk.normalise import dumps, interpret
from tests.connectors.pulling import contract
from tests.connectors.virtual_time import START
from tests.contracts import stripe_contract

CATEGORIES = {
    "charge": ("charge", 1), "charge_failure": ("adjustment", -1), "partial_capture_reversal": ("refund", -1),
    "refund": ("refund", -1), "refund_failure": ("adjustment", 1), "dispute": ("chargeback", -1),
    "dispute_reversal": ("chargeback_reversal", 1), "fee": ("fee", -1), "tax": ("tax", -1), "payout": ("payout", -1),
    "payout_reversal": ("payout_failure", 1), "topup": ("transfer", 1), "transfer": ("transfer", -1),
    "other_adjustment": ("adjustment", -1), "risk_reserved_funds": ("reserve_hold", -1),
}  # fmt: skip


def read(stream, payload):
    record = RawRecord("Stripe", stream, "x", dumps(payload), START)
    return interpret(contract("stripe"), [record], company="Kilimani", zone="UTC")


def transaction(**changes):
    return {"payout": None, "balance_transaction": {**stripe_contract.fixture("balance_transaction"), **changes}}


def test_the_official_balance_transaction_fits():
    result = read("balance_transactions", transaction())
    assert result.rejects == []
    assert result.table["external_id"].tolist() == ["txn_1PgaxNB7WZ01zgkWEV3TLf40"]
    assert result.table["amount"].tolist() == [100]
    assert "ch_1PgafuB7WZ01zgkWXYmPNZs8" in result.table["references"][0].split("\n")


@pytest.mark.parametrize("source", ["charge", "refund", "dispute", "payout"])
def test_every_official_source_can_stand_expanded(source):
    expanded = stripe_contract.fixture(source)
    result = read("balance_transactions", transaction(source=expanded))
    assert result.rejects == []
    assert result.table["references"][0].split("\n")[0] == expanded["id"]


def test_the_official_payout_fits():
    result = read("payouts", stripe_contract.fixture("payout"))
    assert result.rejects == []
    assert (result.table["kind"].tolist(), result.table["amount"].tolist()) == (["payout"], [-1100])


@pytest.mark.parametrize("stream", ["charges", "refunds", "disputes"])
def test_official_evidence_moves_no_money(stream):
    result = read(stream, stripe_contract.fixture(stream.removesuffix("s")))
    assert (len(result.table), result.rejects, len(result.evidence)) == (0, [], 1)


@pytest.mark.parametrize(("category", "expected"), CATEGORIES.items())
def test_reporting_categories_have_their_kinds(category, expected):
    kind, sign = expected
    result = read("balance_transactions", transaction(reporting_category=category, amount=sign * 100, net=sign * 100))
    assert result.rejects == []
    assert result.table["kind"].tolist() == [kind]


def test_an_unknown_category_is_quarantined():
    (reject,) = read("balance_transactions", transaction(reporting_category="moon_landing")).rejects
    assert (reject.path, reject.value) == ("balance_transaction.reporting_category", "moon_landing")


def test_a_released_reserve_is_told_from_a_held_one():
    result = read("balance_transactions", transaction(reporting_category="risk_reserved_funds"))
    assert result.table["kind"].tolist() == ["reserve_release"]


def test_a_fee_in_another_currency_is_quarantined():
    fee = {"amount": 5, "application": None, "currency": "eur", "description": "x", "type": "stripe_fee"}
    (reject,) = read("balance_transactions", transaction(fee=5, net=95, fee_details=[fee])).rejects
    assert (reject.path, reject.value) == ("balance_transaction.fee_details[].currency", "EUR")


def test_a_fee_without_details_is_quarantined():
    (reject,) = read("balance_transactions", transaction(fee=5, net=95)).rejects
    assert reject.path == "balance_transaction.fee"


def test_stripes_own_decimals_become_iso_ones():
    result = read("balance_transactions", transaction(currency="ugx", amount=10_000, net=10_000))
    assert (result.table["amount"].tolist(), result.table["currency"].tolist()) == ([100], ["UGX"])
    (reject,) = read("balance_transactions", transaction(currency="isk", amount=10_050, net=10_050)).rejects
    assert reject.value == "10050"


def test_a_failed_payout_comes_back_on_the_day_it_failed():
    failure = {**stripe_contract.fixture("balance_transaction"), "created": 1_793_000_000, "id": "txn_failure"}
    payout = {**stripe_contract.fixture("payout"), "status": "failed", "failure_balance_transaction": failure}
    table = read("payouts", payout).table
    assert table["external_id"].tolist() == [payout["id"], f"{payout['id']}:failure"]
    assert table["amount"].tolist() == [-1100, 1100]
    assert str(table["booking_date"][1]) == "2026-10-26"
