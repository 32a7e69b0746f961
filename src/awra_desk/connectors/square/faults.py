"""What Square's errors mean: its rows of the failure policy, and how they are recognised.

Source: the schema `Error` of Square's OpenAPI document, and its "Handling errors" and "Versioning" pages: every answer
may carry a list `errors`, and each answer names the version that wrote it in the header Square-Version.
"""

from __future__ import annotations

from awra_desk.connectors._http import DEFAULT_POLICY, Action, Reply, Rule, Trouble, Written

VERSION = "2025-08-20"
"""The API version asked for in every request; contract-1.toml reads no other."""

_ENTER = "Sign in again, or enter a new access token for this connection."
POLICY = DEFAULT_POLICY.adding(
    {
        "errors": Rule(
            Action.FAIL,
            "protocol",
            Written.UNKNOWN,
            "answered with errors in place of records; nothing of it was kept",
            "Try again later; if it stays so, ask Square.",
        ),
        "expired": Rule(Action.REFRESH, "auth", Written.NO, "says that the access token has expired", _ENTER),
        "revoked": Rule(Action.FAIL, "auth", Written.NO, "says that the access token was revoked", _ENTER),
        "scopes": Rule(
            Action.FAIL,
            "auth",
            Written.REFUSED,
            "does not allow this with the access token",
            "Give the token the missing permission.",
        ),
        "version": Rule(
            Action.FAIL,
            "protocol",
            Written.UNKNOWN,
            f"did not answer in API version {VERSION}, which is the one that is read here; nothing of it was kept",
            "Look for a newer AWRA Desk; nothing else will help.",
        ),
    }
)

_CODES = {
    "ACCESS_TOKEN_EXPIRED": "expired",
    "ACCESS_TOKEN_REVOKED": "revoked",
    "INSUFFICIENT_SCOPES": "scopes",
    "RATE_LIMITED": "429",
    "SERVICE_UNAVAILABLE": "503",
    "GATEWAY_TIMEOUT": "504",
    "BAD_GATEWAY": "502",
    "INTERNAL_SERVER_ERROR": "500",
}
"""Square's codes -> rows of the policy, whatever the status they come with."""


def inspect(reply: Reply) -> Trouble | None:
    """The trouble in an answer beyond what its status says, or None."""
    if reply.headers.get("square-version", VERSION) != VERSION:
        return Trouble("version", f"it was {reply.headers['square-version']}")
    told = reply.body.get("errors") if isinstance(reply.body, dict) else None
    errors = [error for error in told if isinstance(error, dict)] if isinstance(told, list) else []
    if not errors:
        return None
    words = "; ".join(str(error.get("detail") or error.get("code") or "") for error in errors).rstrip(".")
    code = next((_CODES[error["code"]] for error in errors if error.get("code") in _CODES), "")
    if code:
        return Trouble(code, words)
    return Trouble("errors", words) if reply.status < 300 else None
