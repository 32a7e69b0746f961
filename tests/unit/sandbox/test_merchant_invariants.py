"""What must hold of any simulated month, whatever seed and size."""

import csv
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awra_desk.domain.dates import booking_day
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import parse
from awra_desk.sandbox.merchant import (
    BANK_STATEMENT,
    STRIPE_BALANCE,
    STRIPE_PAYOUTS,
    Month,
    MonthSpec,
    simulate,
)
from awra_desk.sandbox.truth import AnomalyKind
from tests.soak import scaled
from tests.unit.sandbox.months import legs_of, lines_of, transactions_of

specs = st.builds(
    MonthSpec,
    seed=st.integers(0, 10**9),
    orders=st.integers(1, 400),
    month=st.sampled_from(("2026-10", "2026-02", "2026-03", "2025-12")),
    zone=st.sampled_from(("America/New_York", "Africa/Nairobi", "UTC")),
)


@pytest.mark.soak
@settings(max_examples=scaled(400), deadline=None)
@given(specs)
def test_every_month_is_consistent(spec: MonthSpec) -> None:
    given_month = simulate(spec)
    for check in (
        check_stripe_arithmetic,
        check_payouts,
        check_books,
        check_bank,
        check_ids,
        check_take_on,
        check_truth_refers_to_records,
        check_anomalies_explain_everything,
        check_times,
    ):
        check(given_month)


def check_stripe_arithmetic(month: Month) -> None:
    for row in month.stripe.balance_transactions:
        assert row["net"] == row["amount"] - row["fee"]
        assert row["fee"] == sum(detail["amount"] for detail in row["fee_details"])
    rows = month.stripe.balance_transactions
    inside = [row["net"] for row in rows if month.stripe.period_start <= row["created"] < month.stripe.period_end]
    balance = month.stripe.balance
    closing = sum(part["amount"] for kind in ("available", "pending") for part in balance[kind])
    assert month.stripe.opening_balance + sum(inside) == closing
    assert sum(row["net"] for row in rows) == closing
    by_id = {row["id"]: row for row in rows}
    for charge in month.stripe.charges:
        row = by_id[charge["balance_transaction"]]
        rate = row["exchange_rate"]
        assert (rate is None) == (charge["currency"] == "usd")
        assert row["amount"] == charge["amount"] if rate is None else abs(row["amount"] - charge["amount"] * rate) <= 1
        refunds = [refund for refund in month.stripe.refunds if refund["charge"] == charge["id"]]
        assert charge["amount_refunded"] == sum(refund["amount"] for refund in refunds) <= charge["amount"]
        assert charge["refunded"] == (charge["amount_refunded"] == charge["amount"])


def check_payouts(month: Month) -> None:
    by_id = {row["id"]: row for row in month.stripe.balance_transactions}
    paid: Counter[str] = Counter()
    for payout in month.stripe.payouts:
        members = month.stripe.payout_members[payout["id"]]
        paid.update(members)
        assert sum(by_id[member]["net"] for member in members) == payout["amount"] > 0
        assert by_id[payout["balance_transaction"]]["amount"] == -payout["amount"]
        assert all(by_id[member]["created"] <= payout["created"] for member in members)
        failed = payout["status"] == "failed"
        assert failed == (payout["failure_balance_transaction"] is not None)
        if failed:
            assert by_id[payout["failure_balance_transaction"]]["amount"] == payout["amount"]
        else:
            arrived = datetime.fromtimestamp(payout["arrival_date"], UTC).date() <= month.spec.period.last
            assert payout["status"] == ("paid" if arrived else "in_transit")
    assert all(times == 1 for times in paid.values())


def check_books(month: Month) -> None:
    totals: Counter[str] = Counter(month.books.opening)
    roles = {account.role for account in month.books.accounts}
    assert set(month.books.opening) == roles
    for document in month.books.documents:
        assert len(document.lines) >= 2
        assert sum(line.minor for line in document.lines) == 0
        assert len({line.line_no for line in document.lines}) == len(document.lines)
        assert len(document.number) <= 21
        start = 1 if document.entity == "JournalEntry" else 0
        assert [line.line_no for line in document.lines] == list(range(start, start + len(document.lines)))
        for line in document.lines:
            assert line.account_role in roles
            assert line.minor != 0
            totals[line.account_role] += line.minor
        deposit_to = {"SalesReceipt": "stripe_clearing", "Payment": "stripe_clearing", "Deposit": "bank"}
        if document.entity in deposit_to:
            assert document.lines[0].account_role == deposit_to[document.entity]
            assert document.lines[0].minor > 0
    assert sum(month.books.opening.values()) == 0
    assert sum(totals.values()) == 0
    last = max((document.date for document in month.books.documents), default=month.spec.period.last)
    assert {role: month.books.balance(role, last) for role in roles} == dict(totals)
    assert [(one.date, one.key) for one in month.books.documents] == sorted(
        (one.date, one.key) for one in month.books.documents
    )


def statement(month: Month) -> tuple[dict[str, str], list[dict[str, str]]]:
    head, _, body = month.bank_csv.partition("\r\n\r\n")
    facts = dict(line.split(",", 1) for line in head.split("\r\n"))
    return facts, list(csv.DictReader(body.split("\r\n")))


def check_bank(month: Month) -> None:
    facts, rows = statement(month)
    balance = parse(facts["Opening balance"], "USD")
    assert balance == month.bank_opening_minor
    for row in rows:
        balance += parse(row["Amount"], "USD")
        assert parse(row["Balance"], "USD") == balance
        assert str(month.spec.period.first) <= row["Date"] <= str(month.spec.period.last)
    assert parse(facts["Closing balance"], "USD") == balance == month.bank_closing_minor
    for document in month.books.documents:
        stripes = any("stripe" in f"{line.description} {document.memo}".casefold() for line in document.lines)
        if any(line.account_role == "bank" for line in document.lines):
            assert stripes == (document.entity == "Deposit")


def check_ids(month: Month) -> None:
    stripe = month.stripe
    lists = (
        stripe.charges, stripe.refunds, stripe.disputes, stripe.payouts, stripe.balance_transactions, stripe.events,
    )  # fmt: skip
    ids = [one["id"] for objects in lists for one in objects]
    ids += [document.key for document in month.books.documents]
    ids += [row["Transaction ID"] for row in statement(month)[1]]
    assert len(ids) == len(set(ids))
    for objects in lists:
        ages = [one["created"] for one in objects]
        assert ages == sorted(ages)
        assert not ages or ages[-1] <= stripe.now


def check_take_on(month: Month) -> None:
    for balance in month.take_on.balances:
        items = [item for item in month.take_on.items if item.reconciliation == balance.reconciliation]
        ledger = sum(item.minor for item in items if item.side == "ledger")
        source = sum(item.minor for item in items if item.side == "source")
        assert balance.ledger - balance.source == ledger - source
    named = {balance.reconciliation: balance for balance in month.take_on.balances}
    assert named[STRIPE_BALANCE].source == month.stripe.opening_balance
    assert named[STRIPE_BALANCE].ledger == month.books.opening["stripe_clearing"]
    assert named[STRIPE_PAYOUTS].ledger == named[BANK_STATEMENT].ledger == month.books.opening["bank"]
    assert named[BANK_STATEMENT].source == month.bank_opening_minor


def source_amounts(month: Month) -> dict[str, dict[tuple[str, str], int]]:
    """Per reconciliation: source record -> amount, sign applied; opening items included."""
    start = month.stripe.period_start
    payouts = [one for one in month.stripe.payouts if one["created"] >= start]
    ends = {("payouts", one["id"]): one["amount"] for one in payouts}
    ends |= {("payouts", f"{one['id']}:failure"): -one["amount"] for one in payouts if one["status"] == "failed"}
    found = {
        STRIPE_BALANCE: {("balance_transactions", name): minor for name, minor in legs_of(month).items()},
        STRIPE_PAYOUTS: ends,
        BANK_STATEMENT: {
            ("statement", row["Transaction ID"]): parse(row["Amount"], "USD") for row in statement(month)[1]
        },
    }
    for item in month.take_on.items:
        if item.side == "source":
            found[item.reconciliation][item.stream, item.external_id] = item.minor
    return found


def ledger_amounts(month: Month) -> dict[str, dict[tuple[str, int], int]]:
    bank = lines_of(month, "bank")
    deposits = {one.key for one in month.books.documents if one.entity == "Deposit"}
    opening = {(item.external_id, 0): item.minor for item in month.take_on.items if item.side == "ledger"}
    return {
        STRIPE_BALANCE: lines_of(month, "stripe_clearing"),
        STRIPE_PAYOUTS: {ref: minor for ref, minor in bank.items() if ref[0] in deposits},
        BANK_STATEMENT: bank | opening,
    }


def check_truth_refers_to_records(month: Month) -> None:
    source, ledger = source_amounts(month), ledger_amounts(month)
    for group in month.truth.groups:
        left = [source[group.reconciliation][ref] for ref in group.source]
        right = [ledger[group.reconciliation][ref] for ref in group.ledger]
        assert left
        assert bool(group.basis) == group.confirmable
        if group.confirmable:
            assert sum(left) == sum(right)
        if group.kind == "contra":
            assert sum(left) == 0
            assert not right
    for anomaly in month.truth.anomalies:
        assert set(anomaly.source) <= source[anomaly.reconciliation].keys()
        assert set(anomaly.ledger) <= ledger[anomaly.reconciliation].keys()
    exact = Counter(
        (group.reconciliation, ref) for group in month.truth.groups if group.confirmable for ref in group.source
    )
    assert all(times == 1 for times in exact.values())


def check_anomalies_explain_everything(month: Month) -> None:
    """What the anomalies add up to is the whole difference between the closings: nothing is left unlisted."""
    last = month.spec.period.last
    clearing = month.books.balance("stripe_clearing", last)
    bank = month.books.balance("bank", last)
    stripe = month.stripe.opening_balance + sum(row["net"] for row in transactions_of(month))
    take_on = {balance.reconciliation: balance for balance in month.take_on.balances}
    deposits = {one.key for one in month.books.documents if one.entity == "Deposit"}
    foreign = sum(minor for ref, minor in lines_of(month, "bank").items() if ref[0] not in deposits)
    start = month.stripe.period_start
    sent = sum(one["amount"] for one in month.stripe.payouts if one["created"] >= start and one["status"] != "failed")
    closings = {
        STRIPE_BALANCE: clearing - stripe,
        STRIPE_PAYOUTS: bank - foreign - (take_on[STRIPE_PAYOUTS].source + sent),
        BANK_STATEMENT: bank - month.bank_closing_minor,
    }
    listed: Counter[str] = Counter()
    for anomaly in month.truth.anomalies:
        listed[anomaly.reconciliation] += anomaly.difference
    assert {name: listed[name] for name in closings} == closings


def check_times(month: Month) -> None:
    """Charges lie in the days the books know them by, and exactly as many as asked for are the month's."""
    zone, period = month.spec.zone, month.spec.period
    mine = [one for one in month.stripe.charges if one["created"] >= month.stripe.period_start]
    assert len(mine) == month.spec.orders
    assert all(booking_day(datetime.fromtimestamp(one["created"], UTC), zone) in period for one in mine)


def test_a_failed_payout_is_paid_out_again() -> None:
    month = simulate(MonthSpec(orders=200))
    (failed,) = (one for one in month.stripe.payouts if one["status"] == "failed")
    retried = [
        one for one in month.stripe.payouts
        if month.stripe.payout_members[one["id"]] == (failed["failure_balance_transaction"],)
    ]  # fmt: skip
    assert [one["amount"] for one in retried] == [failed["amount"]]
    came_back = [one for one in month.truth.anomalies if one.kind is AnomalyKind.PAYOUT_FAILED]
    assert [(one.reconciliation, one.difference) for one in came_back] == [(STRIPE_BALANCE, 0), (STRIPE_PAYOUTS, 0)]


@pytest.mark.parametrize("spec", [MonthSpec(orders=10, zone="Nowhere/Land"), MonthSpec(orders=10, month="October")])
def test_an_unknown_zone_or_month_is_refused_in_words(spec: MonthSpec) -> None:
    with pytest.raises(UsageError, match=r"Use|Write"):
        simulate(spec)
