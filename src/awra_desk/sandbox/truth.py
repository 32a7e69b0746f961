"""The truth about a simulated month: which records belong together, every injected anomaly, and what can be proven.

Written by `sandbox.merchant`, read by `sandbox.scoring` and tests. The app must never see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SourceRef = tuple[str, str]
"""(stream, external id) of a source record: ("balance_transactions", "txn_…:fee"), ("payouts", "po_…:failure"),
("statement", "FT…").
"""

LedgerRef = tuple[str, int]
"""(document key, line number) of a ledger line; an opening item of the ledger is (its external id, 0)."""


class AnomalyKind(StrEnum):
    """What went wrong, or is merely late, between source and ledger."""

    MISSING = "missing"
    DOUBLED = "doubled"
    MISTYPED_AMOUNT = "mistyped_amount"
    MISTYPED_REFERENCE = "mistyped_reference"
    TRANSPOSED = "transposed"
    MISDATED = "misdated"
    CUTOFF = "cutoff"
    NET_FOR_GROSS = "net_for_gross"
    FX_RATE = "fx_rate"
    TWINS_BOTH = "twins_both"
    TWINS_ONE = "twins_one"
    SUMMARY_SHORT = "summary_short"
    FEES_MISSING = "fees_missing"
    FEES_WRONG = "fees_wrong"
    CHARGEBACK_UNBOOKED = "chargeback_unbooked"
    RESERVE_UNBOOKED = "reserve_unbooked"
    PAYOUT_UNBOOKED = "payout_unbooked"
    PAYOUT_FAILED = "payout_failed"
    IN_TRANSIT = "in_transit"
    BANK_FEE_UNBOOKED = "bank_fee_unbooked"
    OUTSTANDING = "outstanding"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One injected deviation.

    Attributes:
        kind: what it is.
        reconciliation: where it shows; a payout that was never booked shows in three and is three anomalies.
        source: source records concerned.
        ledger: ledger lines concerned.
        difference: what it adds to ledger closing minus source closing of the reconciliation, USD minor units, sign
            applied; 0 where only a date within the month or a reference is wrong. Per reconciliation they add up to the
            whole difference of the closings.
        note: one sentence for people.
    """

    kind: AnomalyKind
    reconciliation: str
    source: tuple[SourceRef, ...]
    ledger: tuple[LedgerRef, ...]
    difference: int
    note: str


@dataclass(frozen=True, slots=True)
class TrueGroup:
    """Records of one reconciliation that are about the same money.

    Attributes:
        reconciliation: its name.
        kind: "charge", "refund", "chargeback", "fees_day", "sales_day", "payout", "bank", "contra" (source only), or
            "net" (an additional, equally defensible reading of a sale booked net: gross, fee and tax legs together; its
            records are in other groups too).
        source, ledger: the members; a doubled entry has both its ledger lines here.
        confirmable: whether the records themselves prove it, judged conservatively.
        basis: "key", "group" (day and channel) or "amount" if confirmable, else "".
    """

    reconciliation: str
    kind: str
    source: tuple[SourceRef, ...]
    ledger: tuple[LedgerRef, ...]
    confirmable: bool
    basis: str


@dataclass(frozen=True, slots=True)
class TwinClass:
    """Rows of one side that are equal in every compared field, so that any of them may stand for any other.

    Source rows are a class only if the ledger lines they belong to are one class too, with equal counts.
    """

    reconciliation: str
    side: str
    members: tuple[SourceRef | LedgerRef, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything known about a month, in a stable order."""

    groups: tuple[TrueGroup, ...]
    twins: tuple[TwinClass, ...]
    anomalies: tuple[Anomaly, ...]
