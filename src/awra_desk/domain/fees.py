"""Fee schedules: what a provider agreed to charge, computed exactly, and how far a charged fee is off it.

A schedule is a list of steps. Each takes a share of its base, adds a flat amount, is rounded, then held between its
minimum and maximum. Steps side by side look at the gross (parallel), one after the other at what is left of it
(cascading), and a tax looks at the fees before it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import takewhile


class Rounding(StrEnum):
    """How a fraction of a minor unit becomes a whole one; fees are not negative, so up is away from zero."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    FLOOR = "floor"
    CEIL = "ceil"


class Base(StrEnum):
    """What a step takes its share of."""

    GROSS = "gross"
    NET = "net"  # the gross less the steps before it: cascading
    FEES = "fees"  # the steps before it: a tax on the fee


@dataclass(frozen=True, slots=True)
class Tier:
    """A band of the base, up to and including so many minor units (None: without end)."""

    up_to: int | None
    flat: int = 0
    percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a fee.

    Attributes:
        tiers: bands by ascending `up_to`; a single one for a plain percentage or flat amount. graduated: each band's
            share is taken of the part of the base inside it, else the band that holds the base decides alone; a base
            above the last band costs what the schedule cannot say.
        unit: rounded to a multiple of so many minor units. minimum, maximum: minor units, None is no bound; a base of
            zero costs nothing, whatever the minimum.
    """

    name: str
    tiers: tuple[Tier, ...]
    base: Base = Base.GROSS
    graduated: bool = False
    rounding: Rounding = Rounding.HALF_UP
    unit: int = 1
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """What a source charges for some of its records, from a day on.

    Attributes:
        kinds, contains, dimensions: which records: of one of the kinds, their description holding one of these texts
            (letter case aside), with these values in their dimensions; empty parts say nothing.
        valid_from, valid_to: booking days, inclusive; None is no bound.
        tolerance: minor units by which a charged fee may be off, inclusive.
        with_tax: the expected fee holds its tax, so the tax that was charged counts, too.
        or_else: it may apply instead of the schedule before it, where a record does not say which of them does (a
            card's origin): a fee is right if one of them gives it.
        cited, checked: where the tariff is published, and the day somebody looked.
    """

    name: str
    currency: str
    steps: tuple[Step, ...]
    kinds: tuple[str, ...] = ("charge",)
    contains: tuple[str, ...] = ()
    dimensions: tuple[tuple[str, str], ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    tolerance: int = 0
    with_tax: bool = False
    or_else: bool = False
    cited: str = ""
    checked: date | None = None

    def covers(self, charge: Charge) -> bool:
        """Whether the schedule speaks of this charge."""
        said = charge.description.casefold()
        return (
            charge.currency == self.currency
            and charge.gross > 0
            and (not self.kinds or charge.kind in self.kinds)
            and (self.valid_from is None or charge.day >= self.valid_from)
            and (self.valid_to is None or charge.day <= self.valid_to)
            and (not self.contains or any(text.casefold() in said for text in self.contains))
            and all(charge.dimensions.get(name) == value for name, value in self.dimensions)
        )


@dataclass(frozen=True, slots=True)
class Charge:
    """A record with a fee.

    Attributes:
        gross, fee, tax: minor units of `currency`; fee and tax (on the fee) are positive where the provider kept them.
    """

    record_id: str
    kind: str
    day: date
    currency: str
    gross: int
    fee: int
    tax: int
    description: str
    dimensions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Variance:
    """A charged fee that is not the expected one; minor units.

    Attributes:
        parts: what each step of the schedule comes to, by name.
    """

    charge: Charge
    schedule: str
    expected: int
    charged: int
    parts: tuple[tuple[str, int], ...]

    @property
    def difference(self) -> int:
        """Charged less expected: positive where too much was kept."""
        return self.charged - self.expected


def expected_fee(schedule: FeeSchedule, gross: int) -> tuple[tuple[str, int], ...] | None:
    """Name and minor units of each step for a gross amount; None where a step's tiers end below its base.

    Raises:
        ValueError: the gross amount is negative.
    """
    if gross < 0:
        raise ValueError("a fee is computed of a gross amount that is not negative")
    parts: list[tuple[str, int]] = []
    for step in schedule.steps:
        so_far = sum(minor for _, minor in parts)
        base = {Base.GROSS: gross, Base.NET: max(gross - so_far, 0), Base.FEES: so_far}[step.base]
        minor = _step(step, base)
        if minor is None:
            return None
        parts.append((step.name, minor))
    return tuple(parts)


def variance(schedules: tuple[FeeSchedule, ...], charge: Charge) -> Variance | None:
    """How far the charge's fee is off the schedule that covers it, and off those that may apply instead; told of the
    first. None where it is not, or none can say.

    More settled than the gross, a fee below zero, is always one: no tolerance allows it.
    """
    held = [found for schedule in applicable(schedules, charge) if (found := _against(schedule, charge))]
    if not held or any(allowed for _, allowed in held):
        return None
    return held[0][0]


def applicable(schedules: tuple[FeeSchedule, ...], charge: Charge) -> list[FeeSchedule]:
    """The first schedule that covers the charge, and those behind it that may apply instead."""
    covering = [schedule for schedule in schedules if schedule.covers(charge)]
    return covering[:1] + list(takewhile(lambda schedule: schedule.or_else, covering[1:]))


def _against(schedule: FeeSchedule, charge: Charge) -> tuple[Variance, bool] | None:
    """What the schedule expects, and whether the charged fee is that; None where it cannot say."""
    parts = expected_fee(schedule, charge.gross)
    if parts is None:
        return None
    charged = charge.fee + (charge.tax if schedule.with_tax else 0)
    found = Variance(charge, schedule.name, sum(minor for _, minor in parts), charged, parts)
    return found, found.difference == 0 or (abs(found.difference) <= schedule.tolerance and charged >= 0)


def _step(step: Step, base: int) -> int | None:
    if base == 0:
        return 0
    value = _graduated(step, base) if step.graduated else _banded(step, base)
    if value is None:
        return None
    minor = _rounded(value / step.unit, step.rounding) * step.unit
    minor = minor if step.minimum is None else max(minor, step.minimum)
    return minor if step.maximum is None else min(minor, step.maximum)


def _banded(step: Step, base: int) -> Fraction | None:
    for tier in step.tiers:
        if tier.up_to is None or base <= tier.up_to:
            return tier.flat + base * Fraction(tier.percent) / 100
    return None


def _graduated(step: Step, base: int) -> Fraction | None:
    total, low = Fraction(0), 0
    for tier in step.tiers:
        high = base if tier.up_to is None else min(base, tier.up_to)
        total += tier.flat + (high - low) * Fraction(tier.percent) / 100
        if high == base:
            return total
        low = high
    return None


def _rounded(value: Fraction, rounding: Rounding) -> int:
    if rounding == Rounding.FLOOR:
        return math.floor(value)
    if rounding == Rounding.CEIL:
        return math.ceil(value)
    if rounding == Rounding.HALF_EVEN:
        return round(value)
    return math.floor(value + Fraction(1, 2))
