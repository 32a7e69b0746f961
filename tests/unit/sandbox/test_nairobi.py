"""What must hold of any simulated Nairobi month, whatever seed and size."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awra_desk.sandbox import nairobi
from awra_desk.sandbox.nairobi import NairobiSpec, simulate_nairobi
from awra_desk.sandbox.truth import AnomalyKind
from tests.soak import scaled

LEDGER_ROLE = {
    nairobi.PAYBILL: "mpesa_paybill",
    nairobi.TILL: "mpesa_till",
    nairobi.PAYSTACK_BALANCE: "paystack_clearing",
    nairobi.BANK: "bank",
}

specs = st.builds(
    NairobiSpec,
    seed=st.integers(0, 10**9),
    orders=st.integers(1, 300),
    month=st.sampled_from(("2026-10", "2026-02", "2025-12")),
)


@pytest.mark.soak
@settings(max_examples=scaled(200), deadline=None)
@given(specs)
def test_every_month_is_consistent(spec):
    month = simulate_nairobi(spec)
    assert all(sum(line.minor for line in document.lines) == 0 for document in month.books.documents)
    assert sum(month.books.opening.values()) == 0
    check_anomalies_explain_everything(month)
    check_wallets(month)
    check_truth_refers_to_records(month)
    assert month == simulate_nairobi(spec)


def closings(month):
    bank = month.take_on.balances[-1].source + sum(minor for _, minor in bank_rows(month))
    return {
        nairobi.PAYBILL: month.paybill.closing,
        nairobi.TILL: month.till.closing,
        nairobi.PAYSTACK_BALANCE: month.paystack.balance,
        nairobi.BANK: bank,
    }


def bank_rows(month):
    lines = [line.split(",") for line in month.bank_csv.splitlines()[7:]]
    return [(cells[1], round(float(cells[3]) * 100)) for cells in lines]


def check_anomalies_explain_everything(month):
    """Per reconciliation the anomalies add up to ledger closing less source closing."""
    sums = Counter()
    for anomaly in month.truth.anomalies:
        sums[anomaly.reconciliation] += anomaly.difference
    for name, closing in closings(month).items():
        ledger = month.books.balance(LEDGER_ROLE[name], month.spec.period.last)
        assert ledger - closing == sums[name], name


def check_wallets(month):
    for wallet in (month.paybill, month.till):
        receipts = Counter(row.receipt for row in wallet.movements if not row.reason.endswith("harge"))
        assert not receipts or max(receipts.values()) == 1
        assert all(len(receipt) == 10 and receipt.isalnum() and receipt.isupper() for receipt in receipts)
        assert [row.at for row in wallet.movements] == sorted(row.at for row in wallet.movements)


def check_truth_refers_to_records(month):
    lines = {(document.key, line.line_no) for document in month.books.documents for line in document.lines}
    rows = {(row["id"]) for row in month.paystack.transactions}
    for group in month.truth.groups:
        assert set(group.ledger) <= lines
        for stream, external in group.source:
            if stream == "transactions":
                assert int(external.split(":")[0]) in rows


def test_every_kind_of_tender_and_slip_is_there():
    month = simulate_nairobi(NairobiSpec(seed=1, orders=600))
    kinds = {anomaly.kind for anomaly in month.truth.anomalies}
    assert kinds >= {
        AnomalyKind.MISSING, AnomalyKind.DOUBLED, AnomalyKind.MISTYPED_AMOUNT, AnomalyKind.TRANSPOSED,
        AnomalyKind.MISTYPED_REFERENCE, AnomalyKind.MISDATED, AnomalyKind.CUTOFF, AnomalyKind.FEES_MISSING,
        AnomalyKind.FEES_WRONG, AnomalyKind.CHARGEBACK_UNBOOKED, AnomalyKind.PAYOUT_UNBOOKED, AnomalyKind.IN_TRANSIT,
        AnomalyKind.BANK_FEE_UNBOOKED,
    }  # fmt: skip
    texts = " ".join(line.description for document in month.books.documents for line in document.lines)
    for words in ("Split tender", "Piki Couriers COD remittance", "Reversal order", "Refund order"):
        assert words in texts
    assert {row.reason for row in month.till.movements} >= {"Customer Buy Goods Online", "Pay merchant Charge"}
    assert any(not row.completed for row in month.paybill.movements)


def test_charges_follow_the_tariffs():
    month = simulate_nairobi(NairobiSpec(seed=1, orders=600))
    charges = {row.receipt: -row.minor for row in month.till.movements if row.reason == "Pay merchant Charge"}
    for row in month.till.movements:
        if row.reason == "Customer Buy Goods Online" and row.completed:
            expected = min((row.minor * 55 + 5_000) // 10_000, 20_000) if row.minor > 20_000 else 0
            assert charges.get(row.receipt, 0) == expected
    paybill = {row.receipt: -row.minor for row in month.paybill.movements if row.reason == "Pay Bill Charge"}
    bands = {100_000: 0, 120_000: 500, 250_000: 700, 350_000: 900, 700_000: 2_500, 1_000_000: 3_000, 1_150_000: 3_900}
    for row in month.paybill.movements:
        if row.minor in bands and row.completed and row.reason.startswith("Pay"):
            assert paybill.get(row.receipt, 0) == bands[row.minor]
