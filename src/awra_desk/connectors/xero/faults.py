"""What Xero's failures mean: its rows of the failure policy, and how a fault is recognised, even inside a 200."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from awra_desk.connectors._http import DEFAULT_POLICY, Action, Reply, Rule, Trouble, Written

NOT_OPEN = "AuthorizationUnsuccessful"
"""Xero's word for what the app's tier or scopes do not open; a normal answer of the Journals endpoint."""

_SCOPE = "Connect again with the missing permission, or use an app whose tier may do this."
POLICY = DEFAULT_POLICY.adding(
    {
        "tier": Rule(Action.FAIL, "auth", Written.REFUSED, "does not open this to the connected app", _SCOPE),
        "invalid": Rule(
            Action.FAIL, "refused", Written.REFUSED, "refused it", "Correct what it names, then try again."
        ),
    }
)


def inspect(reply: Reply) -> Trouble | None:
    """The trouble an answer means, or None when the status says all."""
    body = reply.body if isinstance(reply.body, dict) else {}
    if reply.status == 404:
        return None
    if reply.status == 401 and NOT_OPEN in (body.get("Detail"), body.get("Title")):
        return Trouble("tier", NOT_OPEN)
    words = ". ".join(dict.fromkeys(text.rstrip(".") for text in _validation(body)))
    if reply.status == 400 and (words or body.get("Message")):
        return Trouble("invalid", words or str(body["Message"]))
    if reply.status < 300 and words:
        return Trouble("invalid", words)
    detail = body.get("Detail") or body.get("Message")
    return Trouble(str(reply.status), str(detail)) if reply.status >= 400 and detail else None


def _validation(body: dict[str, Any]) -> Iterator[str]:
    """Messages of the elements' validation errors; in a 200 too, when errors are not summarised."""
    for value in body.values():
        for element in value if isinstance(value, list) else ():
            if not isinstance(element, dict) or element.get("StatusAttributeString") == "WARNING":
                continue
            for error in element.get("ValidationErrors") or ():
                if isinstance(error, dict) and isinstance(error.get("Message"), str):
                    yield error["Message"]
