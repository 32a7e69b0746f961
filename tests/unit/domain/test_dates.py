"""Booking days tile time, also where local midnight does not exist."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.dates import Period, booking_day, day_start
from awra_desk.domain.errors import UsageError

AWKWARD = [
    "Africa/Cairo",
    "America/Havana",
    "Asia/Beirut",
    "America/Santiago",
    "Pacific/Apia",
    "Africa/Nairobi",
    "Australia/Lord_Howe",
]


@given(st.sampled_from(sorted(available_timezones())), st.integers(0, 9 * 366 * 86_400))
def test_an_instant_lies_in_exactly_its_own_day(zone, seconds):
    instant = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    day = booking_day(instant, zone)
    assert day_start(day, zone) <= instant < day_start(day + timedelta(days=1), zone)


@pytest.mark.parametrize("zone", AWKWARD)
def test_days_leave_no_gap_and_never_overlap(zone):
    starts = [day_start(date(2024, 1, 1) + timedelta(days=n), zone) for n in range(1100)]
    assert starts == sorted(starts)
    assert all(timedelta(hours=20) < b - a < timedelta(hours=28) for a, b in pairwise(starts))


def test_a_midnight_that_does_not_exist_starts_at_the_next_instant_there_is():
    # Cairo springs forward at 00:00 on 2026-04-24: the day begins at 01:00 local time, 22:00 UTC of the day before.
    assert day_start(date(2026, 4, 24), "Africa/Cairo") == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_a_naive_instant_is_a_defect():
    with pytest.raises(ValueError, match="aware"):
        booking_day(datetime(2026, 10, 1), "UTC")  # noqa: DTZ001


def test_months():
    period = Period.month("2026-02")
    assert (period.first, period.last) == (date(2026, 2, 1), date(2026, 2, 28))
    assert str(period) == "2026-02"
    assert date(2026, 2, 28) in period
    assert date(2026, 3, 1) not in period


@pytest.mark.parametrize("text", ["2026-13", "2026", "october", ""])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(UsageError, match="not a month"):
        Period.month(text)
