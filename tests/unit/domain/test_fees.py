"""Fee schedules: exact to the minor unit, whatever the steps; published tariffs give the published fees."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.domain.fee_text import parse_schedules
from awra_desk.domain.fees import Base, Charge, FeeSchedule, Rounding, Step, Tier, expected_fee, variance
from awra_desk.services.tariffs import names, text_of

DAY = date(2026, 10, 5)


def schedule(*steps, **more):
    return FeeSchedule("S", "USD", steps, **more)


def charge(gross, fee, **more):
    found = Charge("c1", "charge", DAY, "USD", gross, fee, 0, "Order 1", {"method": "card"})
    return replace(found, **more)


def step(percent="0", flat=0, **more):
    return Step("fee", (Tier(None, flat, Decimal(percent)),), **more)


def total(found, gross):
    return sum(minor for _, minor in expected_fee(found, gross))


@pytest.mark.parametrize(
    ("rounding", "fee"),
    [(Rounding.HALF_UP, 3), (Rounding.HALF_EVEN, 2), (Rounding.FLOOR, 2), (Rounding.CEIL, 3)],
)
def test_half_a_cent_goes_where_the_step_says(rounding, fee):
    assert total(schedule(step("2.5", rounding=rounding)), 100) == fee


def test_parallel_steps_look_at_the_gross_and_cascading_ones_at_the_rest():
    first, second = step("10"), step("10")
    assert total(schedule(first, second), 10_000) == 2_000
    assert total(schedule(first, replace(second, base=Base.NET)), 10_000) == 1_900
    assert total(schedule(first, replace(second, base=Base.FEES)), 10_000) == 1_100


def test_bands_and_slices():
    tiers = (Tier(10_000, 0, Decimal(2)), Tier(50_000, 0, Decimal(1)))
    whole, sliced = (schedule(Step("fee", tiers, graduated=flag)) for flag in (False, True))
    assert [total(whole, gross) for gross in (10_000, 10_001, 50_000)] == [200, 100, 500]
    assert [total(sliced, gross) for gross in (10_000, 10_001, 50_000)] == [200, 200, 600]
    assert expected_fee(whole, 50_001) is None  # the tariff ends there
    assert expected_fee(sliced, 50_001) is None


def test_bounds_and_units():
    found = schedule(step("1", minimum=50, maximum=500))
    assert [total(found, gross) for gross in (0, 100, 10_000, 90_000)] == [0, 50, 100, 500]
    assert total(schedule(step("1.5", unit=100, rounding=Rounding.CEIL)), 10_100) == 200


@pytest.mark.parametrize(
    ("fee", "tolerance", "difference"),
    [(320, 0, None), (321, 0, 1), (319, 0, -1), (321, 1, None), (322, 1, 2), (-5, 1_000, -325)],
)
def test_a_charged_fee_is_held_against_the_expected(fee, tolerance, difference):
    found = variance((schedule(step("2.9", 30), tolerance=tolerance),), charge(10_000, fee))
    assert (found.difference if found else None) == difference


def test_the_first_schedule_that_covers_decides_and_others_may_apply_instead():
    home, abroad = schedule(step("2.9")), replace(schedule(step("4.4")), name="abroad")
    assert variance((home, abroad), charge(10_000, 440)).schedule == "S"
    either = home, replace(abroad, or_else=True)
    assert variance(either, charge(10_000, 440)) is None
    assert variance(either, charge(10_000, 441)).expected == 290


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "refund"}, {"currency": "KES"}, {"day": date(2026, 9, 30)}, {"day": date(2026, 11, 1)}, {"gross": -1},
        {"description": "Sale"}, {"dimensions": {}},
    ],
)  # fmt: skip
def test_what_a_schedule_does_not_speak_of_has_no_variance(other):
    found = schedule(
        step("2.9"), contains=("order",), dimensions=(("method", "card"),), valid_from=date(2026, 10, 1),
        valid_to=date(2026, 10, 31),
    )  # fmt: skip
    assert variance((found,), charge(10_000, 1)) is not None
    assert variance((found,), charge(10_000, 1, **other) if "gross" not in other else charge(-1, 1)) is None


def test_tax_counts_where_the_schedule_holds_it():
    with_tax = schedule(step("10"), Step("VAT", (Tier(None, 0, Decimal(20)),), base=Base.FEES), with_tax=True)
    assert variance((with_tax,), charge(1_000, 100, tax=20)) is None
    assert variance((replace(with_tax, with_tax=False),), charge(1_000, 100, tax=20)).difference == -20


amounts = st.integers(0, 10**12)
percents = st.decimals(0, 100, places=3, allow_nan=False, allow_infinity=False)
steps = st.builds(
    lambda percent, flat, base, rounding: Step("s", (Tier(None, flat, percent),), base, rounding=rounding),
    percents,
    st.integers(0, 10_000),
    st.sampled_from(Base),
    st.sampled_from(Rounding),
)


@given(st.lists(steps, max_size=4), amounts)
def test_each_step_is_within_a_unit_of_the_exact_share_and_never_negative(found, gross):
    parts, so_far = expected_fee(schedule(*found), gross), 0
    for each, (_, minor) in zip(found, parts, strict=True):
        base = {Base.GROSS: gross, Base.NET: max(gross - so_far, 0), Base.FEES: so_far}[each.base]
        exact = each.tiers[0].flat + base * Fraction(each.tiers[0].percent) / 100 if base else Fraction(0)
        assert abs(minor - exact) < 1
        assert minor >= 0
        so_far += minor


@given(st.lists(steps, max_size=3), amounts, amounts)
def test_parallel_fees_do_not_fall_as_the_amount_rises(found, one, other):
    plain = schedule(*(replace(each, base=Base.GROSS) for each in found))
    low, high = sorted((one, other))
    assert total(plain, low) <= total(plain, high)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=5, unique=True), percents, amounts)
def test_slices_of_one_rate_are_that_rate(bounds, percent, gross):
    tiers = (*(Tier(bound, 0, percent) for bound in sorted(bounds)), Tier(None, 0, percent))
    assert total(schedule(Step("s", tiers, graduated=True)), gross) == total(schedule(step(percent)), gross)


@given(st.lists(steps, min_size=1, max_size=3), amounts, st.integers(-3, 3))
def test_what_is_charged_as_expected_is_no_variance_and_anything_else_is(found, gross, off):
    known = schedule(*found)
    fee = total(known, gross)
    wrong = variance((known,), charge(gross, fee + off))
    assert (wrong is not None) == (off != 0 and gross > 0)
    assert wrong is None or wrong.difference == off


PUBLISHED = [
    ("stripe-united-states", "charge", "USD", "100.00", "3.20", {}),
    ("stripe-united-states", "charge", "USD", "100.00", "4.70", {}),  # a card from abroad
    ("paystack-kenya", "charge", "KES", "1000.00", "15.00", {"method": "mobile_money"}),
    ("paystack-kenya", "charge", "KES", "1000.00", "29.00", {"method": "card"}),
    ("paystack-nigeria", "charge", "NGN", "2000.00", "30.00", {}),
    ("paystack-nigeria", "charge", "NGN", "5000.00", "175.00", {}),
    ("paystack-nigeria", "charge", "NGN", "200000.00", "2000.00", {}),
    ("paystack-south-africa", "charge", "ZAR", "100.00", "4.49", {"method": "card"}),  # 3.90 and VAT 0.585 of it
    ("mpesa-paybill-mgao", "charge", "KES", "2600.00", "9.00", {}),
    ("mpesa-paybill-business-pays", "charge", "KES", "100.00", "0.00", {}),
    ("mpesa-paybill-business-pays", "charge", "KES", "101.00", "5.00", {}),
    ("mpesa-paybill-business-pays", "charge", "KES", "250000.00", "108.00", {}),
]


@pytest.mark.parametrize(("tariff", "kind", "currency", "gross", "fee", "dimensions"), PUBLISHED)
def test_published_tariffs_give_the_published_fees(tariff, kind, currency, gross, fee, dimensions):
    schedules = parse_schedules(text_of(tariff), tariff)
    minor = int(Decimal(gross) * 100)
    right = Charge("c", kind, DAY, currency, minor, int(Decimal(fee) * 100), 0, "", dimensions)
    assert any(known.covers(right) for known in schedules)
    assert variance(schedules, right) is None
    assert variance(schedules, replace(right, fee=right.fee + 1)) is not None


def test_every_tariff_says_where_and_when_it_was_looked_up():
    for name in names():
        for found in parse_schedules(text_of(name), name):
            assert found.cited.startswith("https://"), name
            assert found.checked, name


PLAIN = '[[schedules]]\nname = "S"\ncurrency = "USD"\n[[schedules.steps]]\npercent = "1"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[schedules]]", r"schedules\[1\]: the schedule has no name"),
        ('[[schedules]]\nname = "S"', "currency '' is not an ISO 4217 code"),
        ('[[schedules]]\nname = "S"\ncurrency = "USD"', "the schedule has no step"),
        (PLAIN + PLAIN, "'S' comes twice"),
        (PLAIN + "tiers = [{ flat = 1 }]", "either flat and percent, or tiers"),
        (PLAIN + "maximum = '0.001'", r"steps\[1\].maximum: amount '0.001' has more decimals than USD"),
        (PLAIN + "minimum = 2\nmaximum = 1", "minimum is above maximum"),
        (PLAIN + "base = 'all'", "base: 'all' is unknown. Known are gross, net, fees"),
        (PLAIN + "rounding = 'up'", "Known are half_up, half_even, floor, ceil"),
        (PLAIN + "fixed = 1", "this key is unknown"),
        (PLAIN.replace("percent", "tiers = [{ up_to = 2, flat = 1 }, { up_to = 1 }]\n#"), "the tiers do not ascend"),
        (PLAIN.replace("percent", "tiers = [{ flat = 1 }, { up_to = 1 }]\n#"), "the tiers do not ascend"),
        (PLAIN.replace("currency", "valid_from = 2026-02-01\nvalid_to = 2026-01-01\ncurrency"), "valid_from is after"),
    ],
)
def test_what_cannot_be_a_schedule_is_refused_with_its_place(text, words):
    with pytest.raises(UsageError, match=words) as refused:
        parse_schedules(text, "fees.toml")
    assert refused.value.text.startswith("fees.toml")
