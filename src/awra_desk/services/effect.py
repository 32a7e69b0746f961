"""Effect: what posting an entry does to the reconciled accounts it touches. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from awra_desk.domain.dates import Period
from awra_desk.domain.entries import Account, StagedWrite, WriteState
from awra_desk.domain.runs import Statement
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.services.desk import Desk
from awra_desk.services.sides import load_side
from awra_desk.services.statement import statement

IN_LEDGER = frozenset({WriteState.POSTED, WriteState.VERIFIED, WriteState.REVERSED})


@dataclass(frozen=True, slots=True)
class Effect:
    """One reconciled account, minor units of its currency.

    Attributes:
        statement: as it stands now. change: what the entry moves on the account. settled: effect of the reconciling
            items that the entry settles, which are gone once it is matched. counted: how many those are.
    """

    account: Account | None
    statement: Statement
    change: int
    settled: int
    counted: int

    @property
    def unexplained_after(self) -> int:
        """Must be what it is now: an entry explains what it moves."""
        return self.statement.unexplained + self.change + self.settled


def effects(desk: Desk, write: StagedWrite, period: Period) -> tuple[Effect, ...]:
    """Effects on the accounts that the period's statements reconcile; none for an entry of another period.

    An entry that is in the ledger already changes nothing more.
    """
    if write.entry.day not in period or write.state in IN_LEDGER:
        return ()
    with desk.read() as uow:
        items = [uow.exceptions.get(exception_id) for exception_id in write.exception_ids]
        accounts = {account.account_id: account for account in uow.connections.accounts(write.target)}
        found = []
        for spec in uow.reconciliations.all():
            settles = {member for item in items if item.reconciliation == spec.name for member in item.members}
            touched = [line.minor for line in write.entry.lines if line.account == spec.ledger.account]
            if spec.ledger.source != write.target or not touched or not settles:
                continue
            source, ledger = load_side(uow, spec, SOURCE_SIDE), load_side(uow, spec, LEDGER_SIDE)
            shown = statement(uow, spec, period, source, ledger, uow.reconciliations.members(spec.name))
            gone = [item.minor for item in shown.items if (item.side, item.record_id) in settles]
            change = sum(touched) * spec.ledger.sign
            # The items' effect goes away with them: reconciling falls by it, so unexplained rises by it.
            found.append(Effect(accounts.get(spec.ledger.account), shown, change, sum(gone), len(gone)))
        return tuple(found)
