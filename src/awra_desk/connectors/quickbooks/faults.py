"""What QuickBooks' faults mean: its rows of the failure policy, and how a fault is recognised, even inside a 200.

Codes: Intuit's "Error codes" page; 401 and 403 come from the gateway with other, lower-case names.
"""

from __future__ import annotations

import re
from typing import Any

from awra_desk.connectors._http import DEFAULT_POLICY, Action, Reply, Rule, Trouble, Written

_REFUSED = ("refused", Written.REFUSED)
POLICY = DEFAULT_POLICY.adding(
    {
        "stale": Rule(Action.FAIL, *_REFUSED, "says somebody changed it in the meantime", "Pull it, then try again."),
        "closed": Rule(Action.FAIL, *_REFUSED, "has closed the books for that day", "Use a day of an open period."),
        "unknown": Rule(Action.FAIL, *_REFUSED, "does not hold it", "Pull again; it was deleted or never there."),
        "invalid": Rule(Action.FAIL, *_REFUSED, "refused it", "Correct what it names, then try again."),
        "system": Rule(Action.RETRY, "unavailable", Written.UNKNOWN, "has trouble of its own", "Try again later."),
        "fault": Rule(
            Action.FAIL, "refused", Written.UNKNOWN, "answered with a fault", "Check the connection's settings."
        ),
    }
)

_CODES = {
    "5010": "stale",
    "6210": "closed",
    "6540": "closed",
    "610": "unknown",
    "3001": "429",
    "3200": "401",
    "3100": "403",
    "10000": "system",
}
_KINDS = {
    "validationfault": "invalid",
    "validation": "invalid",
    "authentication": "401",
    "authenticationfault": "401",
    "authorizationfault": "403",
    "systemfault": "system",
}


def inspect(reply: Reply) -> Trouble | None:
    """The trouble a fault in the answer means, or None when there is no fault in it."""
    body = reply.body if isinstance(reply.body, dict) else {}
    fault = body.get("Fault") or body.get("fault")
    if not isinstance(fault, dict):
        return None
    errors = fault.get("Error") or fault.get("error")
    first: dict[str, Any] = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    kind = str(fault.get("type", "")).casefold()
    trouble = _CODES.get(str(first.get("code", "")).lstrip("0")) or _KINDS.get(kind)
    if trouble is None:
        trouble = "fault" if reply.status < 300 else str(reply.status)
    return Trouble(trouble, _words(first))


def _words(error: dict[str, Any]) -> str:
    """QuickBooks' own words: message, detail, field and code."""
    message, detail = (str(error.get(name) or error.get(name.lower()) or "") for name in ("Message", "Detail"))
    if re.fullmatch(r"message=\w+; ?errorCode=\d+; ?statusCode=\d+", message):
        message = ""
    element = f" (field {error['element']})" if error.get("element") else ""
    text = ". ".join(part.strip().rstrip(".") for part in dict.fromkeys((message, detail)) if part.strip())
    return f"{text}{element}, code {error.get('code', 'none')}" if text else ""
