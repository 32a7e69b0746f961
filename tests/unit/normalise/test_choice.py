"""Lists of pairs in contracts: elements chosen by a word, empty texts, and amounts kept with more decimals."""

import json
from datetime import UTC, datetime

import pytest

from awra_desk.domain.errors import UsageError
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import interpret, load_contract
from awra_desk.normalise.fields import Amount, Condition, Misfit, Scope, find
from awra_desk.normalise.sentinel import Sentinel

NOW = datetime(2026, 10, 31, tzinfo=UTC)
META = [
    {"key": "fee", "value": "1.15"},
    {"key": "PayPal Fee", "value": ""},
    {"key": "deep", "value": {"of": 7}},
    None,
    5,
]

PAIRS = """
version = "pairs-1"
[streams.orders]
gone = { path = "paid", present = false }
[[streams.orders.legs]]
external_id = "{id}"
kind = "charge"
when = [{ path = "status", not_in = ["trash"] }, { path = "meta[key=fee].value", filled = true }]
occurred_at = { local = "paid", format = "%Y-%m-%dT%H:%M:%S", zone = "UTC" }
currency = "{meta[key=currency].value|currency}"
amount = { path = "meta[key=fee].value", unit = "major", rounded = true }
account = "orders"
"""


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("meta[key=fee].value", ["1.15"]),
        ("meta[key=PayPal Fee].value", [""]),
        ("meta[key=deep].value.of", [7]),
        ("meta[key=none].value", []),
        ("meta[kind=fee].value", []),
        ("meta[].key", ["fee", "PayPal Fee", "deep"]),
        ("other[key=fee].value", []),
    ],
)
def test_elements_are_chosen_by_a_word(path, values):
    assert list(find(Scope({"meta": META}), path)) == values
    assert list(find(Scope(None, {"meta": META}), f"@.{path}")) == values


@pytest.mark.parametrize(
    ("value", "filled"), [("x", True), ("", False), (None, False), (0, True), ({}, True), ([], True), (False, True)]
)
def test_an_empty_text_is_not_filled(value, filled):
    assert Condition("a", filled=True).holds(Scope({"a": value})) is filled
    assert Condition("a", filled=False).holds(Scope({"a": value})) is not filled


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1.005", "USD", 101),
        ("-1.005", "USD", -101),
        ("1.0049", "USD", 100),
        ("8.3333", "KWD", 8_333),
        ("0.5", "JPY", 1),
        ("12.50", "USD", 1_250),
    ],
)
def test_decimals_beyond_the_currencys_are_rounded_only_where_that_was_asked_for(text, currency, minor):
    scope = Scope({"a": text})
    assert Amount("a", minor=False, rounded=True).read(scope, currency, {}) == minor
    if text not in {"12.50", "8.3333"}:
        with pytest.raises(Misfit, match="more decimals"):
            Amount("a", minor=False).read(scope, currency, {})


@pytest.mark.parametrize("text", ["", "n/a", "1,5", "NaN", "1e999"])
def test_rounding_does_not_make_an_amount_of_what_is_none(text):
    with pytest.raises(Misfit):
        Amount("a", minor=False, rounded=True).read(Scope({"a": text}), "USD", {})


def record(number, **fields):
    whole = {"id": str(number), "status": "done", "currency": "USD", "paid": "2026-10-01T08:00:00", **fields}
    return RawRecord("Shop", "orders", str(number), json.dumps(whole), NOW)


def test_they_are_read_beside_plain_records():
    meta = [{"key": "fee", "value": "1.155"}, {"key": "currency", "value": "KES"}]
    given = [record(1, meta=meta), record(2, meta=[]), record(3), record(4, meta=meta[:1]), record(5, paid=None)]
    result = interpret(load_contract(PAIRS), given, company="co", zone="UTC")
    assert result.rejects == []
    assert result.table["external_id"].tolist() == ["1", "4"]
    assert result.table["amount"].tolist() == [116, 116]
    assert result.table["currency"].tolist() == ["KES", "USD"]


def test_the_sentinel_knows_what_is_read_and_what_decides():
    """A date that must be there decides nothing by its words; a chosen element's field is read."""
    contract = load_contract(PAIRS)
    first = Sentinel(contract, {}, NOW)
    meta = [{"key": "fee", "value": "1.15"}]
    first.watch(record(1, meta=meta), json.loads(record(1, meta=meta).payload))
    later = Sentinel(contract, first.shapes(), NOW)
    changed = record(2, meta=[{"key": "fee", "value": 7}], paid="2026-11-02T08:00:00", status="new")
    later.watch(changed, json.loads(changed.payload))
    told = {(drift.path, drift.read) for drift in later.told()}
    assert told == {("meta[].value", True), ("status", True)}


def test_a_condition_must_say_something():
    with pytest.raises(UsageError, match="filled must be true or false"):
        load_contract(PAIRS.replace("filled = true", 'filled = "yes"'))
