"""What PayPal says it holds proves what was pulled: openings, what is held back, what is missing, late or unknown."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from awra_desk.sandbox.paypal_account import Moved
from awra_desk.services.control import RUNNING
from awra_desk.services.drift import drifts
from awra_desk.services.pull import pull
from tests.connectors.desks import broken_without, desk_for
from tests.connectors.paypal_account import (
    BALANCES,
    MODULE,
    ZONE,
    Scripted,
    application,
    interpreted,
    pulled_account,
    short_history,
    source,
    sums,
)
from tests.connectors.pulling import Shelf
from tests.connectors.virtual_time import VirtualClock
from tests.simulation.in_process import InProcess


@pytest.fixture(autouse=True)
def _short_history():
    with short_history():
        yield


@pytest.fixture(scope="module")
def account():
    return pulled_account()


def test_opening_and_movements_are_what_paypal_holds(account):
    pulled = source(account.inner())
    shelf = Shelf()
    assert shelf.pull(pulled)
    balances = pulled.balances([])
    assert {(one.account, one.currency): one.minor for one in balances if one.minor} == {
        key: minor for key, minor in sums(interpreted(shelf)).items() if key[0] != "withdrawals"
    }
    assert {(one.account, one.currency) for one in balances} == {
        (account, code) for account in ("balance", "holds") for code in ("EUR", "JPY", "USD")
    }
    assert all(one.since_zero and one.opening == 0 for one in balances)
    assert {one.fetched_at.timestamp() for one in balances} == {account.served.refreshed}


def test_an_account_older_than_the_history_has_an_opening_balance(account, tmp_path, monkeypatch):
    monkeypatch.setattr(f"{MODULE}.source.HISTORY", timedelta(days=23))
    made = []

    def make():
        made.append(source(account.inner()))
        return made[-1]

    with desk_for(tmp_path, "paypal", make, ZONE) as desk:
        assert pull(desk, "Paypal").control_ok
        assert pull(desk, "Paypal").control_ok, "the opening is remembered"
    openings = {one.account: one.opening for one in made[-1].balances([]) if one.currency == "USD"}
    assert openings["balance"] > 0
    assert openings["holds"] < 0


def test_without_an_opening_nothing_is_claimed(account, monkeypatch):
    """PayPal's figures ended before the history began: its balances are told, and prove nothing."""
    monkeypatch.setattr(f"{MODULE}.source.HISTORY", timedelta(days=20))
    stale = {"as_of_time": "2026-09-01T00:00:00Z", "last_refresh_time": "2026-09-01T00:00:00Z", "balances": []}
    pulled = source(Scripted(account.inner(), BALANCES, {1: httpx.Response(200, json=stale)}))
    assert Shelf().pull(pulled)
    assert {one.since_zero for one in pulled.balances([])} == {False}


def test_balances_that_lag_behind_the_walk_prove_nothing(account):
    row = {"currency": "USD", "total_balance": {"currency_code": "USD", "value": "1.00"}}
    lagging = {"as_of_time": "2026-10-31T00:00:00Z", "last_refresh_time": "2026-10-31T00:00:00Z", "balances": [row]}
    pulled = source(Scripted(account.inner(), BALANCES, {2: httpx.Response(200, json=lagging)}))
    assert Shelf().pull(pulled)
    (balance,) = pulled.balances([])
    assert (balance.minor, balance.since_zero, balance.fetched_at) == (100, False, datetime(2026, 10, 31, tzinfo=UTC))


def test_what_is_held_back_follows_from_what_is_available(account):
    money = {name: {"currency_code": "USD", "value": value} for name, value in (("t", "5.00"), ("a", "3.50"))}
    row = {"currency": "USD", "total_balance": money["t"], "available_balance": money["a"]}
    told = {"as_of_time": "2026-10-31T00:00:00Z", "balances": [row]}
    asked = source(Scripted(account.inner(), BALANCES, {1: httpx.Response(200, json=told)}))
    assert {(one.account, one.minor) for one in asked.balances([])} == {("balance", 500), ("holds", -150)}


def test_balances_at_the_end_of_days(account):
    pulled = source(account.inner())
    assert Shelf().pull(pulled)
    days = [date(2026, 10, 9), date(2026, 10, 31), date(2026, 11, 5)]
    dated = [one for one in pulled.balances(days) if one.day is not None]
    assert {one.day for one in dated} == {date(2026, 10, 9)}, "the month's last day is not over in PayPal's data"
    end = int(datetime(2026, 10, 10, 4, tzinfo=UTC).timestamp()) - 1
    held = account.served._history.held(end)
    assert {one.currency: one.minor for one in dated if one.account == "balance"} == {
        code: total for code, (total, _) in held.items()
    }


def test_any_row_that_is_missing_is_noticed(account):
    pulled = source(account.inner())
    assert Shelf().pull(pulled)
    reported = pulled.balances([])
    table = interpreted(account.shelf)
    assert broken_without("paypal", table.take(table["id"] == "none"), 0, []) == set()
    for gone in range(len(table)):
        if table["account"][gone] != "withdrawals":
            name = f"{RUNNING}{table['account'][gone]}"
            assert name in broken_without("paypal", table, gone, reported), table["id"][gone]


def test_a_row_that_paypal_does_not_list_is_noticed(tmp_path):
    served = application()
    sale = next(one for one in served._books.moved if one.code == "T0006" and one.at > served.now - 20 * 86_400)
    served.rows.withhold("transactions", [f"{sale.identity}-T0006"])
    with desk_for(tmp_path, "paypal", lambda: source(InProcess(served)), ZONE) as desk:
        assert pull(desk, "Paypal").broken == (f"{RUNNING}balance",)
        served.rows.release()
        assert pull(desk, "Paypal").control_ok


def test_the_whole_account_holds_and_a_second_pull_is_empty(account, tmp_path):
    with desk_for(tmp_path, "paypal", lambda: source(account.inner()), ZONE) as desk:
        first, second = pull(desk, "Paypal"), pull(desk, "Paypal")
    assert (first.control_ok, first.quarantined, second.control_ok, second.new) == (True, 0, True, 0)
    assert first.new == len(account.shelf.newest)
    assert second.fetched < first.fetched


def test_a_code_nobody_decided_on_waits_in_quarantine_and_a_new_field_is_drift(tmp_path):
    served = application()
    at = served.now - 86_400
    served.add(Moved(at, at, "9NEW0000000000001", "T2199", "USD", 700))
    sale = next(one for one in served._books.moved if one.code == "T0006" and one.at > served.now - 20 * 86_400)
    clock = VirtualClock()
    with desk_for(tmp_path, "paypal", lambda: source(InProcess(served), clock), ZONE) as desk:
        first = pull(desk, "Paypal")
        assert (first.quarantined, first.broken) == (1, (f"{RUNNING}balance",))
        assert drifts(desk) == []
        served.rows.mutate("transactions", f"{sale.identity}-T0006", {"loyalty_info": {"points": "7"}})
        for _ in range(2):  # it is served once before it changes
            clock.time += timedelta(hours=1)
            pull(desk, "Paypal")
        assert [seen.drift.path for seen in drifts(desk)] == ["transaction.loyalty_info"]


def test_what_was_pending_counts_once_it_is_done(tmp_path):
    served, clock = application(), VirtualClock()
    pending = [one for one in served._books.moved if one.status(served.refreshed) == "P"]
    assert [one.minor for one in pending] == [8_800]

    def money(desk):
        with desk.read() as uow:
            table = uow.records.transactions("Paypal")
        return [
            (kind, minor)
            for name, kind, minor in zip(
                table["external_id"].tolist(), table["kind"].tolist(), table["amount"].tolist(), strict=True
            )
            if name.startswith(pending[0].identity)
        ]

    with desk_for(tmp_path, "paypal", lambda: source(InProcess(served), clock), ZONE) as desk:
        assert pull(desk, "Paypal").control_ok
        assert money(desk) == []
        served.now += 5 * 86_400
        clock.time += timedelta(days=5)
        result = pull(desk, "Paypal")
        assert (result.control_ok, result.new) == (True, 1)
        assert sorted(money(desk)) == [("charge", 8_800), ("fee", -356)]


def test_rows_that_share_everything_stay_apart(account):
    """Two of the same id, code, second and currency: the sum is still what PayPal holds."""
    served = application()
    at = served.now - 86_400
    twin = Moved(at, at, "9TWIN000000000001", "T0006", "USD", 1_000)
    served.add(twin)
    served.add(replace(twin, minor=2_500))
    pulled, shelf = source(InProcess(served)), Shelf()
    assert shelf.pull(pulled)
    names = sorted(name for _, name in shelf.newest if name.startswith("9TWIN"))
    assert [name.partition("#")[2] for name in names] == ["", "2"]
    held = {one.minor for one in pulled.balances([]) if (one.account, one.currency) == ("balance", "USD")}
    assert held == {sums(interpreted(shelf))["balance", "USD"]}
