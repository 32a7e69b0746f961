"""What looks like a key and names no document suggests at most."""

import json
import random

import pytest

from awra_desk.matching import numbering, text
from tests.unit.matching.builders import confirmed, item, left_open, pair, run, suggested


def own_series(count: int, prefix: str = "") -> tuple[list, list, set]:
    """Two sides that number their own rows from 1001 in two orders; true pairs agree in amount and day."""
    chance = random.Random(6)
    amounts = chance.sample(range(20_000, 900_000), count)
    orders = [chance.sample(range(count), count) for _ in range(2)]
    sides = [
        [
            item(
                f"{at:03d}", amounts[at], f"{prefix}{1001 + place}", day=3 + at % 20, description=f"Shop {amounts[at]}"
            )
            for place, at in enumerate(order)
        ]
        for order in orders
    ]
    return sides[0], sides[1], {pair(f"{at:03d}", f"{at:03d}") for at in range(count)}


@pytest.mark.parametrize("prefix", ["", "RCT-"])
def test_numbers_of_two_own_series_confirm_nothing_and_hold_nothing_back(prefix: str) -> None:
    source, ledger, truth = own_series(60, prefix)
    found = confirmed(run(source, ledger))
    assert found <= truth
    assert len(found) > 50


def test_an_own_number_whose_amounts_agree_by_chance_is_suggested_with_the_reason() -> None:
    source, ledger, _ = own_series(40)
    source.append(item("stray", 50_000, "1999", day=2))
    ledger.append(item("lost", 50_000, "1999", day=27))
    result = run(source, ledger)
    assert suggested(result)[pair("stray", "lost")] == "AMBIGUOUS"
    told = result.members["explanation"][result.members["id"] == "stray"][0]
    assert json.loads(told)["blocks"] == ["numbers"]


def test_few_disagreeing_pairs_change_nothing() -> None:
    source = [item(f"{n}", 1000 * (n + 2), f"{1001 + n}") for n in range(7)]
    ledger = [item(f"{n}", 3000 * (n + 2), f"{1001 + n}", day=20) for n in range(7)]
    both = [item("same", 48_723, "1999", day=2)], [item("same", 48_723, "1999", day=27)]
    assert pair("same", "same") in confirmed(run([*source, *both[0]], [*ledger, *both[1]]))


@pytest.mark.parametrize("share", [0.7, 0.97])
def test_a_shared_series_whose_amounts_stand_in_one_proportion_keeps_its_word(share: float) -> None:
    amounts = [10_000 + 731 * n for n in range(30)]
    source = [item(f"{n}", amount, f"{1001 + n}") for n, amount in enumerate(amounts)]
    ledger = [item(f"{n}", int(amount * share), f"{1001 + n}", day=20) for n, amount in enumerate(amounts)]
    both = [item("same", 48_723, "1999", day=2)], [item("same", 48_723, "1999", day=27)]
    result = run([*source, *both[0]], [*ledger, *both[1]])
    assert pair("same", "same") in confirmed(result)
    assert suggested(result)[pair("0", "0")] == "AMOUNT_DIFFERENCE"


def test_identifiers_of_a_namespace_and_listed_columns_keep_their_word() -> None:
    same = [item("same", 48_723, "ch_1999", day=2)], [item("same", 48_723, "ch_1999", day=27)]
    source = [item(f"{n}", 10_000 + 731 * n, f"ch_{1001 + n}") for n in range(20)]
    ledger = [item(f"{n}", 90_000 - 1913 * n, f"ch_{1001 + n}") for n in range(20)]
    assert pair("same", "same") in confirmed(run([*source, *same[0]], [*ledger, *same[1]]))
    source, ledger, _ = own_series(30)
    same = [item("same", 48_723, "1999", day=2)], [item("same", 48_723, "1999", day=27)]
    listed = run([*source, *same[0]], [*ledger, *same[1]], hard_keys=("references",))
    assert pair("same", "same") in confirmed(listed)


def test_one_form_does_not_speak_for_another() -> None:
    source, ledger, _ = own_series(30)
    source.append(item("same", 48_700, "INV-1999", day=2))
    ledger.append(item("same", 48_700, "INV-1999", day=27))
    assert pair("same", "same") in confirmed(run(source, ledger))


@pytest.mark.parametrize(("key", "form"), [("1004", "9999"), ("inv12", "inv99"), ("a1b22", "a9a99"), ("x", "a")])
def test_form(key: str, form: str) -> None:
    assert numbering.form(key) == form


PERIODS = ["SEP2026", "Sep-2026", "September 2026", "2026Sep", "FY2026", "FY26/27", "Q3 2026", "Q3FY26", "WK37"]


@pytest.mark.parametrize("period", PERIODS)
def test_a_period_is_no_key(period: str) -> None:
    one, other = item("a", 50_000, period, day=2), item("x", 50_000, period, day=27)
    assert suggested(run([one], [other])) == {pair("a", "x"): "AMBIGUOUS"}
    said = run([{**one, "references": "", "description": f"Rent {period} Amina"}], [other])
    assert not confirmed(said)
    assert not confirmed(run([item("a", 5, description=f"Rent {period}")], [item("x", 5, description=period, day=27)]))
    group = [item("a", 30_000, period), item("b", 20_000, period)]
    assert not confirmed(run(group, [item("x", 50_000, period)]))


@pytest.mark.parametrize("said", ["2026-09", "17-09-26", "14.32.07", "1430hrs", "10:30am", "2026-09-17T14:30", "14h30"])
def test_dates_and_times_in_texts_are_no_keys(said: str) -> None:
    assert list(text.text_keys(said)) == []


@pytest.mark.parametrize("number", ["2026-09", "MAR1001", "DEC-1042", "H112", "W1042", "ORD-0000"])
def test_what_may_be_a_document_s_number_stays_a_key(number: str) -> None:
    assert confirmed(run([item("a", 50_000, number, day=2)], [item("x", 50_000, number, day=27)]))


@pytest.mark.parametrize("zeros", ["0000", "000000", "X000"])
def test_zeros_are_no_key(zeros: str) -> None:
    result = run([item("a", 50_000, zeros, day=2)], [item("x", 50_000, zeros, day=27)])
    assert suggested(result) == {pair("a", "x"): "AMBIGUOUS"}


@pytest.mark.parametrize(
    ("one", "other", "sure"),
    [
        ("2026/1/11", "2026/11/1", False),
        ("11-2345", "112-345", False),
        ("Unit 1-12", "unit 11-2", False),
        ("2026-001", "2026001", True),
        ("INV 2026/001", "inv-2026-001", True),
        ("INV-1001", "inv 1001", True),
    ],
)
def test_digits_divided_in_two_ways_are_two_documents(one: str, other: str, *, sure: bool) -> None:
    result = run([item("a", 50_000, one, day=2)], [item("x", 50_000, other, day=27)])
    assert (confirmed(result) or set(suggested(result))) == {pair("a", "x")}
    assert bool(confirmed(result)) == sure


@pytest.mark.parametrize(
    ("one", "other", "sure"),
    [
        ("ORD97922-1", "ORD97922-2", False),
        ("ORD97922-A", "ORD97922-B", False),
        ("ORD97922A", "ORD97922B", False),
        ("SO5478", "SO54782", False),
        ("ORD97922-1", "ORD97922-01", True),
        ("ORD97922-1", "88231", True),
    ],
)
def test_an_equal_amount_does_not_make_two_parts_one(one: str, other: str, *, sure: bool) -> None:
    result = run([item("a", 42_921, one)], [item("x", 42_921, other)])
    assert bool(confirmed(result)) == sure
    assert sure or set(suggested(result)) == {pair("a", "x")}
    assert not left_open(result)
