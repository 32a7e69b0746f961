"""Rescue: whatever stands on the account is decomposed, and the lines add up to it to the cent."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.dates import Period
from awra_desk.domain.runs import ItemCategory, ReconcilingItem, SideTotals, Statement
from awra_desk.services.rescue import BEFORE, HELD, UNEXPLAINED, decomposed, rescue
from tests.unit.services.conftest import NAME, PERIOD

NAMES = {"source": "shop", "ledger": "books"}
MINOR = st.integers(-(10**9), 10**9)
ITEMS = st.lists(
    st.builds(
        ReconcilingItem,
        category=st.sampled_from(ItemCategory),
        side=st.sampled_from(("source", "ledger")),
        record_id=st.text("abc", min_size=1, max_size=4),
        day=st.dates(date(2025, 1, 1), date(2026, 10, 31)),
        minor=MINOR,
        words=st.just(""),
    ),
    max_size=12,
)


def statement(items, source, ledger):
    return Statement("co", NAME, "USD", Period.month("2026-10"), SideTotals(0, 0, source), SideTotals(0, 0, ledger),
                     tuple(items))  # fmt: skip


@given(items=ITEMS, source=MINOR, ledger=MINOR, carried=MINOR)
def test_the_lines_add_up_to_the_ledgers_balance(items, source, ledger, carried):
    lines = decomposed(statement(items, source, ledger), NAMES, carried)
    assert sum(line.minor for line in lines) == ledger
    assert sum(len(line.records) for line in lines) == len(items)


@given(items=ITEMS, order=st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(items, order):
    shuffled = items[:]
    order.shuffle(shuffled)
    assert decomposed(statement(items, 0, 0), NAMES, 0) == decomposed(statement(shuffled, 0, 0), NAMES, 0)


def test_what_lies_before_the_records_is_named_apart_from_what_nothing_explains():
    lines = decomposed(statement([], 100, 175), NAMES, 50)
    assert [(line.cause, line.minor) for line in lines] == [(HELD, 100), (BEFORE, 50), (UNEXPLAINED, 25)]


def test_a_reconciled_month_is_decomposed_by_month_source_and_cause(scene):
    scene.pull()
    scene.reconcile()
    found = rescue(scene.desk, NAME, PERIOD)
    assert [(line.origin, line.source, line.cause, line.minor, len(line.records)) for line in found.lines] == [
        ("", "shop", HELD, 9_274, 0),
        ("2026-10", "shop", ItemCategory.MISSING_IN_LEDGER.value, -1_052, 4),
    ]
    assert found.balance == sum(line.minor for line in found.lines)


def test_without_a_take_on_there_is_nothing_to_decompose(scene):
    with pytest.raises(Exception, match="unknown"):
        rescue(scene.desk, "Nothing", PERIOD)
