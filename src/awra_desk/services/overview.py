"""Overview: what a window shows of a company before a screen is opened. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from awra_desk.domain.dates import Period
from awra_desk.domain.entries import WriteState
from awra_desk.domain.exception_items import ExceptionState, Severity
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.runs import RunSummary
from awra_desk.ports.connections import Connection
from awra_desk.services.desk import Desk


@dataclass(frozen=True, slots=True)
class Overview:
    """One company at a glance.

    Attributes:
        runs: latest run by reconciliation. pulled: latest complete pull by connection name.
        first_day: the first booking day after the earliest take-on, or None before any.
        open_exceptions: how many are unresolved; overdue: how many of those are due today or before, or critical.
        waiting: staged writes that wait for an approval.
    """

    connections: tuple[Connection, ...]
    reconciliations: tuple[Reconciliation, ...]
    runs: dict[str, RunSummary]
    pulled: dict[str, datetime]
    first_day: date | None
    open_exceptions: int
    overdue: int
    waiting: int

    @property
    def latest_period(self) -> Period | None:
        """The period of the latest run, or None when nothing was reconciled."""
        if not self.runs:
            return None
        text = max(self.runs.values(), key=lambda run: (run.started_at, run.reconciliation)).period
        return period_named(text)


def overview(desk: Desk) -> Overview:
    """Read it."""
    today = desk.today()
    with desk.read() as uow:
        specs = tuple(uow.reconciliations.all())
        found = ((spec.name, uow.reconciliations.last_run(spec.name)) for spec in specs)
        runs = {name: run for name, run in found if run is not None}
        openings = [balance.day for spec in specs for balance in uow.reconciliations.opening_balances(spec.name)]
        items = [item for item in uow.exceptions.all() if item.state != ExceptionState.RESOLVED]
        urgent = sum(1 for item in items if item.due <= today or item.severity == Severity.CRITICAL)
        return Overview(
            connections=tuple(uow.connections.all()),
            reconciliations=specs,
            runs=runs,
            pulled={row.subject: row.at for row in uow.trail.entries() if row.action == "source.pull"},
            first_day=min(openings) + timedelta(days=1) if openings else None,
            open_exceptions=len(items),
            overdue=urgent,
            waiting=len(uow.writes.all(states={WriteState.SUBMITTED})),
        )


def period_named(text: str) -> Period:
    """The period that a run's row names ("2026-10" or "2026-10-01..2026-10-15")."""
    first, dots, last = text.partition("..")
    return Period(date.fromisoformat(first), date.fromisoformat(last)) if dots else Period.month(text)
