"""Strict JSON: exact numbers, nothing silently taken, one error."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.normalise import JsonRefused, Number, dumps, loads
from awra_desk.normalise.exact_json import MAX_DEPTH, MAX_DIGITS, loads_stored

LITERALS = st.from_regex(r"\A-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?\Z")


@given(literal=LITERALS)
def test_a_number_keeps_its_literal_and_value(literal):
    assert dumps(loads(f'{{"n":[{literal}]}}')) == f'{{"n":[{literal}]}}'
    assert Decimal(loads(literal)) == Decimal(literal)
    assert type(loads(literal)) in (int, Number)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text() | LITERALS.map(Number),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=VALUES)
def test_writing_and_reading_is_the_identity(value):
    text = dumps(value)
    assert dumps(loads(text)) == text
    assert text.encode()


def test_half_a_surrogate_pair_survives():
    text = '{"name":"\\ud800"}'
    assert dumps(loads(text)) == text


BAD = [
    "", " ", "{", '{"a":1', '{"a":"b', "[1,]", "{'a':1}", "NaN", "Infinity", "[-Infinity]",
    '{"a":1,"a":2}', "01", "1.", "+1",
    ".5", "1e400", "1e-9999", "1e99999999999999999999",
    "1" * (MAX_DIGITS + 1), "1." + "0" * MAX_DIGITS, "tru",
    '"\t"', "[1] x",
    "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "[" * 100_000, '{"a":' * 100_000, "\ufeff{}", "// c\n1",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD, ids=lambda text: repr(text[:12]))
def test_everything_else_is_refused_with_one_error(text):
    with pytest.raises(JsonRefused):
        loads(text)


def test_a_cut_is_told_from_a_flaw():
    with pytest.raises(JsonRefused, match="cut off"):
        loads('{"data": [{"id": "a"}, {"id": ')
    with pytest.raises(JsonRefused, match="cut off"):
        loads('{"data": [{"id": "a')
    with pytest.raises(JsonRefused, match="malformed"):
        loads('{"data": [}, {"id": 1}]}')
    with pytest.raises(JsonRefused, match="key 'a' stands twice"):
        loads('{"a": 1, "b": 2, "a": 3}')


def test_a_bracket_inside_a_text_is_no_depth():
    deep = "[" * 1000
    assert loads(f'["{deep}\\"["]') == [deep + '"[']


def test_a_float_has_no_exact_form():
    with pytest.raises(TypeError):
        dumps({"amount": 1.1})


def read(load, text):
    """What it reads with the exact types and literals in it, or the words with which it refuses."""
    try:
        return repr(found := load(text)), dumps(found)
    except JsonRefused as refused:
        return str(refused)


ODD = [
    '{"a":1,"a":1}', '{"a":{"b":1,"b":2}}', "[-0]", "-0", "-0.0", "[1E2,1e2,0.10]", '{"a": 1}', " [1]", "[1]\n",
    '"\\/"',
    '"\\u00e9"', '"é\u2028\x7f"', '"\\ud83d\\ude00"', '"\\ud800"', '"\ud800"', "18446744073709551616", "9" * MAX_DIGITS,
    "[" + "9" * (MAX_DIGITS + 1) + "]", '{"a":' + "9" * 39 + ',"b":-' + "9" * (MAX_DIGITS + 7) + "}", "9" * 5_000,
    '"' + "9" * 5_000 + '"', "[" * MAX_DEPTH + "]" * MAX_DEPTH, '"' + "[" * 100 + '"', '{"":""}', "null", "true",
]  # fmt: skip


@pytest.mark.parametrize("text", [*ODD, *BAD], ids=lambda text: repr(text[:12]))
def test_what_is_stored_is_read_as_anything_else_is(text):
    assert read(loads_stored, text) == read(loads, text)


@given(
    value=VALUES, cut=st.integers(0, 60), put=st.sampled_from(["", "0", "-0", '"', ",", " ", "\\", '"a":1,', "9" * 401])
)
def test_even_where_it_was_changed(value, cut, put):
    text = dumps(value)
    for each in (text, text[:cut] + put + text[cut:], text[:cut] + put):
        assert read(loads_stored, each) == read(loads, each)
