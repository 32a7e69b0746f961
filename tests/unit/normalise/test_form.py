"""A form takes only texts that bring no news, and reads them as anything else does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awra_desk.normalise import Number, dumps, loads
from awra_desk.normalise.exact_json import MAX_DEPTH, MAX_DIGITS
from awra_desk.normalise.form import form_of
from awra_desk.normalise.shape import OPEN_KEYS, OPEN_WORDS, Shape, learn
from tests.soak import scaled

WORDED = {"a", "b.c", "c[]", "a[].b"}
NAMES = st.sampled_from(["a", "b", "c", "d e", "\u00e9"])
SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(
    ["x", "y", Number("1.10"), Number("-0"), 2**63, 2**63 - 1, -(2**63), ""]
)  # fmt: skip
PLACED = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=10
)
OBJECTS = st.lists(st.dictionaries(NAMES, PLACED, max_size=4), max_size=8)


def learned(*values, worded=WORDED):
    shape = Shape()
    for value in values:
        learn(shape, value, worded)
    return shape


def read(shape, value, worded=WORDED):
    form = form_of(shape, worded)
    return form.read(value if isinstance(value, str) else dumps(value))


@settings(max_examples=scaled(2_000), deadline=None)
@given(OBJECTS, OBJECTS)
def test_what_a_form_takes_would_teach_nothing(values, others):
    shape = learned(*values)
    form = form_of(shape, WORDED)
    for value in [*values, *others] if form else ():
        found = form.read(dumps(value))
        if found is not None:
            assert repr(found) == repr(loads(dumps(value)))
            before = shape.text()
            assert learn(shape, value, WORDED) == []
            assert shape.text() == before


SALE = {
    "id": "s1", "type": "sale", "at": 5, "net": 990, "rate": Number("1.25"), "note": None, "paid": True, "none": [],
    "of": {}, "fees": [{"type": "card", "amount": 10}],
    "source": {"name": "Jane", "tags": ["x"], "parts": [1, Number("2.5")]},
}  # fmt: skip
WORDS = {"type", "fees[].type"}


@pytest.mark.parametrize(
    "change",
    [
        {}, {"id": "s2", "net": -1, "paid": False}, {"rate": 2}, {"rate": Number("1.250")}, {"fees": []},
        {"fees": SALE["fees"] * 3}, {"source": {"name": "", "tags": [], "parts": [7]}},
    ],
)  # fmt: skip
def test_what_looks_as_before_is_taken(change):
    assert read(learned(SALE, worded=WORDS), SALE | change, WORDS) == SALE | change


@pytest.mark.parametrize(
    "change",
    [
        {"type": "gift"}, {"net": "1"}, {"net": Number("1.5")}, {"net": None}, {"new": 1}, {"note": "x"}, {"none": [1]},
        {"of": {"x": 1}}, {"paid": 1}, {"at": True}, {"fees": [{"type": "levy", "amount": 10}]},
        {"fees": [{"type": "card"}]}, {"fees": [None]},
        {"source": {"name": "Jane", "tags": [1], "parts": []}}, {"source": None}, {"id": 10**401},
    ],
)  # fmt: skip
def test_what_looks_otherwise_is_left(change):
    shape = learned(SALE, worded=WORDS)
    assert read(shape, SALE | change, WORDS) is None
    assert read(shape, dumps({name: value for name, value in SALE.items() if name != "at"}), WORDS) is None


def test_a_text_that_is_not_as_it_would_be_written_is_left():
    shape = learned({"a": 1, "b": "x"})
    assert read(shape, '{"a":1,"b":"x"}') == {"a": 1, "b": "x"}
    for text in ('{"a":1, "b":"x"}', '{"a":1,"a":1,"b":"x"}', '{"a":-0,"b":"x"}', '{"a":1,"b":"\\u0078"}', '{"a":1,'):
        assert read(shape, text) is None


def test_in_an_object_that_is_a_table_any_name_seen_may_hold_anything_within_bounds():
    many = {f"k{number}": 1 for number in range(OPEN_KEYS + 1)}
    shape = learned(many, many | {"more": 1})
    deep, long = "[" * MAX_DEPTH + "]" * MAX_DEPTH, "7" * (MAX_DIGITS + 1)
    assert read(shape, {"k0": 5, "more": {"x": [Number("1.5")]}}) == {"k0": 5, "more": {"x": [Number("1.5")]}}
    assert read(shape, {"k0": "text"}) is None
    for held in (deep, long):
        assert read(shape, f'{{"k0":5,"more":{held}}}') is None


def test_where_words_are_many_they_are_data():
    shape = learned(*({"a": f"w{number}"} for number in range(OPEN_WORDS + 1)))
    assert read(shape, {"a": "another"}) == {"a": "another"}


def test_of_a_name_or_word_that_no_text_can_have_there_is_no_form():
    assert form_of(learned({"\ud800": 1}), WORDED) is None
    assert form_of(learned({"a": "\ud800"}), WORDED) is None
