"""Stage: from exceptions to a proposed ledger entry, edited and submitted by its maker."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from awra_desk.domain.entries import Entry, PreflightFact, StagedWrite, WriteState
from awra_desk.domain.errors import Refused, UserError
from awra_desk.domain.exception_items import ExceptionItem, ExceptionState
from awra_desk.domain.ladder import DRY_RUN, STAGING
from awra_desk.domain.mappings import MappingRow, values_of
from awra_desk.domain.people import Role
from awra_desk.domain.reasons import Reason
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.transactions import Kind
from awra_desk.exception_queue import lifecycle
from awra_desk.ledger import preflight, staging
from awra_desk.ledger.templates import Booking, Proposal, exchange_entry, missing_entry
from awra_desk.ports.columns import Table
from awra_desk.ports.connections import Connection
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.coverage import coder_of, said_by, unmapped
from awra_desk.services.desk import Desk, actor
from awra_desk.services.sides import Side, load_side

MAKERS = (Role.ACCOUNTANT, Role.SUPERVISOR)
CLIMB = "Have the integration owner open the next rung (`awra-desk ladder`)."


def propose(desk: Desk, exception_id: str, *, who: str) -> StagedWrite:
    """Stage the entry that books what an exception says the ledger lacks: records, or an exchange gain or loss.

    Raises:
        UserError: as `proposed_entry`.
        Refused: the person may not make entries, or the exception is resolved or proposed already.
    """
    with desk.read() as uow:
        actor(uow, who, *MAKERS)
        proposal, connection = proposed_entry(uow, uow.exceptions.get(exception_id))
    chosen = (exception_id,)
    return stage(desk, proposal.entry, connection, exception_ids=chosen, who=who, mappings=proposal.mappings)


def proposed_entry(uow: UnitOfWork, item: ExceptionItem) -> tuple[Proposal, Connection]:
    """The entry that would settle an exception, and the ledger it would go to; nothing is staged.

    Raises:
        UserError: the exception's records are not missing source records, nothing names an account for one, or mapping
            tables disagree.
    """
    spec = uow.reconciliations.get(item.reconciliation)
    connection = uow.connections.get(spec.ledger.source)
    if item.reason == Reason.FX_DIFFERENCE:
        booking = _exchange(uow, spec, item)
        coder = coder_of(uow, connection)
        return exchange_entry(booking, account=spec.ledger.account, coder=coder, currency=spec.currency), connection
    missing = _missing(uow, spec, item)
    proposal = missing_entry(
        _bookings(missing),
        account=spec.ledger.account,
        coder=coder_of(uow, connection),
        currency=spec.currency,
        words=_words(spec, item, missing),
    )
    return proposal, connection


def stage(
    desk: Desk,
    entry: Entry,
    connection: Connection,
    *,
    exception_ids: Sequence[str],
    who: str,
    mappings: Sequence[MappingRow] = (),
) -> StagedWrite:
    """Stage any balanced entry for a ledger, as a draft; the exceptions it settles become proposed.

    Args:
        mappings: the mapping rows that chose something of it.

    Raises:
        Refused: the person may not make entries, an exception cannot be proposed for, or the connection only reads yet.
    """
    with desk.read() as uow:
        actor(uow, who, *MAKERS)
        _refuse_reader(uow, connection.name)
        attempt = 1 + sum(1 for known in uow.writes.all() if set(known.exception_ids) & set(exception_ids))
    identity = staging.write_id(desk.company, connection.name, entry, exception_ids, attempt)
    # Rendered before the write lock is taken: the ledger may have to be asked for its ids.
    payload = desk.ledger(connection).render(entry, staging.reference(identity))
    write = staging.stage(
        identity,
        company=desk.company,
        target=connection.name,
        entry=entry,
        payload=payload,
        maker=who,
        mapping_version=mapping_version(connection, mappings),
        exception_ids=exception_ids,
        at=desk.now(),
    )
    with desk.write() as uow:
        refuse_second(uow, exception_ids)
        uow.writes.add(write)
        for exception_id in exception_ids:
            uow.exceptions.put([lifecycle.move(uow.exceptions.get(exception_id), ExceptionState.PROPOSED)])
        chosen = {"mappings": "; ".join(row.words for row in mappings)} if mappings else {}
        _trail(uow, desk, who, "write.stage", write, {"settles": ", ".join(exception_ids), **chosen})
        uow.commit()
    return write


def edit(desk: Desk, write_id: str, entry: Entry, *, who: str) -> StagedWrite:
    """Replace the entry by another; approvals so far are void and it is a draft again.

    Raises:
        Refused: it was sent to the ledger once and not refused there, or another entry settles its exceptions by now.
    """
    with desk.read() as uow:
        actor(uow, who, *MAKERS)
        write = uow.writes.get(write_id)
        connection = uow.connections.get(write.target)
        _refuse_sent(uow, write)
    payload = desk.ledger(connection).render(entry, write.reference)
    changed = staging.edit(write, entry, payload, editor=who)
    with desk.write() as uow:
        _refuse_sent(uow, uow.writes.get(write_id))
        refuse_second(uow, write.exception_ids, but=write_id)
        uow.writes.edit(changed)
        _trail(uow, desk, who, "write.edit", changed, {"generation": str(changed.generation)})
        uow.commit()
    return changed


def submit(desk: Desk, write_id: str, *, who: str) -> list[PreflightFact]:
    """Run the preflight against the ledger and submit the draft for approval.

    Raises:
        Refused: a fact does not hold (its words say which), or it is not a draft.
    """
    with desk.read() as uow:
        actor(uow, who, *MAKERS)
        write = uow.writes.get(write_id)
        connection = uow.connections.get(write.target)
    facts = check(desk, write, connection)
    if broken := [fact for fact in facts if not fact.holds]:
        raise Refused(
            " ".join(fact.words for fact in broken), record=write_id, remedy="Correct the entry, then submit it again."
        )
    with desk.write() as uow:
        uow.writes.transition(write_id, WriteState.DRAFT, WriteState.SUBMITTED)
        _trail(uow, desk, who, "write.submit", write, {fact.name: fact.words for fact in facts})
        uow.commit()
    return facts


def check(desk: Desk, write: StagedWrite, connection: Connection) -> list[PreflightFact]:
    """The preflight facts as the ledger answers now."""
    ledger = desk.ledger(connection)
    with desk.read() as uow:
        current, rows = mapping_current(uow, connection, write), mappings_of(uow, write)
        open_ = _unmapped(uow, write, connection)
    return preflight.check(
        write.entry,
        accounts={account.account_id: account for account in ledger.accounts()},
        period_open=ledger.period_open(write.entry.day),
        same_reference=ledger.find(write.reference),
        mapping_current=current,
        mappings=rows,
        unmapped=open_,
    )


# A write in one of these states has come to nothing; in any other it may still reach the ledger, or has.
ENDED = frozenset({WriteState.REJECTED, WriteState.VOIDED, WriteState.EXPIRED, WriteState.FAILED, WriteState.REVERSED})


def refuse_second(uow: UnitOfWork, exception_ids: Sequence[str], *, but: str = "") -> None:
    """One correction an exception: refuse while another write that settles one is under way or in the ledger."""
    wanted = set(exception_ids)
    for known in uow.writes.all():
        both = wanted.intersection(known.exception_ids)
        if both and known.write_id != but and known.state not in ENDED:
            raise Refused(
                f"{known.write_id} already settles it and is {known.state}",
                record=min(both),
                remedy="Reject that one first; if it is in the ledger, stage the opposite entry.",
            )


def _refuse_reader(uow: UnitOfWork, name: str) -> None:
    """Said before the ledger is asked; the database refuses it, too."""
    rung = uow.connections.get(name).rung
    if rung not in STAGING:
        raise Refused("this connection only reads yet; nothing is staged for it", record=name, remedy=CLIMB)


def _refuse_sent(uow: UnitOfWork, write: StagedWrite) -> None:
    sent = any(outcome != DRY_RUN for _, outcome, _ in uow.writes.attempts(write.write_id))
    if write.state == WriteState.APPROVED and sent:
        raise Refused(
            "it was sent to the ledger before, so its payload must stay as it is",
            record=write.write_id,
            remedy="Let it be posted, then stage the opposite entry.",
        )


def mapping_version(connection: Connection, mappings: Sequence[MappingRow] = ()) -> str:
    """Where entries go and by which mapping: a digest of provider, address and options, and the mapping rows that chose
    something. A change of any voids what was built.
    """
    options = [f"{key}={value}" for key, value in sorted(connection.options.items())]
    digest = staging.digest("\n".join([connection.provider, connection.base_url, *options]))[:16]
    return staging.mapping_version(digest, mappings)


def mappings_of(uow: UnitOfWork, write: StagedWrite) -> tuple[MappingRow, ...]:
    """The mapping rows that a write was built with, by number."""
    numbers = set(staging.built_with(write.mapping_version)[1])
    return tuple(row for row in uow.mappings.all() if row.number in numbers) if numbers else ()


def mapping_current(uow: UnitOfWork, connection: Connection, write: StagedWrite) -> bool:
    """Whether the connection and the mapping tables would still give what a write was built with, row for row."""
    coder = coder_of(uow, connection)
    rows: dict[int, MappingRow] = {}
    try:
        for _, records in _settled(uow, write):
            for said in said_by(records):
                values = values_of(said.kind, json.loads(said.dimensions))
                coding = coder.code(said.kind, values, said.day, said.example)
                rows |= {row.number: row for row in coding.rows}
    except UserError:
        return False  # what coded it is gone, or another table disagrees by now
    return mapping_version(connection, [rows[number] for number in sorted(rows)]) == write.mapping_version


def _unmapped(uow: UnitOfWork, write: StagedWrite, connection: Connection) -> list[str]:
    """What the records that it settles say and no mapping table answers, where that leaves something open."""
    coder = coder_of(uow, connection)
    found = [
        missing.words
        for source, records in _settled(uow, write)
        for missing in unmapped(said_by(records), source, coder)
        if missing.open
    ]
    return sorted(set(found))


def _settled(uow: UnitOfWork, write: StagedWrite) -> Iterator[tuple[str, Table]]:
    """(source, the source's records, of the kind that they are booked as) of each exception that a write settles."""
    for item in (uow.exceptions.get(exception_id) for exception_id in write.exception_ids):
        source = uow.reconciliations.get(item.reconciliation).source.source
        wanted = {record for side, record in item.members if side == SOURCE_SIDE}
        records = uow.records.transactions(source, ids=wanted)
        if item.reason == Reason.FX_DIFFERENCE:
            records = records.with_columns(kind=np.full(len(records), str(Kind.FX), dtype=object))
        yield source, records


def _missing(uow: UnitOfWork, spec: Reconciliation, item: ExceptionItem) -> Side:
    """The source records that the exception says the ledger lacks."""
    if any(side != SOURCE_SIDE for side, _ in item.members):
        raise UserError(
            "only records that the ledger lacks can be booked from here",
            record=item.exception_id,
            remedy="Match, explain or correct it.",
        )
    if item.reason == Reason.FEE_VARIANCE:
        raise UserError(
            "a fee that is not the agreed one is no missing record",
            record=item.exception_id,
            remedy="Claim it from the provider, or correct the schedule.",
        )
    side = load_side(uow, spec, SOURCE_SIDE)
    wanted = sorted(record for _, record in item.members)
    chosen = side.take(np.isin(side.rows["id"], wanted))
    if len(chosen.rows) != len(wanted):
        raise UserError("its records changed since", record=item.exception_id, remedy="Reconcile again.")
    return chosen


def _exchange(uow: UnitOfWork, spec: Reconciliation, item: ExceptionItem) -> Booking:
    """What the ledger lacks of the settled amount, on the day of the last settlement and under its reference."""
    side, ledger = load_side(uow, spec, SOURCE_SIDE), load_side(uow, spec, LEDGER_SIDE)
    members = [sorted(record for at, record in item.members if at == name) for name in (SOURCE_SIDE, LEDGER_SIDE)]
    settled, booked = (
        each.take(np.isin(each.rows["id"], wanted)) for each, wanted in zip((side, ledger), members, strict=True)
    )
    if (len(settled.rows), len(booked.rows)) != tuple(map(len, members)) or not len(settled.rows):
        raise UserError("its records changed since", record=item.exception_id, remedy="Reconcile again.")
    minor = int(settled.minor.sum()) - int(booked.minor.sum())
    last = max(_bookings(settled), key=lambda booking: (booking.day, booking.reference))
    words = "Exchange gain" if minor > 0 else "Exchange loss"
    return replace(last, kind=Kind.FX, minor=minor, description=words)


def _bookings(missing: Side) -> list[Booking]:
    columns = ("kind", "booking_date", "external_id", "description", "references", "dimensions")
    values = zip(missing.minor.tolist(), *(missing.rows[name].tolist() for name in columns), strict=True)
    return [
        Booking(
            kind,
            minor,
            day,
            references.split("\n")[0] or external,
            description,
            values_of(kind, json.loads(said or "{}")),
        )
        for minor, kind, day, external, description, references, said in values
    ]


def _words(spec: Reconciliation, item: ExceptionItem, missing: Side) -> str:
    """Text of a summed line: what the ledger side's channel rule recognises, so that the next run matches it."""
    channels = set(missing.channel.tolist())
    begins = next((rule.begins for rule in spec.ledger.channels if {rule.channel} == channels and rule.begins), "")
    return f"{begins or spec.name} {item.day}"


def _trail(uow: UnitOfWork, desk: Desk, who: str, action: str, write: StagedWrite, detail: Mapping[str, str]) -> None:
    uow.trail.append(
        at=desk.now(),
        actor=who,
        action=action,
        subject=write.write_id,
        detail={"payload_sha256": write.payload_sha256, **detail},
    )
