"""Which row of the mapping tables is in force, by day, whatever the order in which rows came."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.mappings import Axis, MappingBook, MappingKey, MappingRow, folded, values_of

START = date(2026, 10, 1)
AT = datetime(2026, 10, 31, tzinfo=UTC)
KEY = MappingKey("books", Axis.GATEWAY, "mpesa", "account.fees")


def row(number, target, after=0, value="M-Pesa"):
    day = START + timedelta(days=after)
    return MappingRow("co", number, "books", Axis.GATEWAY, value, "account.fees", target, day, "amina", AT)


ROWS = st.lists(st.tuples(st.sampled_from(["61", "62", None]), st.integers(0, 4)), max_size=6)


@given(ROWS, st.integers(-1, 5), st.randoms())
def test_the_latest_day_counts_and_of_one_day_the_latest_recorded(said, after, rng):
    rows = [row(number, target, at, "mpesa") for number, (target, at) in enumerate(said, 1)]
    begun = [each for each in rows if each.valid_from <= START + timedelta(days=after)]
    expected = max(begun, key=lambda each: (each.valid_from, each.number), default=None)
    rng.shuffle(rows)
    book = MappingBook(rows)
    day = START + timedelta(days=after)
    assert book.said(KEY, day) is expected
    assert book.row(KEY, day) is (expected if expected and expected.target else None)
    assert book.in_force(day) == ([expected] if expected and expected.target else [])
    assert book.used("books", Axis.GATEWAY, "account.fees", day) is bool(expected and expected.target)


@given(ROWS)
def test_the_effective_rows_say_the_same_on_every_day(said):
    rows = [row(number, target, at) for number, (target, at) in enumerate(said, 1)]
    book = MappingBook(rows)
    kept = list(book.effective())
    assert len({each.valid_from for each in kept}) == len(kept)
    again = MappingBook(kept)
    days = [START + timedelta(days=after) for after in range(-1, 6)]
    assert [again.in_force(day) for day in days] == [book.in_force(day) for day in days]


@pytest.mark.parametrize("value", ["mpesa", "  MPESA", "Mpesa ", "ｍｐｅｓａ"])
def test_values_are_compared_without_case_width_and_outer_spaces(value):
    assert MappingBook([row(1, "62", value=value)]).row(KEY, START) is not None


def test_spaces_inside_count_once():
    assert folded("Two  Rivers\tMall") == folded("two rivers mall")
    assert folded("TwoRivers") != folded("Two Rivers")


def test_a_row_says_itself_in_words():
    assert row(12, "62").words == "gateway M-Pesa: account.fees 62 from 2026-10-01 (row 12)"
    assert row(13, None).words == "gateway M-Pesa: no account.fees from 2026-10-01 (row 13)"


def test_what_a_record_says_comes_from_its_dimensions():
    said = {"method": "card", "branch": "Karen", "warehouse": "Depot", "sku": " ", "channel": "x"}
    assert values_of("charge", said) == ((Axis.GATEWAY, "card"), (Axis.LOCATION, "Karen"))
    assert values_of("charge", {}) == ()
    assert values_of("payout", {"method": "instant", "branch": "Karen"}) == ((Axis.LOCATION, "Karen"),)
