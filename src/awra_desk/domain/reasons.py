"""The closed taxonomy of reason codes for suggestions and exceptions."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an item needs a person."""

    MISSING_IN_LEDGER = "MISSING_IN_LEDGER"
    MISSING_IN_SOURCE = "MISSING_IN_SOURCE"
    AMOUNT_DIFFERENCE = "AMOUNT_DIFFERENCE"
    FEE_VARIANCE = "FEE_VARIANCE"
    TAX_DIFFERENCE = "TAX_DIFFERENCE"
    FX_DIFFERENCE = "FX_DIFFERENCE"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    DATE_CUTOFF = "DATE_CUTOFF"
    DUPLICATE = "DUPLICATE"
    AMBIGUOUS = "AMBIGUOUS"
    PARTIAL = "PARTIAL"
    REFUND_UNLINKED = "REFUND_UNLINKED"
    CHARGEBACK = "CHARGEBACK"
    RESERVE = "RESERVE"
    MAPPING_MISSING = "MAPPING_MISSING"
    CONTRACT_REJECT = "CONTRACT_REJECT"
    LATE_MUTATION = "LATE_MUTATION"
    BALANCE_BREAK = "BALANCE_BREAK"
    POSTING_FAILED = "POSTING_FAILED"
    POSTING_UNCERTAIN = "POSTING_UNCERTAIN"
    EVENT_DEAD = "EVENT_DEAD"

    @property
    def words(self) -> str:
        """As people read it: "Missing in ledger"."""
        return self.value.replace("_", " ").capitalize().replace("Fx ", "FX ")


# Timing differences: they clear themselves when the counterpart lands. Every other reason is a mismatch.
EXPECTED = frozenset({Reason.DATE_CUTOFF, Reason.RESERVE})
