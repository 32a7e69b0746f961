"""Fee schedules as people write them.

```toml
[[schedules]]
name = "Cards"
currency = "KES"
kinds = ["charge"]                    # the default; contains = ["M-PESA"] and [schedules.dimensions] narrow further
valid_from = 2026-01-01               # and valid_to; both inclusive
tolerance = "0.01"
with_tax = false                      # true: the charged tax on the fee counts, too
or_else = false                       # true: may apply instead of the one before, where records do not say which
cited = "https://…"
checked = 2026-11-25
[[schedules.steps]]
name = "fee"
percent = "2.9"                       # and flat = "30.00"; or tiers instead of both
base = "gross"                        # or "net": what the steps before leave; or "fees": the steps before
rounding = "half_up"                  # or half_even, floor, ceil
unit = "0.01"                         # rounded to a multiple of this
minimum = "1.00"
maximum = "2000.00"
[[schedules.steps]]
name = "transfer"
graduated = false                     # true: each band's share of the part inside it
tiers = [{ up_to = "100", flat = "0" }, { up_to = "500", flat = "5" }, { percent = "1" }]
```
The first schedule that covers a record decides. Amounts are major units.
"""

from __future__ import annotations

from decimal import Decimal

from awra_desk.domain.errors import UsageError
from awra_desk.domain.fees import Base, FeeSchedule, Rounding, Step, Tier
from awra_desk.domain.money import InvalidAmount, exponent, parse
from awra_desk.domain.sections import Section, read_toml


def parse_schedules(text: str, name: str = "the fee schedules") -> tuple[FeeSchedule, ...]:
    """The schedules of a TOML document, in their order.

    Raises:
        UsageError: naming document, place and remedy.
    """
    return read_toml(text, name, _schedules)


def _schedules(top: Section) -> tuple[FeeSchedule, ...]:
    found = tuple(_schedule(section) for section in top.sections("schedules"))
    names = [schedule.name for schedule in found]
    for each in names:
        if names.count(each) > 1:
            raise UsageError(f"{each!r} comes twice", record="schedules", remedy="Give each a name of its own.")
    return found


def _schedule(section: Section) -> FeeSchedule:
    name, currency = section.text("name", "").strip(), section.text("currency", "").strip().upper()
    if not name:
        raise UsageError("the schedule has no name", record=section.name, remedy='Give it one: name = "…".')
    try:
        exponent(currency)
    except InvalidAmount as error:
        raise UsageError(error.what, record=f"{section.name}.currency", remedy=error.remedy) from None
    steps = tuple(_step(each, currency) for each in section.sections("steps"))
    if not steps:
        raise UsageError("the schedule has no step", record=section.name, remedy="Add [[schedules.steps]].")
    fields = section.section("dimensions")
    found = FeeSchedule(
        name=name,
        currency=currency,
        steps=steps,
        kinds=section.texts("kinds") or ("charge",),
        contains=section.texts("contains"),
        dimensions=tuple((each, fields.text(each, "")) for each in sorted(fields.left)),
        valid_from=section.day("valid_from"),
        valid_to=section.day("valid_to"),
        tolerance=_minor(section, "tolerance", currency) or 0,
        with_tax=section.flag("with_tax", default=False),
        or_else=section.flag("or_else", default=False),
        cited=section.text("cited", ""),
        checked=section.day("checked"),
    )
    if found.valid_from and found.valid_to and found.valid_from > found.valid_to:
        raise UsageError("valid_from is after valid_to", record=section.name, remedy="Exchange the two.")
    section.close()
    return found


def _step(section: Section, currency: str) -> Step:
    tiers = tuple(_tier(each, currency) for each in section.sections("tiers"))
    plain = section.has("flat") or section.has("percent")
    if plain == bool(tiers):
        raise UsageError(
            "a step has either flat and percent, or tiers", record=section.name, remedy="Give the one or the others."
        )
    step = Step(
        name=section.text("name", "fee"),
        tiers=tiers or (_tier_of(section, None, currency),),
        base=Base(section.choice("base", Base.GROSS, tuple(Base))),
        graduated=section.flag("graduated", default=False),
        rounding=Rounding(section.choice("rounding", Rounding.HALF_UP, tuple(Rounding))),
        unit=_minor(section, "unit", currency) or 1,
        minimum=_minor(section, "minimum", currency),
        maximum=_minor(section, "maximum", currency),
    )
    bounds = [tier.up_to for tier in step.tiers]
    ends = [bound for bound in bounds if bound is not None]
    if None in bounds[:-1] or ends != sorted(set(ends)):
        raise UsageError("the tiers do not ascend", record=section.name, remedy="Order them by up_to; only the last "
                         "may have none.")  # fmt: skip
    if step.minimum is not None and step.maximum is not None and step.minimum > step.maximum:
        raise UsageError("minimum is above maximum", record=section.name, remedy="Exchange the two.")
    section.close()
    return step


def _tier(section: Section, currency: str) -> Tier:
    tier = _tier_of(section, _minor(section, "up_to", currency), currency)
    section.close()
    return tier


def _tier_of(section: Section, up_to: int | None, currency: str) -> Tier:
    return Tier(up_to, _minor(section, "flat", currency) or 0, section.decimal("percent", Decimal(0)))


def _minor(section: Section, key: str, currency: str) -> int | None:
    """Minor units of an amount in major units, None where it is absent."""
    if not section.has(key):
        return None
    value = section.decimal(key, Decimal(0))
    try:
        return parse(str(value), currency)
    except InvalidAmount as error:
        raise UsageError(error.what, record=f"{section.name}.{key}", remedy=error.remedy) from None
