"""Queue: the exceptions of a company with what a screen says about each. Reads only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from awra_desk.domain.entries import Account, Entry, StagedWrite
from awra_desk.domain.errors import UserError
from awra_desk.domain.exception_items import Comment, ExceptionItem, ExceptionState
from awra_desk.domain.mappings import MappingRow
from awra_desk.domain.people import Person
from awra_desk.domain.reasons import Reason
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.ledger.templates import Proposal
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.desk import Desk
from awra_desk.services.remedy import changes_of, remedy_words
from awra_desk.services.stage import proposed_entry

Member = tuple[str, str]
UNMAPPED = "A mapping settles it: it clears itself once the value is mapped."
CLEARS_ITSELF = "A cut-off clears itself when its counterpart lands."


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What is told of a record.

    Attributes:
        reference: what its system calls it. number: the shop's or the ledger's number, by which people name it; "" for
            none. minor: minor units of the reconciliation's currency, side's sign applied.
    """

    member: Member
    reference: str
    number: str
    text: str
    kind: str
    day: date | None
    minor: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The whole queue.

    Attributes:
        first: exception id -> its first record (the source's where there is one); absent when no source serves it.
        people: by sign-in name. specs: by name.
    """

    items: tuple[ExceptionItem, ...]
    first: Mapping[str, RecordFacts]
    people: Mapping[str, Person]
    specs: Mapping[str, Reconciliation]


@dataclass(frozen=True, slots=True)
class Activity:
    """One line of an exception's history, from the trail."""

    at: datetime
    actor: str
    action: str
    detail: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """One exception in full.

    Attributes:
        records: its records. nearest: candidates of the other side with what each failed, as (record, gate, by how
            much). remedy: what change would have matched it, in words, "" where none is known. entry: what `propose`
            would stage now, or None; no_entry: why there is none. mappings: the mapping rows that chose something of
            the entry.
        write: the latest staged write that settles it, or None.
    """

    item: ExceptionItem
    records: tuple[RecordFacts, ...]
    nearest: tuple[tuple[RecordFacts, str, str], ...]
    remedy: str
    comments: tuple[Comment, ...]
    history: tuple[Activity, ...]
    entry: Entry | None
    mappings: tuple[MappingRow, ...]
    no_entry: str
    write: StagedWrite | None
    accounts: Mapping[str, Account]


def load_queue(desk: Desk) -> Queue:
    """Read the queue."""
    with desk.read() as uow:
        items = tuple(uow.exceptions.all())
        specs = {spec.name: spec for spec in uow.reconciliations.all()}
        chosen = {item.exception_id: max(item.members) for item in items if item.members}
        facts: dict[tuple[str, Member], RecordFacts] = {}
        for name, spec in specs.items():
            wanted = {chosen[item.exception_id] for item in items if item.members and item.reconciliation == name}
            facts |= {(name, member): found for member, found in record_facts(uow, spec, wanted).items()}
        keys = {item.exception_id: (item.reconciliation, chosen[item.exception_id]) for item in items if item.members}
        first = {identity: facts[key] for identity, key in keys.items() if key in facts}
        return Queue(items, first, {person.name: person for person in uow.people.all()}, specs)


def load_case(desk: Desk, exception_id: str) -> Case:
    """Read one exception in full."""
    with desk.read() as uow:
        item = uow.exceptions.get(exception_id)
        spec = uow.reconciliations.get(item.reconciliation)
        listed = _listed(item)
        near = _candidates(item, listed)
        members = shown_members(item)
        named = {(change.side, change.id) for found in listed for change in changes_of(found) if change.id}
        facts = record_facts(uow, spec, {*members, *(member for member, _, _ in near), *named})
        proposal, why = _entry(uow, item)
        writes = [write for write in uow.writes.all() if exception_id in write.exception_ids]
        history = [
            Activity(row.at, row.actor, row.action, row.detail)
            for row in uow.trail.entries()
            if row.subject == exception_id and row.action != "exception.comment"
        ]
        return Case(
            item=item,
            records=tuple(facts[member] for member in sorted(members, reverse=True) if member in facts),
            nearest=tuple((facts[member], gate, much) for member, gate, much in near if member in facts),
            remedy=remedy_words(listed, lambda side, row: _name(facts.get((side, row)), row)),
            comments=tuple(uow.exceptions.comments(exception_id)),
            history=tuple(history),
            entry=proposal.entry if proposal else None,
            mappings=proposal.mappings if proposal else (),
            no_entry=why,
            write=max(writes, key=lambda write: write.created_at, default=None),
            accounts={account.account_id: account for account in uow.connections.accounts(spec.ledger.source)},
        )


def shown_members(item: ExceptionItem) -> tuple[Member, ...]:
    """The records to look at: its own, or of a value that is not mapped the first that says it."""
    if item.reason != Reason.MAPPING_MISSING:
        return item.members
    return ((SOURCE_SIDE, json.loads(item.evidence)["example"]),)


def record_facts(uow: UnitOfWork, spec: Reconciliation, members: set[Member]) -> dict[Member, RecordFacts]:
    """Facts of records of one reconciliation; opening items that no source serves are told from the take-on."""
    found: dict[Member, RecordFacts] = {}
    for name, side in ((SOURCE_SIDE, spec.source), (LEDGER_SIDE, spec.ledger)):
        wanted = {record for at, record in members if at == name}
        for row in uow.records.transactions(side.source, ids=wanted).dicts() if wanted else ():
            own = row["settlement_amount"] if row["settlement_currency"] == spec.currency else row["amount"]
            document = row["external_id"].rpartition(":")[0] if name == LEDGER_SIDE else ""
            reference = row["references"].partition("\n")[0] or document or row["external_id"]
            number = shop_number(row["references"]) or document
            party = "" if "_" in row["counterparty"] else row["counterparty"]  # a provider's id names nobody
            text = " · ".join(part for part in (party, said_once(row["description"])) if part)
            member = (name, row["id"])
            facts = (reference, number, text, row["kind"], row["booking_date"], own * side.sign)
            found[member] = RecordFacts(member, *facts)
    for opening in uow.reconciliations.opening_items(spec.name):
        member = (opening.side, opening.record_id)
        if member in members and member not in found:
            told = (opening.reference, "", opening.description, "opening item", opening.day, opening.minor)
            found[member] = RecordFacts(member, *told)
    return found


def shop_number(references: str) -> str:
    """The shop's number among newline-separated references.

    The first that has a digit, is no provider's id and no piece of one (as a payout's trace on the bank statement is).
    """
    every = references.split("\n")
    ids = [text.casefold() for text in every if "_" in text]
    found = (text for text in every if "_" not in text and any(c.isdigit() for c in text))
    return next((text for text in found if not any(text.casefold() in known for known in ids)), "")


def said_once(text: str) -> str:
    """A document's text that its line repeats, said once."""
    half, odd = divmod(len(text), 2)
    return text[:half] if odd and text[:half] == text[half + 1 :] and text[half] == " " else text


def _entry(uow: UnitOfWork, item: ExceptionItem) -> tuple[Proposal | None, str]:
    if item.state in (ExceptionState.RESOLVED, ExceptionState.PROPOSED):
        return None, f"It is {item.state} already."
    if item.reason == Reason.DATE_CUTOFF:
        return None, CLEARS_ITSELF
    if item.reason == Reason.MAPPING_MISSING:
        return None, UNMAPPED
    if item.reason != Reason.FX_DIFFERENCE and any(side != SOURCE_SIDE for side, _ in item.members):
        return None, "Only what the ledger lacks can be booked from here."
    try:
        return proposed_entry(uow, item)[0], ""
    except UserError as error:
        return None, error.text


def _name(facts: RecordFacts | None, row: str) -> str:
    """What people call a record."""
    return (facts.reference or facts.text or row) if facts else row


def _listed(item: ExceptionItem) -> list[dict[str, Any]]:
    """The candidates that the run stored with it, nearest first."""
    evidence = json.loads(item.evidence) if item.evidence else {}
    return list(evidence.get("candidates", ()))


def _candidates(item: ExceptionItem, listed: list[dict[str, Any]]) -> list[tuple[Member, str, str]]:
    sides = {side for side, _ in item.members}
    other = LEDGER_SIDE if sides == {SOURCE_SIDE} else SOURCE_SIDE
    found = (row for row in listed if row["id"])
    return [((other, row["id"]), row["failed_gate"], row["by_how_much"]) for row in found]
