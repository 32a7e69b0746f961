"""Money stays exact in every ISO currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from awra_desk.domain import money
from awra_desk.domain.currencies import EXPONENTS
from awra_desk.domain.money import InvalidAmount, Money

CODES = st.sampled_from(sorted(EXPONENTS))


def test_the_exponent_table_is_the_published_one():
    published = {item.code: item.exponent for item in Currency if item.exponent is not None}
    assert published == EXPONENTS


@given(CODES, st.integers(-(10**15), 10**15))
def test_text_reads_back_as_the_same_minor_units(code, minor):
    assert money.parse(money.to_text(minor, code), code) == minor


@pytest.mark.parametrize(
    ("text", "code", "minor"),
    [("-12.5", "USD", -1250), ("1e3", "KES", 100_000), (" 7 ", "JPY", 7), ("0.001", "KWD", 1), ("-0.00", "EUR", 0)],
)
def test_plain_decimals_are_read(text, code, minor):
    assert money.parse(text, code) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,000.00",
        "(5)",
        "NaN",
        "Infinity",
        "1.005",
        "twelve",
        "1e400x",
        "1e999999",
        "1e-999999999",
        "100.00000000000000000000000000000001",
    ],
)
def test_anything_else_is_refused_by_name(text):
    with pytest.raises(InvalidAmount) as caught:
        money.parse(text, "USD")
    assert repr(text) in caught.value.text
    assert caught.value.remedy


def test_thousands_of_digits_are_no_amount():
    with pytest.raises(InvalidAmount):
        money.parse("9" * 5000, "USD")


def test_an_unknown_currency_is_refused():
    with pytest.raises(InvalidAmount, match="XXQ"):
        money.exponent("XXQ")


def test_money_of_two_currencies_never_adds():
    assert Money("USD", 5) + Money("USD", -7) == Money("USD", -2)
    with pytest.raises(InvalidAmount):
        Money("USD", 5) + Money("KES", 5)


def test_a_float_never_becomes_money():
    with pytest.raises(TypeError):
        Money("USD", 1.0)  # type: ignore[arg-type]


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_allocation_loses_no_unit_and_stays_within_one_of_the_exact_share(minor, weights):
    parts = money.allocate(minor, weights)
    assert sum(parts) == minor
    assert all(
        abs(part * sum(weights) - minor * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True)
    )


def test_people_read_thousands_and_the_code():
    assert money.to_people(-123456789, "USD") == "-1,234,567.89 USD"
    assert money.to_people(1500, "UGX") == "1,500 UGX"
