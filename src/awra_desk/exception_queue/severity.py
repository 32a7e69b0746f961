"""Severity from amount or age, whichever is worse, and the day by which to resolve."""

from __future__ import annotations

from datetime import date, timedelta

from awra_desk.domain.exception_items import Severity

ORDER = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
DAYS_TO_RESOLVE = {Severity.LOW: 14, Severity.MEDIUM: 7, Severity.HIGH: 3, Severity.CRITICAL: 1}
AGE_STEPS = ((90, Severity.CRITICAL), (60, Severity.HIGH), (30, Severity.MEDIUM))


def severity(minor: int, age_days: int, *, materiality_minor: int, expected: bool) -> Severity:
    """The worse of what the amount and the age say.

    Args:
        minor: signed minor units at stake.
        age_days: days since the item's booking day.
        materiality_minor: from here on high; from ten times on critical; from a tenth on medium.
        expected: a timing difference counts by age alone.
    """
    by_age = next((level for days, level in AGE_STEPS if age_days >= days), Severity.LOW)
    if expected:
        return by_age
    size = abs(minor)
    if size >= materiality_minor * 10:
        by_amount = Severity.CRITICAL
    elif size >= materiality_minor:
        by_amount = Severity.HIGH
    elif size * 10 >= materiality_minor:
        by_amount = Severity.MEDIUM
    else:
        by_amount = Severity.LOW
    return max(by_amount, by_age, key=ORDER.index)


def due(opened: date, level: Severity) -> date:
    """Last day to resolve it, counted from the day it entered the queue."""
    return opened + timedelta(days=DAYS_TO_RESOLVE[level])
