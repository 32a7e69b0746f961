"""Dead letters: each dead event is an exception of every reconciliation it may touch, until it is replayed."""

from __future__ import annotations

from dataclasses import replace

from awra_desk.domain.events import EventState
from awra_desk.domain.exception_items import ExceptionItem
from awra_desk.domain.reasons import Reason
from awra_desk.exception_queue.findings import of_dead_events
from awra_desk.exception_queue.merge import CLEARED, merge
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.desk import Desk
from awra_desk.services.reconcile import queue_of

REPLAYED = "Its event was processed when it was replayed."


def renew_dead_letters(uow: UnitOfWork, desk: Desk, source: str) -> None:
    """Bring the exceptions of this connection's dead events up to date; every other exception stays as it is."""
    dead, now = uow.events.all(states={EventState.DEAD}), desk.now()
    for spec in uow.reconciliations.all():
        if source not in (spec.source.source, spec.ledger.source):
            continue
        known = [item for item in uow.exceptions.all(reconciliation=spec.name) if item.reason == Reason.EVENT_DEAD]
        changed = merge(known, of_dead_events(dead, spec), queue_of(desk, spec, now))
        uow.exceptions.put([_said(item) for item in changed])


def _said(item: ExceptionItem) -> ExceptionItem:
    return replace(item, resolution_note=REPLAYED) if item.resolution == CLEARED else item
