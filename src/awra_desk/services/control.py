"""Control totals: each pull is held against the provider's own figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from awra_desk.domain.controls import PROOF, ControlTotal, ReportedBalance, ReportedCount
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.transactions import Kind
from awra_desk.ports.columns import Table
from awra_desk.ports.connections import Connection
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.closing import WHOLE_BALANCE, closing
from awra_desk.services.sides import load_side

RUNNING, COUNTED = f"{PROOF}running balance of account ", f"{PROOF}number of "
"""How the names of these proofs begin; an account or a stream follows."""


def check_controls(
    uow: UnitOfWork,
    connection: Connection,
    proofs: Sequence[ControlTotal] = (),
    balances: Sequence[ReportedBalance] = (),
    counts: Sequence[ReportedCount] = (),
    *,
    now: datetime,
) -> list[ControlTotal]:
    """Check and store the control totals of one source.

    Every reconciled account's balance, every payout's members, what the source itself proves (`proofs`), the running
    balance of each account that it tells from zero on, and the number of records where it counts them. A proof that did
    not hold and is not given any more is withdrawn.

    Args:
        balances, counts: as the source reported them after this pull.
    """
    proofs = [*proofs, *_running_totals(uow, connection, balances, now), *_counted_totals(uow, counts, now)]
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
    """Earlier proofs that did not hold and are not given now: of a statement file, say, that was replaced."""
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


def _counted_totals(uow: UnitOfWork, counts: Sequence[ReportedCount], now: datetime) -> list[ControlTotal]:
    """The source's own count of each stream's records against how many are held."""
    held = [(one, uow.records.known(one.source, one.stream)) for one in counts]
    return [ControlTotal(one.source, f"{COUNTED}{one.stream}", "", one.count, known, now) for one, known in held]


def _running_totals(
    uow: UnitOfWork, connection: Connection, balances: Sequence[ReportedBalance], now: datetime
) -> list[ControlTotal]:
    """All that ever moved an account, or did since its opening balance, against what it holds, per currency.

    This proves payouts whose members the provider does not tell (manual and instant ones): which rows are in such a
    payout stays unknown, that none of them is missing does not. A currency in which rows moved and that the provider
    no longer names must have come to zero.
    """
    reported = {(one.account, one.currency): one.minor for one in balances if one.since_zero}
    openings = {(one.account, one.currency): one.opening for one in balances if one.since_zero}
    totals = []
    for account in sorted({account for account, _ in reported}):
        rows = uow.records.transactions(connection.name, account=account)
        minor, currency = _settled(rows)
        codes, position = np.unique(currency.astype(str), return_inverse=True)
        moved = np.zeros(len(codes), dtype=np.int64)
        np.add.at(moved, position, minor)
        sums = dict(zip(codes.tolist(), moved.tolist(), strict=True))
        for code in sorted(sums.keys() | {currency for of, currency in reported if of == account}):
            figures = reported.get((account, code), 0), openings.get((account, code), 0) + sums.get(code, 0)
            totals.append(ControlTotal(connection.name, f"{RUNNING}{account}", code, *figures, now))
    return totals


def _payout_totals(uow: UnitOfWork, connection: Connection, now: datetime) -> list[ControlTotal]:
    """Members of each batch against its payout row, in the settlement currency.

    A payout row is of that kind; or it is a transfer that is called as its batch: a withdrawal from the bank.
    """
    rows = uow.records.transactions(connection.name)
    rows = rows.take(rows["batch"] != "")
    if not len(rows):
        return []
    withdrawn = (rows["kind"] == Kind.TRANSFER.value) & (rows["external_id"] == rows["batch"])
    is_payout = (rows["kind"] == Kind.PAYOUT.value) | withdrawn
    minor, currency = _settled(rows)
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


def _settled(rows: Table) -> tuple[Any, Any]:
    """Minor units and currency of each row, as settled where it was."""
    settled = rows["settlement_currency"] != ""
    minor = np.where(settled, rows["settlement_amount"], rows["amount"])
    return minor, np.where(settled, rows["settlement_currency"], rows["currency"])
