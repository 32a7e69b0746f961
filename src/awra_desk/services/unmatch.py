"""Unmatch: a person says that a confirmed match is wrong; its members are not matched to each other again."""

from __future__ import annotations

from awra_desk.domain.decisions import Decision, DecisionKind, decision_id
from awra_desk.domain.errors import Refused
from awra_desk.services.desk import Desk, actor
from awra_desk.services.review import REVIEWERS


def unmatch(desk: Desk, reconciliation: str, match_id: str, *, who: str, note: str = "") -> Decision:
    """Take a match of the engine apart; undoable like every decision.

    Raises:
        Refused: there is no such confirmed match now.
    """
    with desk.write() as uow:
        actor(uow, who, *REVIEWERS)
        table = uow.reconciliations.members(reconciliation)
        chosen = table.take((table["match_id"] == match_id) & (table["status"] == "confirmed"))
        if not len(chosen):
            raise Refused("there is no such match now", record=match_id, remedy="Refresh, then look at it again.")
        members = tuple(sorted(zip(chosen["side"].tolist(), chosen["id"].tolist(), strict=True)))
        sequence = len(uow.reconciliations.decisions(reconciliation, undone=True)) + 1
        kind, words = DecisionKind.REJECT, note or f"unmatched {match_id}"
        identity = decision_id(reconciliation, kind, members, sequence)
        decision = Decision(identity, desk.company, reconciliation, kind, members, who, desk.now(), words)
        uow.reconciliations.add_decision(decision)
        named = ", ".join(f"{side}:{record}" for side, record in members)
        detail = {"kind": kind.value, "members": named, "note": words}
        uow.trail.append(at=desk.now(), actor=who, action="decision.reject", subject=identity, detail=detail)
        uow.commit()
    return decision
