"""Which providers send events, how each signs them, and what names one: a line per provider."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from awra_desk.normalise.exact_json import dumps
from awra_desk.webhooks import signatures
from awra_desk.webhooks.signatures import Delivery, Verify


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a delivery.

    Attributes:
        account: whose it is at the provider (a company, a tenant), "" where it does not say.
        payload: JSON text; "" stands for the delivery's body as it came.
    """

    event_id: str
    kind: str
    account: str = ""
    payload: str = ""


Reader = Callable[[Delivery, Any], Sequence[Told]]
"""(delivery, its parsed body) -> the events in it, in order.

Raises KeyError, TypeError or ValueError where the body is not of the provider's shape.
"""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How one provider's events are taken.

    Attributes:
        words: what signs them, for people. credential: part of the connection's own credentials that signs, "" where
            there is a signing secret of its own. account: option of the connection that names its account, "" for none.
        signed: False where nothing is signed, and the address's last part is the secret.
        ping: the first request is a form without an event in it, which is only answered.
    """

    words: str
    verify: Verify
    read: Reader
    credential: str = ""
    account: str = ""
    signed: bool = True
    ping: bool = False


def named(identity: str, kind: str) -> Reader:
    """Events whose body has an id and a kind, in these fields."""

    def read(_delivery: Delivery, body: Any) -> list[Told]:
        return [Told(_text(body[identity]), _text(body[kind]))]

    return read


def by_headers(identity: Sequence[str], kind: Sequence[str]) -> Reader:
    """Events that headers name; one that happens under several topics is one event of each."""

    def read(delivery: Delivery, _body: Any) -> list[Told]:
        topic = _header(delivery, kind)
        return [Told(_text(f"{topic}:{_header(delivery, identity)}"), topic)]

    return read


def _paystack(delivery: Delivery, body: Any) -> list[Told]:
    """Paystack gives its events no id; the same bytes are the same event."""
    return [Told(_digest(delivery.body), _text(body["event"]))]


def _daraja(_delivery: Delivery, body: Any) -> list[Told]:
    return [Told(_text(body["TransID"]).upper(), "c2b_confirmation")]


def _quickbooks(_delivery: Delivery, body: Any) -> list[Told]:
    """CloudEvents since 2026; before that `eventNotifications`, a company's changes together, without ids.

    developer.intuit.com, "Managing webhooks notifications".
    """
    if isinstance(body, list):
        return [
            Told(_text(each["id"]), _text(each["type"]), _text(each["intuitaccountid"]), dumps(each)) for each in body
        ]
    return [
        Told(
            _digest(dumps([realm, entity]).encode()),
            f"{_text(entity['name'])}.{_text(entity['operation'])}",
            realm,
            dumps(entity),
        )
        for realm, entity in (
            (_text(notice["realmId"]), entity)
            for notice in body["eventNotifications"]
            for entity in notice["dataChangeEvent"]["entities"]
        )
    ]


def _xero(_delivery: Delivery, body: Any) -> list[Told]:
    """Xero's events have no id: who, what and when name one. An intent to receive has none in it."""
    return [
        Told(
            _digest(dumps(each).encode()),
            f"{_text(each['eventCategory'])}.{_text(each['eventType'])}",
            _text(each["tenantId"]),
            dumps(each),
        )
        for each in body["events"]
    ]


def _standard(delivery: Delivery, body: Any) -> list[Told]:
    """Standard Webhooks: the id is a header; a type is recommended, not required."""
    kind = body.get("type") if isinstance(body, dict) else None
    return [Told(_header(delivery, ("webhook-id",)), _text(kind) if kind else "")]


_LONGEST = 255
SHOPIFY = ("x-shopify-hmac-sha256", "shopify-hmac-sha256")
_STANDARD = Scheme("webhook-signature (Standard Webhooks)", signatures.standard, _standard)

SCHEMES: dict[str, Scheme] = {
    "stripe": Scheme("Stripe-Signature", signatures.stripe, named("id", "type")),
    "shopify": Scheme(
        "X-Shopify-Hmac-Sha256",
        signatures.of_body(*SHOPIFY),
        # shopify.dev, "Ignore duplicate webhooks": the same event id is a duplicate; one event may have several topics.
        by_headers(
            ("x-shopify-event-id", "shopify-event-id", "x-shopify-webhook-id", "shopify-webhook-id"),
            ("x-shopify-topic", "shopify-topic"),
        ),
    ),
    "paystack": Scheme(
        # paystack.com/docs/payments/webhooks: HMAC SHA512 of the payload, signed with the secret key of the API
        "x-paystack-signature", signatures.of_body_sha512("x-paystack-signature"), _paystack, credential="secret_key"
    ),
    "quickbooks": Scheme(
        "intuit-signature", signatures.of_body("intuit-signature"), _quickbooks, account="realm_id"
    ),
    "xero": Scheme("x-xero-signature", signatures.of_body("x-xero-signature"), _xero, account="tenant_id"),
    "square": Scheme(
        "x-square-hmacsha256-signature",
        signatures.of_url_and_body("x-square-hmacsha256-signature"),
        named("event_id", "type"),
    ),
    "woocommerce": Scheme(
        "X-WC-Webhook-Signature",
        signatures.of_body("x-wc-webhook-signature"),
        by_headers(("x-wc-webhook-delivery-id",), ("x-wc-webhook-topic",)),
        ping=True,
    ),
    "daraja": Scheme("nothing, the address alone", signatures.by_path, _daraja, signed=False),
    **dict.fromkeys(("awra", "declared", "vendure"), _STANDARD),
}  # fmt: skip
"""Provider -> how its events are taken; a provider that is not here is polled."""


def _header(delivery: Delivery, names: Sequence[str]) -> str:
    return _text(next(filter(None, (delivery.headers.get(name, "") for name in names)), None))


def _text(value: Any) -> str:
    """An id or a kind as text, within reason: what no database keeps (NUL, half a pair) and what would steer a
    terminal that lists it is none.
    """
    text = str(value) if isinstance(value, str) or type(value) is int else ""
    if not 0 < len(text) <= _LONGEST or not text.isprintable():
        raise ValueError("an id or a kind is missing")
    return text


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:32]
