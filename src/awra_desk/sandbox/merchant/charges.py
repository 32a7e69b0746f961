"""Charges and refunds of the Stripe account, with exchange rates and fees."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

from awra_desk.sandbox.merchant.clock import DAY, Clock, utc_midnight
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.merchant.model import Json, MonthSpec
from awra_desk.sandbox.merchant.movements import Fees, Journal
from awra_desk.sandbox.merchant.orders import Order

_MICRO = 1_000_000
_PER_10000 = {"usd": 290, "eur": 540, "gbp": 540}  # foreign cards and conversion cost more
_FIXED_FEE = 30
_TAX_PER_100000 = 8_875

_ADDRESS: Json = {"city": None, "country": "US", "line1": None, "line2": None, "postal_code": None, "state": None}
_OUTCOME: Json = {
    "network_status": "approved_by_network", "reason": None, "risk_level": "normal", "risk_score": 12,
    "seller_message": "Payment complete.", "type": "authorized",
}  # fmt: skip
_CHECKS: Json = {"address_line1_check": None, "address_postal_code_check": "pass", "cvc_check": "pass"}
_BRANDS = ("visa", "mastercard", "amex", "discover")


class Rates:
    """USD per unit of a currency on each UTC day, in millionths: a small random walk from a plausible level."""

    def __init__(self, spec: MonthSpec, clock: Clock) -> None:
        self._rates: dict[tuple[str, int], int] = {}
        for currency, level in (("eur", 1_083_400), ("gbp", 1_271_900)):
            walk, rate = stream(spec.seed, f"rate {currency}"), level
            for number in range(utc_midnight(clock.at(clock.birth, 0)) // DAY - 1, clock.now // DAY + 2):
                rate += walk.randrange(-4_200, 4_201)
                self._rates[currency, number] = rate

    def micro(self, currency: str, instant: int) -> int:
        """The rate in millionths; 1,000,000 for USD."""
        return _MICRO if currency == "usd" else self._rates[currency, instant // DAY]

    def settle(self, minor: int, currency: str, instant: int) -> tuple[int, Decimal | None]:
        """USD cents of the amount, half up, and the rate as the API shows it (None for USD)."""
        if currency == "usd":
            return minor, None
        micro = self.micro(currency, instant)
        return (minor * micro + _MICRO // 2) // _MICRO, Decimal(micro).scaleb(-6)


@dataclass(frozen=True, slots=True)
class Sale:
    """An order with the charge that paid it. `usd` is the gross settled amount in cents."""

    order: Order
    charge: Json
    transaction: Json
    usd: int


@dataclass(frozen=True, slots=True)
class Refunded:
    """A refund of a sale. `usd` is its gross effect on the balance in cents, negative."""

    sale: Sale
    refund: Json
    transaction: Json
    usd: int
    full: bool


def charge_orders(journal: Journal, rates: Rates, orders: list[Order], seed: int) -> list[Sale]:
    """One succeeded charge for each order."""
    cards = _cards(stream(seed, "cards"))
    pick = stream(seed, "card of order")
    return [_charge(journal, rates, order, cards[pick.randrange(len(cards))]) for order in orders]


def _charge(journal: Journal, rates: Rates, order: Order, card: Json) -> Sale:
    usd, rate = rates.settle(order.charged, order.currency, order.created)
    fee = (usd * _PER_10000[order.currency] + 5_000) // 10_000 + _FIXED_FEE
    fees = Fees(fee, (fee * _TAX_PER_100000 + 50_000) // 100_000)
    charge_id = journal.ids.new("ch")
    transaction = journal.move(
        ("charge", "charge"),
        usd,
        order.created,
        available_on=utc_midnight(order.created, 2),
        source=charge_id,
        description=f"Order {order.name}",
        fees=fees,
        exchange_rate=rate,
    )
    charge = _charge_object(order, charge_id, transaction["id"], card, journal)
    journal.tell("charge.succeeded", order.created, charge)
    return Sale(order, charge, transaction, usd)


def _charge_object(order: Order, charge_id: str, transaction_id: str, card: Json, journal: Journal) -> Json:
    email = f"{order.customer_name.split()[0].lower()}{order.customer}@example.com"
    return {
        "id": charge_id,
        "object": "charge",
        "amount": order.charged,
        "amount_captured": order.charged,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": transaction_id,
        "billing_details": {
            "address": _ADDRESS,
            "email": email,
            "name": order.customer_name,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": "KILIMANI ROASTERS",
        "captured": True,
        "created": order.created,
        "currency": order.currency,
        "customer": journal.ids.short("cus", order.customer + (1 << 20) * order.wholesale),
        "description": f"Order {order.name}",
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {"order": order.name, "tip": str(order.tip), "gift_card_sold": str(order.gift_sold)},
        "on_behalf_of": None,
        "outcome": _OUTCOME,
        "paid": True,
        "payment_intent": journal.ids.new("pi"),
        "payment_method": card["fingerprint"].replace("fp", "pm_", 1),
        "payment_method_details": {"card": card, "type": "card"},
        "receipt_email": email,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def _cards(draw: random.Random) -> list[Json]:
    """The cards in circulation; shared by the charges made with them."""
    found: list[Json] = []
    for number in range(64):
        brand = _BRANDS[min(draw.randrange(4), draw.randrange(4))]
        found.append(
            {
                "brand": brand,
                "checks": _CHECKS,
                "country": "US",
                "exp_month": 1 + draw.randrange(12),
                "exp_year": 2027 + draw.randrange(5),
                "fingerprint": f"fp{number:02d}{draw.randrange(10**12):012d}",
                "funding": "credit" if draw.randrange(3) else "debit",
                "installments": None,
                "last4": f"{draw.randrange(10**4):04d}",
                "mandate": None,
                "network": brand,
                "three_d_secure": None,
                "wallet": None,
            }
        )
    return found


def refund_sales(journal: Journal, rates: Rates, sales: list[Sale], seed: int) -> list[Refunded]:
    """Partial and full refunds, some of last month's sales, one of them in two parts; none after the month."""
    clock = journal.clock
    draw = stream(seed, "refunds")
    old = [sale for sale in sales if not clock.in_month(sale.order.created)]
    new = [sale for sale in sales if clock.start <= sale.order.created < clock.end - 4 * DAY]
    chosen = [(sale, True) for sale in draw.sample(old, min(len(old), max(4, len(old) * 4 // 100)))]
    chosen += [(sale, False) for sale in draw.sample(new, min(len(new), max(4, len(new) * 25 // 1000)))]
    found: list[Refunded] = []
    for number, (sale, earlier) in enumerate(chosen):
        first = max(sale.order.created, clock.start if earlier else 0)
        span = min(11 * DAY, clock.now - DAY - first)
        instant = first + 3_600 + draw.randrange(span)
        parts = 1 if number % 2 else 2 + draw.randrange(4)
        amount = sale.order.charged // parts
        found.append(_refund(journal, rates, sale, amount, instant))
        if number % 16 == 4:
            found.append(_refund(journal, rates, sale, amount, instant + 2 * 3_600))
    return found


def _refund(journal: Journal, rates: Rates, sale: Sale, amount: int, instant: int) -> Refunded:
    charge = sale.charge
    usd, rate = rates.settle(amount, charge["currency"], instant)
    refund_id = journal.ids.new("re")
    transaction = journal.move(
        ("refund", "refund"),
        -usd,
        instant,
        available_on=instant,
        source=refund_id,
        description=f"REFUND FOR CHARGE (Order {sale.order.name})",
        exchange_rate=rate,
    )
    refund: Json = {
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": transaction["id"],
        "charge": charge["id"],
        "created": instant,
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": {"order": sale.order.name},
        "payment_intent": charge["payment_intent"],
        "reason": "requested_by_customer",
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    keep_as_announced(journal, charge)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    journal.tell("charge.refunded", instant, dict(charge))
    return Refunded(sale, refund, transaction, -usd, full=amount == charge["amount"])


def keep_as_announced(journal: Journal, charge: Json) -> None:
    """Before a charge changes for the first time, its charge.succeeded event gets a copy of what it was then."""
    if charge["amount_refunded"] or charge["disputed"]:
        return
    journal.first_event[charge["id"]]["data"] = {"object": dict(charge)}
