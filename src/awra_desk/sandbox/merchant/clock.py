"""The month's days and instants: which second a booking day begins, which days banks work."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from awra_desk.domain.dates import Period, booking_day, day_start

RUN_UP_DAYS = 7
"""Days before the month during which the account already lives."""

DAY = 86_400
SATURDAY = 5


class Clock:
    """Days and seconds of one month in the merchant's zone.

    Attributes:
        first, last: the month's booking days. birth: first day of the run-up.
        start, end: unix seconds, first of the month and first after it. now: its last second.
    """

    def __init__(self, period: Period, zone: str) -> None:
        self.zone = zone
        self.first = period.first
        self.last = period.last
        self.birth = period.first - timedelta(days=RUN_UP_DAYS)
        days = (period.last - self.birth).days + 1
        self.days = tuple(self.birth + timedelta(days=number) for number in range(days))
        self._starts = {
            day: int(day_start(day, zone).timestamp()) for day in (*self.days, period.last + timedelta(days=1))
        }
        self.start = self._starts[period.first]
        self.end = self._starts[period.last + timedelta(days=1)]
        self.now = self.end - 1

    def at(self, day: date, second: int) -> int:
        """Unix seconds of the second of a booking day; the last of a day that daylight saving cut short."""
        return min(self._starts[day] + second, self._starts[day + timedelta(days=1)] - 1)

    def day(self, instant: int) -> date:
        """Booking day of unix seconds."""
        return booking_day(datetime.fromtimestamp(instant, UTC), self.zone)

    def in_month(self, instant: int) -> bool:
        """Whether the instant lies in the month."""
        return self.start <= instant < self.end


def utc_midnight(instant: int, days: int = 0) -> int:
    """Midnight UTC of the instant's UTC date plus some days."""
    return (instant // DAY + days) * DAY


def bank_day(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day
