"""A side's closing balance: what the provider or the ledger reports, never what our rows add up to."""

from __future__ import annotations

from datetime import date

import numpy as np

from awra_desk.domain.errors import UserError
from awra_desk.domain.reconciliations import ClosingBasis, Reconciliation, SideSpec
from awra_desk.domain.transactions import Kind
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.sides import Side, load_side

PAID_OUT = frozenset({Kind.PAYOUT, Kind.PAYOUT_FAILURE})
WHOLE_BALANCE = "balance"
"""Account under which a provider with but one balance reports it."""


def closing(uow: UnitOfWork, spec: Reconciliation, side: Side, day: date) -> int:
    """The side's balance at the end of `day`, minor units, sign applied.

    A source that reports only its present balance is rolled back by its rows after the day: each row then counts
    exactly once, so a
    missing one still shows.

    Raises:
        UserError: the source never reported a balance of this account.
    """
    if side.spec.closing == ClosingBasis.BALANCE_FLOW:
        return _paid_out(uow, spec, side, day)
    account = side.spec.account or WHOLE_BALANCE
    dated = uow.controls.balance(side.spec.source, account, spec.currency, day)
    if dated is not None:
        return dated.minor * side.spec.sign
    return _present(uow, side.spec, account, spec.currency) * side.spec.sign - side.movements(date.max, after=day)


def _present(uow: UnitOfWork, side: SideSpec, account: str, currency: str) -> int:
    reported = uow.controls.balance(side.source, account, currency, None)
    if reported is None:
        raise UserError(
            f"{side.source} reported no {currency} balance of {account}",
            record=side.source,
            remedy="Pull it, then reconcile again.",
        )
    return reported.minor


def _paid_out(uow: UnitOfWork, spec: Reconciliation, side: Side, day: date) -> int:
    """What left the provider's balance as payouts.

    Opening + all its other movements - its reported balance, from another stream than the side's own.
    """
    balance_side = _balance_side(uow, spec)
    others = ~np.isin(balance_side.rows["kind"].astype(str), sorted(PAID_OUT)) & ~balance_side.opening_item
    flow = balance_side.opening + int(balance_side.minor[others].sum())
    flow -= _present(uow, balance_side.spec, WHOLE_BALANCE, spec.currency) * balance_side.spec.sign
    return side.opening + flow - side.movements(date.max, after=day)


def _balance_side(uow: UnitOfWork, spec: Reconciliation) -> Side:
    """The source side of the reconciliation of this provider's whole balance."""
    for other in uow.reconciliations.all():
        same = other.source.source == spec.source.source and other.currency == spec.currency
        if same and other.source.closing == ClosingBasis.REPORTED:
            return load_side(uow, other, "source")
    raise UserError(
        f"the balance of {spec.source.source} is not reconciled in {spec.currency}",
        record=spec.name,
        remedy="Define a reconciliation of its whole balance: its take-on and reported balance prove the payouts.",
    )
