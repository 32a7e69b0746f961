"""Booking days: half-open UTC intervals of calendar days in a named zone, and accounting periods made of them."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from awra_desk.domain.errors import UsageError


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The IANA zone of this name.

    Raises:
        UsageError: no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"zone {name!r} is unknown", remedy="Use an IANA name such as Africa/Nairobi.") from None


def booking_day(instant: datetime, zone_name: str) -> date:
    """The calendar day on which an aware instant falls in the zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    return instant.astimezone(zone(zone_name)).date()


@lru_cache(maxsize=4096)
def day_start(day: date, zone_name: str) -> datetime:
    """First UTC instant of the day.

    The moment the local date becomes `day` or later (local midnight may not exist or come twice).
    """
    place = zone(zone_name)
    low = datetime.combine(day, time(), UTC) - timedelta(hours=30)
    high = datetime.combine(day, time(), UTC) + timedelta(hours=30)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(place).date() >= day:
            high = middle
        else:
            low = middle
    return high


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Whole booking days from `first` to `last`, both inclusive."""

    first: date
    last: date

    @classmethod
    def month(cls, text: str) -> Period:
        """A calendar month written "2026-10".

        Raises:
            UsageError: not of that form.
        """
        found = re.fullmatch(r"(\d{4})-(\d{2})", text)
        if not found or not 1 <= int(found[2]) <= 12:
            raise UsageError(f"period {text!r} is not a month", remedy="Write it like 2026-10.")
        year, month = int(found[1]), int(found[2])
        return cls(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        whole = self.first.day == 1 and self.last == Period.month(f"{self.first:%Y-%m}").last
        return f"{self.first:%Y-%m}" if whole else f"{self.first}..{self.last}"
