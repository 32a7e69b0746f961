"""The rolling reserve: from the sixth day on a share of each day's sales is held and released two weeks later."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from awra_desk.sandbox.merchant.charges import Sale
from awra_desk.sandbox.merchant.model import Json
from awra_desk.sandbox.merchant.movements import Journal

_FIRST_DAY = 5
_HELD_DAYS = 14
_PERCENT = 5
# Type and category as Stripe's reports name a risk reserve; the API gives the movement no source object.
_KIND = ("reserve_transaction", "risk_reserved_funds")


@dataclass(frozen=True, slots=True)
class Held:
    """One day's hold and, if it fell into the month, its release."""

    day: date
    hold: Json
    release: Json | None


def hold_reserve(journal: Journal, sales: list[Sale]) -> list[Held]:
    """Holds at the end of each day, releases in the morning of the fourteenth day after."""
    clock = journal.clock
    gross: dict[date, int] = defaultdict(int)
    for sale in sales:
        gross[sale.order.day] += sale.usd
    found = []
    for day in clock.days:
        amount = gross[day] * _PERCENT // 100
        if day < clock.first + timedelta(days=_FIRST_DAY) or not amount:
            continue
        instant = clock.at(day, 86_399)
        hold = journal.move(
            _KIND, -amount, instant, available_on=instant, source=None, description=f"Rolling reserve hold for {day}"
        )
        release = None
        back = day + timedelta(days=_HELD_DAYS)
        if back <= clock.last:
            instant = clock.at(back, 7_200)
            words = f"Rolling reserve release for {day}"
            release = journal.move(_KIND, amount, instant, available_on=instant, source=None, description=words)
        found.append(Held(day, hold, release))
    return found
