"""Month: everything one reconciliation of one period shows side by side, read in one snapshot. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from awra_desk.domain.dates import Period
from awra_desk.domain.decisions import Decision, DecisionKind
from awra_desk.domain.entries import Account
from awra_desk.domain.exception_items import ExceptionItem
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.runs import RunSummary, Statement
from awra_desk.ports.columns import Table, concat, table
from awra_desk.ports.schemas import LEDGER_SIDE, MATCH_MEMBERS, SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.desk import Desk
from awra_desk.services.sides import Side, load_side
from awra_desk.services.statement import statement

DECIDED = "decision"
"""Rule of a match that a person decided since the last run."""


@dataclass(frozen=True, slots=True)
class MonthView:
    """One reconciliation of one period as it stands.

    Attributes:
        members: schema MATCH_MEMBERS, the engine's result with the decisions since then laid over it.
        open_items: schema OPEN_ITEMS of the last run.
        statement: with the decisions laid over.
        run: the last run, or None when it was never reconciled; it may be of another period.
        pending: decisions (made or undone) that the last run has not seen; the books are proven again by the next run.
        decisions: those that bind.
    """

    spec: Reconciliation
    period: Period
    source: Side
    ledger: Side
    members: Table
    open_items: Table
    statement: Statement
    run: RunSummary | None
    pending: int
    decisions: tuple[Decision, ...]
    exceptions: tuple[ExceptionItem, ...]
    account: Account | None


def load_month(desk: Desk, name: str, period: Period) -> MonthView:
    """Read a reconciliation.

    Raises:
        UserError: no opening balance, or no reported balance.
    """
    with desk.read() as uow:
        spec = uow.reconciliations.get(name)
        source, ledger = load_side(uow, spec, SOURCE_SIDE), load_side(uow, spec, LEDGER_SIDE)
        history = uow.reconciliations.decisions(name, undone=True)
        decided = [decision for decision in history if decision.undone_at is None]
        members = overlaid(uow.reconciliations.members(name), decided, (source, ledger))
        run = uow.reconciliations.last_run(name)
        accounts = {account.account_id: account for account in uow.connections.accounts(spec.ledger.source)}
        return MonthView(
            spec=spec,
            period=period,
            source=source,
            ledger=ledger,
            members=members,
            open_items=uow.reconciliations.open_items(name),
            statement=statement(uow, spec, period, source, ledger, members),
            run=run,
            pending=_since(uow, name, history),
            decisions=tuple(decided),
            exceptions=tuple(uow.exceptions.all(reconciliation=name)),
            account=accounts.get(spec.ledger.account),
        )


def restated(desk: Desk, name: str, period: Period, source: Side, ledger: Side) -> tuple[Statement, int]:
    """The statement after further decisions on the same records, and how many the last run has not seen."""
    with desk.read() as uow:
        spec = uow.reconciliations.get(name)
        history = uow.reconciliations.decisions(name, undone=True)
        decided = [decision for decision in history if decision.undone_at is None]
        members = overlaid(uow.reconciliations.members(name), decided, (source, ledger))
        shown = statement(uow, spec, period, source, ledger, members)
        return shown, _since(uow, name, history)


def _since(uow: UnitOfWork, name: str, history: list[Decision]) -> int:
    """Decisions made or undone behind the last run, by the trail's order: clocks may stand still."""
    ours, found = {decision.decision_id for decision in history}, 0
    for row in uow.trail.entries() if ours else ():
        if row.action == "reconciliation.run" and row.subject == name:
            found = 0
        elif row.subject in ours:
            found += 1
    return found


def overlaid(members: Table, decided: list[Decision], sides: tuple[Side, Side]) -> Table:
    """The engine's matches under people's decisions, as the next run will pin them.

    A decided match stands confirmed; any other match that shares a member with it, or that was rejected or had a
    member excluded, is gone until the next run.
    """
    if not decided:
        return members
    known = _groups_touching(members, {member for decision in decided for member in decision.members})
    standing = {frozenset(group) for (_, status), group in known.items() if status == "confirmed"}
    gone: set[tuple[str, str]] = set()
    added: list[Decision] = []
    for decision in decided:
        group = frozenset(decision.members)
        if decision.kind == DecisionKind.REJECT:
            gone |= {key for key, rows in known.items() if rows == group}
        elif not (decision.kind == DecisionKind.MATCH and group in standing):
            gone |= {key for key, rows in known.items() if rows & group}
            added += [decision] if decision.kind == DecisionKind.MATCH else []
    if not gone and not added:
        return members
    keep = np.array(
        [key not in gone for key in zip(members["match_id"].tolist(), members["status"].tolist(), strict=True)],
        dtype=bool,
    )
    return concat([members.take(keep), *(_as_members(decision, sides) for decision in added)])


def _groups_touching(members: Table, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Members of each (match id, status) that has one of the wanted."""
    keys = list(zip(members["match_id"].tolist(), members["status"].tolist(), strict=True))
    rows = list(zip(members["side"].tolist(), members["id"].tolist(), strict=True))
    touched = {key for key, row in zip(keys, rows, strict=True) if row in wanted}
    known: dict[tuple[str, str], set[tuple[str, str]]] = {key: set() for key in touched}
    for key, row in zip(keys, rows, strict=True):
        if key in touched:
            known[key].add(row)
    return known


def _as_members(decision: Decision, sides: tuple[Side, Side]) -> Table:
    minor = {side.name: dict(zip(side.rows["id"].tolist(), side.minor.tolist(), strict=True)) for side in sides}
    rows = [member for member in decision.members if member[1] in minor[member[0]]]
    counts = [sum(1 for side, _ in rows if side == name) for name in (SOURCE_SIDE, LEDGER_SIDE)]
    words = [("1" if count == 1 else many) for count, many in zip(counts, "NM", strict=True)]
    shape = "contra" if 0 in counts else ":".join(words) if words != ["1", "M"] else "1:N"
    values: dict[str, list[object]] = {
        "match_id": [decision.decision_id] * len(rows),
        "side": [side for side, _ in rows],
        "id": [record for _, record in rows],
        "allocated": [minor[side][record] for side, record in rows],
        "currency": [""] * len(rows),
        "status": ["confirmed"] * len(rows),
        "score": [1.0] * len(rows),
        "shape": [shape] * len(rows),
        "rule": [DECIDED] * len(rows),
        "reason": [""] * len(rows),
        "explanation": ['{"parts":[["decision",1.0]],"rule":"decision","version":1}'] * len(rows),
    }
    return table(MATCH_MEMBERS, values)
