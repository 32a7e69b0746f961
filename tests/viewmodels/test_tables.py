"""Sorting, finding and regrouping many rows: exact against the plain way, and quick at size."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.services.queue import shop_number
from awra_desk.viewmodels.groups import GroupFacts
from awra_desk.viewmodels.ordering import FEW, ranges, rank_numbers, rank_texts
from awra_desk.viewmodels.search import SearchIndex
from awra_desk.viewmodels.slots import Sort
from awra_desk.viewmodels.states import Status, View
from tests.soak import scaled
from tests.viewmodels.big import make_table

texts = st.lists(st.text(max_size=12), max_size=40)


@given(st.lists(st.integers(-(2**40), 2**40), max_size=60), st.booleans())
def test_numbers_sort_stably_either_way(values, descending):
    rows = rank_numbers(np.array(values, dtype=np.int64)).rows(descending=descending).tolist()
    key = (lambda row: -values[row]) if descending else (lambda row: values[row])
    assert rows == sorted(range(len(values)), key=key)


@given(texts, st.booleans())
def test_few_texts_sort_case_folded_with_empty_last(values, descending):
    rows = rank_texts(values).rows(descending=descending)
    shown = [(not values[row], values[row].casefold()) for row in rows]
    assert shown == sorted(shown, reverse=descending)
    assert sorted(rows.tolist()) == list(range(len(values)))


def test_many_different_texts_sort_like_few():
    rng = np.random.default_rng(4)
    values = [
        f"ch_3Pq{a:x}{'é' if a % 7 == 0 else ''}{b:x}" for a, b in rng.integers(0, 900, (FEW + 5_000, 2)).tolist()
    ]
    values += ["", "CH_3pq", "zz"]
    assert len(set(values)) > FEW
    rows = rank_texts(values).rows().tolist()
    assert rows == sorted(range(len(values)), key=lambda row: ((values[row].casefold() or "\U0010ffff").encode(), row))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5)), max_size=20))
def test_ranges_are_the_ranges(parts):
    starts, lengths = (np.array([part[at] for part in parts], dtype=np.int64) for at in (0, 1))
    assert ranges(starts, lengths).tolist() == [start + i for start, length in parts for i in range(length)]


@given(
    st.lists(st.text(alphabet="abAB1 é", max_size=8), max_size=30),
    st.lists(st.text(alphabet="ab1é", max_size=3), max_size=4),
)
def test_typing_finds_what_the_plain_way_finds(values, typed):
    index = SearchIndex(values, np.full(len(values), 10**9, dtype=np.int64), "USD")
    needle = ""
    for more in typed:
        needle += more
        wanted = [needle.strip().casefold() in value.casefold() for value in values]
        assert index.find(needle).tolist() == wanted


@pytest.mark.parametrize(
    ("typed", "minor", "found"),
    [("128.5", -12_850, True), ("128", 12_899, True), ("128.50", 12_851, False), ("1,284", 128_400, True),
     ("0.02", 2, True), ("128", 1_280_000, False)],
)  # fmt: skip
def test_amounts_are_found_by_their_beginning(typed, minor, found):
    assert SearchIndex(["x"], np.array([minor]), "USD").find(typed).tolist() == [found]


@given(st.data())
def test_regrouping_is_undone_by_what_it_returns(data):
    table = make_table(40, seed=data.draw(st.integers(0, 9)), matched=0.6)
    groups = table.groups
    before = snapshot(groups)
    left = data.draw(st.sets(st.integers(0, 39), min_size=1, max_size=4))
    right = data.draw(st.sets(st.integers(0, 39), min_size=1, max_size=4))
    wanted = GroupFacts((tuple(sorted(left)), tuple(sorted(right))), Status.CONFIRMED, "by hand", pinned=True)
    replaced = table.regroup([wanted])
    consistent(table)
    assert (tuple(sorted(left)), tuple(sorted(right)), Status.CONFIRMED) in snapshot(groups)
    table.regroup(replaced)
    consistent(table)
    assert snapshot(groups) == before


def snapshot(groups):
    found = set()
    for group in np.flatnonzero(groups.alive()).tolist():
        left, right = groups.rows(group)
        found.add((tuple(sorted(left)), tuple(sorted(right)), Status(int(groups.status[group]))))
    return found


def consistent(table):
    """Every row is listed once, by day, and each group's slots and sums are its rows'."""
    table.show(View.ALL)
    groups = table.groups
    for side in (0, 1):
        listed = groups.row[side][table.order]
        assert sorted(listed[listed >= 0].tolist()) == list(range(len(table.sides[side])))
    days = groups.day[groups.group[table.order]]
    assert (np.diff(days) >= 0).all()
    for group in np.flatnonzero(groups.alive()).tolist():
        rows = groups.rows(group)
        sums = [sum(int(table.sides[side].minor[row]) for row in rows[side]) for side in (0, 1)]
        assert groups.difference[group] == sums[1] - sums[0]
        assert [groups.count[side][group] for side in (0, 1)] == [len(side) for side in rows]
        assert [groups.first[side][group] for side in (0, 1)] == [side[0] if side else -1 for side in rows]


def milliseconds(action):
    """Processor time, over all threads: what the code takes, not what else the machine does."""
    started = time.process_time()
    action()
    return (time.process_time() - started) * 1000


@pytest.mark.soak
def test_a_million_rows_a_side_sort_and_filter_without_a_stall():
    """The bars hold at full size; a share of the rows gets the same bars, which then are generous."""
    table = make_table(scaled(1_000_000))
    for side in table.sides:
        side.prepare()
    for side, column in (("source", "amount"), ("source", "day"), ("ledger", "amount"), ("source", "kind")):
        took = milliseconds(lambda side=side, column=column: table.set_sort(Sort(side, column)))
        assert took <= 300, f"sort by {side} {column}: {took:.0f} ms"
    took = milliseconds(lambda: table.set_sort(Sort("source", "reference")))
    assert took <= 1_500, f"sort by unique text: {took:.0f} ms"
    table.set_sort(Sort())
    for text in ("0", "00", "004", "0042", "", "k", "ka", "kaf", "", "128.5", ""):
        # Both sides are searched at the same time, so a keystroke waits for half of what both take.
        took = milliseconds(lambda text=text: table.set_filter(text)) / 2
        assert took <= 150, f"filter {text!r}: {took:.0f} ms"


@pytest.mark.parametrize(
    ("references", "number"),
    [
        ("ch_3lgb\nKR-104271\npi_3lgb", "KR-104271"),
        ("po_1lgbX3SUF\ntxn_9\nX3SUF", ""),
        ("T26102200037", "T26102200037"),
        ("FEES", ""),
        ("", ""),
    ],
)
def test_the_number_people_know_is_no_providers_id(references, number):
    assert shop_number(references) == number
