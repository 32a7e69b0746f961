"""Keys, tokens, namespaces and near-agreement."""

import pytest

from awra_desk.matching import text


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("INV-1001", "inv1001"),
        (" inv 1001 ", "inv1001"),
        ("ＩＮＶ－１００１", "inv1001"),
        ("#1042", "1042"),
        ("A-1", ""),
        ("RENT", ""),
        ("rent october", ""),
        ("ch_AbCdEf", "chabcdef"),
        ("SJKLMNOPQR", "sjklmnopqr"),
        ("", ""),
        ("---", ""),
    ],
)
def test_key_of_a_reference(reference: str, key: str) -> None:
    assert text.key_of(reference) == key
    assert text.keys_of([reference, "X-12345"]) == [key, "x12345"]


@pytest.mark.parametrize(
    ("value", "space"),
    [
        ("ch_1ABC", "ch_"),
        ("po_9", "po_"),
        ("abcde_1", ""),
        ("Ch_1", ""),
        ("SJK12ABCDE", "mpesa"),
        ("0712345678", ""),
        ("INV-1001", ""),
    ],
)
def test_namespace(value: str, space: str) -> None:
    assert text.namespace(value) == space


def test_texts_hold_whole_tokens_and_spans() -> None:
    keys = set(text.text_keys("Payment for INV 1001, order #77881 (ch_1AbC)"))
    assert {"inv1001", "77881", "order77881", "ch1abc"} <= keys
    assert "1001inv" not in keys
    assert "7788" not in keys


@pytest.mark.parametrize("said", ["paid 2026-10-05", "5 Oct 2026", "total 1,234.50", "sum 99.99", "05102026"])
def test_dates_years_and_amounts_in_texts_are_no_keys(said: str) -> None:
    assert not [key for key in text.text_keys(said) if key.isdigit()]


@pytest.mark.parametrize("said", ["RESTAURANT", "bank_fee", "payment received"])
def test_words_without_digits_are_no_keys_in_texts(said: str) -> None:
    assert list(text.text_keys(said)) == []


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("chab12cd34", "chab12cd3", True),  # truncated
        ("inv000123", "inv123", True),  # zero-padded
        ("chab12cd34", "chab21cd34", True),  # two neighbours swapped
        ("chab12cd34", "chab1xcd34", True),  # one changed
        ("chab12cd34", "chab12cxd34", True),  # one added
        ("chab12cd34", "chab12cd34", False),  # the same is not near
        ("inv1001", "inv1002", False),  # the next number
        ("inv1001", "inv1010", False),
        ("inv100123", "inv900123", True),
        ("ab12", "ab13", False),  # too short to tell
        ("chab12cd34", "chzz12cd34", False),
    ],
)
def test_near(one: str, other: str, agree: bool) -> None:
    assert text.near(one, other) is agree
    assert text.near(other, one) is agree


@pytest.mark.parametrize(
    ("key", "scheme"), [("inv1001", "inv"), ("100123", "#6"), ("chab12x", ""), ("i5", ""), ("inv10a", "")]
)
def test_scheme(key: str, scheme: str) -> None:
    assert text.scheme(key) == scheme


def test_hard_ids_by_namespace() -> None:
    found = text.hard_ids("ch_1AbC\npo_77", "refund of ch_9ZZ1 and SJK12ABCDE")
    assert found == {"ch_": {"ch1abc", "ch9zz1"}, "po_": {"po77"}, "mpesa": {"sjk12abcde"}}
