"""The shop of a simulated month: every charge of the Stripe account is an order here, every refund a refund.

Beside them stand what every shop has: orders nobody paid, drafts of the checkout, and orders in the trash. As in a real
shop, half the refunds change their order's date and half do not (see the connector's source).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from awra_desk.domain.money import to_text
from awra_desk.sandbox.merchant import Json, Month
from awra_desk.sandbox.merchant.clock import DAY, Clock
from awra_desk.sandbox.merchant.orders import Order, make_orders
from awra_desk.sandbox.merchant.plan import make_plan, with_twins

FORM = "%Y-%m-%dT%H:%M:%S"
DRAFT, TRASH = "checkout-draft", "trash"
_FIRST_ID = 1_200
_APART = 3  # WordPress counts pages, pictures and orders with one counter
_TAX_RATE = 7
_IDLE = {10: "failed", 20: "pending", 30: DRAFT, 40: TRASH, 0: "cancelled"}
"""Of fifty orders, behind which one stands an order that nobody paid."""


class Money(Decimal):
    """An amount in major units, which the API writes as a text with as many decimals as were asked for."""

    @classmethod
    def of(cls, minor: int, currency: str) -> Money:
        """Of minor units."""
        return cls(to_text(minor, currency.upper()))


@dataclass(slots=True)
class WooShop:
    """The shop's own records.

    Attributes:
        zone: of the site. orders, refunds: by id, as the API shows them, amounts as `Money`; a refund has `parent_id`.
        now: unix seconds; nothing in it is younger.
    """

    zone: str
    now: int
    orders: dict[int, Json] = field(default_factory=dict)
    refunds: dict[int, Json] = field(default_factory=dict)

    def next_id(self) -> int:
        """Of a new order or refund."""
        return max([_FIRST_ID, *self.orders, *self.refunds]) + _APART

    def touch(self, identity: int, instant: int, **changes: Any) -> None:
        """The order changes, and its date with it."""
        self.orders[identity] |= {**changes, **self.dates("date_modified", instant)}

    def dates(self, name: str, instant: int | None) -> Json:
        """A field with its twin in UTC."""
        if instant is None:
            return {name: None, f"{name}_gmt": None}
        moment = datetime.fromtimestamp(instant, UTC)
        local = moment.astimezone(ZoneInfo(self.zone))
        return {name: local.strftime(FORM), f"{name}_gmt": moment.strftime(FORM)}

    def delete(self, identity: int) -> None:
        """For good, its refunds with it."""
        del self.orders[identity]
        for number in [number for number, row in self.refunds.items() if row["parent_id"] == identity]:
            del self.refunds[number]


def shop_of(month: Month) -> WooShop:
    """The shop of the month."""
    books = month.stripe
    shop = WooShop(month.spec.zone, books.now)
    parts = _parts(month)
    kept = {row["id"]: row for row in books.balance_transactions}
    order_of: dict[str, int] = {}
    numbers = count(_FIRST_ID, _APART)
    for row in sorted((*books.charges, *books.refunds), key=lambda row: (row["created"], row["object"], row["id"])):
        number = next(numbers)
        if row["object"] == "refund":
            _add_refund(shop, number, row, order_of[row["charge"]])
            continue
        order_of[row["id"]] = number
        shop.orders[number] = _order(shop, number, row, parts, kept[row["balance_transaction"]])
        if status := _IDLE.get(len(order_of) % 50):
            number = next(numbers)
            order = _blank(shop, number, f"W-{number}", "usd", row["created"])
            shop.orders[number] = order | {"status": status, "total": Money("12.50")}
    return shop


def _parts(month: Month) -> dict[str, Order]:
    """Order name -> what it consists of."""
    clock = Clock(month.spec.period, month.spec.zone)
    orders = make_orders(month.spec, clock)
    return {order.name: order for order in with_twins(orders, make_plan(orders, clock, month.spec.seed))}


def _order(shop: WooShop, number: int, charge: Json, parts: dict[str, Order], moved: Json) -> Json:
    currency, name = charge["currency"], charge.get("metadata", {}).get("order") or f"KR-{number}"
    part = parts.get(name)
    known = part if part is not None and part.charged == charge["amount"] else None
    done = charge["created"] + DAY
    order = _blank(shop, number, name, currency, charge["created"])
    order |= {
        "status": "completed" if done <= shop.now else "processing",
        "total": Money.of(charge["amount"], currency),
        "payment_method": "stripe",
        "payment_method_title": "Credit card (Stripe)",
        "transaction_id": charge["id"],
        "customer_id": 0 if number % 4 else number // 4,
        **shop.dates("date_paid", charge["created"]),
        **shop.dates("date_completed", done if done <= shop.now else None),
        **shop.dates("date_modified", min(done, shop.now)),
        **_lines(number, known, charge["amount"], currency),
    }
    details = charge.get("billing_details") or {}
    first, _, last = str(details.get("name") or "").partition(" ")
    order["billing"] |= {"first_name": first, "last_name": last, "email": str(details.get("email") or "")}
    settled = moved["currency"]
    meta = {
        "_stripe_intent_id": charge.get("payment_intent") or "",
        "_stripe_charge_captured": "yes",
        "_stripe_fee": to_text(moved["fee"], settled.upper()),
        "_stripe_net": to_text(moved["net"], settled.upper()),
        "_stripe_currency": settled.upper(),
    }
    order["meta_data"] = [{"id": number * 10 + at, "key": key, "value": meta[key]} for at, key in enumerate(meta)]
    return order


def _lines(number: int, part: Order | None, charged: int, currency: str) -> Json:
    """Goods, tips and gift cards of an order; one line of the whole where its parts are not known."""
    goods = charged if part is None else part.sale
    tax = 0 if part is None else part.tax
    label = "Order" if part is None else part.label
    taxes = [{"id": _TAX_RATE, "total": Money.of(tax, currency), "subtotal": Money.of(tax, currency)}] if tax else []
    lines: Json = {
        "line_items": [_item(number * 100 + 1, label, goods, tax, currency, taxes)],
        "cart_tax": Money.of(tax, currency),
        "total_tax": Money.of(tax, currency),
        "tax_lines": [_tax_line(number * 100 + 2, tax, currency)] if tax else [],
    }
    if part is None:
        return lines
    if part.gift_sold:
        lines["line_items"].append(_item(number * 100 + 3, "Gift card", part.gift_sold, 0, currency, []))
    if part.tip:
        fee = {"id": number * 100 + 4, "name": "Tip", "tax_class": "0", "tax_status": "none"}
        amounts = {"total": Money.of(part.tip, currency), "total_tax": Money.of(0, currency)}
        lines["fee_lines"] = [{**fee, **amounts, "taxes": [], "meta_data": []}]
    if part.gift_redeemed:
        used = Money.of(part.gift_redeemed, currency)
        lines["gift_cards"] = [{"id": number * 100 + 5, "code": f"KR-GIFT-{number}", "amount": used}]
    return lines


def _item(identity: int, label: str, minor: int, tax: int, currency: str, taxes: list[Json]) -> Json:
    amount, on_top = Money.of(minor, currency), Money.of(tax, currency)
    return {
        "id": identity,
        "name": label,
        "product_id": 93,
        "variation_id": 0,
        "quantity": 1,
        "tax_class": "",
        "subtotal": amount,
        "subtotal_tax": on_top,
        "total": amount,
        "total_tax": on_top,
        "taxes": taxes,
        "meta_data": [],
        "sku": "-".join(label.upper().split()),
        "price": Decimal(amount),
    }


def _tax_line(identity: int, tax: int, currency: str) -> Json:
    amounts = {"tax_total": Money.of(tax, currency), "shipping_tax_total": Money.of(0, currency)}
    rate = {"rate_code": "US-NY-SALES TAX-1", "rate_id": _TAX_RATE, "label": "Sales Tax", "compound": False}
    return {"id": identity, **rate, **amounts, "meta_data": []}


def _blank(shop: WooShop, number: int, name: str, currency: str, created: int) -> Json:
    """An order in which nothing stands yet."""
    zero = Money.of(0, currency)
    amounts = ("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax", "total", "total_tax")
    names = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country")
    address = dict.fromkeys(names, "")
    lists = ("meta_data", "line_items", "tax_lines", "shipping_lines", "fee_lines", "coupon_lines")
    return {
        "id": number,
        "parent_id": 0,
        "number": name,
        "order_key": f"wc_order_{number}",
        "created_via": "checkout",
        "version": "10.3.0",
        "status": "pending",
        "currency": currency.upper(),
        **shop.dates("date_created", created),
        **shop.dates("date_modified", created),
        **dict.fromkeys(amounts, zero),
        "prices_include_tax": False,
        "customer_id": 0,
        "customer_ip_address": "",
        "customer_user_agent": "",
        "customer_note": "",
        "billing": {**address, "email": "", "phone": ""},
        "shipping": {**address, "phone": ""},
        "payment_method": "",
        "payment_method_title": "",
        "transaction_id": "",
        **shop.dates("date_paid", None),
        **shop.dates("date_completed", None),
        "cart_hash": "",
        **{name: [] for name in lists},
    }


def _add_refund(shop: WooShop, number: int, refund: Json, parent: int) -> None:
    order, currency = shop.orders[parent], refund["currency"]
    amount = Money.of(refund["amount"], currency)
    made = refund["created"]
    whole = sum((row["amount"] for row in shop.refunds.values() if row["parent_id"] == parent), Decimal(amount))
    shop.refunds[number] = {
        "id": number,
        "parent_id": parent,
        **shop.dates("date_created", made),
        "amount": amount,
        "reason": "Returned",
        "refunded_by": 1,
        "refunded_payment": True,
        "meta_data": [{"id": number * 10, "key": "_stripe_refund_id", "value": refund["id"]}],
        "line_items": [],
        "shipping_lines": [],
        "tax_lines": [],
        "fee_lines": [],
    }
    if whole == order["total"]:
        order["status"] = "refunded"
    before = datetime.strptime(order["date_modified_gmt"], FORM).replace(tzinfo=UTC)
    if number % 2 and datetime.fromtimestamp(made, UTC) - before > timedelta():
        shop.touch(parent, made)
