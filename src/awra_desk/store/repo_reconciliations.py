"""Reconciliations, their openings, and the engine's current result; decisions are in `repo_decisions`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from awra_desk.domain.decisions import Decision, DecisionKind
from awra_desk.domain.errors import Refused
from awra_desk.domain.reconciliations import OpeningBalance, OpeningItem, Reconciliation
from awra_desk.domain.runs import RunSummary
from awra_desk.ports.columns import Table
from awra_desk.ports.schemas import MATCH_MEMBERS, OPEN_ITEMS
from awra_desk.store import bulk, codec
from awra_desk.store.repo_base import Repository, names
from awra_desk.store.tables_reconciliations import (
    decisions,
    match_members,
    open_items,
    opening_balances,
    opening_items,
    reconciliations,
    runs,
)

_PLAIN = (
    "name",
    "currency",
    "zone",
    "before_days",
    "after_days",
    "tolerance_minor",
    "materiality_minor",
    "owner",
    "version",
)
_RUN = tuple(name for name in names(RunSummary) if name != "company")


class SqlReconciliations(Repository):
    """`ports.storage.Reconciliations`."""

    def put(self, reconciliation: Reconciliation) -> None:
        if reconciliation.company != self._company:
            raise ValueError(f"a reconciliation of {reconciliation.company} in a unit of {self._company}")
        values: dict[str, Any] = {name: getattr(reconciliation, name) for name in _PLAIN}
        values["percent"] = str(reconciliation.percent)
        values["source_side"] = codec.side_text(reconciliation.source)
        values["ledger_side"] = codec.side_text(reconciliation.ledger)
        self._upsert(reconciliations, [values])

    def get(self, name: str) -> Reconciliation:
        query = sa.select(reconciliations).where(
            reconciliations.c.company == self._company, reconciliations.c.name == name
        )
        return _reconciliation(
            self._row(query, record=name, what="this reconciliation", remedy="Correct the name, or set it up first.")
        )

    def all(self) -> list[Reconciliation]:
        query = sa.select(reconciliations).where(reconciliations.c.company == self._company)
        return [_reconciliation(row) for row in self._rows(query.order_by(reconciliations.c.name))]

    def put_openings(self, balances: Sequence[OpeningBalance], items: Sequence[OpeningItem]) -> None:
        """A side's take-on is imported whole: items of every side named in either list are replaced."""
        sides = sorted(
            {(each.reconciliation, each.side) for each in balances}
            | {(each.reconciliation, each.side) for each in items}
        )
        for name, side in sides:
            table = opening_items
            here = (table.c.company == self._company, table.c.reconciliation == name, table.c.side == side)
            self._connection.execute(sa.delete(table).where(*here))
        self._upsert(
            opening_balances, [{key: getattr(item, key) for key in names(OpeningBalance)} for item in balances]
        )
        self._insert(opening_items, [{key: getattr(item, key) for key in names(OpeningItem)} for item in items])

    def opening_balances(self, name: str) -> list[OpeningBalance]:
        query = self._of(opening_balances, name, [opening_balances.c[key] for key in names(OpeningBalance)])
        return [OpeningBalance(**row) for row in self._rows(query.order_by(opening_balances.c.side.desc()))]

    def opening_items(self, name: str) -> list[OpeningItem]:
        query = self._of(opening_items, name, [opening_items.c[key] for key in names(OpeningItem)])
        order = (opening_items.c.side.desc(), opening_items.c.day, opening_items.c.record_id)
        return [OpeningItem(**row) for row in self._rows(query.order_by(*order))]

    def save_run(self, run: RunSummary, members: Table, open_items_: Table) -> None:
        name = run.reconciliation
        sequence = self._next(runs.c.sequence, runs.c.reconciliation == name)
        self._insert(runs, [{"sequence": sequence, **{key: getattr(run, key) for key in _RUN}}])
        constants = {"company": self._company, "reconciliation": name}
        for target, data in ((match_members, members), (open_items, open_items_)):
            self._connection.execute(
                sa.delete(target).where(target.c.company == self._company, target.c.reconciliation == name)
            )
            bulk.insert_table(self._connection, target, data, constants=constants)

    def last_run(self, name: str) -> RunSummary | None:
        query = self._of(runs, name, [runs.c[key] for key in _RUN]).order_by(runs.c.sequence.desc()).limit(1)
        row = self._connection.execute(query).mappings().one_or_none()
        return RunSummary(company=self._company, **row) if row else None

    def members(self, name: str) -> Table:
        query = self._of(match_members, name, bulk.selected(match_members, MATCH_MEMBERS).selected_columns)
        order = (match_members.c.match_id, match_members.c.side.desc(), match_members.c.id)
        return bulk.read_table(self._connection, query.order_by(*order), MATCH_MEMBERS, constants={})

    def confirmed(self, name: str) -> set[tuple[str, str]]:
        query = self._of(match_members, name, [match_members.c.side, match_members.c.id])
        rows = self._connection.execute(query.where(match_members.c.status == "confirmed"))
        return {(side, record_id) for side, record_id in rows}

    def open_items(self, name: str) -> Table:
        query = self._of(open_items, name, bulk.selected(open_items, OPEN_ITEMS).selected_columns)
        return bulk.read_table(
            self._connection, query.order_by(open_items.c.side.desc(), open_items.c.id), OPEN_ITEMS, constants={}
        )

    def add_decision(self, decision: Decision) -> None:
        values = {key: getattr(decision, key) for key in names(Decision) if key != "company"}
        self._insert(
            decisions, [{**values, "kind": decision.kind.value, "members": codec.pairs_text(decision.members)}]
        )

    def undo_decision(self, decision_id: str, *, actor: str, at: datetime) -> None:
        here = (decisions.c.company == self._company, decisions.c.decision_id == decision_id)
        query = sa.select(decisions.c.undone_by, decisions.c.undone_at).where(*here)
        row = self._row(query, record=decision_id, what="this decision", remedy="Load the list again.")
        if row["undone_at"] is not None:
            raise Refused(
                f"{row['undone_by']} has already undone this decision",
                record=decision_id,
                remedy="Load the list again.",
            )
        self._connection.execute(sa.update(decisions).where(*here).values(undone_at=at, undone_by=actor))

    def decisions(self, name: str, *, undone: bool = False) -> list[Decision]:
        query = self._of(decisions, name, decisions.columns).order_by(decisions.c.at, decisions.c.decision_id)
        if not undone:
            query = query.where(decisions.c.undone_at.is_(None))
        return [
            Decision(**{**row, "kind": DecisionKind(row["kind"]), "members": codec.pairs(row["members"])})
            for row in self._rows(query)
        ]

    def _of(self, table: sa.Table, name: str, columns: Any) -> sa.Select[Any]:
        return sa.select(*columns).where(table.c.company == self._company, table.c.reconciliation == name)


def _reconciliation(row: sa.RowMapping) -> Reconciliation:
    return Reconciliation(
        company=row["company"],
        source=codec.side(row["source_side"]),
        ledger=codec.side(row["ledger_side"]),
        percent=Decimal(row["percent"]),
        **{name: row[name] for name in _PLAIN},
    )
