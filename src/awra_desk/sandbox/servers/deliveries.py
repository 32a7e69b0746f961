"""The simulated providers' events on their way: signed as the provider signs them, and posted where somebody asks.

Only loopback addresses are posted to.
"""

import base64
import hashlib
import hmac
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.servers import exact_json

_TIMEOUT = 10.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """One delivery; headers as the provider writes them."""

    headers: dict[str, str]
    body: bytes


def stripe_event(event: Json, secret: str, at: int) -> SignedEvent:
    """As Stripe sends it at this unix second; docs.stripe.com/webhooks/signature."""
    body = exact_json.dumps(event).encode()
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return SignedEvent({"Content-Type": "application/json", "Stripe-Signature": f"t={at},v1={made}"}, body)


def body_signed(body: Json | list[Json], header: str, secret: str) -> SignedEvent:
    """Base64 of HMAC-SHA256 over the body, as Xero (x-xero-signature) and Intuit (intuit-signature) do."""
    raw = exact_json.dumps(body).encode()
    made = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    return SignedEvent({"Content-Type": "application/json", header: made}, raw)


def post_all(url: str, deliveries: Sequence[SignedEvent]) -> list[int]:
    """Post one after another; the status of each answer, 0 where nobody answered.

    Raises:
        ValueError: the address is not on this machine.
    """
    if urlsplit(url).scheme != "http" or urlsplit(url).hostname not in _LOOPBACK:
        raise ValueError(f"{url} is not on this machine")
    return [_post(url, each) for each in deliveries]


def _post(url: str, delivery: SignedEvent) -> int:
    request = urllib.request.Request(url, delivery.body, delivery.headers, method="POST")  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
