"""Chargebacks: opened, then won (the money and the dispute fee come back), lost, or still open at the month's end."""

from __future__ import annotations

from dataclasses import dataclass

from awra_desk.sandbox.merchant.charges import Sale, keep_as_announced
from awra_desk.sandbox.merchant.clock import DAY
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.merchant.model import Json
from awra_desk.sandbox.merchant.movements import Fees, Journal

_FEE = 1_500
_OUTCOMES = ("won", "lost", "needs_response")
_REASONS = ("fraudulent", "product_not_received", "duplicate", "unrecognized")
_EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file",
    "uncategorized_text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Disputed:
    """A chargeback of a sale: the withdrawal and, if won, the reversal."""

    sale: Sale
    dispute: Json
    withdrawal: Json
    reversal: Json | None


def dispute_sales(journal: Journal, sales: list[Sale], seed: int) -> list[Disputed]:
    """Chargebacks in the month, of last month's sales and of its first ten days'; refunded sales are left alone."""
    clock = journal.clock
    draw = stream(seed, "disputes")
    usual = [sale for sale in sales if not sale.charge["amount_refunded"] and not sale.order.wholesale]
    old = [sale for sale in usual if sale.order.created < clock.start]
    new = [sale for sale in usual if clock.start <= sale.order.created < clock.start + 10 * DAY]
    chosen = draw.sample(old, min(len(old), max(2, len(old) * 4 // 1000)))
    chosen += draw.sample(new, min(len(new), max(2, len(new) * 5 // 1000)))
    found = []
    for number, sale in enumerate(chosen):
        opened = max(sale.order.created, clock.start) + 2 * DAY + draw.randrange(5 * DAY)
        closed = opened + 5 * DAY + draw.randrange(4 * DAY)
        found.append(_dispute(journal, sale, opened, closed, _OUTCOMES[number % 3], _REASONS[draw.randrange(4)]))
    return found


def _dispute(journal: Journal, sale: Sale, opened: int, closed: int, outcome: str, reason: str) -> Disputed:
    charge, usd, dispute_id = sale.charge, sale.usd, journal.ids.new("dp")
    withdrawal = journal.move(
        ("adjustment", "dispute"),
        -usd,
        opened,
        available_on=opened,
        source=dispute_id,
        description=f"Chargeback withdrawal for {charge['id']}",
        fees=Fees(_FEE, words="Dispute fee"),
    )
    dispute = _dispute_object(sale, dispute_id, opened, reason, withdrawal)
    keep_as_announced(journal, charge)
    charge["disputed"] = True
    journal.tell("charge.dispute.created", opened, dict(dispute, balance_transactions=[withdrawal]))
    if outcome == "needs_response":
        return Disputed(sale, dispute, withdrawal, None)
    dispute |= {"status": outcome, "is_charge_refundable": False}
    dispute["evidence_details"] = {
        "due_by": opened + 7 * DAY,
        "has_evidence": True,
        "past_due": False,
        "submission_count": 1,
    }
    reversal = None
    if outcome == "won":
        reversal = journal.move(
            ("adjustment", "dispute_reversal"),
            usd,
            closed,
            available_on=closed,
            source=dispute_id,
            description=f"Chargeback reversal for {charge['id']}",
            fees=Fees(-_FEE, words="Dispute fee refund"),
        )
        dispute["balance_transactions"] = [withdrawal, reversal]
    journal.tell("charge.dispute.closed", closed, dispute)
    return Disputed(sale, dispute, withdrawal, reversal)


def _dispute_object(sale: Sale, dispute_id: str, opened: int, reason: str, withdrawal: Json) -> Json:
    return {
        "id": dispute_id,
        "object": "dispute",
        "amount": sale.charge["amount"],
        "balance_transactions": [withdrawal],
        "charge": sale.charge["id"],
        "created": opened,
        "currency": sale.charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(_EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": opened + 7 * DAY,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": True,
        "livemode": False,
        "metadata": {"order": sale.order.name},
        "payment_intent": sale.charge["payment_intent"],
        "payment_method_details": {
            "card": {"brand": "visa", "case_type": "chargeback", "network_reason_code": "10.4"},
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }
