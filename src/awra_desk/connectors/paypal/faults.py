"""What PayPal's error answers mean: its rows of the failure policy, and the words for people.

Sources: the error schemas of its Transaction Search document (tests/contracts/paypal) and its pages "Troubleshooting"
(RESULTSET_TOO_LARGE) and "Transaction Search API Integration Guide" (permission).
"""

from __future__ import annotations

from typing import Any

from awra_desk.connectors._http import DEFAULT_POLICY, Action, Reply, Rule, Trouble, Written

TOO_LARGE = "RESULTSET_TOO_LARGE"
"""More than 10,000 transactions in the window that was asked for."""

POLICY = DEFAULT_POLICY.adding(
    {
        "403": Rule(
            Action.FAIL,
            "auth",
            Written.REFUSED,
            "does not allow this with the app's credentials",
            "Switch on Transaction Search and Disputes for the app on developer.paypal.com; it takes up to nine hours.",
        )
    }
)


def inspect(reply: Reply) -> Trouble | None:
    """The trouble in an answer, in PayPal's own words; None where its status says enough."""
    if reply.status < 400 or not isinstance(reply.body, dict) or is_too_large(reply):
        return None
    if not isinstance(reply.body.get("name"), str):
        return None
    return Trouble(str(reply.status), _words(reply))


def is_too_large(reply: Reply) -> bool:
    """Whether the window holds more than PayPal hands out."""
    return reply.status == 400 and isinstance(reply.body, dict) and reply.body.get("name") == TOO_LARGE


def _words(reply: Reply) -> str:
    """Message, what is wrong with which field, and PayPal's own name of the request where no header has it."""
    body: dict[str, Any] = reply.body
    details = body.get("details")
    told = [_detail(detail) for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
    words = [str(body.get("message") or body["name"]).rstrip("."), *filter(None, told)]
    if not reply.request_id and body.get("debug_id"):
        words.append(f"debug id {body['debug_id']}")
    return "; ".join(words)


def _detail(detail: dict[str, Any]) -> str:
    said = str(detail.get("description") or detail.get("issue") or "").rstrip(".")
    return f"{detail['field']}: {said}" if detail.get("field") else said
