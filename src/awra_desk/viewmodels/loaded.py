"""A reconciliation as loaded for one screen: made off the main thread, then only looked up and regrouped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from awra_desk.domain.dates import Period
from awra_desk.domain.decisions import Member
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.runs import Statement
from awra_desk.services.desk import Desk
from awra_desk.services.month import MonthView, load_month
from awra_desk.viewmodels.figures import Figure, strip, totals
from awra_desk.viewmodels.groups import LEFT, RIGHT, Groups
from awra_desk.viewmodels.matches import SIDE_NAMES, Facts, read_facts, read_matches
from awra_desk.viewmodels.side_rows import SideRows
from awra_desk.viewmodels.slot_view import SlotReader
from awra_desk.viewmodels.slots import SlotTable, outside_period

Proven = tuple[tuple[Figure, ...], tuple[Figure, ...]]
"""Strip and totals."""


@dataclass(slots=True)
class Loaded:
    """Everything the workbench looks up.

    Attributes:
        statement, pending, figures: as of now; brought up to date after decisions.
    """

    view: MonthView
    sides: tuple[SideRows, SideRows]
    facts: Facts
    table: SlotTable
    reader: SlotReader
    statement: Statement
    pending: int
    figures: Proven

    def prove(self, statement: Statement) -> Proven:
        """Strip and totals of a statement; for many items it takes a while, so it runs off the main thread."""
        return prove(statement, self.view.spec, partial(_groups, self.table))

    @property
    def account_name(self) -> str:
        """Such as "1210 Stripe clearing", or the account's id where the chart is not known."""
        account = self.view.account
        return f"{account.code} {account.name}".strip() if account else self.view.spec.ledger.account


def load(desk: Desk, name: str, period: Period) -> Loaded:
    """Read and lay out a reconciliation; runs off the main thread."""
    return lay_out(load_month(desk, name, period))


def lay_out(view: MonthView) -> Loaded:
    """Slots of what was read."""
    sides = (SideRows(view.source, view.spec.currency), SideRows(view.ledger, view.spec.currency))
    index = tuple({record: row for row, record in enumerate(side.ids.tolist())} for side in sides)
    facts = read_facts(view)
    matches = read_matches(view, facts, (index[LEFT], index[RIGHT]))
    days = (sides[LEFT].days, sides[RIGHT].days)
    groups = Groups(matches, days, (sides[LEFT].minor, sides[RIGHT].minor))
    first, last = (int(np.datetime64(day, "D").astype(np.int64)) for day in (view.period.first, view.period.last))
    table = SlotTable(groups, sides, outside=outside_period(groups, sides, first, last))
    for side in sides:
        side.prepare()
    reader, proven = SlotReader(view.spec, table, facts), prove(view.statement, view.spec, partial(_groups, table))
    return Loaded(view, sides, facts, table, reader, view.statement, view.pending, proven)


def prove(statement: Statement, spec: Reconciliation, counted: Callable[[frozenset[Member]], int]) -> Proven:
    """Strip and totals of a statement."""
    names = (spec.source.source, spec.ledger.source)
    return strip(statement, *names, counted=counted), totals(statement, *names)


def _groups(table: SlotTable, members: frozenset[Member]) -> int:
    """How many groups these rows stand in; a row that is not shown counts for itself."""
    found: set[object] = set()
    for name, record in members:
        side = SIDE_NAMES.index(name)
        row = table.sides[side].index(record)
        found.add((name, record) if row is None else int(table.groups.of_row[side][row]))
    return len(found)
