"""What looks like agreement and proves nothing is never confirmed."""

import pytest

from awra_desk.matching.fuzzy import _expected_share
from tests.unit.matching.builders import confirmed, item, pair, run


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Rent October 2026", "Salary October 2026"),
        ("Dinner table 12", "Lunch table 12"),
        ("Invoice week 41", "Wages week 41"),
        ("5 Oct 2026 market", "5 Oct 2026 wages"),
        ("1000 units", "1000 bags"),
        ("COVID19 relief", "COVID19 tests"),
        ("net 30", "paid net 30"),
    ],
)
def test_a_phrase_that_two_texts_share_is_no_key(one, other):
    result = run([item("a", 5500, description=one)], [item("x", 5500, description=other, day=29)])
    assert not confirmed(result)


@pytest.mark.parametrize("key", ["SO-88812", "ch_3NabXYZ", "20418833"])
def test_an_identifier_that_two_texts_share_is_one(key):
    result = run([item("a", 5512, description=f"Order {key}")], [item("x", 5512, description=f"Paid {key} card")])
    assert confirmed(result) == {pair("a", "x")}


def test_a_day_s_channel_does_not_name_a_single_row():
    result = run([item("a", 35000, "INV-1006", channel="shop1")], [item("x", 35000, "INV-1004", channel="shop1")])
    assert not confirmed(result)


def test_a_day_s_channel_does_not_take_a_row_from_its_reference():
    source = [item("a", 10000, "INV-1001", channel="shop1"), item("b", 20000, channel="shop1")]
    ledger = [item("x", 30000, channel="shop1"), item("y", 9000, "INV-1001")]
    assert not confirmed(run(source, ledger))


@pytest.mark.parametrize(("count", "total", "share"), [(1, 2, 1.0), (1, 19, 1.0), (1, 99, 0.02), (49, 99, 0.5)])
def test_few_rows_say_nothing_of_how_common_a_text_is(count, total, share):
    assert _expected_share(count, total) == share
