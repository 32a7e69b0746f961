"""Control totals: each pull is held against the provider's own figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np

from awra_desk.domain.controls import ControlTotal
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.transactions import Kind
from awra_desk.ports.connections import Connection
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.closing import WHOLE_BALANCE, closing
from awra_desk.services.sides import load_side


def check_controls(
    uow: UnitOfWork, connection: Connection, proofs: Sequence[ControlTotal] = (), *, now: datetime
) -> list[ControlTotal]:
    """Check and store the control totals of one source: every reconciled account's balance, every payout's members, and
    what the source itself proves (`proofs`); a break it does not speak of any more is withdrawn.
    """
    totals = [*proofs, *_withdrawn(uow, connection, proofs, now)]
    for spec in uow.reconciliations.all():
        for name, side in ((SOURCE_SIDE, spec.source), (LEDGER_SIDE, spec.ledger)):
            if side.source == connection.name and _has_opening(uow, spec, name):
                totals.append(_balance_total(uow, spec, name, now))
    totals += _payout_totals(uow, connection, now)
    uow.controls.put_totals(totals)
    return totals


def _withdrawn(
    uow: UnitOfWork, connection: Connection, proofs: Sequence[ControlTotal], now: datetime
) -> list[ControlTotal]:
    """Earlier proofs that did not hold and are not given now: those of a statement that was replaced, say."""
    given = {(total.name, total.currency) for total in proofs}
    broken = [total for total in uow.controls.totals(connection.name) if total.is_proof and not total.holds]
    gone = [total for total in broken if (total.name, total.currency) not in given]
    return [ControlTotal(connection.name, total.name, total.currency, 0, 0, now) for total in gone]


def _has_opening(uow: UnitOfWork, spec: Reconciliation, name: str) -> bool:
    return any(balance.side == name for balance in uow.reconciliations.opening_balances(spec.name))


def _balance_total(uow: UnitOfWork, spec: Reconciliation, name: str, now: datetime) -> ControlTotal:
    """Opening + movements against the reported balance.

    At the last day for which one was reported (else as it is now).
    """
    side = load_side(uow, spec, name)
    account = side.spec.account or WHOLE_BALANCE
    day = uow.controls.last_day(side.spec.source, account, spec.currency) or date.max
    expected = closing(uow, spec, side, day)
    actual = side.opening + side.movements(day)
    return ControlTotal(side.spec.source, f"{spec.name}: {name} balance", spec.currency, expected, actual, now)


def _payout_totals(uow: UnitOfWork, connection: Connection, now: datetime) -> list[ControlTotal]:
    """Members of each batch against its payout row, in the settlement currency."""
    rows = uow.records.transactions(connection.name)
    rows = rows.take(rows["batch"] != "")
    if not len(rows):
        return []
    is_payout = rows["kind"] == Kind.PAYOUT.value
    settled = rows["settlement_currency"] != ""
    minor = np.where(settled, rows["settlement_amount"], rows["amount"])
    currency = np.where(settled, rows["settlement_currency"], rows["currency"])
    # A payout row in an account of its own, without members beside it, is the same payout seen a second time.
    shared = np.isin(rows["account"].astype(str), np.unique(rows["account"][~is_payout].astype(str)))
    payout = is_payout & shared
    batches, position = np.unique(rows["batch"].astype(str), return_inverse=True)
    paid, members = np.zeros((2, len(batches)), dtype=np.int64)
    np.add.at(paid, position[payout], minor[payout])
    np.add.at(members, position[~is_payout], minor[~is_payout])
    found, first = np.unique(position[payout], return_index=True)
    return [
        ControlTotal(connection.name, f"payout {batches[at]}", str(unit), -int(paid[at]), int(members[at]), now)
        for at, unit in zip(found.tolist(), currency[payout][first].tolist(), strict=True)
    ]
