"""How providers sign what they send. Each function says whether one secret made this delivery's signature.

All compare in constant time, over the bytes as they came; none raises, whatever stands in a header.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

WINDOW_SECONDS = 300
"""A signed time may be so far from ours, to either side; Standard Webhooks and Stripe's default."""
_SECONDS = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request.

    Attributes:
        headers: names in lower case. body: raw. url: the address as the provider knows it, "" where nobody said.
        token: what stands behind the connection's name in the path, "" for nothing.
    """

    headers: Mapping[str, str]
    body: bytes
    url: str = ""
    token: str = ""


class Verdict(Enum):
    """What a signature says."""

    GENUINE = "genuine"
    FORGED = "forged"
    STALE = "stale"  # rightly signed, at another time than now


Verify = Callable[[Delivery, str, datetime], Verdict]
"""(delivery, one signing secret, now) -> verdict."""


def stripe(delivery: Delivery, secret: str, now: datetime) -> Verdict:
    """`Stripe-Signature: t=<unix>,v1=<hex>[,v1=…]` over "t.body"; docs.stripe.com/webhooks/signature. Unlike the SDK's
    own check a time ahead of ours is refused, too.
    """
    pairs = [part.partition("=") for part in delivery.headers.get("stripe-signature", "").split(",")]
    sent = [value for name, _, value in pairs if name.strip() == "v1"]
    at = next((value for name, _, value in pairs if name.strip() == "t"), "")
    expected = _hmac(secret.encode(), at.encode("utf-8", "replace") + b"." + delivery.body).hex()
    return _timed(_any(sent, expected), at, now)


def standard(delivery: Delivery, secret: str, now: datetime) -> Verdict:
    """Standard Webhooks: `webhook-signature: v1,<base64> …` over "id.timestamp.body" with the base64 key behind
    `whsec_`; github.com/standard-webhooks/standard-webhooks.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return Verdict.FORGED
    names = ("webhook-id", "webhook-timestamp")
    identity, at = (delivery.headers.get(name, "") for name in names)
    parts = delivery.headers.get("webhook-signature", "").split(" ")
    sent = [part.removeprefix("v1,") for part in parts if part.startswith("v1,")]
    signed = b".".join((identity.encode("utf-8", "replace"), at.encode("utf-8", "replace"), delivery.body))
    return _timed(bool(identity) and _any(sent, _base64(_hmac(key, signed))), at, now)


def of_body(*headers: str) -> Verify:
    """Base64 of HMAC-SHA256 over the body, in the first of these headers that is there."""

    def verify(delivery: Delivery, secret: str, now: datetime) -> Verdict:
        del now
        return _verdict(_any(_first(delivery, headers), _base64(_hmac(secret.encode(), delivery.body))))

    return verify


def of_url_and_body(header: str) -> Verify:
    """Base64 of HMAC-SHA256 over the registered address and the body (Square)."""

    def verify(delivery: Delivery, secret: str, now: datetime) -> Verdict:
        del now
        signed = delivery.url.encode() + delivery.body
        return _verdict(
            bool(delivery.url) and _any(_first(delivery, (header,)), _base64(_hmac(secret.encode(), signed)))
        )

    return verify


def of_body_sha512(header: str) -> Verify:
    """Hex of HMAC-SHA512 over the body (Paystack)."""

    def verify(delivery: Delivery, secret: str, now: datetime) -> Verdict:
        del now
        expected = _hmac(secret.encode(), delivery.body, hashlib.sha512).hex()
        return _verdict(_any(_first(delivery, (header,)), expected))

    return verify


def by_path(delivery: Delivery, secret: str, now: datetime) -> Verdict:
    """Nothing is signed: only whoever was given the address knows its last part. It proves no content."""
    del now
    return _verdict(bool(delivery.token) and _any([delivery.token], secret))


def _first(delivery: Delivery, headers: tuple[str, ...]) -> list[str]:
    return [delivery.headers[name] for name in headers if delivery.headers.get(name)][:1]


def _any(sent: list[str], expected: str) -> bool:
    """Whether one of them is it; every one is looked at whole."""
    equal = [hmac.compare_digest(each.strip().encode("utf-8", "replace"), expected.encode()) for each in sent]
    return any(equal)


def _verdict(genuine: bool) -> Verdict:  # noqa: FBT001
    return Verdict.GENUINE if genuine else Verdict.FORGED


def _timed(genuine: bool, at: str, now: datetime) -> Verdict:  # noqa: FBT001
    if not genuine or not _SECONDS.fullmatch(at):
        return Verdict.FORGED
    apart = abs(int(at) - int(now.timestamp()))
    return Verdict.GENUINE if apart <= WINDOW_SECONDS else Verdict.STALE


def _hmac(key: bytes, message: bytes, digest: Callable[[], object] = hashlib.sha256) -> bytes:
    return hmac.new(key, message, digest).digest()  # type: ignore[arg-type]


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
