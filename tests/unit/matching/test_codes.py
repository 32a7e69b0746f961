"""Texts as numbers, and Arrow columns to numpy and back."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.matching.codes import coded
from awra_desk.matching.gates import _maybe_id, _some_id
from awra_desk.ports import arrow


@given(st.lists(st.sampled_from(["", "a", "b", "é", "\ud800"]), max_size=12))
def test_codes_are_places_among_the_distinct_in_order_of_appearance(texts: list[str]) -> None:
    codes, names = coded(texts)
    assert [names[code] for code in codes.tolist()] == texts
    assert names == list(dict.fromkeys(texts))


@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=8))
def test_strings_and_texts_undo_each_other(texts: list[str]) -> None:
    assert arrow.strings(texts).to_pylist() == texts
    assert arrow.texts(arrow.strings(texts)).tolist() == texts


@given(st.lists(st.booleans(), max_size=20), st.integers(0, 5))
def test_masks_keep_their_flags_also_in_a_part_of_an_array(flags: list[bool], start: int) -> None:
    array = arrow.flags(np.array(flags, dtype=bool))
    assert arrow.mask(array[start:]).tolist() == flags[start:]
    mask = arrow.mask(array)
    mask[:] = False  # its own to change
    assert array.to_pylist() == flags


def test_numbers_of_a_part() -> None:
    assert arrow.numbers(pa.array([1, 2, 3], pa.int32())[1:]).tolist() == [2, 3]


def test_half_a_character_is_no_arrow_text() -> None:
    with pytest.raises(UnicodeEncodeError):
        arrow.strings(["\ud800"])


@given(st.lists(st.text(st.sampled_from("AZ09_é\ud800 a-"), max_size=14), max_size=6))
def test_some_text_may_hold_an_identifier_when_one_of_them_may(texts: list[str]) -> None:
    assert _some_id(texts) == any(map(_maybe_id, texts))
