"""Fills a running Vendure through its admin API, as a shopkeeper would: catalogue, customer, orders, payments, refunds.

Standard library only. What Vendure hides from introspection (a refund's `shipping` and `adjustment`) is sent all the
same: without them the refund fails.
"""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

ORDERS = 22
AUTHORISED, DECLINING = 5, 7  # numbers of the order that is only authorised, and of one whose refunds are refused
_ORDER = "... on Order { id code state payments { id amount state } }"


class Api:
    """One of Vendure's APIs, in a session of its own; an error in an answer is raised."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = ""
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, query: str, **variables: Any) -> Any:
        """The value of the query's first field."""
        head = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        content = json.dumps({"query": query, "variables": variables}).encode()
        with self.opener.open(urllib.request.Request(self.url, content, head), timeout=60) as answer:
            body = json.load(answer)
            self.token = answer.headers.get("vendure-auth-token") or self.token
        if body.get("errors"):
            raise RuntimeError(json.dumps(body["errors"])[:600])
        (value,) = body["data"].values()
        if isinstance(value, dict) and value.get("errorCode"):
            raise RuntimeError(json.dumps(value))
        return value

    def change(self, name: str, result: str, **given: tuple[str, Any]) -> Any:
        """A mutation's result.

        Args:
            result: what is asked of it; a union's error is asked for too. given: argument -> (GraphQL type, value).
        """
        union = result.startswith(("...", "__"))
        wanted = f"{result} ... on ErrorResult {{ errorCode message }}" if union else result
        head = ", ".join(f"${key}: {kind}" for key, (kind, _) in given.items())
        arguments = ", ".join(f"{key}: ${key}" for key in given)
        call = f"{name}({arguments})" if given else name
        query = f"mutation{f'({head})' if given else ''} {{ {call} {{ {wanted} }} }}"
        return self.ask(query, **{key: value for key, (_, value) in given.items()})


class Admin(Api):
    """The admin API, signed in to."""

    def __init__(self, url: str, name: str = "superadmin", password: str = "superadmin") -> None:
        super().__init__(url)
        self.change("login", "__typename", username=("String!", name), password=("String!", password))

    def create(self, thing: str, fields: Any, result: str = "id", *, many: bool = False) -> Any:
        """`create<Thing>` with an input."""
        kind = f"[Create{thing}Input!]!" if many else f"Create{thing}Input!"
        return self.change(f"create{thing}{'s' if many else ''}", result, input=(kind, fields))


@dataclass(frozen=True, slots=True)
class Shelf:
    """What orders are made of: ids of variants, a customer, a shipping method."""

    variants: list[str]
    customer: str
    shipping: str


def seed(url: str, readers: dict[str, tuple[str, list[str]]]) -> None:
    """Everything.

    Args:
        readers: name of an administrator to make -> its password and its role's permissions.
    """
    admin = Admin(url)
    _set_up(admin)
    shelf = shelf_of(admin)
    for name, (password, permissions) in readers.items():
        _administrator(admin, name, password, permissions)
    for number in range(ORDERS):
        if number == AUTHORISED:
            check_out(Api(url.replace("admin-api", "shop-api")), shelf)
            continue
        (payment,) = place_order(admin, shelf, number)["payments"]
        if number % 6 == 0:
            refund(admin, payment["id"], payment["amount"] // (1 if number % 12 else 2))
        if number == DECLINING:
            refund(admin, payment["id"], 100)


def shelf_of(admin: Admin) -> Shelf:
    """What is there already."""
    variants = [row["id"] for row in admin.ask("{ productVariants { items { id } } }")["items"]]
    customer = admin.ask("{ customers { items { id } } }")["items"][0]["id"]
    return Shelf(variants, customer, admin.ask("{ shippingMethods { items { id } } }")["items"][0]["id"])


def place_order(admin: Admin, shelf: Shelf, number: int, *, pay: bool = True) -> Any:
    """A draft, made an order, paid by one payment unless told otherwise."""
    order = ("ID!", admin.change("createDraftOrder", "id")["id"])
    item = {"productVariantId": shelf.variants[number % len(shelf.variants)], "quantity": 1 + number % 3}
    admin.change("addItemToDraftOrder", _ORDER, orderId=order, input=("AddItemToDraftOrderInput!", item))
    admin.change("setCustomerForDraftOrder", "... on Order { id }", orderId=order, customerId=("ID", shelf.customer))
    address = {"streetLine1": "1 Main St", "city": "Springfield", "countryCode": "US"}
    admin.change("setDraftOrderShippingAddress", "id", orderId=order, input=("CreateAddressInput!", address))
    admin.change("setDraftOrderShippingMethod", _ORDER, orderId=order, shippingMethodId=("ID!", shelf.shipping))
    admin.change("transitionOrderToState", "... on Order { id }", id=order, state=("String!", "ArrangingPayment"))
    if not pay:
        return {"id": order[1]}
    return add_payment(admin, order[1], f"ch_{number:06}", declines=number == DECLINING)


def check_out(shop: Api, shelf: Shelf) -> None:
    """A customer's own order, whose payment is authorised and waits to be taken; an administrator's never waits."""
    shop.change("addItemToOrder", _ORDER, productVariantId=("ID!", shelf.variants[0]), quantity=("Int!", 1))
    who = {"firstName": "Otieno", "lastName": "Odhiambo", "emailAddress": "otieno@example.test"}
    shop.change("setCustomerForOrder", "... on Order { id }", input=("CreateCustomerInput!", who))
    address = {"streetLine1": "2 Main St", "city": "Springfield", "countryCode": "US"}
    shop.change("setOrderShippingAddress", "... on Order { id }", input=("CreateAddressInput!", address))
    shop.change("setOrderShippingMethod", "... on Order { id }", shippingMethodId=("[ID!]!", [shelf.shipping]))
    shop.change("transitionOrderToState", "... on Order { id }", state=("String!", "ArrangingPayment"))
    told = {"transactionId": f"ch_{AUTHORISED:06}", "authorizeOnly": True}
    shop.change(
        "addPaymentToOrder", "... on Order { id }", input=("PaymentInput!", {"method": "card", "metadata": told})
    )


def add_payment(admin: Admin, order: str, transaction: str, *, declines: bool = False) -> Any:
    """Pay an order's whole total."""
    metadata = {"transactionId": transaction, "failRefund": declines}
    payment = {"orderId": order, "method": "card", "transactionId": transaction, "metadata": metadata}
    return admin.change("addManualPaymentToOrder", _ORDER, input=("ManualPaymentInput!", payment))


def refund(admin: Admin, payment: str, minor: int) -> Any:
    """Give some of a payment back."""
    fields = {"paymentId": payment, "amount": minor, "reason": "customer return", "shipping": 0, "adjustment": 0}
    return admin.change("refundOrder", "... on Refund { id state total }", input=("RefundOrderInput!", fields))


def settle_payment(admin: Admin, payment: str) -> Any:
    """Take what was authorised."""
    return admin.change("settlePayment", "... on Payment { id state }", id=("ID!", payment))


def _set_up(admin: Admin) -> None:
    """A channel that can sell: zone, tax, shipping, a payment method, three products, a customer."""
    zone = admin.create("Zone", {"name": "US"})["id"]
    country = admin.create("Country", {"code": "US", "enabled": True, "translations": _english(name="United States")})
    admin.change("addMembersToZone", "id", zoneId=("ID!", zone), memberIds=("[ID!]!", [country["id"]]))
    category = admin.create("TaxCategory", {"name": "Standard", "isDefault": True})["id"]
    admin.create(
        "TaxRate", {"name": "Sales tax", "enabled": True, "value": 8.25, "categoryId": category, "zoneId": zone}
    )
    channel = {"id": "1", "defaultTaxZoneId": zone, "defaultShippingZoneId": zone, "pricesIncludeTax": False}
    admin.change("updateChannel", "... on Channel { id }", input=("UpdateChannelInput!", channel))
    shipping = {
        "code": "flat",
        "fulfillmentHandler": "manual-fulfillment",
        "checker": _operation("default-shipping-eligibility-checker", orderMinimum=0),
        "calculator": _operation("default-shipping-calculator", rate=500, includesTax="auto", taxRate=0),
        "translations": _english(name="Flat rate", description=""),
    }
    admin.create("ShippingMethod", shipping)
    card = {"code": "card", "enabled": True, "handler": _operation("test-processor")}
    admin.create("PaymentMethod", {**card, "translations": _english(name="Card", description="")})
    for number in range(3):
        _product(admin, number, category)
    customer = {"firstName": "Wanjiru", "lastName": "Kamau", "emailAddress": "wanjiru@example.test"}
    admin.create("Customer", customer, "... on Customer { id }")


def _product(admin: Admin, number: int, category: str) -> None:
    words = _english(name=f"Beans {number}", slug=f"beans-{number}", description="")
    product = admin.create("Product", {"enabled": True, "translations": words})["id"]
    variant = {"productId": product, "sku": f"SKU-{number}", "price": 999 + 350 * number, "taxCategoryId": category}
    variant |= {"stockOnHand": 1_000_000, "translations": _english(name=f"Beans {number}")}
    admin.create("ProductVariant", [variant], many=True)


def _administrator(admin: Admin, name: str, password: str, permissions: list[str]) -> None:
    role = admin.create("Role", {"code": name, "description": name, "permissions": permissions})["id"]
    person = {"firstName": name, "lastName": name, "emailAddress": name, "password": password, "roleIds": [role]}
    admin.create("Administrator", person)


def _operation(code: str, **arguments: object) -> dict[str, Any]:
    return {"code": code, "arguments": [{"name": name, "value": str(value)} for name, value in arguments.items()]}


def _english(**words: str) -> list[dict[str, str]]:
    return [{"languageCode": "en", **words}]
