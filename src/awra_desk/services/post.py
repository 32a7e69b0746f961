"""Post: drain the outbox of one ledger, in order. Each approved write reaches the ledger exactly once, and is read
back.

A crash at any step leaves a state from which `drain` goes on by looking the document up; nothing is ever posted blindly
again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta

from awra_desk.domain.entries import DocumentState, LedgerDocument, StagedWrite, WriteState
from awra_desk.domain.errors import UserError
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.ladder import DRY_RUN, WRITING
from awra_desk.domain.reasons import Reason
from awra_desk.exception_queue import lifecycle
from awra_desk.ledger import readback, staging
from awra_desk.ports.connections import Connection, Ledger, OutcomeUnknown, PostingRefused, TransportError
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.stage import CLIMB, mapping_current


@dataclass(frozen=True, slots=True)
class Drained:
    """What draining an outbox did, as write ids."""

    verified: tuple[str, ...]
    failed: tuple[str, ...]
    uncertain: tuple[str, ...]
    waiting: tuple[str, ...]

    @property
    def posted(self) -> int:
        """How many documents are now known to be in the ledger."""
        return len(self.verified)


# While a write is being sent, nobody else touches it; longer than all retries of one sending together.
LEASE = timedelta(minutes=10)


def drain(desk: Desk, target: str, *, progress: Progress = silent) -> Drained:
    """Post what waits for this ledger, oldest first, and settle what an earlier try left open.

    Trouble with one write is noted on it and does not stop the others.
    """
    with desk.read() as uow:
        connection = uow.connections.get(target)
        waiting = uow.writes.outbox(target)
    ledger = desk.ledger(connection)
    ends: dict[WriteState, list[str]] = {state: [] for state in WriteState}
    for done, write_id in enumerate(waiting):
        progress(done, len(waiting), f"{target}: posting {write_id}")
        ends[_advance(desk, ledger, connection, write_id)].append(write_id)
    return Drained(
        verified=tuple(ends[WriteState.VERIFIED]),
        failed=tuple(ends[WriteState.FAILED] + ends[WriteState.VOIDED]),
        uncertain=tuple(ends[WriteState.UNCERTAIN]),
        waiting=tuple(ends[WriteState.APPROVED] + ends[WriteState.POSTING] + ends[WriteState.POSTED]),
    )


def _advance(desk: Desk, ledger: Ledger, connection: Connection, write_id: str) -> WriteState:
    """Take one write as far as it goes now; the state it ends in."""
    with desk.read() as uow:
        write = uow.writes.get(write_id)
        attempts = uow.writes.attempts(write_id)
    try:
        if write.state == WriteState.POSTED:
            return _verify(desk, ledger, write)
        if write.state == WriteState.POSTING and attempts and desk.now() - attempts[-1][0] < LEASE:
            return WriteState.POSTING
        settled = _settle(desk, ledger, write)
        if settled != WriteState.APPROVED:
            return settled
        if kept := _kept(desk, ledger, connection, write):
            return kept
        _move(desk, write, WriteState.APPROVED, WriteState.POSTING, "sending")
    except UserError as error:
        _attempt(desk, write, "stopped", error.text)
        return write.state
    return _send(desk, ledger, write)


def _dry(desk: Desk, connection: Connection) -> str:
    """Why nothing may be sent there, "" when it may: the rung, as it is now. The database refuses it, too, and the
    connector does.
    """
    with desk.read() as uow:
        rung = uow.connections.get(connection.name).rung
    return "" if rung in WRITING else f"{connection.name} is on rung {rung.words}; it stays here. {CLIMB}"


def _kept(desk: Desk, ledger: Ledger, connection: Connection, write: StagedWrite) -> WriteState | None:
    """The state it ends in without being sent: void because something changed, or approved in a dry run, which is said
    once. None when it may be sent.
    """
    if changed := _changed(desk, ledger, connection, write):
        _move(desk, write, WriteState.APPROVED, WriteState.VOIDED, changed, reason=Reason.POSTING_FAILED)
        return WriteState.VOIDED
    if not (dry := _dry(desk, connection)):
        return None
    with desk.read() as uow:
        attempts = uow.writes.attempts(write.write_id)
    if not attempts or attempts[-1][1:] != (DRY_RUN, dry):
        _attempt(desk, write, DRY_RUN, dry)
    return WriteState.APPROVED


def _changed(desk: Desk, ledger: Ledger, connection: Connection, write: StagedWrite) -> str:
    """What is no longer as it was approved, in words; "" when everything is."""
    with desk.read() as uow:
        current = mapping_current(uow, connection, write)
    if not current:
        return "The connection, its accounts or a mapping changed since the entry was staged; stage it again."
    if (
        staging.digest(write.payload) != write.payload_sha256
        or ledger.render(write.entry, write.reference) != write.payload
    ):
        return "The payload is not what the entry says; stage it again."
    return ""


def _send(desk: Desk, ledger: Ledger, write: StagedWrite) -> WriteState:
    try:
        document = ledger.post(write.payload, reference=write.reference, key=write.idempotency_key)
    except PostingRefused as error:
        _move(desk, write, WriteState.POSTING, WriteState.FAILED, error.text, reason=Reason.POSTING_FAILED)
        return WriteState.FAILED
    except OutcomeUnknown as error:
        _move(desk, write, WriteState.POSTING, WriteState.UNCERTAIN, error.text, reason=Reason.POSTING_UNCERTAIN)
        return WriteState.UNCERTAIN
    except TransportError as error:
        _move(desk, write, WriteState.POSTING, WriteState.APPROVED, error.text)
        return WriteState.APPROVED
    return _posted(desk, ledger, write, WriteState.POSTING, document)


def _settle(desk: Desk, ledger: Ledger, write: StagedWrite) -> WriteState:
    """Look the write up before it is sent, the first time and every time.

    APPROVED means that it is not in the ledger and may be sent: with the key it may have been sent with before.
    """
    posted = [document for document in ledger.find(write.reference) if document.state == DocumentState.POSTED]
    if len(posted) > 1:
        numbers = ", ".join(document.number or document.document_id for document in posted)
        words = f"{len(posted)} ledger documents carry {write.reference}: {numbers}. Reverse all but one there."
        with desk.write() as uow:
            uow.writes.add_attempt(write.write_id, at=desk.now(), outcome="duplicate", words=words)
            _raise(uow, write, Reason.POSTING_UNCERTAIN, words)
            _trail(uow, desk, write, "write.duplicate", {"words": words})
            uow.commit()
        return write.state
    before = write.state
    if posted:
        if before == WriteState.APPROVED:
            _move(desk, write, before, WriteState.POSTING, "looked up: in the ledger already")
            before = WriteState.POSTING
        return _posted(desk, ledger, write, before, posted[0])
    if before != WriteState.APPROVED:
        _move(desk, write, before, WriteState.APPROVED, "looked up: not posted in the ledger")
    return WriteState.APPROVED


def _posted(desk: Desk, ledger: Ledger, write: StagedWrite, before: WriteState, document: LedgerDocument) -> WriteState:
    with desk.write() as uow:
        uow.writes.transition(
            write.write_id,
            before,
            WriteState.POSTED,
            document_id=document.document_id,
            document_number=document.number,
        )
        uow.writes.add_attempt(
            write.write_id, at=desk.now(), outcome="posted", words=f"document {document.number or document.document_id}"
        )
        _trail(uow, desk, write, "write.posted", {"document": document.document_id, "number": document.number})
        uow.commit()
    return _verify(
        desk,
        ledger,
        replace(write, state=WriteState.POSTED, document_id=document.document_id, document_number=document.number),
    )


def _verify(desk: Desk, ledger: Ledger, write: StagedWrite) -> WriteState:
    """Read the document back and compare it with what was approved."""
    try:
        document = ledger.read(write.document_id)
    except TransportError as error:
        _attempt(desk, write, "read-back failed", error.text)
        return WriteState.POSTED
    gaps = readback.differences(write.entry, write.reference, document)
    with desk.write() as uow:
        if gaps:
            uow.writes.add_attempt(write.write_id, at=desk.now(), outcome="differs", words=" ".join(gaps))
            _raise(uow, write, Reason.POSTING_FAILED, " ".join(gaps))
            _trail(uow, desk, write, "write.differs", {"differences": " ".join(gaps)})
        else:
            uow.writes.transition(write.write_id, WriteState.POSTED, WriteState.VERIFIED)
            _settled(uow, desk, write)
            _trail(uow, desk, write, "write.verified", {"document": document.document_id})
        uow.commit()
    return WriteState.POSTED if gaps else WriteState.VERIFIED


def _move(
    desk: Desk, write: StagedWrite, before: WriteState, after: WriteState, words: str, *, reason: Reason | None = None
) -> None:
    with desk.write() as uow:
        uow.writes.transition(write.write_id, before, after, note=words)
        uow.writes.add_attempt(write.write_id, at=desk.now(), outcome=after.value, words=words)
        if reason is not None:
            _raise(uow, write, reason, words)
        _trail(uow, desk, write, f"write.{after.value}", {"words": words})
        uow.commit()


def _attempt(desk: Desk, write: StagedWrite, outcome: str, words: str) -> None:
    with desk.write() as uow:
        uow.writes.add_attempt(write.write_id, at=desk.now(), outcome=outcome, words=words)
        _trail(uow, desk, write, "write.attempt", {"outcome": outcome, "words": words})
        uow.commit()


def _raise(uow: UnitOfWork, write: StagedWrite, reason: Reason, words: str) -> None:
    """Posting trouble goes back to the exceptions the write was to settle: open again, with the reason."""
    for exception_id in write.exception_ids:
        item = uow.exceptions.get(exception_id)
        state = ExceptionState.OPEN if reason == Reason.POSTING_FAILED else item.state
        uow.exceptions.put(
            [replace(item, reason=reason, state=state, evidence=json.dumps({"ledger": words}, ensure_ascii=False))]
        )


def _settled(uow: UnitOfWork, desk: Desk, write: StagedWrite) -> None:
    """Resolve what the entry settles in full; an exception of another amount is open again."""
    for exception_id in write.exception_ids:
        item = uow.exceptions.get(exception_id)
        if item.state == ExceptionState.RESOLVED:
            continue
        account = uow.reconciliations.get(item.reconciliation).ledger.account
        moved = sum(line.minor for line in write.entry.lines if line.account == account)
        if len(write.exception_ids) == 1 and moved != -item.minor:
            uow.exceptions.put([lifecycle.move(item, ExceptionState.OPEN)] if item.state != ExceptionState.OPEN else [])
            continue
        note = f"Booked by {write.document_number or write.document_id or write.write_id}."
        uow.exceptions.put([lifecycle.resolve(item, write.write_id, note, desk.now())])


def _trail(uow: UnitOfWork, desk: Desk, write: StagedWrite, action: str, detail: dict[str, str]) -> None:
    uow.trail.append(
        at=desk.now(),
        actor=ENGINE,
        action=action,
        subject=write.write_id,
        detail={"payload_sha256": write.payload_sha256, "key": write.idempotency_key, **detail},
    )
