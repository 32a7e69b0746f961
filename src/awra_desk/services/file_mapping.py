"""Look at what files would bring before anything is stored, and save the mapping that reads them, as versions."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from awra_desk.domain.controls import ControlTotal
from awra_desk.domain.errors import Refused
from awra_desk.domain.people import Role
from awra_desk.domain.records import Reject
from awra_desk.ports.columns import Table
from awra_desk.ports.connections import Connection, Noticing, SelfProving
from awra_desk.services.desk import ENGINE, Desk, actor

OPTION = "mapping"
"""Option of a connection that holds the text of its mapping in force; every version stays on the trail."""
_ACTION = "mapping.put"
KEEPERS = (Role.OWNER, Role.ACCOUNTANT)
"""Who may say how a source's files are read."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How files would be read; nothing of it is stored.

    Attributes:
        contract: the version that would read them. files: what would be read.
        table: the transactions, schema TRANSACTIONS, in the order of the files; rejects: rows that do not fit. Both
            only as far as was asked for; count and rejected say how many there are.
        totals: (currency, account) -> (number, minor units) of the transactions, as settled where they were.
        notices: what is there twice, overlaps or cannot be read. broken: proofs of the files that do not hold.
        new: how many of the records are not stored yet. known: raw ids in the table that are; again: those of which
            another version is, which they would replace.
    """

    contract: str
    files: tuple[str, ...]
    table: Table
    rejects: tuple[Reject, ...]
    totals: Mapping[tuple[str, str], tuple[int, int]]
    notices: tuple[str, ...]
    broken: tuple[ControlTotal, ...]
    new: int
    count: int
    rejected: int
    known: frozenset[str]
    again: frozenset[str]


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """A version of a source's mapping: from 1, with its text and who saved it when (ISO instant).

    Attributes:
        changed: what is otherwise than in the version before, for people; empty for the first.
    """

    version: int
    digest: str
    text: str = field(repr=False)
    by: str
    at: str
    changed: tuple[str, ...] = ()


def preview(desk: Desk, name: str, text: str = "", *, shown: int | None = None) -> Preview:
    """How the files of a source would be read now.

    Args:
        text: a mapping to try; "": the one in force. shown: how many transactions and rejects it holds, None for all.

    Raises:
        UsageError: the mapping or the only file cannot be read.
    """
    with desk.read() as uow:
        connection = uow.connections.get(name)
        stored = {record.raw_id: (record.stream, record.external_id) for _, _, record in uow.records.versions(name)}
    return _preview(desk, _with(connection, text) if text else connection, stored, shown)[0]


def _preview(
    desk: Desk, connection: Connection, stored: Mapping[str, tuple[str, str]], shown: int | None
) -> tuple[Preview, set[tuple[str, str]]]:
    """(what would be read, the ids of all records that would be)."""
    source, mapping = desk.source(connection), desk.mapping(connection)
    notices = tuple(source.notices()) if isinstance(source, Noticing) else ()
    records = [record for stream in source.streams for page in source.pages(stream, None) for record in page.records]
    found = mapping.interpret(records, None)
    proofs = source.proofs() if isinstance(source, SelfProving) else []
    table = found.table if shown is None else found.table.take(range(min(shown, len(found.table))))
    listed, held = set(table["raw_id"].tolist()), set(stored.values())
    other = {one.raw_id for one in records if one.raw_id not in stored and (one.stream, one.external_id) in held}
    made = Preview(
        contract=mapping.version,
        files=tuple(source.files()) if isinstance(source, Noticing) else (),
        table=table,
        rejects=tuple(found.rejects[:shown]),
        totals=_totals(found.table),
        notices=notices,
        broken=tuple(proof for proof in proofs if not proof.holds),
        new=sum(record.raw_id not in stored for record in records),
        count=len(found.table),
        rejected=len(found.rejects),
        known=frozenset(listed & stored.keys()),
        again=frozenset(listed & other),
    )
    return made, {(record.stream, record.external_id) for record in records}


def save_mapping(desk: Desk, name: str, text: str, *, by: str) -> MappingVersion:
    """Put a mapping in force as the next version, after the files were read with it; the same text changes nothing.

    Raises:
        UsageError: the mapping, or the only file with it, cannot be read.
        Refused: the person is none of KEEPERS; or it would give rows other ids than those under which they are stored,
            so each would count twice.
    """
    known = mapping_versions(desk, name)
    with desk.read() as uow:
        if by != ENGINE:
            actor(uow, by, *KEEPERS)
        connection = uow.connections.get(name)
        held = {(record.stream, record.external_id) for _, _, record in uow.records.versions(name)}
    if known and known[-1].text == text and connection.options.get(OPTION) == text:
        return known[-1]
    trial = _with(connection, text)
    found, ids = _preview(desk, trial, {}, 0)
    if held and (foreign := held - ids):
        raise Refused(
            f"{len(foreign):,} stored records, {min(foreign)[1]} first, would have other ids and count twice",
            record=name,
            remedy="Keep the columns that are the id and the files that were read, or connect these files anew.",
        )
    version, now = len(known) + 1, desk.now()
    digest = hashlib.sha256(text.encode()).hexdigest()
    with desk.write() as uow:
        uow.connections.put(trial)
        detail = {"version": str(version), "digest": digest, "contract": found.contract, "text": text}
        uow.trail.append(at=now, actor=by, action=_ACTION, subject=name, detail=detail)
        uow.commit()
    return mapping_versions(desk, name)[-1]


def mapping_versions(desk: Desk, name: str) -> list[MappingVersion]:
    """Every version that was ever in force, the first one first; the trail keeps them and nobody can change it."""
    with desk.read() as uow:
        rows = [row for row in uow.trail.entries() if (row.action, row.subject) == (_ACTION, name)]
    found: list[MappingVersion] = []
    for row in rows:
        said, before = row.detail, found[-1].text if found else None
        changed = () if before is None else tuple(mapping_changes(before, said["text"]))
        found.append(
            MappingVersion(int(said["version"]), said["digest"], said["text"], row.actor, row.at.isoformat(), changed)
        )
    return found


def mapping_changes(before: str, after: str) -> Iterator[str]:
    """What one mapping says otherwise than another, place by place ("columns.date: Date → Value date")."""
    old, new = (dict(_places(tomllib.loads(text))) for text in (before, after))
    for place in sorted(old.keys() | new.keys()):
        if place != "version" and old.get(place) != new.get(place):
            yield f"{place}: {old.get(place, 'nothing')} → {new.get(place, 'nothing')}"


def _places(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every value with its place, as text."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for at, inner in enumerate(value):
            yield from _places(inner, f"{place}[{at}]")
    else:
        yield place, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _with(connection: Connection, text: str) -> Connection:
    return replace(connection, options={**connection.options, OPTION: text})


def _totals(table: Table) -> dict[tuple[str, str], tuple[int, int]]:
    count: Counter[tuple[str, str]] = Counter()
    minor: Counter[tuple[str, str]] = Counter()
    names = ("currency", "account", "amount", "settlement_currency", "settlement_amount")
    for currency, account, amount, unit, settled in zip(*(table[name].tolist() for name in names), strict=True):
        key = (unit or currency, account)
        count[key] += 1
        minor[key] += settled if unit else amount
    return {key: (count[key], minor[key]) for key in sorted(count)}
