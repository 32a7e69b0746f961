"""Amounts are read exactly or not at all."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.files.amounts import LARGEST, AmountStyle, parse_amount, parse_amounts

PLAIN = AmountStyle()
EUROPEAN = AmountStyle(thousands=".", decimal=",", parentheses=True)
AMERICAN = AmountStyle(thousands=",", parentheses=True)


def read(texts: list[str], decimals: int = 2, style: AmountStyle = PLAIN) -> tuple[list[int], dict[int, str]]:
    minor, problems = parse_amounts(pa.array(texts, pa.string()), np.full(len(texts), decimals), style)
    return minor.tolist(), problems


@pytest.mark.parametrize(
    ("text", "decimals", "minor"),
    [
        ("10", 2, 1000),
        (" 10.5 ", 2, 1050),
        ("-0.01", 2, -1),
        ("+7.00", 2, 700),
        (".5", 2, 50),
        ("5.", 2, 500),
        ("1e3", 2, 100000),
        ("1.5E-1", 2, 15),
        ("10.500", 2, 1050),
        ("1234567", 0, 1234567),
        ("1.2345", 4, 12345),
        ("1.234", 3, 1234),
        ("99999999999999.99", 2, 9999999999999999),
        ("0.30000000000000004", 2, 30),
        ("1234.5600000000001", 2, 123456),
        ("19.989999999999998", 2, 1999),
        ("-0", 2, 0),
    ],
)
def test_read_exactly(text: str, decimals: int, minor: int) -> None:
    assert read([text], decimals) == ([minor], {})
    assert parse_amount(text.strip(), decimals, PLAIN) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "x",
        "1,000.00",
        "(5.00)",
        "1 000",
        "٣",
        "−5",
        "1_000",
        "nan",
        "inf",
        "1e",
        "--5",
        "5-",
        "$5",
        "0x10",
        "1e9999",
        "5.001",
        "0.3000001",
        "1e30",
    ],
)
def test_refused(text: str) -> None:
    minor, problems = read(["1.00", text])
    assert minor[0] == 100
    assert list(problems) == [1]


@given(st.lists(st.decimals(-(10**13), 10**13, places=2), max_size=30))
def test_the_column_agrees_with_decimal(values: list[Decimal]) -> None:
    minor, problems = read([str(value) for value in values])
    assert not problems
    assert minor == [int(value * 100) for value in values]


@given(st.floats(-1e12, 1e12).map(lambda value: round(value, 2)))
def test_what_a_float_column_writes_is_read_back(value: float) -> None:
    shaky = repr(value + 0.1 - 0.1)
    if abs(Decimal(shaky) - Decimal(repr(value))) < Decimal("1e-9") * max(1, abs(int(value))):
        minor, problems = read([repr(value)])
        assert not problems
        assert minor[0] == int((Decimal(repr(value)) * 100).to_integral_value())


@pytest.mark.parametrize(
    ("rounding", "text", "minor"),
    [
        ("half_up", "1.005", 101),
        ("half_up", "-1.005", -101),
        ("half_even", "1.005", 100),
        ("half_even", "1.015", 102),
        ("floor", "-1.001", -101),
        ("ceil", "1.001", 101),
        ("truncate", "-1.009", -100),
    ],
)
def test_excess_precision_as_declared(rounding: str, text: str, minor: int) -> None:
    assert read([text], 2, AmountStyle(excess_precision=rounding)) == ([minor], {})


@pytest.mark.parametrize(
    ("style", "text", "minor"),
    [
        (AMERICAN, "1,234.50", 123450),
        (AMERICAN, "(1,234.50)", -123450),
        (AMERICAN, "1234.50", 123450),
        (EUROPEAN, "1.234,50", 123450),
        (EUROPEAN, "-1.234.567,5", -123456750),
        (EUROPEAN, "( 12,00 )", -1200),
    ],
)
def test_declared_styles(style: AmountStyle, text: str, minor: int) -> None:
    assert read([text], 2, style) == ([minor], {})


@pytest.mark.parametrize(
    ("style", "text"),
    [
        (AMERICAN, "12,34.50"),
        (AMERICAN, "1,2345"),
        (AMERICAN, ",5"),
        (AMERICAN, "(-5)"),
        (EUROPEAN, "1,234.50"),
        (EUROPEAN, "1.23"),
    ],
)
def test_what_does_not_keep_to_the_style(style: AmountStyle, text: str) -> None:
    assert read([text], 2, style)[1]


def test_too_large_is_refused() -> None:
    assert read([str(LARGEST // 100), f"-{LARGEST // 100 + 1}"]) == (
        [LARGEST, 0],
        {1: f"'-{LARGEST // 100 + 1}' is too large"},
    )


def test_decimals_per_row() -> None:
    minor, problems = parse_amounts(pa.array(["1.5", "1.5", "1.5"]), np.array([2, 0, 3]), PLAIN)
    assert minor.tolist() == [150, 0, 1500]
    assert list(problems) == [1]


@pytest.mark.parametrize(
    "wrong", [{"excess_precision": "up"}, {"decimal": ""}, {"decimal": "5"}, {"thousands": "ab"}, {"thousands": "."}]
)
def test_impossible_styles(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        AmountStyle(**wrong)
