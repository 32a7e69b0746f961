"""Reading many records at once gives what reading each by itself gives: rows, rejects with their words, evidence."""

import copy
import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awra_desk.normalise import Number
from tests.soak import scaled
from tests.unit.normalise.plainly import compare
from tests.unit.normalise.samples import CONTRACT, record, sale

WORDS = ["usd", "eur", "ugx", "jpy", "xyz", "sale", "back", "hold", "gift", "tax", "card", "in", "out", "void", "true"]
ODD = [
    "", " ", "two  blanks", " x ", "tab\there", "a|b", "| ", "\x00", "\ud800", "Ünï\u00a0code", "#1042 of po_7 po_7",
    "2026-10-31", "2026-02-30", "2026-10-31T17:30:00-07:00", "2026-10-31T17:30:00", "1e3", "12.50", "12.505", "NaN",
    0, 1, -1, 1000, 965, 35, True, False, None, 1_790_827_200, -5, 10**12, 2**63, 10**30, Number("12.50"), Number("-0"),
    Number("1.000"), Number("1e2"), [], {}, [[]], [None], ["usd"], {"name": "n"}, {"amount": 920, "currency": "eur"},
    {"customer": {"name": "n"}},
]  # fmt: skip
ANYTHING = st.one_of(st.sampled_from(WORDS), st.sampled_from(ODD))
SALE_FIELDS = ["id", "type", "at", "currency", "amount", "fees", "net", "note", "number", "till", "status", "source"]
FEE_FIELDS = ["type", "amount", "currency"]
LINE_FIELDS = ["no", "amount", "way", "account", "text"]
DOCUMENT_FIELDS = ["id", "day", "created", "home", "currency", "lines", "texts"]


@st.composite
def sales(draw):
    """A sale, whole or with a few things in it changed."""
    whole = copy.deepcopy(sale())
    for field in draw(st.lists(st.sampled_from(SALE_FIELDS), max_size=2)):
        whole[field] = draw(ANYTHING)
    if isinstance(whole["fees"], list) and draw(st.booleans()):
        for fee in whole["fees"]:
            if isinstance(fee, dict) and draw(st.booleans()):
                fee[draw(st.sampled_from(FEE_FIELDS))] = draw(ANYTHING)
    if draw(st.booleans()):
        whole |= {"note": draw(ANYTHING), "source": {"currency": draw(ANYTHING), "amount": draw(ANYTHING)}}
    return record(whole, external_id=f"s_{draw(st.integers(1, 99))}")


@st.composite
def documents(draw):
    """A document of lines, some of them changed."""
    lines = [
        {"no": number, "amount": Number("12.50"), "way": "in", "account": "35"}
        for number in range(draw(st.integers(0, 3)))
    ]
    for line in lines:
        if draw(st.integers(0, 3)) == 0:
            line[draw(st.sampled_from(LINE_FIELDS))] = draw(ANYTHING)
    whole = {"id": "7", "day": "2026-10-31", "home": "USD", "lines": lines, "texts": [{"line": draw(ANYTHING)}]}
    if draw(st.integers(0, 2)) == 0:
        whole[draw(st.sampled_from(DOCUMENT_FIELDS))] = draw(ANYTHING)
    return record(whole, "lines", f"d_{draw(st.integers(1, 99))}")


NOT_JSON = st.sampled_from(["{", "[1]", '"text"', "null", '{"id": 1, "id": 2}']).map(record)
OTHERS = st.sampled_from([record({"id": "1"}, "proofs"), record({"id": "1"}, "unheard")])


@settings(max_examples=scaled(4_000), deadline=None)
@given(st.lists(st.one_of(sales(), sales(), documents(), NOT_JSON, OTHERS), max_size=8))
def test_a_batch_reads_as_each_record_does(records):
    compare(CONTRACT, records, "America/New_York")


@settings(max_examples=scaled(1_000), deadline=None)
@given(st.lists(sales(), min_size=4, max_size=12), st.integers(1, 4))
def test_wherever_a_batch_ends(records, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("awra_desk.normalise.interpret"), "BATCH", size)
        compare(CONTRACT, records, "America/New_York")
