"""Pull and reconcile over a real workspace: everything fetched has a place, balances prove it, re-runs agree."""

from dataclasses import replace

import pytest

from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.reasons import Reason
from awra_desk.domain.runs import ItemCategory
from awra_desk.ports.connections import TransportError
from tests.unit.services.conftest import NAME, PERIOD
from tests.unit.services.doubles import row


def test_a_pull_holds_against_the_reported_balances(scene):
    shop, books = scene.pull()
    assert (shop.fetched, shop.transactions, shop.control_ok) == (7, 7, True)
    assert (books.fetched, books.transactions, books.control_ok) == (3, 3, True)


def test_a_second_pull_stores_nothing_twice(scene):
    scene.pull()
    again = scene.pull()
    assert [result.new for result in again] == [0, 0]


def test_a_cut_pull_keeps_what_it_has_and_goes_on_there(scene):
    scene.source.cut_after = 2
    with pytest.raises(TransportError):
        scene.pull()
    scene.source.cut_after = None
    shop, _ = scene.pull()
    assert (shop.fetched, shop.transactions, shop.control_ok) == (3, 7, True)


def test_a_missing_row_breaks_the_control_total(scene):
    hidden = scene.source.rows.pop()
    scene.source.opening += hidden["minor"]
    shop, _ = scene.pull()
    assert not shop.control_ok
    assert shop.broken == (f"{NAME}: source balance",)
    scene.reconcile()
    assert Reason.BALANCE_BREAK in {item.reason for item in scene.exceptions()}


def test_what_does_not_fit_its_contract_waits_while_the_rest_goes_on(scene):
    scene.source.rows.insert(1, row("odd", 0, kind="unknown"))
    shop, _ = scene.pull()
    assert (shop.transactions, shop.quarantined) == (7, 1)
    scene.reconcile()
    rejected = [item for item in scene.exceptions() if item.reason == Reason.CONTRACT_REJECT]
    assert len(rejected) == 1
    assert "map it" in rejected[0].evidence


def test_reconciling_explains_every_cent(scene):
    scene.pull()
    result = scene.reconcile()
    assert result.statement.unexplained == 0
    assert result.run.confirmed == 3
    by_reason = {item.reason: item for item in scene.exceptions()}
    missing = [item for item in scene.exceptions() if item.reason == Reason.MISSING_IN_LEDGER]
    assert sorted((len(item.members), item.minor) for item in missing) == [(1, -1_148), (3, 96)]
    assert set(by_reason) == {Reason.MISSING_IN_LEDGER}
    assert {item.category for item in result.statement.items} == {ItemCategory.MISSING_IN_LEDGER}


@pytest.mark.parametrize("side", ["source", "ledger"])
def test_removing_any_row_after_the_pull_shows_as_unexplained(scene, side, monkeypatch):
    scene.pull()
    rows = scene.source.rows if side == "source" else scene.ledger.rows
    stream = "shop/balance" if side == "source" else "books/lines"
    for gone in list(rows):
        result = reconcile_without(scene, monkeypatch, f"{stream}/{gone['id']}")
        assert abs(result.statement.unexplained) == abs(gone["minor"]) != 0


def reconcile_without(scene, monkeypatch, record_id):
    from awra_desk.services import sides

    whole = sides.load_side

    def short(uow, spec, name):
        side = whole(uow, spec, name)
        keep = side.rows["id"] != record_id
        columns = {
            field: getattr(side, field)[keep]
            for field in ("minor", "comparable", "in_scope", "opening_item", "channel")
        }
        return replace(side, rows=side.rows.take(keep), **columns)

    with monkeypatch.context() as patch:
        patch.setattr("awra_desk.services.engine_run.load_side", short)
        return scene.reconcile()


def test_running_again_changes_nothing(scene):
    scene.pull()
    first, second = scene.reconcile(), scene.reconcile()
    assert first.run.matches_digest == second.run.matches_digest
    assert first.run.inputs_digest == second.run.inputs_digest
    assert (second.new, second.cleared, second.withdrawn) == (0, 0, 0)


def test_a_counterpart_that_arrives_later_clears_its_exception(scene):
    scene.pull()
    scene.reconcile()
    scene.ledger.rows.append(row("J4", 1_148, kind="ledger_line", account="35", reference="ch_4a", text="Order ch_4a"))
    scene.pull()
    result = scene.reconcile()
    assert (result.cleared, result.statement.unexplained) == (1, 0)
    cleared = [item for item in scene.exceptions() if item.state == ExceptionState.RESOLVED]
    assert [item.resolution for item in cleared] == ["cleared"]


def test_a_row_dated_after_the_period_is_a_cut_off_item_of_it(scene):
    scene.ledger.rows.append(
        row(
            "J4",
            1_148,
            kind="ledger_line",
            account="35",
            reference="ch_4a",
            text="ch_4a",
            day=PERIOD.last.replace(month=11, day=2),
        )
    )
    scene.pull()
    result = scene.reconcile()
    assert result.statement.unexplained == 0
    assert [item.minor for item in result.statement.items if item.category == ItemCategory.CUT_OFF] == [-1_148]


def test_every_run_and_pull_has_one_trail_row(scene):
    before = len(scene.trail())
    scene.pull()
    scene.reconcile()
    added = [entry.action for entry in scene.trail()[before:]]
    assert added == ["source.pull", "source.pull", "reconciliation.run"]
