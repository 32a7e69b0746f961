"""What Shopify's troubles mean: its rows of the failure policy, and how they are recognised, most of them in a 200.

Sources: Shopify's "API limits", "Response codes" and "API versioning" pages, and the error codes of its GraphQL Admin
API reference.
"""

from __future__ import annotations

import re

from awra_desk.connectors._http import DEFAULT_POLICY, Action, Reply, Rule, Trouble, Written
from awra_desk.connectors.shopify.budget import throttled_for
from awra_desk.connectors.shopify.queries import PROVEN, VERSION

_NEWER = "Look for a newer AWRA Desk; nothing else will help."
POLICY = DEFAULT_POLICY.adding(
    {
        "THROTTLED": Rule(Action.RATE_LIMITED, "rate", Written.NO, "has had too many points of us", "Try again later."),
        "INTERNAL_SERVER_ERROR": Rule(
            Action.RETRY, "unavailable", Written.UNKNOWN, "has trouble of its own", "Try again later."
        ),
        "ACCESS_DENIED": Rule(
            Action.FAIL, "auth", Written.REFUSED, "does not allow this", "Give the app the access scope that it names."
        ),
        "SHOP_INACTIVE": Rule(Action.FAIL, "refused", Written.REFUSED, "says the shop is not active", "Ask its owner."),
        "402": Rule(
            Action.FAIL, "refused", Written.REFUSED, "has frozen the shop", "Ask its owner to settle its bill."
        ),
        "423": Rule(Action.FAIL, "refused", Written.REFUSED, "has locked the shop", "Ask Shopify's support."),
        "404": Rule(Action.FAIL, "refused", Written.REFUSED, "knows no such shop", "Check the base URL."),
        "MAX_COST_EXCEEDED": Rule(
            Action.FAIL, "protocol", Written.REFUSED, "finds the question too costly", "Report this as a defect."
        ),
        "errors": Rule(Action.FAIL, "protocol", Written.UNKNOWN, "could not answer the question", _NEWER),
        "version": Rule(
            Action.FAIL,
            "protocol",
            Written.UNKNOWN,
            f"did not answer in API version {VERSION}, nor in another that is read here; nothing of it was kept",
            _NEWER,
        ),
    }
)


def inspect(reply: Reply) -> Trouble | None:
    """The trouble in an answer, or None."""
    answered = reply.headers.get("x-shopify-api-version", VERSION)
    if answered not in PROVEN:
        return Trouble("version", f"it was {answered}")
    errors = reply.body.get("errors") if isinstance(reply.body, dict) else None
    if not errors:
        return None
    if isinstance(errors, str):
        return Trouble(str(reply.status) if reply.status >= 400 else "errors", errors.rstrip("."))
    first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
    extensions = first.get("extensions")
    code = str(extensions.get("code", "")) if isinstance(extensions, dict) else ""
    words = re.sub(r"\s+", " ", str(first.get("message", ""))).rstrip(". ")
    if code == "THROTTLED":
        return Trouble(code, words, retry_after=f"{throttled_for(reply):.3f}")
    return Trouble(code if code in POLICY.rules else "errors", words)
