"""Ready-made rules at work: for each set, lines as people meet them, and what its rule makes of them."""

import pytest

from awra_desk.matching import MatchConfig, match
from awra_desk.services.rule_sets import names, rule_set
from tests.unit.matching.builders import item, side

# set, rule, source row, ledger row, status
SAMPLES = [
    (
        "processor-balance-clearing-account", "charge-by-order-number",
        {"references": "ch_1\nSR-000123", "kind": "charge", "amount": 5_000},
        {"description": "Web shop, order no. SR-000123/paid", "amount": 5_000}, "confirmed",
    ),
    (
        "processor-balance-clearing-account", "refund-by-order-number",
        {"references": "SR-000124", "kind": "refund", "amount": -5_000},
        {"description": "Refund of order no.SR-000124", "amount": -5_000}, "suggested",
    ),
    (
        "processor-balance-clearing-account", "chargeback",
        {"kind": "chargeback", "amount": -77_731}, {"description": "Dispute lost", "day": 13, "amount": -77_731},
        "suggested",
    ),
    (
        "processor-payouts-bank-account", "payout-by-trace",
        {"references": "po_1NvTaceQ9\n20269912345", "kind": "payout", "amount": 484_723},
        {"description": "SEPA CREDIT TRACE:20269912345/STRIPE", "amount": 484_723}, "confirmed",
    ),
    (
        "processor-payouts-bank-account", "payout-by-amount",
        {"kind": "payout", "amount": 484_723, "day": 1}, {"description": "STRIPE PAYOUT", "amount": 484_723, "day": 6},
        "confirmed",  # Thursday to Tuesday: three working days
    ),
    (
        "bank-statement-bank-ledger", "cheque-number",
        {"description": "CHEQUE NO.000412 PAID", "amount": -120_000, "day": 20},
        {"description": "Rent, chq 0412", "amount": -120_000, "day": 2}, "confirmed",
    ),
    (
        "bank-statement-bank-ledger", "invoice-number",
        {"description": "Payment Invoice 20417x", "amount": 120_000}, {"description": "INV-20417", "amount": 120_000},
        "",  # a number that goes on is another number
    ),
    (
        "bank-statement-bank-ledger", "bank-charge",
        {"description": "LEDGER FEE", "amount": -55_037, "day": 30}, {"description": "Bank charges", "amount": -55_037,
                                                                    "day": 28}, "suggested",
    ),
    (
        "mpesa-paybill-ledger", "receipt-in-text",
        {"references": "QJK12AB34C", "kind": "charge", "amount": 150_000, "currency": "KES"},
        {"description": "MPESA/QJK12AB34Cwanjiku", "amount": 150_000, "currency": "KES"}, "confirmed",
    ),
    (
        "mpesa-paybill-ledger", "account-number-paid",
        {"references": "QJK12AB34C\nINV-2041", "kind": "charge", "amount": 150_000, "currency": "KES"},
        {"references": "INV-2041", "amount": 146_600, "currency": "KES"}, "suggested",
    ),
    (
        "shop-orders-processor-charges", "order-number",
        {"references": "#10417", "kind": "charge", "amount": 5_000},
        {"description": "checkout:10417/web", "kind": "charge", "amount": 5_000}, "confirmed",
    ),
    (
        "shop-orders-processor-charges", "cash-on-delivery",
        {"kind": "cash_on_delivery", "amount": 484_723}, {"description": "G4S COD remittance", "amount": 470_000,
                                                          "day": 12}, "suggested",
    ),
    (
        "card-terminal-bank", "terminal-and-batch",
        {"description": "Batch 0412", "amount": 100_000}, {"description": "VISA BATCH:412 settled", "amount": 97_500},
        "",  # three digits are no key
    ),
    (
        "card-terminal-bank", "terminal-and-batch",
        {"description": "Batch 10412", "amount": 100_000},
        {"description": "VISA BATCH:010412 settled", "amount": 97_500}, "confirmed",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule", "ours", "theirs", "status"), SAMPLES)
def test_a_rule_does_what_its_set_promises(name, rule, ours, theirs, status):
    tables = [side([{**item(each, 0), **_row(each, facts)}]) for each, facts in (("a", ours), ("x", theirs))]
    found = match(*tables, MatchConfig().with_rules(rule_set(name)))
    by_rule = {row["status"] for row in found.members.dicts() if row["rule"] == f"rule:{rule}"}
    assert by_rule == ({status} if status else set())


def _row(name, facts):
    made = item(name, facts["amount"], day=facts.get("day", 5))
    return {**made, **{key: value for key, value in facts.items() if key != "day"}}


def test_every_set_has_a_sample():
    assert {name for name, *_ in SAMPLES} == set(names())
