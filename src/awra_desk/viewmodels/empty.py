"""Why a list is empty: five different reasons, each with its facts and the one thing to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awra_desk.viewmodels import words
from awra_desk.viewmodels.loaded import Loaded
from awra_desk.viewmodels.states import View

if TYPE_CHECKING:
    from awra_desk.viewmodels.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Empty:
    """An empty place that explains itself.

    Attributes:
        kind: "never_pulled", "not_reconciled", "nothing", "all_done" or "filtered" ("failed" is told by `state.failed`).
        action: label of the one button, "" for none; command: what it runs: "pull", "reconcile", "export" or
            "clear_filter".
    """

    kind: str
    title: str
    lines: tuple[str, ...]
    action: str = ""
    command: str = ""


def workbench_empty(workbench: Workbench, loaded: Loaded) -> Empty | None:
    """Why nothing is listed, or None when something is."""
    table, seen, view = loaded.table, workbench.session.overview, loaded.view
    if len(table):
        return None
    counts = table.counts()
    month, currency = words.month(view.period), view.spec.currency
    if (table.filter.strip() or table.only is not None) and counts[table.view]:
        hidden, total = table.hidden()
        title = f"The filter hides {words.count(hidden, 'row')}"
        return Empty(
            "filtered",
            title,
            (f"Hidden: {words.money(total, currency)} apart in total.",),
            "Clear filter",
            "clear_filter",
        )
    never = [name for name in (view.spec.source.source, view.spec.ledger.source) if seen and name not in seen.pulled]
    if never:
        title = f"Nothing pulled from {' and '.join(never)} yet"
        return Empty("never_pulled", title, (f"The first pull reads {month}.",), f"Pull {month}", "pull")
    if not counts[View.ALL]:
        title = f"No rows of {view.spec.name} in {month}"
        pulled = [f"{name} pulled {words.moment(seen.pulled[name], view.spec.zone)}" for name in (view.spec.source.source, view.spec.ledger.source)] if seen else []  # fmt: skip
        return Empty("nothing", title, (", ".join(pulled) + ", complete.",))
    if view.run is None or view.run.period != str(view.period):
        title = f"Not reconciled for {month} yet"
        return Empty("not_reconciled", title, ("Both sides are here.",), f"Reconcile {month}", "reconcile")
    left = words.money(loaded.statement.unexplained, currency)
    if table.view in (View.OPEN, View.SUGGESTED):
        title = "Nothing left to decide here" if counts[View.OPEN] or counts[View.SUGGESTED] else "Nothing left to do"
        line = f"{counts[View.MATCHED]:,} of {counts[View.ALL]:,} matched, unexplained {left}."
        return Empty(
            "all_done",
            title,
            (line, f"Run by {words.moment(view.run.started_at, view.spec.zone)}."),
            "Export workbook…",
            "export",
        )
    return Empty("nothing", "Nothing is matched yet", (f"Unexplained {left}.",), f"Reconcile {month}", "reconcile")
