"""Values that no mapping speaks of as exceptions of the queue: raised by a run, renewed whenever a mapping changes.

Only a value that leaves something open is one: its table is in use for others in that ledger, so an entry that says it
could not be submitted. A table that nobody filled asks for nothing; its values are on the list of the mappings.
"""

from __future__ import annotations

import json

from awra_desk.domain.dates import Period, booking_day
from awra_desk.domain.exception_items import ExceptionItem, ExceptionState
from awra_desk.domain.mappings import folded
from awra_desk.domain.reasons import Reason
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.exception_queue.findings import Finding
from awra_desk.exception_queue.merge import Queue, merge
from awra_desk.ports.schemas import LEDGER_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.coverage import Missing, missing_of
from awra_desk.services.desk import Desk
from awra_desk.services.overview import period_named

FAMILY = "mapping"


def of_unmapped(uow: UnitOfWork, spec: Reconciliation, period: Period) -> list[Finding]:
    """One finding for each value of the period that leaves something open in the reconciliation's ledger."""
    if not any(row.ledger == spec.ledger.source for row in uow.mappings.all()):
        return []  # nothing is filled for others
    return [_finding(each, spec) for each in missing_of(uow, spec, period) if each.open]


def renew(uow: UnitOfWork, desk: Desk) -> list[ExceptionItem]:
    """Bring these exceptions up to date with the mappings, over the periods that were run last; what changed.

    Called in the unit of work that changes a mapping: what is mapped clears itself at once, what an ended mapping
    leaves open is there at once.
    """
    changed: list[ExceptionItem] = []
    now = desk.now()
    for spec in uow.reconciliations.all():
        run = uow.reconciliations.last_run(spec.name)
        if run is None:
            continue
        kept = [item for item in uow.exceptions.all(reconciliation=spec.name) if item.reason == Reason.MAPPING_MISSING]
        today = booking_day(now, desk.zone)
        queue = Queue(desk.company, spec.name, spec.materiality_minor, spec.owner, now, today)
        changed += merge(kept, of_unmapped(uow, spec, period_named(run.period)), queue)
    uow.exceptions.put(changed)
    return changed


def cleared(changed: list[ExceptionItem]) -> int:
    """How many of them are resolved now."""
    return sum(item.state == ExceptionState.RESOLVED for item in changed)


def _finding(each: Missing, spec: Reconciliation) -> Finding:
    """Its money is everything that hangs on it, charges and refunds alike, in the reconciliation's currency if it moved
    any of that.
    """
    hangs = dict(each.hangs)
    currency = spec.currency if spec.currency in hangs else min(hangs)
    evidence = {
        "ledger": each.ledger,
        "table": each.axis.value,
        "value": each.value,
        "open": list(each.open),
        "records": each.count,
        "example": each.example,
    }
    return Finding(
        family=FAMILY,
        reason=Reason.MAPPING_MISSING,
        # No record but the value: the same trouble whichever records say it.
        members=((LEDGER_SIDE, f"{each.axis} {folded(each.value)}"),),
        minor=hangs[currency],
        currency=currency,
        day=each.first,
        evidence=json.dumps(evidence, sort_keys=True, ensure_ascii=False),
        expected=False,
    )
