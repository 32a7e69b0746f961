"""The story: what a month of this merchant must contain, at every size, and that it is the same every time."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from hashlib import sha256
from time import process_time

import pytest

from awra_desk.sandbox.merchant import STRIPE_BALANCE, Month, MonthSpec, simulate
from awra_desk.sandbox.truth import AnomalyKind
from tests.unit.sandbox.months import lines_of, month, transactions_of

DIGEST = """
import json, sys
from dataclasses import asdict
from hashlib import sha256
from awra_desk.sandbox.merchant import MonthSpec, simulate
print(sha256(json.dumps(asdict(simulate(MonthSpec(seed=5, orders=60))), default=str).encode()).hexdigest())
"""


def digest(given: Month) -> str:
    return sha256(json.dumps(asdict(given), default=str).encode()).hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_any_process() -> None:
    here = digest(simulate(MonthSpec(seed=5, orders=60)))
    for hash_seed in ("0", "4711"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        there = subprocess.run(
            [sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, check=True
        )
        assert there.stdout.strip() == here


def test_seeds_and_sizes_differ() -> None:
    digests = {digest(simulate(MonthSpec(seed=seed, orders=orders))) for seed in (1, 2) for orders in (60, 61)}
    assert len(digests) == 4


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("orders", [200, 2000])
def test_every_kind_of_anomaly_is_there_and_listed(seed: int, orders: int) -> None:
    given = month(seed, orders)
    listed = Counter(anomaly.kind for anomaly in given.truth.anomalies)
    assert set(listed) == set(AnomalyKind)
    assert all(anomaly.note.endswith(".") for anomaly in given.truth.anomalies)


@pytest.mark.parametrize("orders", [200, 2000])
def test_the_account_lives_through_everything(orders: int) -> None:
    given = month(1, orders)
    categories = Counter(row["reporting_category"] for row in transactions_of(given))
    assert set(categories) == {
        "charge", "refund", "dispute", "dispute_reversal", "payout", "payout_reversal", "risk_reserved_funds",
    }  # fmt: skip
    held = [row["amount"] for row in transactions_of(given) if row["reporting_category"] == "risk_reserved_funds"]
    assert min(held) < 0 < max(held)
    assert {charge["currency"] for charge in given.stripe.charges} == {"usd", "eur", "gbp"}
    assert {dispute["status"] for dispute in given.stripe.disputes} == {"won", "lost", "needs_response"}
    assert {event["type"] for event in given.stripe.events} == {
        "charge.succeeded", "charge.refunded", "charge.dispute.created", "charge.dispute.closed", "payout.paid",
        "payout.failed",
    }  # fmt: skip
    start = given.stripe.period_start
    charges = {charge["id"]: charge for charge in given.stripe.charges}
    refunded = [charges[refund["charge"]] for refund in given.stripe.refunds]
    assert any(charge["created"] < start for charge in refunded)
    assert any(charge["refunded"] for charge in refunded)
    assert any(not charge["refunded"] for charge in refunded)
    assert any(int(charge["metadata"]["tip"]) for charge in given.stripe.charges)
    roles = {line.account_role: line.minor for one in given.books.documents for line in one.lines}
    assert {"tips", "sales_tax", "gift_cards", "receivables", "rent", "wages", "postage", "transfers"} <= set(roles)
    gift_cards = lines_of(given, "gift_cards").values()
    assert min(gift_cards) < 0 < max(gift_cards)
    crossing = [one for one in given.stripe.payouts if one["created"] <= given.stripe.now < one["arrival_date"]]
    assert crossing
    assert {item.reconciliation for item in given.take_on.items} == {
        "Stripe balance",
        "Stripe payouts",
        "Bank statement",
    }


def test_events_carry_the_object_as_it_was() -> None:
    given = month(1, 200)
    born = {
        event["data"]["object"]["id"]: event["data"]["object"]
        for event in given.stripe.events
        if event["type"] == "charge.succeeded"
    }
    assert len(born) == len(given.stripe.charges)
    assert not any(one["amount_refunded"] or one["refunded"] or one["disputed"] for one in born.values())


def test_wrong_entries_are_wrong_in_the_way_they_are_called() -> None:
    given = month()
    lines = lines_of(given, "stripe_clearing")
    documents = {document.key: document for document in given.books.documents}
    amounts = {row["id"]: row for row in transactions_of(given)}
    seen: Counter[AnomalyKind] = Counter()
    for anomaly in given.truth.anomalies:
        if anomaly.reconciliation != STRIPE_BALANCE or len(anomaly.source) != 1 or len(anomaly.ledger) != 1:
            continue
        row = amounts.get(anomaly.source[0][1])
        if row is None or row["type"] != "charge":
            continue
        typed, right = lines[anomaly.ledger[0]], row["amount"]
        seen[anomaly.kind] += 1
        if anomaly.kind is AnomalyKind.NET_FOR_GROSS:
            assert typed == row["net"]
        elif anomaly.kind is AnomalyKind.TRANSPOSED:
            assert typed != right
            assert sorted(str(typed)) == sorted(str(right)) or len(set(str(right))) == 1
        elif anomaly.kind is AnomalyKind.MISTYPED_AMOUNT:
            assert sum(a != b for a, b in zip(str(typed), str(right), strict=True)) == 1
        elif anomaly.kind is AnomalyKind.CUTOFF:
            assert documents[anomaly.ledger[0][0]].date > given.spec.period.last
        elif anomaly.kind in {AnomalyKind.MISDATED, AnomalyKind.MISTYPED_REFERENCE}:
            assert typed == right
    assert seen[AnomalyKind.NET_FOR_GROSS] > 5
    assert seen[AnomalyKind.TRANSPOSED] > 5
    assert seen[AnomalyKind.MISTYPED_AMOUNT] > 5
    assert seen[AnomalyKind.MISTYPED_REFERENCE] > 5


def test_most_of_the_month_can_be_confirmed_but_not_all() -> None:
    groups = month().truth.groups
    confirmable = [group for group in groups if group.confirmable]
    assert 0.7 < len(confirmable) / len(groups) < 0.97
    assert {group.basis for group in confirmable} == {"key", "group", "amount"}


def test_twins_are_interchangeable_only_where_both_are_booked() -> None:
    given = month()
    classes = [set(twins.members) for twins in given.truth.twins if twins.side == "source"]
    for anomaly in given.truth.anomalies:
        if anomaly.kind is AnomalyKind.TWINS_BOTH:
            assert any(set(anomaly.source) <= members for members in classes)
        if anomaly.kind is AnomalyKind.TWINS_ONE:
            assert not any(set(anomaly.source) & members for members in classes)


def test_two_thousand_orders_take_well_under_two_seconds() -> None:
    before = process_time()
    simulate(MonthSpec(seed=99))
    assert process_time() - before < 2
