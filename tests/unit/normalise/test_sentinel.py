"""The drift sentinel: what is new is told once, outermost, with whether the contract reads it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.drift import DriftKind
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import Sentinel, dumps, interpret, load_contract
from awra_desk.normalise.shape import OPEN_KEYS, Shape, is_known, learn
from tests.unit.normalise.samples import SHOP

AT = datetime(2026, 10, 1, tzinfo=UTC)
CONTRACT = load_contract(SHOP)
SALE = {
    "id": "s1", "at": 1_790_000_000, "type": "sale", "amount": 1000, "net": 990, "currency": "usd", "till": "2",
    "status": "done", "number": "#1001", "note": None, "memo": "x",
    "fees": [{"type": "card", "amount": 10, "currency": "usd"}],
    "source": {"amount": 1000, "currency": "usd", "customer": {"name": "Jane"}},
}  # fmt: skip


def watched(records, known=None):
    sentinel = Sentinel(CONTRACT, known or {}, AT)
    raw = [RawRecord("shop", "sales", item.get("id", "?"), dumps(item), AT) for item in records]
    interpret(CONTRACT, raw, company="co", zone="UTC", read=sentinel.read)
    return sentinel


@pytest.fixture
def known():
    return watched([SALE]).shapes()


def told(records, known):
    return [(drift.kind, drift.path, drift.before, drift.now, drift.read) for drift in watched(records, known).told()]


def test_the_first_run_is_the_baseline_and_the_same_again_is_no_news(known):
    assert watched([SALE, {**SALE, "extra": 1}]).told() == []
    assert told([SALE], known) == []


@pytest.mark.parametrize(
    ("change", "news"),
    [
        ({"loyalty": {"points": 3}}, (DriftKind.NEW_FIELD, "loyalty", "", "object", False)),
        ({"memo": 5}, (DriftKind.NEW_TYPE, "memo", "text", "number", False)),
        ({"number": 5}, (DriftKind.NEW_TYPE, "number", "text", "number", True)),
        ({"type": "gift"}, (DriftKind.NEW_WORD, "type", "sale", "gift", True)),
        ({"status": None}, (DriftKind.NOW_NULL, "status", "text", "null", True)),
        ({"source": None}, (DriftKind.NOW_NULL, "source", "object", "null", True)),
        (
            {"fees": [{"type": "levy", "amount": 10, "currency": "usd"}]},
            (DriftKind.NEW_WORD, "fees[].type", "card", "levy", True),
        ),
        ({"fees": [{"type": "card", "amount": 10}]}, (DriftKind.NOW_NULL, "fees[].currency", "text", "null", True)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_kind_of_change_is_told_with_what_it_touches(known, change, news):
    assert news in told([{**SALE, **change}], known)


def test_what_the_contract_does_not_read_may_be_absent(known):
    assert told([{name: value for name, value in SALE.items() if name != "memo"}], known) == []


def test_a_change_is_told_once_and_then_known(known):
    changed = {**SALE, "memo": 5}
    sentinel = watched([changed, {**changed, "id": "s2"}], known)
    assert [drift.raw_id.split("@")[0] for drift in sentinel.told()] == ["shop/sales/s1"]
    assert watched([changed], sentinel.shapes()).told() == []


def test_a_record_that_is_rejected_is_looked_at_too(known):
    assert (DriftKind.NEW_TYPE, "amount", "number", "text", True) in told([{**SALE, "amount": "10.00"}], known)


def test_names_that_are_data_are_not_news():
    shape = Shape()
    learn(shape, {"meta": {f"k{number}": 1 for number in range(OPEN_KEYS + 1)}}, ())
    assert learn(shape, {"meta": {"another": 1}}, ()) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@given(values=st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), min_size=1, max_size=5))
def test_after_learning_nothing_is_news_and_the_text_keeps_it_all(values):
    shape = Shape()
    for value in values:
        learn(shape, value, {"a", "b.c"})
    kept = Shape.read(shape.text())
    assert kept.text() == shape.text()
    assert [news for value in values for news in learn(kept, value, {"a", "b.c"})] == []


PLACED = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), PLACED, max_size=3), max_size=12))
def test_what_is_known_at_a_glance_would_teach_nothing(values):
    """Each value twice, so that most are known: learning them all tells the same as learning the unknown ones."""
    worded = {"a", "b.c", "c[]", "a[].b"}
    every, unknown = Shape(), Shape()
    for value in [*values, *values]:
        news = learn(every, value, worded)
        assert ([] if is_known(unknown, value) else learn(unknown, value, worded)) == news
        assert unknown.text() == every.text()


def test_a_record_seen_before_is_known_at_a_glance():
    shape = Shape()
    learn(shape, SALE, {"type", "fees[].type"})
    assert is_known(shape, {**SALE, "id": "s2", "amount": 5})
    assert not is_known(shape, {**SALE, "type": "gift"})
