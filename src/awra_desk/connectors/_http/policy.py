"""What to do when a request fails, as one table: trouble -> action, kind, whether a write may have happened, and the
words for the user.

A trouble is a status ("429"), a status class ("5xx"), a failure of the line ("connect", "timeout", "dropped",
"truncated", "undecodable", "oversized", "certificate", "unsendable") or a provider's own error code, which its
connector adds with `Policy.adding`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto


class Action(Enum):
    """What the client does next."""

    RETRY = auto()  # wait (backoff, or Retry-After) and repeat
    FAIL = auto()
    REFRESH = auto()  # renew the credentials once, then repeat
    RATE_LIMITED = auto()  # like RETRY, and hold back every other request of this connection


class Written(Enum):
    """What a failed write has done at the provider."""

    NO = auto()  # certainly nothing
    REFUSED = auto()  # the provider answered that it did not
    UNKNOWN = auto()  # the answer is lost


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Attributes:
        kind: of `ports.connections.TransportError`.
        words: what happened, to follow the provider's name; remedy: what the user does when it stays so.
    """

    action: Action
    kind: str
    written: Written
    words: str
    remedy: str


_WAIT = "Try again later."
_CHECK = "Check the connection's settings."
_RULES: dict[str, Rule] = {
    "connect": Rule(
        Action.RETRY, "unavailable", Written.NO, "could not be reached", "Check the network, then try again."
    ),
    "certificate": Rule(
        Action.FAIL,
        "unavailable",
        Written.NO,
        "shows a certificate that is not trusted",
        "Ask your network's administrator.",
    ),
    "unsendable": Rule(Action.FAIL, "protocol", Written.NO, "cannot be asked this", "Report this as a defect."),
    "timeout": Rule(Action.RETRY, "unavailable", Written.UNKNOWN, "did not answer in time", _WAIT),
    "dropped": Rule(Action.RETRY, "unavailable", Written.UNKNOWN, "closed the line before it answered", _WAIT),
    "truncated": Rule(Action.RETRY, "protocol", Written.UNKNOWN, "sent half an answer", _WAIT),
    "undecodable": Rule(Action.RETRY, "protocol", Written.UNKNOWN, "sent an answer that is not sound JSON", _WAIT),
    "oversized": Rule(
        Action.FAIL, "protocol", Written.UNKNOWN, "sent more than a page may hold", "Report this as a defect."
    ),
    "3xx": Rule(
        Action.FAIL,
        "protocol",
        Written.UNKNOWN,
        "sends us elsewhere; credentials do not follow",
        "Correct the base URL.",
    ),
    "401": Rule(
        Action.REFRESH, "auth", Written.NO, "does not accept the key", "Enter the key again, or sign in again."
    ),
    "403": Rule(
        Action.FAIL, "auth", Written.REFUSED, "does not allow this with the key", "Give the key the missing permission."
    ),
    "408": Rule(Action.RETRY, "unavailable", Written.UNKNOWN, "gave up waiting for the request", _WAIT),
    "409": Rule(Action.FAIL, "refused", Written.UNKNOWN, "is busy with the same object", _WAIT),
    "425": Rule(Action.RETRY, "unavailable", Written.NO, "asks to repeat the request", _WAIT),
    "429": Rule(Action.RATE_LIMITED, "rate", Written.NO, "has had too many requests", _WAIT),
    "4xx": Rule(Action.FAIL, "refused", Written.REFUSED, "refused the request", _CHECK),
    "501": Rule(Action.FAIL, "refused", Written.REFUSED, "does not know this request", _CHECK),
    "5xx": Rule(Action.RETRY, "unavailable", Written.UNKNOWN, "has trouble of its own", _WAIT),
}
_OTHER = Rule(Action.FAIL, "protocol", Written.UNKNOWN, "answered out of order", "Report this as a defect.")


@dataclass(frozen=True, slots=True)
class Policy:
    """The table with its limits.

    Attributes:
        attempts: requests made at most, the first included; 1 to 10.
        budget: seconds from the first request after which none is begun.
        base, ceiling: seconds; the n-th wait is drawn between half and all of min(ceiling, base * 2^(n-1)).
        longest_wait: seconds; who asks for a longer wait (Retry-After) is not waited for.
    """

    rules: Mapping[str, Rule] = field(default_factory=lambda: _RULES)
    attempts: int = 6
    budget: float = 300.0
    base: float = 0.5
    ceiling: float = 30.0
    longest_wait: float = 120.0

    def __post_init__(self) -> None:
        if not 1 <= self.attempts <= 10:
            raise ValueError("attempts must be 1 to 10")

    def adding(self, rules: Mapping[str, Rule]) -> Policy:
        """This policy with a provider's own rows."""
        return replace(self, rules={**self.rules, **rules})

    def rule(self, trouble: str) -> Rule:
        """The row for a trouble: its own, else that of its status class."""
        status_class = f"{trouble[0]}xx" if re.fullmatch(r"\d{3}", trouble) else ""
        return self.rules.get(trouble) or self.rules.get(status_class, _OTHER)

    def backoff(self, attempt: int, rng: random.Random) -> float:
        """Seconds to wait after the attempt-th request (from 1) failed; jittered so that clients do not return in
        step.
        """
        most = min(self.ceiling, self.base * 2 ** (attempt - 1))
        return rng.uniform(most / 2, most)


DEFAULT_POLICY = Policy()


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds the provider asks us to wait, from seconds or an HTTP date (RFC 9110 §10.2.3); None when it says nothing
    readable.

    Args:
        now: what a date is held against: the answer's own Date where it has one, because it is by the same clock.
    """
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return float(text) if len(text) <= 15 else float("inf")
    moment = http_date(text)
    return None if moment is None else max((moment - now).total_seconds(), 0.0)


def http_date(header: str | None) -> datetime | None:
    """The aware instant of an HTTP date, or None when it is none."""
    try:
        moment = parsedate_to_datetime((header or "").strip())
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
