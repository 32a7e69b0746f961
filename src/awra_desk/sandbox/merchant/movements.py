"""The Stripe account's journal while it is being simulated: balance transactions and events, and the legs the desk
splits them into.

Shapes follow Stripe's OpenAPI fixtures; reporting categories follow its "Reporting categories and types" page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from awra_desk.sandbox.merchant.clock import Clock
from awra_desk.sandbox.merchant.ids import Ids
from awra_desk.sandbox.merchant.model import Json
from awra_desk.sandbox.truth import SourceRef

API_VERSION = "2026-08-26.basil"
STREAM = "balance_transactions"
PAYOUT_STREAM = "payouts"


@dataclass(frozen=True, slots=True)
class Fees:
    """What the provider keeps of one movement, minor units; negative when it is given back."""

    fee: int = 0
    tax: int = 0
    words: str = "Stripe processing fees"

    def details(self) -> list[Json]:
        rows = ((self.fee, "stripe_fee", self.words), (self.tax, "tax", "Sales tax on Stripe fees"))
        return [
            {"amount": amount, "application": None, "currency": "usd", "description": words, "type": kind}
            for amount, kind, words in rows
            if amount
        ]


@dataclass(slots=True)
class Journal:
    """Collects what happens in the account; the lists are sorted by time at the end."""

    clock: Clock
    ids: Ids
    transactions: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    first_event: dict[str, Json] = field(default_factory=dict)

    def move(
        self,
        kind: tuple[str, str],
        amount: int,
        created: int,
        *,
        available_on: int,
        source: str | None,
        description: str,
        fees: Fees = Fees(),
        exchange_rate: Decimal | None = None,
    ) -> Json:
        """Append a balance transaction.

        Args:
            kind: Stripe's type and reporting_category.
            amount: gross, USD cents, signed from the merchant's view.
            exchange_rate: USD per unit of the presentment currency, None where they are the same.
        """
        cost = fees.fee + fees.tax
        transaction: Json = {
            "id": self.ids.new("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": available_on,
            "balance_type": "payments",
            "created": created,
            "currency": "usd",
            "description": description,
            "exchange_rate": exchange_rate,
            "fee": cost,
            "fee_details": fees.details(),
            "net": amount - cost,
            "reporting_category": kind[1],
            "source": source,
            "status": "available" if available_on <= self.clock.now else "pending",
            "type": kind[0],
        }
        self.transactions.append(transaction)
        return transaction

    def tell(self, kind: str, created: int, subject: Json) -> None:
        """Append the event that announces what became of the object."""
        event: Json = {
            "id": self.ids.new("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": created,
            "data": {"object": subject},
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        self.events.append(event)
        self.first_event.setdefault(subject["id"], event)


def gross_ref(transaction: Json) -> SourceRef:
    """The desk's name of the gross leg."""
    return STREAM, transaction["id"]


def cost_legs(transaction: Json) -> list[tuple[SourceRef, int]]:
    """Fee leg and tax leg as the desk names them, with their effect on the balance; a leg of zero is absent."""
    sums = {"fee": 0, "tax": 0}
    for detail in transaction["fee_details"]:
        sums["tax" if detail["type"] == "tax" else "fee"] -= detail["amount"]
    return [((STREAM, f"{transaction['id']}:{leg}"), minor) for leg, minor in sums.items() if minor]
