"""A reconciliation as loaded for one screen: made off the main thread, then only looked up and regrouped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from awra_desk.domain.dates import Period
from awra_desk.domain.runs import Statement
from awra_desk.services.desk import Desk
from awra_desk.services.month import MonthView, load_month
from awra_desk.viewmodels.figures import Figure, strip, totals
from awra_desk.viewmodels.groups import LEFT, RIGHT, Groups
from awra_desk.viewmodels.matches import Facts, read_facts, read_matches
from awra_desk.viewmodels.side_rows import SideRows
from awra_desk.viewmodels.slot_view import SlotReader
from awra_desk.viewmodels.slots import SlotTable, outside_period


@dataclass(slots=True)
class Loaded:
    """Everything the workbench looks up.

    Attributes:
        statement, pending: as of now; brought up to date after decisions.
    """

    view: MonthView
    sides: tuple[SideRows, SideRows]
    facts: Facts
    table: SlotTable
    reader: SlotReader
    statement: Statement
    pending: int
    _figures: tuple[Statement, tuple[Figure, ...], tuple[Figure, ...]] | None = None

    @property
    def figures(self) -> tuple[tuple[Figure, ...], tuple[Figure, ...]]:
        """The strip and the totals of the present statement, worked out once for each statement."""
        if self._figures is None or self._figures[0] is not self.statement:
            names = (self.source_name, self.ledger_name)
            self._figures = (self.statement, strip(self.statement, *names), totals(self.statement, *names))
        return self._figures[1], self._figures[2]

    @property
    def source_name(self) -> str:
        """How figures name the source side."""
        return self.view.spec.source.source

    @property
    def ledger_name(self) -> str:
        """How figures name the ledger side."""
        return self.view.spec.ledger.source

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
    return Loaded(view, sides, facts, table, SlotReader(view.spec, table, facts), view.statement, view.pending)
