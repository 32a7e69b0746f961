"""Life cycle of an exception: every legal move in one table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from awra_desk.domain.errors import Refused
from awra_desk.domain.exception_items import ExceptionItem, ExceptionState

S = ExceptionState

MOVES: dict[ExceptionState, frozenset[ExceptionState]] = {
    S.OPEN: frozenset({S.ASSIGNED, S.IN_REVIEW, S.SNOOZED, S.PROPOSED, S.RESOLVED}),
    S.ASSIGNED: frozenset({S.OPEN, S.IN_REVIEW, S.SNOOZED, S.PROPOSED, S.RESOLVED}),
    S.IN_REVIEW: frozenset({S.OPEN, S.ASSIGNED, S.SNOOZED, S.PROPOSED, S.RESOLVED}),
    S.SNOOZED: frozenset({S.OPEN, S.RESOLVED}),
    S.PROPOSED: frozenset({S.OPEN, S.RESOLVED}),
    S.RESOLVED: frozenset({S.OPEN}),
}


def move(item: ExceptionItem, to: ExceptionState) -> ExceptionItem:
    """The exception in its new state.

    Raises:
        Refused: the move is not in the table.
    """
    if to not in MOVES[item.state]:
        raise Refused(
            f"an exception that is {item.state} cannot become {to}", record=item.exception_id, remedy="Reopen it first."
        )
    return replace(item, state=to)


def assign(item: ExceptionItem, owner: str) -> ExceptionItem:
    """Give it an owner; an open one becomes assigned."""
    moved = move(item, S.ASSIGNED) if item.state == S.OPEN else item
    return replace(moved, owner=owner)


def resolve(item: ExceptionItem, resolution: str, note: str, at: datetime) -> ExceptionItem:
    """Close it for a reason.

    Raises:
        Refused: no note (the reason is mandatory), or it is resolved already.
    """
    if not note.strip():
        raise Refused("a resolution needs a reason", record=item.exception_id, remedy="Say in a few words why.")
    return replace(move(item, S.RESOLVED), resolution=resolution, resolution_note=note.strip(), resolved_at=at)


def reopen(item: ExceptionItem) -> ExceptionItem:
    """Open again; what it was resolved with is gone from it but stays in the trail."""
    return replace(move(item, S.OPEN), resolution="", resolution_note="", resolved_at=None)
