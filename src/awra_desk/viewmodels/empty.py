"""Why a list is empty: five different reasons, each with its facts and the one thing to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awra_desk.domain.dates import Period
from awra_desk.services.overview import Overview
from awra_desk.viewmodels import words
from awra_desk.viewmodels.loaded import Loaded
from awra_desk.viewmodels.states import View

if TYPE_CHECKING:
    from awra_desk.viewmodels.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Empty:
    """An empty place that explains itself.

    Attributes:
        kind: "never_pulled", "not_reconciled", "nothing", "all_done" or "filtered"; a failure stands in `state.failed`.
        action: label of the one button, "" for none; command: what it runs: "pull", "reconcile", "export",
            "clear_filter" or "connections".
    """

    kind: str
    title: str
    lines: tuple[str, ...]
    action: str = ""
    command: str = ""


def never_pulled(seen: Overview | None, name: str, period: Period | None) -> Empty | None:
    """That a reconciliation waits for the first pull of one of its systems, or None when all were pulled."""
    spec = next((spec for spec in seen.reconciliations if spec.name == name), None) if seen else None
    if seen is None or spec is None or period is None:
        return None
    missing = [system for system in (spec.source.source, spec.ledger.source) if system not in seen.pulled]
    if not missing:
        return None
    title, month = f"Nothing pulled from {' and '.join(missing)} yet", words.month(period)
    return Empty("never_pulled", title, (f"The first pull reads {month}.",), f"Pull {month}", "pull")


def workbench_empty(workbench: Workbench, loaded: Loaded) -> Empty | None:
    """Why nothing is listed, or None when something is."""
    table = loaded.table
    if len(table):
        return None
    counts = table.counts()
    if (table.filter.strip() or table.only is not None) and counts[table.view]:
        hidden, total = table.hidden()
        title = f"The filter hides {words.count(hidden, 'row')}"
        line = f"Hidden: {words.money(total, loaded.view.spec.currency)} apart in total."
        return Empty("filtered", title, (line,), "Clear filter", "clear_filter")
    return _without_rows(workbench, loaded) if not counts[View.ALL] else _without_choice(loaded, counts)


def _without_rows(workbench: Workbench, loaded: Loaded) -> Empty:
    """The period has no row at all."""
    seen, view = workbench.session.overview, loaded.view
    month, names = words.month(view.period), (view.spec.source.source, view.spec.ledger.source)
    if waits := never_pulled(seen, view.spec.name, view.period):
        return waits
    pulled = seen.pulled if seen else {}
    times = ", ".join(f"{name} pulled {words.moment(pulled.get(name), view.spec.zone)}" for name in names)
    return Empty("nothing", f"No rows of {view.spec.name} in {month}", (f"{times}, complete.",))


def _without_choice(loaded: Loaded, counts: dict[View, int]) -> Empty:
    """The period has rows, but none in this view."""
    view, month = loaded.view, words.month(loaded.view.period)
    if view.run is None or view.run.period != str(view.period):
        title = f"Not reconciled for {month} yet"
        return Empty("not_reconciled", title, ("Both sides are here.",), f"Reconcile {month}", "reconcile")
    left = words.money(loaded.statement.unexplained, view.spec.currency)
    if loaded.table.view == View.MATCHED:
        return Empty("nothing", "Nothing is matched yet", (f"Unexplained {left}.",), f"Reconcile {month}", "reconcile")
    done = not counts[View.OPEN] and not counts[View.SUGGESTED]
    lines = (
        f"{counts[View.MATCHED]:,} of {counts[View.ALL]:,} matched, unexplained {left}.",
        f"Last run {words.moment(view.run.started_at, view.spec.zone)}.",
    )
    if done:
        return Empty("all_done", "Nothing left to do", lines, "Export workbook…", "export")
    return Empty("all_done", "Nothing left to decide here", lines)
