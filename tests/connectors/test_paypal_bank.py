"""Withdrawals from PayPal against the bank they went to: PayPal names no payout's members, its balance proves them."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from awra_desk.domain.dates import Period, booking_day
from awra_desk.domain.reconciliations import ClosingBasis, OpeningBalance, Reconciliation, SideSpec
from awra_desk.files.statement import StatementFile
from awra_desk.ports.connections import Connection
from awra_desk.sandbox.bank_file import BankRow, render
from awra_desk.sandbox.merchant import MonthSpec
from awra_desk.sandbox.paypal_account import History, simulate_paypal
from awra_desk.services import engine_run
from awra_desk.services.pull import pull
from awra_desk.services.reconcile import reconcile
from awra_desk.services.setup import import_take_on, put_connection, put_reconciliation
from awra_desk.services.sides import load_side
from tests.connectors.desks import desk_for
from tests.connectors.paypal_account import ZONE, application, source
from tests.simulation.in_process import InProcess
from tests.simulation.test_months import without

PERIOD = Period.month("2026-10")
NAME = "PayPal withdrawals"
BEFORE = date(2026, 9, 30)


def day(at):
    return booking_day(datetime.fromtimestamp(at, UTC), ZONE)


def bank_rows(books, *, named):
    """What the bank saw of the withdrawals: each after the weekend, but not the one that came back."""
    back = {one.reference for one in books.moved if one.code == "T1101"}
    gone = [one for one in books.moved if one.code == "T0400" and one.identity not in back]
    rows = [
        BankRow(f"B{number}", day(one.at) + timedelta(days=3), _text(one, named=named), -one.minor)
        for number, one in enumerate(gone)
    ]
    return [row for row in rows if PERIOD.first <= row.date <= PERIOD.last]


def _text(one, *, named):
    return f"PAYPAL TRANSFER {one.fields['bank_reference_id']}" if named else "PAYPAL TRANSFER"


@pytest.fixture(params=[True, False], ids=["named by the bank", "by amount alone"])
def desk(request, tmp_path, monkeypatch):
    """PayPal and the bank connected, their take-on imported, everything pulled."""
    monkeypatch.setattr("awra_desk.connectors.paypal.source.HISTORY", timedelta(days=70))
    books = simulate_paypal(MonthSpec(seed=3, orders=200))
    rows = bank_rows(books, named=request.param)
    assert len(rows) == 3
    path = tmp_path / "bank.csv"
    text = render(rows, PERIOD, opening=0, closing=sum(row.minor for row in rows))
    path.write_text(text, encoding="utf-8", newline="")
    served = application(books)
    with desk_for(tmp_path, "paypal", lambda: source(InProcess(served)), ZONE) as made:
        bank = Connection("co", "Bank", "statement", str(path), ZONE)
        desk = replace(
            made,
            source=lambda connection: (
                StatementFile(bank, clock=made.clock) if connection.name == "Bank" else source(InProcess(served))
            ),
        )
        put_connection(desk, bank, by="engine")
        common = {"company": "co", "currency": "USD", "zone": ZONE, "owner": "amina", "after_days": 5}
        gone = SideSpec("Paypal", ("transactions",), "withdrawals", sign=-1, closing=ClosingBasis.BALANCE_FLOW)
        ledger = SideSpec("Bank", ("statement",), "")
        balance = SideSpec("Paypal", ("transactions",), "balance")
        put_reconciliation(desk, Reconciliation(name=NAME, source=gone, ledger=ledger, **common), by="engine")
        put_reconciliation(desk, Reconciliation(name="PayPal", source=balance, ledger=ledger, **common), by="engine")
        held, _ = History(books.moved).held(int(datetime(2026, 10, 1, 4, tzinfo=UTC).timestamp()) - 1)["USD"]
        openings = [(NAME, "source", 0), (NAME, "ledger", 0), ("PayPal", "source", held)]
        import_take_on(desk, [OpeningBalance(of, side, BEFORE, minor) for of, side, minor in openings], [], by="engine")
        assert [pull(desk, name).broken for name in ("Paypal", "Bank")] == [(), ()]
        yield desk


def test_withdrawals_meet_the_bank_and_the_balance_proves_them(desk, monkeypatch):
    shown = reconcile(desk, NAME, PERIOD).statement
    assert shown.unexplained == 0
    with desk.read() as uow:
        members = uow.reconciliations.members(NAME)
        whole = load_side(uow, uow.reconciliations.get(NAME), "source")
    kinds = dict(zip(whole.rows["id"].tolist(), whole.rows["kind"].tolist(), strict=True))
    confirmed = members.take(members["status"] == "confirmed")
    assert Counter(kinds.get(name, "bank") for name in confirmed["id"].tolist()) == {
        "payout": 4,
        "payout_failure": 1,
        "bank": 3,
    }
    gone = whole.rows.take(whole.rows["booking_date"] > BEFORE)["id"][0]
    monkeypatch.setattr(engine_run, "load_side", lambda uow, spec, side: without(load_side(uow, spec, side), gone))
    assert reconcile(desk, NAME, PERIOD).statement.unexplained != 0
