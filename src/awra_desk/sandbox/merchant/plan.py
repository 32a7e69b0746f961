"""Which sales the bookkeeper will get wrong, and how; drawn before anything is booked. Rates grow with the month, each
kind at least once.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from awra_desk.sandbox.merchant.clock import Clock
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.merchant.orders import Order
from awra_desk.sandbox.truth import AnomalyKind

_PER_10000: tuple[tuple[AnomalyKind, int, int], ...] = (
    (AnomalyKind.MISSING, 150, 2),
    (AnomalyKind.DOUBLED, 90, 2),
    (AnomalyKind.MISTYPED_AMOUNT, 70, 2),
    (AnomalyKind.TRANSPOSED, 70, 2),
    (AnomalyKind.MISTYPED_REFERENCE, 70, 2),
    (AnomalyKind.MISDATED, 90, 2),
    (AnomalyKind.NET_FOR_GROSS, 60, 2),
)
"""Kind, sales per ten thousand, least number."""
_CUTOFF_PER_10000 = 15
_FX_PER_10000 = 20
_TWINS_BOTH_PER_10000 = 25
_TWINS_ONE_PER_10000 = 12
_SUMMARY_DAYS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """The bookkeeper's month to come.

    Attributes:
        errors: order number -> what happens to it. Of a twin pair both numbers are listed; of `TWINS_ONE` the second is
            never booked.
        summary_days: days booked as one sum; short_day: the one of them whose sum lacks a sale.
        fees_missing: days whose fees are never booked; fees_wrong: days whose fee line is off.
    """

    errors: dict[int, AnomalyKind]
    summary_days: tuple[date, ...]
    short_day: date
    fees_missing: tuple[date, ...]
    fees_wrong: tuple[date, ...]


def make_plan(orders: list[Order], clock: Clock, seed: int) -> Plan:
    """Draw the plan for the month's orders (run-up orders are last month's books and stay untouched)."""
    days = [day for day in clock.days if day >= clock.first]
    summary = sorted(stream(seed, "summary days").sample(days[3:-3], _SUMMARY_DAYS))
    fee_days = stream(seed, "fee days").sample(days[1:-1], max(2, len(days) // 8) + 2)
    month = [order for order in orders if order.day >= clock.first and order.day not in summary]
    drawn = _Draw(month, stream(seed, "sale errors"))
    total = len(month)
    for kind, rate, least in (
        (AnomalyKind.TWINS_BOTH, _TWINS_BOTH_PER_10000, 2),
        (AnomalyKind.TWINS_ONE, _TWINS_ONE_PER_10000, 1),
    ):
        drawn.take_pairs(kind, max(least, total * rate // 10_000))
    late = clock.last - timedelta(days=2)
    drawn.take(AnomalyKind.CUTOFF, max(2, total * _CUTOFF_PER_10000 // 10_000), lambda order: order.day >= late)
    drawn.take(AnomalyKind.FX_RATE, max(2, total * _FX_PER_10000 // 10_000), lambda order: order.currency != "usd")
    for kind, rate, least in _PER_10000:
        drawn.take(kind, max(least, total * rate // 10_000), lambda _: True)
    return Plan(drawn.errors, tuple(summary), summary[1], tuple(sorted(fee_days[2:])), tuple(sorted(fee_days[:2])))


class _Draw:
    """Hands out orders in a random order, each once."""

    def __init__(self, orders: list[Order], draw: random.Random) -> None:
        self.errors: dict[int, AnomalyKind] = {}
        self._by_number = {order.number: order for order in orders}
        self._shuffled = list(orders)
        draw.shuffle(self._shuffled)

    def take(self, kind: AnomalyKind, count: int, fits: Callable[[Order], bool]) -> None:
        for order in self._shuffled:
            if count <= 0:
                return
            if order.number not in self.errors and fits(order):
                self.errors[order.number] = kind
                count -= 1

    def take_pairs(self, kind: AnomalyKind, count: int) -> None:
        """Pairs of neighbouring retail orders of one day, in dollars."""
        for order in self._shuffled:
            if count <= 0:
                return
            other = self._by_number.get(order.number + 1)
            if other is None or other.day != order.day or {order.number, other.number} & self.errors.keys():
                continue
            if not any(one.wholesale or one.currency != "usd" for one in (order, other)):
                self.errors[order.number] = self.errors[other.number] = kind
                count -= 1


def with_twins(orders: list[Order], plan: Plan) -> list[Order]:
    """The orders, the second of each planned pair made a copy of the first: same customer, same goods, its own number
    and minute.
    """
    twins = (AnomalyKind.TWINS_BOTH, AnomalyKind.TWINS_ONE)
    found: list[Order] = []
    first: Order | None = None
    for order in orders:
        if plan.errors.get(order.number) not in twins:
            found.append(order)
        elif first is None:
            first = order
            found.append(order)
        else:
            found.append(replace(first, number=order.number, name=order.name, created=order.created))
            first = None
    return found
