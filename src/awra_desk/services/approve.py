"""Approve or reject a staged write: another person, after entering the password again, for this exact payload."""

from __future__ import annotations

from awra_desk.domain.entries import Approval, StagedWrite, WriteState
from awra_desk.domain.errors import Refused
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.people import Role
from awra_desk.exception_queue import lifecycle
from awra_desk.services.desk import Desk
from awra_desk.services.people import authenticate


def approve(desk: Desk, write_id: str, *, who: str, password: str, seen_sha256: str) -> StagedWrite:
    """Approve the payload whose digest the approver saw; it then waits in the outbox.

    Raises:
        Refused: wrong password; no supervisor; maker or last editor; beyond the person's authority; not submitted;
            edited since.
    """
    person = authenticate(desk, who, password)
    if not person.may(Role.SUPERVISOR):
        raise Refused(
            f"{person.full_name} may not approve ledger entries", record=write_id, remedy="It takes a supervisor."
        )
    with desk.write() as uow:
        write = uow.writes.get(write_id)
        uow.writes.approve(Approval(write_id, write.generation, seen_sha256, who, desk.now()))
        detail = {"payload_sha256": seen_sha256, "generation": str(write.generation)}
        uow.trail.append(at=desk.now(), actor=who, action="write.approve", subject=write_id, detail=detail)
        uow.commit()
    return write


def reject(desk: Desk, write_id: str, *, who: str, reason: str) -> None:
    """Send a submitted write back; its exceptions are open again.

    Raises:
        Refused: no reason given, no supervisor, or it is not submitted.
    """
    if not reason.strip():
        raise Refused("a rejection needs a reason", record=write_id, remedy="Say in a few words why.")
    with desk.write() as uow:
        person = uow.people.get(who)
        if not person.may(Role.SUPERVISOR):
            raise Refused(
                f"{person.full_name} may not reject ledger entries", record=write_id, remedy="It takes a supervisor."
            )
        write = uow.writes.get(write_id)
        uow.writes.transition(write_id, WriteState.SUBMITTED, WriteState.REJECTED, note=reason.strip())
        for exception_id in write.exception_ids:
            item = uow.exceptions.get(exception_id)
            if item.state == ExceptionState.PROPOSED:
                uow.exceptions.put([lifecycle.move(item, ExceptionState.OPEN)])
        uow.trail.append(
            at=desk.now(), actor=who, action="write.reject", subject=write_id, detail={"reason": reason.strip()}
        )
        uow.commit()
