"""What Stripe's oddities mean: its rows of the failure policy, and how they are recognised.

Sources: Stripe's "Error handling", "Rate limits" ("lock_timeout is not about your rate") and "Versioning" pages; the
header Stripe-Should-Retry as the official SDKs (stripe-python, `_should_retry`) obey it.
"""

from __future__ import annotations

from awra_desk.connectors._http import DEFAULT_POLICY, Action, Reply, Rule, Trouble, Written

VERSION = "2022-11-15"
"""The API version asked for in every request; contract-1.toml reads no other."""

POLICY = DEFAULT_POLICY.adding(
    {
        "lock_timeout": Rule(
            Action.RETRY, "unavailable", Written.NO, "is busy with the same object", "Try again in a minute."
        ),
        "retry": Rule(Action.RETRY, "unavailable", Written.UNKNOWN, "asks to repeat the request", "Try again later."),
        "no_retry": Rule(
            Action.FAIL, "unavailable", Written.UNKNOWN, "asks not to repeat the request", "Try again later."
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


def inspect(reply: Reply) -> Trouble | None:
    """The trouble in an answer beyond what its status says, or None."""
    answered = reply.headers.get("stripe-version", VERSION)
    if answered != VERSION:
        return Trouble("version", f"it was {answered}")
    if reply.status < 300:
        return None
    error = reply.body.get("error") if isinstance(reply.body, dict) else None
    told = error if isinstance(error, dict) else {}
    words = str(told.get("message") or "").rstrip(".")
    advice = reply.headers.get("stripe-should-retry")
    if advice == "false" and (reply.status in (409, 429) or reply.status >= 500):
        return Trouble("no_retry", words)
    if reply.status == 429:
        return Trouble("lock_timeout", words) if told.get("code") == "lock_timeout" else None
    return Trouble("retry", words) if advice == "true" else None
