"""Writes one approved payload as one posted move.

Tryton has no idempotency key, and writing takes two calls: create a draft, then post it. Only the second one makes it
count, a posted move cannot be posted again, and we always look the reference up before we create and again before we
post. So an answer lost anywhere leaves at most a draft, which is found and carried on with; whatever a late create adds
is a draft too, and goes. That holds as long as one workspace writes to these books.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from awra_desk.connectors.tryton import moves
from awra_desk.connectors.tryton.rest import TrytonRest
from awra_desk.connectors.tryton.wire import Json
from awra_desk.ports.connections import OutcomeUnknown, PostingRefused, TransportError

Of = TypeVar("Of")

LOOKED_UP = "It is looked up by its reference before anything is sent again."


def with_reference(rest: TrytonRest, company: int, reference: str) -> list[Json]:
    """Moves that carry the reference, drafts included, sorted by id.

    Raises:
        ValueError: no reference of ours.
        TransportError: Tryton did not say.
    """
    if not moves.is_reference(reference):
        raise ValueError(f"{reference!r} is no reference of ours")
    domain = [["company", "=", company], ["description", "like", f"%{reference}%"]]
    found = rest.search(moves.MODEL, moves.FIELDS, domain)
    return [move for move in found if moves.reference_in(move["description"]) == reference]


def post(rest: TrytonRest, company: int, payload: str, reference: str) -> Json:
    """Look up, create, look up, post, read; the posted move.

    Raises:
        PostingRefused: Tryton refused it, or a draft that is not as approved carries its reference.
        OutcomeUnknown: an answer was lost once something may have been written.
        TransportError: not reached before anything was written.
    """
    wanted = moves.approved(payload, reference)
    found = with_reference(rest, company, reference)
    if not found:
        rest.create(moves.MODEL, payload)
        found = _after_writing(lambda: with_reference(rest, company, reference), reference)
    posted = [move for move in found if move["state"] == "posted"]
    if len(posted) > 1 or not found:
        ids = ", ".join(str(move["id"]) for move in posted) or "none"
        raise OutcomeUnknown(
            f"moves posted with this reference: {ids}", record=reference, remedy="Look at them in Tryton."
        )
    if posted:
        return posted[0]
    draft = _one_draft(rest, found, wanted, reference)
    return _after_writing(lambda: _posted(rest, draft, reference), reference)


def _one_draft(rest: TrytonRest, drafts: list[Json], wanted: Json, reference: str) -> Json:
    """The oldest draft; further ones are late twins of it, and go.

    Raises:
        PostingRefused: one of them is not what was approved.
    """
    for move in drafts:
        if moves.content(move) != wanted:
            raise PostingRefused(
                f"draft {move['id']} carries the reference but is not what was approved",
                record=reference,
                remedy="Delete that draft in Tryton, then stage the entry again.",
            )
    first, *twins = drafts
    for twin in twins:
        _after_writing(partial(rest.delete, moves.MODEL, twin["id"]), reference)
    return first


def _posted(rest: TrytonRest, draft: Json, reference: str) -> Json:
    """The draft, posted."""
    identity = draft["id"]
    try:
        rest.act(moves.MODEL, identity, "post")
    except PostingRefused as refusal:
        move = rest.read(moves.MODEL, identity, moves.FIELDS)
        if move["state"] != "posted":  # else an earlier call did it, whose answer was lost
            raise _withdrawn(rest, identity, refusal, reference) from None
        return move
    return rest.read(moves.MODEL, identity, moves.FIELDS)


def _withdrawn(rest: TrytonRest, identity: int, refusal: PostingRefused, reference: str) -> PostingRefused:
    """The refusal, after the draft was taken back so that nothing of it stays in the books."""
    try:
        rest.delete(moves.MODEL, identity)
    except (PostingRefused, OutcomeUnknown, TransportError) as error:
        words = f"{refusal.what}; its draft {identity} may still be there ({error.what})"
        return PostingRefused(words, record=reference, remedy=f"Delete draft {identity} in Tryton. {refusal.remedy}")
    return refusal


def _after_writing(step: Callable[[], Of], reference: str) -> Of:
    """The step's result; a line that fails now leaves something written behind it."""
    try:
        return step()
    except TransportError as error:
        raise OutcomeUnknown(error.what, record=reference, remedy=LOOKED_UP) from None
