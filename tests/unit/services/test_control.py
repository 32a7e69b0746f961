"""What a source proves by itself: a balance from zero on, and a count of its records; a break is an exception."""

from dataclasses import replace

import pytest

from awra_desk.domain.controls import ReportedCount
from awra_desk.domain.reasons import Reason
from awra_desk.services.control import COUNTED, RUNNING


@pytest.fixture
def proving(scene, monkeypatch):
    """The scene, its shop telling everything from zero on and counting its records."""
    scene.source.opening, scene.source.claimed = 0, None
    for row in scene.source.rows:
        row["account"] = "balance"
    reported = scene.source.balances
    monkeypatch.setattr(
        scene.source, "balances", lambda days: [replace(one, since_zero=True) for one in reported(days)], raising=False
    )
    monkeypatch.setattr(
        scene.source,
        "counts",
        lambda: [ReportedCount("shop", "balance", scene.source.claimed or len(scene.source.rows))],
        raising=False,
    )
    return scene


def totals(scene):
    with scene.desk.read() as uow:
        return {(total.name, total.currency): (total.expected, total.actual) for total in uow.controls.totals("shop")}


def test_rows_are_held_against_the_balance_and_the_count(proving):
    proving.pull()
    minor = sum(row["minor"] for row in proving.source.rows)
    found = totals(proving)
    assert found[f"{RUNNING}balance", "USD"] == (minor, minor)
    assert found[f"{COUNTED}balance", ""] == (7, 7)


def test_what_was_there_before_the_history_counts_as_its_opening(proving, monkeypatch):
    proving.source.opening = 1_250
    from_zero = proving.source.balances
    monkeypatch.setattr(
        proving.source, "balances", lambda days: [replace(one, opening=1_250) for one in from_zero(days)]
    )
    shop, _ = proving.pull()
    assert f"{RUNNING}balance" not in shop.broken
    minor = sum(row["minor"] for row in proving.source.rows)
    assert totals(proving)[f"{RUNNING}balance", "USD"] == (minor + 1_250, minor + 1_250)
    proving.source.opening -= 1
    shop, _ = proving.pull()
    assert f"{RUNNING}balance" in shop.broken


def test_a_missing_row_breaks_both_and_is_an_exception(proving):
    hidden = proving.source.rows.pop()
    proving.source.opening += hidden["minor"]
    proving.source.claimed = 7
    shop, _ = proving.pull()
    assert {f"{RUNNING}balance", f"{COUNTED}balance"} <= set(shop.broken)
    proving.reconcile()
    breaks = [item for item in proving.exceptions() if item.reason == Reason.BALANCE_BREAK]
    by_name = {item.members[0][1]: item for item in breaks}
    assert by_name[f"shop: {RUNNING}balance"].minor == -hidden["minor"]
    assert by_name[f"shop: {COUNTED}balance"].minor == 0
    assert '"actual": "6", "expected": "7"' in by_name[f"shop: {COUNTED}balance"].evidence


def test_a_row_that_came_in_late_mends_both(proving):
    hidden = proving.source.rows.pop()
    proving.source.opening += hidden["minor"]
    proving.source.claimed = 7
    proving.pull()
    proving.reconcile()
    proving.source.rows.append(hidden)
    proving.source.opening -= hidden["minor"]
    shop, _ = proving.pull()
    assert f"{RUNNING}balance" not in shop.broken
    assert f"{COUNTED}balance" not in shop.broken
    proving.reconcile()
    open_items = [item for item in proving.exceptions() if item.state.value != "resolved"]
    assert not [item for item in open_items if item.members[0][1].startswith(f"shop: {RUNNING}")]


def test_a_currency_that_is_no_longer_named_must_have_come_to_nothing(proving, monkeypatch):
    proving.pull()
    balance = replace(proving.source.balances([])[0], currency="EUR", minor=0)
    monkeypatch.setattr(proving.source, "balances", lambda days: [balance], raising=False)
    shop, _ = proving.pull()
    minor = sum(row["minor"] for row in proving.source.rows)
    assert totals(proving)[f"{RUNNING}balance", "USD"] == (0, minor)
    assert totals(proving)[f"{RUNNING}balance", "EUR"] == (0, 0)
    assert f"{RUNNING}balance" in shop.broken


def test_a_balance_that_does_not_begin_at_zero_proves_nothing_by_itself(scene):
    scene.pull()
    assert not [name for name, _ in totals(scene) if name.startswith((RUNNING, COUNTED))]
