"""The canonical transaction's closed tables: kinds with their sign, and the derived record id.

Large numbers of transactions travel as a `ports.schemas.TRANSACTIONS` table, never as objects.
"""

from collections.abc import Sequence
from enum import StrEnum


class Kind(StrEnum):
    """What a transaction is; a closed table."""

    CHARGE = "charge"
    REFUND = "refund"
    FEE = "fee"
    TAX = "tax"
    PAYOUT = "payout"
    PAYOUT_FAILURE = "payout_failure"
    CHARGEBACK = "chargeback"
    CHARGEBACK_REVERSAL = "chargeback_reversal"
    RESERVE_HOLD = "reserve_hold"
    RESERVE_RELEASE = "reserve_release"
    TRANSFER = "transfer"
    FX = "fx"
    ADJUSTMENT = "adjustment"
    TIP = "tip"
    GIFT_CARD = "gift_card"
    CASH_ON_DELIVERY = "cash_on_delivery"
    LEDGER_LINE = "ledger_line"
    BANK_LINE = "bank_line"


# Sign at the provider, seen from the merchant's balance there: +1 into it, -1 out of it, 0 either way.
SIGN = {
    Kind.CHARGE: 1,
    Kind.REFUND: -1,
    Kind.FEE: 0,  # fees are charged (-) and given back (+)
    Kind.TAX: 0,
    Kind.PAYOUT: -1,
    Kind.PAYOUT_FAILURE: 1,
    Kind.CHARGEBACK: -1,
    Kind.CHARGEBACK_REVERSAL: 1,
    Kind.RESERVE_HOLD: -1,
    Kind.RESERVE_RELEASE: 1,
    Kind.TRANSFER: 0,
    Kind.FX: 0,
    Kind.ADJUSTMENT: 0,
    Kind.TIP: 1,
    Kind.GIFT_CARD: 0,
    Kind.CASH_ON_DELIVERY: 1,
    Kind.LEDGER_LINE: 0,
    Kind.BANK_LINE: 0,
}


def record_id(source: str, stream: str, external_id: str, occurrence: int = 1) -> str:
    """The derived, stable id of a record; the occurrence shows from the second on."""
    return f"{source}/{stream}/{external_id}" + (f"#{occurrence}" if occurrence > 1 else "")


def record_ids(source: str, stream: str, external_ids: Sequence[str], occurrences: Sequence[int]) -> list[str]:
    """`record_id` of many."""
    begin = record_id(source, stream, "")
    return [
        begin + external_id if occurrence == 1 else record_id(source, stream, external_id, occurrence)
        for external_id, occurrence in zip(external_ids, occurrences, strict=True)
    ]
