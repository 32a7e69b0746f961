"""Who asks: Basic over TLS, and OAuth 1.0a signatures where there is none, as WooCommerce's authentication class takes
them ("Authentication" in its REST API documentation).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from hashlib import sha256
from urllib.parse import quote

from awra_desk.sandbox.servers._http import Request

OAUTH = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
_PREFIX = "woocommerce_rest_"


def pairs(request: Request) -> tuple[tuple[str, str], ...]:
    """The query as PHP reads it: of a name that comes twice the last value counts, unless it is a list's ("include[]").
    The official kits send each parameter twice where they sign.
    """
    lists = [pair for pair in request.query if pair[0].endswith("[]")]
    return (*{name: value for name, value in request.query if not name.endswith("[]")}.items(), *lists)


def refused(request: Request, key: str, secret: str) -> tuple[str, str] | None:
    """WordPress's error code and words when the request is not the key's, else None. Whoever asks anonymously is let
    in here; the lists are closed to them.
    """
    named = dict(request.query)
    signed = "oauth_consumer_key" in named
    pair = (named["oauth_consumer_key"], secret) if signed else _basic(request.headers.get("authorization", ""))
    if pair is None:
        return f"{_PREFIX}cannot_view", "Sorry, you cannot list resources."
    words = ""
    if pair[0] != key:
        words = "Consumer key is invalid."
    elif signed and not hmac.compare_digest(signature(request, secret), named.get("oauth_signature", "")):
        words = "Invalid signature - provided signature does not match."
    elif pair[1] != secret:
        words = "Consumer secret is invalid."
    return (f"{_PREFIX}authentication_error", words) if words else None


def signature(request: Request, secret: str) -> str:
    """The OAuth 1.0a signature (HMAC-SHA256) of a request on plain HTTP."""
    url = f"http://{request.headers.get('host', '')}{request.path}"
    signed = sorted((_twice(name), _twice(value)) for name, value in pairs(request) if name != "oauth_signature")
    joined = "%26".join(f"{name}%3D{value}" for name, value in signed)
    text = f"{request.method}&{quote(url, safe='~')}&{joined}"
    digest = hmac.new(f"{secret}&".encode(), text.encode(), sha256).digest()
    return base64.b64encode(digest).decode()


def _twice(text: str) -> str:
    return quote(quote(text, safe="~"), safe="~")


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, password
