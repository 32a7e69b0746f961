"""Shopify counts points, not requests: how many are left, and how long to wait for those of the next question.

Source: Shopify's "API limits" page (a bucket that leaks `restoreRate` points a second, told with every answer).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from awra_desk.connectors._http import Number, Reply

DEAREST = 1_000.0
"""Points that one question may cost at most; what a question costs is not known before its first answer."""


@dataclass(slots=True)
class Budget:
    """The points of one shop, as far as its answers told them."""

    costs: dict[str, float] = field(default_factory=dict)
    left: float = 0.0
    rate: float = 0.0
    most: float = 0.0
    told_at: datetime | None = None

    def learn(self, query: str, reply: Reply, now: datetime) -> None:
        """Take in what an answer says about its own cost and the points left."""
        cost = _part(_part(reply.body, "extensions"), "cost")
        throttle = _part(cost, "throttleStatus")
        self.costs[query] = _figure(cost.get("requestedQueryCost"))
        self.left, self.rate = _figure(throttle.get("currentlyAvailable")), _figure(throttle.get("restoreRate"))
        self.most, self.told_at = _figure(throttle.get("maximumAvailable")), now

    def wait(self, query: str, now: datetime) -> float:
        """Seconds until the points for this question are there; 0 when nothing is known of them."""
        if self.told_at is None or self.rate <= 0:
            return 0.0
        there = self.left + (now - self.told_at).total_seconds() * self.rate
        needed = min(self.costs.get(query, DEAREST), self.most)
        return max(needed - there, 0.0) / self.rate


def throttled_for(reply: Reply) -> float:
    """Seconds after which a question that was throttled can be paid for."""
    budget, now = Budget(), datetime.min.replace(tzinfo=UTC)
    budget.learn("", reply, now)
    return budget.wait("", now)


def _part(value: Any, name: str) -> dict[str, Any]:
    part = value.get(name) if isinstance(value, dict) else None
    return part if isinstance(part, dict) else {}


def _figure(value: Any) -> float:
    """Points, which are no money."""
    if isinstance(value, Number):
        return float(value.literal)
    return float(value) if isinstance(value, int) else 0.0
