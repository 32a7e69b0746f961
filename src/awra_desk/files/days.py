"""Booking days of a column of ISO dates and instants, in a named zone."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from awra_desk.domain.dates import booking_day
from awra_desk.ports import arrow

_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}", re.ASCII)
_DATES = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def parse_days(cells: Any, zone: str) -> tuple[NDArray[np.datetime64], dict[int, str]]:
    """Booking day of each cell (datetime64[D], NaT for a blank one), and what is wrong with the cells that have none
    (place -> words).

    Args:
        cells: pyarrow string array. zone: IANA name; an instant without offset is in it.
    """
    trimmed = pc.utf8_trim_whitespace(cells)
    texts = arrow.texts(trimmed)
    days = np.full(len(cells), np.datetime64("NaT"), dtype="datetime64[D]")
    fast = arrow.mask(pc.match_substring_regex(trimmed, _DATES))
    try:
        days[fast] = texts[fast].astype("datetime64[D]")
    except ValueError:  # some day does not exist, such as February 30th: the rows tell one by one which
        fast[:] = False
    problems = {}
    for place in np.flatnonzero(~fast).tolist():
        outcome = parse_day(texts[place], zone)
        if isinstance(outcome, str):
            problems[place] = outcome
        elif outcome is not None:
            days[place] = np.datetime64(outcome, "D")
    return days, problems


@lru_cache(maxsize=65536)
def parse_day(text: str, zone: str) -> date | str | None:
    """Booking day of one ISO date or instant, None for a blank one, or what is wrong with it."""
    if not text:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
        return instant.date() if instant.tzinfo is None else booking_day(instant, zone)
    except (ValueError, OverflowError):
        return f"{text!r} is not an ISO date or instant such as 2026-10-31 or 2026-10-31T09:30:00Z"
