"""Numbers and dates are read as a file writes them, or not at all."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.normalise import load_contract
from awra_desk.normalise.written import Style, written_date, written_instant

GERMAN = Style(decimal=",", thousands=".")


@pytest.mark.parametrize(
    ("text", "style", "plain"),
    [
        ("1.234,56", GERMAN, "1234.56"),
        ("-1.234", GERMAN, "-1234"),
        ("1234,5", GERMAN, "1234.5"),
        ("+12,00", GERMAN, "12.00"),
        ("1.23,00", GERMAN, None),
        ("1,234.56", GERMAN, None),
        ("1.234.56", GERMAN, None),
        ("1,234.56", Style(thousands=","), "1234.56"),
        ("(12.00)", Style(parentheses=True), "-12.00"),
        ("(-12.00)", Style(parentheses=True), None),
        ("(12.00)", Style(), None),
        ("\N{MINUS SIGN}5.00", Style(), "-5.00"),
        ("$ -5.00", Style(strip="$"), "-5.00"),
        ("-$5.00", Style(strip="$"), "-5.00"),
        ("", Style(), None),
        ("5e3", Style(), None),
        ("\u0665.00", Style(), None),
    ],
)
def test_amounts(text, style, plain):
    assert style.plain(text) == plain


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9))
def test_every_amount_comes_back(amount):
    written = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    assert Decimal(GERMAN.plain(written)) == amount


def test_dates():
    assert written_date("31.10.2026", "%d.%m.%Y") == date(2026, 10, 31)
    assert written_date("10/31/2026", "%d/%m/%Y") is None
    at = datetime(2026, 10, 31, 7, tzinfo=UTC)
    assert written_instant("2026-10-31 10:00", "%Y-%m-%d %H:%M", "Africa/Nairobi") == at
    assert written_instant("2026-10-31 09:00 +0200", "%Y-%m-%d %H:%M %z", "Africa/Nairobi") == at
    assert written_instant("soon", "%Y", "UTC") is None


def contract(extra):
    return f"""version = "x-1"
[[streams.s.legs]]
external_id = "{{id}}"
kind = "bank_line"
currency = "EUR"
account = "balance"
{extra}
"""


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ('occurred_at = { local = "t" }\namount = { path = "a", unit = "major" }', "occurred_at.format is missing"),
        ('occurred_at = { format = "%Y" }\namount = { path = "a", unit = "major" }', "names no path"),
        (
            'occurred_at = { day = "t" }\namount = { path = "a", unit = "major", style = { thousands = "." } }',
            "one sign as decimal mark",
        ),
        ('occurred_at = { day = "t" }\namount = { path = "a", unit = "major", style = { mark = "," } }', "style.mark"),
    ],
)
def test_what_a_contract_cannot_mean_is_named(extra, words):
    with pytest.raises(UsageError, match=words):
        load_contract(contract(extra))
