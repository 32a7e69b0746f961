"""Verification of what people decided, approved and had posted. Part of `verify`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from awra_desk.audit.checks import Check, Finding
from awra_desk.domain.decisions import Decision, DecisionKind
from awra_desk.domain.entries import Approval, StagedWrite, WriteState
from awra_desk.domain.trail import TrailEntry
from awra_desk.ledger.staging import digest
from awra_desk.ports.storage import UnitOfWork

_KINDS = frozenset(f"decision.{kind.value}" for kind in DecisionKind)
_APPROVED = frozenset(
    {
        WriteState.APPROVED,
        WriteState.POSTING,
        WriteState.POSTED,
        WriteState.VERIFIED,
        WriteState.UNCERTAIN,
        WriteState.REVERSED,
    }
)
_IN_LEDGER = frozenset({WriteState.POSTED, WriteState.VERIFIED, WriteState.REVERSED})

History = Mapping[str, Sequence[TrailEntry]]


def check_decisions(uow: UnitOfWork, trail: Sequence[TrailEntry]) -> Check:
    """Each decision is the one its trail row tells of, and each that the trail tells of is there."""
    history = _by_subject(trail, "decision.")
    known = [
        decision
        for spec in uow.reconciliations.all()
        for decision in uow.reconciliations.decisions(spec.name, undone=True)
    ]
    findings = [
        Finding(decision.decision_id, flaw)
        for decision in known
        for flaw in _decision_flaws(decision, history.get(decision.decision_id, ()))
    ]
    gone = sorted(set(history) - {decision.decision_id for decision in known})
    findings += [Finding(each, "The trail tells of this decision, but it is not there.") for each in gone]
    return Check("decisions", len(known), tuple(findings))


def check_writes(uow: UnitOfWork, trail: Sequence[TrailEntry]) -> Check:
    """Each entry's payload is the approved one, approved by another person before it was sent, as the trail tells."""
    history = _by_subject(trail, "write.")
    writes = uow.writes.all()
    findings = [
        Finding(write.write_id, flaw)
        for write in writes
        for flaw in _write_flaws(write, uow.writes.approvals(write.write_id), history.get(write.write_id, ()))
    ]
    gone = sorted(set(history) - {write.write_id for write in writes})
    findings += [Finding(each, "The trail tells of this entry, but it is not there.") for each in gone]
    return Check("approvals", len(writes), tuple(findings))


def _by_subject(trail: Sequence[TrailEntry], begins: str) -> dict[str, list[TrailEntry]]:
    found: dict[str, list[TrailEntry]] = defaultdict(list)
    for row in trail:
        if row.action.startswith(begins):
            found[row.subject].append(row)
    return dict(found)


def _decision_flaws(decision: Decision, rows: Sequence[TrailEntry]) -> Iterator[str]:
    made = next((row for row in rows if row.action in _KINDS), None)
    if made is None:
        yield "No row of the trail tells of this decision."
        return
    members = ", ".join(f"{side}:{record}" for side, record in decision.members)
    ours = (decision.actor, decision.kind.value, members, decision.note)
    if ours != (made.actor, made.detail["kind"], made.detail["members"], made.detail["note"]):
        yield f"It is not the decision that trail row {made.sequence} tells of."
    undone = [row.actor for row in rows if row.action == "decision.undo"]
    if undone != ([decision.undone_by] if decision.undone_at else []):
        yield "Whether and by whom it was undone is not what the trail tells."


def _write_flaws(write: StagedWrite, approvals: Sequence[Approval], rows: Sequence[TrailEntry]) -> Iterator[str]:
    if digest(write.payload) != write.payload_sha256:
        yield "The payload is not the one that its digest was made of."
    made = [row for row in rows if row.action in ("write.stage", "write.edit")]
    if not made or made[-1].detail["payload_sha256"] != write.payload_sha256:
        yield "The payload is not the one that the trail says was staged or edited last."
    elif (made[0].actor, made[-1].actor) != (write.maker, write.last_editor):
        yield "Its maker or last editor is not whom the trail names."
    for approval in approvals:
        if approval.approver in {write.maker, write.last_editor} and approval.generation == write.generation:
            yield f"{approval.approver} approved an entry of their own."
        if not any(_tells_of(row, approval) for row in rows):
            yield f"No row of the trail tells of the approval by {approval.approver}."
    approved = next((row for row in rows if _is_approval(row, write)), None)
    if write.state in _APPROVED and approved is None:
        yield "It went on, but the trail tells of no approval of this payload."
    sent = next((row for row in rows if row.action == "write.posting"), None)
    if write.state in _IN_LEDGER and sent is None:
        yield "It is in the ledger, but the trail does not tell that it was sent."
    if sent is not None and not any(row.action == "write.approve" and row.sequence < sent.sequence for row in rows):
        yield "It was sent before anybody approved it."


def _tells_of(row: TrailEntry, approval: Approval) -> bool:
    detail = {"payload_sha256": approval.payload_sha256, "generation": str(approval.generation)}
    return (row.action, row.actor, dict(row.detail)) == ("write.approve", approval.approver, detail)


def _is_approval(row: TrailEntry, write: StagedWrite) -> bool:
    digests = (row.detail.get("payload_sha256"), row.detail.get("generation"))
    return row.action == "write.approve" and digests == (write.payload_sha256, str(write.generation))
