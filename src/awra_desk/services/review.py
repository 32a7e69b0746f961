"""Review: people's decisions about matches and exceptions.

Each is one unit of work with one trail row, and can be undone by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from awra_desk.domain.decisions import Decision, DecisionKind, Member, decision_id
from awra_desk.domain.errors import Refused
from awra_desk.domain.exception_items import Comment, ExceptionItem, ExceptionState
from awra_desk.domain.people import Role
from awra_desk.exception_queue import lifecycle
from awra_desk.ports.columns import Table
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.desk import Desk, actor
from awra_desk.services.sides import load_side
from awra_desk.services.stage import refuse_second

REVIEWERS = (Role.ACCOUNTANT, Role.SUPERVISOR)
SUGGESTED, CONFIRMED = "suggested", "confirmed"


def accept(desk: Desk, reconciliation: str, match_id: str, *, who: str, note: str = "") -> Decision:
    """Confirm a suggestion of the engine as it stands."""
    members = _members(desk, reconciliation, match_id, SUGGESTED)
    return _decide(desk, reconciliation, DecisionKind.MATCH, members, who, note or f"accepted {match_id}")


def reject(desk: Desk, reconciliation: str, match_id: str, *, who: str, note: str = "") -> Decision:
    """Say that a suggestion's members do not belong together; they are not proposed to each other again."""
    members = _members(desk, reconciliation, match_id, SUGGESTED)
    return _decide(desk, reconciliation, DecisionKind.REJECT, members, who, note or f"rejected {match_id}")


def unmatch(desk: Desk, reconciliation: str, match_id: str, *, who: str, note: str = "") -> Decision:
    """Take a confirmed match of the engine apart; its members are not matched to each other again."""
    members = _members(desk, reconciliation, match_id, CONFIRMED)
    return _decide(desk, reconciliation, DecisionKind.REJECT, members, who, note or f"unmatched {match_id}")


def match_by_hand(
    desk: Desk, reconciliation: str, members: tuple[Member, ...], *, who: str, note: str = ""
) -> Decision:
    """Match these records; what they differ by stays a reconciling item until an entry clears it.

    Raises:
        Refused: fewer than two records, one twice, one that is not there, or one bound by another decision.
    """
    if len(members) < 2 or len(set(members)) != len(members):
        raise Refused(
            "a match needs at least two different records", record=reconciliation, remedy="Select them again."
        )
    return _decide(desk, reconciliation, DecisionKind.MATCH, tuple(sorted(members)), who, note)


def exclude(desk: Desk, reconciliation: str, member: Member, *, who: str, note: str) -> Decision:
    """Take a record out of matching for a reason; it stays in the statement as a named item.

    Raises:
        Refused: no reason given.
    """
    if not note.strip():
        raise Refused("an exclusion needs a reason", record=member[1], remedy="Say in a few words why.")
    return _decide(desk, reconciliation, DecisionKind.EXCLUDE, (member,), who, note)


def undo(desk: Desk, reconciliation: str, decision: str, *, who: str) -> None:
    """Undo one decision; the exceptions it resolved are open again.

    Raises:
        Refused: it is undone already, or there is no such decision.
    """
    with desk.write() as uow:
        actor(uow, who, *REVIEWERS)
        found = {known.decision_id: known for known in uow.reconciliations.decisions(reconciliation)}.get(decision)
        if found is None:
            raise Refused(
                "there is no such decision to undo", record=decision, remedy="It may be undone already: refresh."
            )
        uow.reconciliations.undo_decision(decision, actor=who, at=desk.now())
        for item in _touching(uow, reconciliation, found.members):
            if item.state == ExceptionState.RESOLVED and item.resolution == found.decision_id:
                uow.exceptions.put([lifecycle.reopen(item)])
        uow.trail.append(
            at=desk.now(), actor=who, action="decision.undo", subject=decision, detail={"was": found.kind.value}
        )
        uow.commit()


def comment(desk: Desk, exception_id: str, text: str, *, who: str) -> None:
    """Remark on an exception."""
    if not text.strip():
        raise Refused("the comment is empty", record=exception_id, remedy="Write something first.")
    with desk.write() as uow:
        actor(uow, who, Role.ACCOUNTANT, Role.SUPERVISOR, Role.STAFF, Role.OWNER)
        uow.exceptions.get(exception_id)
        uow.exceptions.add_comment(Comment(exception_id, who, text.strip(), desk.now()))
        uow.trail.append(
            at=desk.now(), actor=who, action="exception.comment", subject=exception_id, detail={"text": text.strip()}
        )
        uow.commit()


def assign(desk: Desk, exception_id: str, owner: str, *, who: str) -> ExceptionItem:
    """Give an exception an owner."""
    with desk.read() as uow:
        actor(uow, owner, *REVIEWERS)
    return _change(
        desk, exception_id, "exception.assign", who, {"owner": owner}, lambda item: lifecycle.assign(item, owner)
    )


def resolve(desk: Desk, exception_id: str, *, who: str, note: str) -> ExceptionItem:
    """Close an exception for a reason; its item stays in the statement until its records match.

    Raises:
        Refused: an entry that settles it is under way.
    """
    return _change(
        desk,
        exception_id,
        "exception.resolve",
        who,
        {"reason": note},
        lambda item: lifecycle.resolve(item, "explained", note, desk.now()),
        guard=refuse_second,
    )


def reopen(desk: Desk, exception_id: str, *, who: str) -> ExceptionItem:
    """Undo a resolution.

    Raises:
        Refused: an entry in the ledger resolved it; stage the opposite one instead.
    """
    return _change(desk, exception_id, "exception.reopen", who, {}, lifecycle.reopen, guard=refuse_second)


def _change(
    desk: Desk,
    exception_id: str,
    action: str,
    who: str,
    detail: Mapping[str, str],
    change: Callable[[ExceptionItem], ExceptionItem],
    *,
    guard: Callable[[UnitOfWork, Sequence[str]], None] | None = None,
) -> ExceptionItem:
    with desk.write() as uow:
        actor(uow, who, *REVIEWERS)
        if guard:
            guard(uow, (exception_id,))
        item = change(uow.exceptions.get(exception_id))
        uow.exceptions.put([item])
        uow.trail.append(at=desk.now(), actor=who, action=action, subject=exception_id, detail=detail)
        uow.commit()
    return item


def _members(desk: Desk, reconciliation: str, match_id: str, status: str) -> tuple[Member, ...]:
    with desk.read() as uow:
        table = uow.reconciliations.members(reconciliation)
    chosen = table.take((table["match_id"] == match_id) & (table["status"] == status))
    if not len(chosen):
        raise Refused(
            f"there is no such {status} match now", record=match_id, remedy="Refresh, then look at the present ones."
        )
    return tuple(sorted(zip(chosen["side"].tolist(), chosen["id"].tolist(), strict=True)))


def _decide(
    desk: Desk, reconciliation: str, kind: DecisionKind, members: tuple[Member, ...], who: str, note: str
) -> Decision:
    with desk.read() as uow:
        said = of_the_engine(uow.reconciliations.members(reconciliation), members)
    with desk.write() as uow:
        actor(uow, who, *REVIEWERS)
        _known_and_free(uow, reconciliation, kind, members)
        sequence = len(uow.reconciliations.decisions(reconciliation, undone=True)) + 1
        decision = Decision(
            decision_id(reconciliation, kind, members, sequence),
            desk.company,
            reconciliation,
            kind,
            members,
            who,
            desk.now(),
            note,
        )
        uow.reconciliations.add_decision(decision)
        if kind != DecisionKind.REJECT:
            _resolve_touched(uow, decision)
        detail = {
            "kind": kind.value,
            "members": ", ".join(f"{side}:{record}" for side, record in members),
            "note": note,
            **said,
        }
        uow.trail.append(
            at=desk.now(), actor=who, action=f"decision.{kind.value}", subject=decision.decision_id, detail=detail
        )
        uow.commit()
    return decision


def of_the_engine(table: Table, members: tuple[Member, ...]) -> dict[str, str]:
    """What the engine had said of these records, for the trail: its rules, each with "=" where it had found exactly
    them, "~" where it had tied some otherwise, and "confirmed" or "suggested".
    """
    wanted = set(members)
    names = {record for _, record in members}
    near = table.take(np.fromiter((record in names for record in table["id"].tolist()), dtype=bool, count=len(table)))
    ids = {row["match_id"] for row in near.dicts() if (row["side"], row["id"]) in wanted and row["rule"] != "decision"}
    touched: dict[str, set[Member]] = {}
    facts: dict[str, tuple[str, str]] = {}
    whole = np.fromiter((found in ids for found in table["match_id"].tolist()), dtype=bool, count=len(table))
    for row in table.take(whole).dicts():
        touched.setdefault(row["match_id"], set()).add((row["side"], row["id"]))
        facts[row["match_id"]] = (row["status"], row["rule"])
    told = [f"{'=' if held == wanted else '~'} {' '.join(facts[match_id])}" for match_id, held in touched.items()]
    return {"engine": "; ".join(sorted(told))} if told else {}


def _known_and_free(uow: UnitOfWork, reconciliation: str, kind: DecisionKind, members: tuple[Member, ...]) -> None:
    """Refuse records that are not there, or that another decision already consumed."""
    spec = uow.reconciliations.get(reconciliation)
    for name in (SOURCE_SIDE, LEDGER_SIDE):
        wanted = {record for side, record in members if side == name}
        known = set(load_side(uow, spec, name).rows["id"].tolist()) if wanted else set()
        if unknown := sorted(wanted - known):
            raise Refused(
                "this record is not part of the reconciliation", record=unknown[0], remedy="Refresh and select again."
            )
    if kind == DecisionKind.REJECT:
        return
    for earlier in uow.reconciliations.decisions(reconciliation):
        if earlier.kind != DecisionKind.REJECT and (taken := sorted(set(earlier.members) & set(members))):
            raise Refused(
                f"decision {earlier.decision_id} already binds it",
                record=taken[0][1],
                remedy="Undo that decision first.",
            )


def _touching(uow: UnitOfWork, reconciliation: str, members: tuple[Member, ...]) -> list[ExceptionItem]:
    wanted = set(members)
    return [item for item in uow.exceptions.all(reconciliation=reconciliation) if wanted & set(item.members)]


def _resolve_touched(uow: UnitOfWork, decision: Decision) -> None:
    """Exceptions whose every record the decision settles are resolved by it."""
    for item in _touching(uow, decision.reconciliation, decision.members):
        if item.state != ExceptionState.RESOLVED and set(item.members) <= set(decision.members):
            note = decision.note or decision.kind.value
            resolved = lifecycle.resolve(item, decision.decision_id, note, decision.at)
            uow.exceptions.put([replace(resolved, owner=item.owner or decision.actor)])
