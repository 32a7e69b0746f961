"""Booking days from ISO dates and instants."""

import pyarrow as pa
import pytest

from awra_desk.files.days import parse_days

NAIROBI = "Africa/Nairobi"


def read(texts: list[str], zone: str = "UTC") -> tuple[list[str], dict[int, str]]:
    days, problems = parse_days(pa.array(texts, pa.string()), zone)
    return days.astype(str).tolist(), problems


@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [
        ("2026-10-05", "UTC", "2026-10-05"),
        (" 2026-10-05 ", "UTC", "2026-10-05"),
        ("2026-10-05T23:30:00Z", "UTC", "2026-10-05"),
        ("2026-10-05T21:00:00Z", NAIROBI, "2026-10-06"),
        ("2026-10-05T20:59:59Z", NAIROBI, "2026-10-05"),
        ("2026-10-05T23:30:00", NAIROBI, "2026-10-05"),
        ("2026-10-05 23:30", "America/New_York", "2026-10-05"),
        ("2026-10-05T23:30:00-05:00", "UTC", "2026-10-06"),
        ("2026-11-01T05:30:00+00:00", "America/New_York", "2026-11-01"),
        ("", "UTC", "NaT"),
    ],
)
def test_day(text: str, zone: str, day: str) -> None:
    assert read([text], zone) == ([day], {})


@pytest.mark.parametrize(
    "text", ["2026-02-30", "05/10/2026", "2026-13-01", "yesterday", "45000", "2026-10-05T25:00:00", "٢٠٢٦-١٠-٠٥"]
)
def test_refused_without_losing_the_others(text: str) -> None:
    days, problems = read(["2026-10-05", text, "2026-10-06"])
    assert list(problems) == [1]
    assert days == ["2026-10-05", "NaT", "2026-10-06"]
