"""Applies a contract: raw records -> one table of transactions, and a reject for each record that does not fit.

A record is taken whole or not at all: if one of its legs does not fit, none of them counts, so that money never shows
by halves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

from awra_desk.domain.records import RawRecord, Reject
from awra_desk.domain.transactions import record_ids
from awra_desk.normalise.checks import check
from awra_desk.normalise.contract import Contract, Stream
from awra_desk.normalise.exact_json import JsonRefused, loads_stored
from awra_desk.normalise.fields import Misfit, Scope
from awra_desk.normalise.legs import Columns, LegRows, read_leg
from awra_desk.normalise.reading import Reading
from awra_desk.normalise.rows import Rows, picker
from awra_desk.ports.columns import TEXT, Table, column, texts
from awra_desk.ports.schemas import TRANSACTIONS

BATCH = 250
"""Records read at once: enough that a pass over a column costs little, few enough that their payloads stay in the
processor's cache meanwhile."""

Read = Callable[[RawRecord], Any]
"""Gives a record's payload; raises JsonRefused."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """What some raw records gave. Each of them is in at least one of the three.

    Attributes:
        table: schema TRANSACTIONS, in the order of the records.
        rejects: in the order of the records.
        evidence: raw ids of those that by the contract move no money: evidence-only streams, deleted documents, amounts
            of zero.
    """

    table: Table
    rejects: list[Reject]
    evidence: tuple[str, ...]


def interpret(
    contract: Contract,
    records: Sequence[RawRecord],
    *,
    company: str,
    zone: str,
    read: Read | None = None,
) -> Normalised:
    """Interpret raw records.

    Args:
        company: goes into the company column. zone: IANA zone of the connection's booking days.
        read: gives the payloads; a sentinel's looks at them too. None: nobody looks.
    """
    columns: Columns = {name: [] for name in TRANSACTIONS}
    rejects: list[Reject] = []
    evidence: list[str] = []
    for _, group in groupby(records, key=attrgetter("source", "stream")):
        alike = list(group)
        for start in range(0, len(alike), BATCH):
            batch = alike[start : start + BATCH]
            legs, misfits = _read(contract, batch, zone, read or _payload)
            moving = _add(columns, contract, batch, [_without(leg, misfits) for leg in legs])
            rejects += [_reject(contract, batch[at], misfits[at]) for at in sorted(misfits)]
            evidence += [record.raw_id for at, record in enumerate(batch) if at not in moving and at not in misfits]
    columns["company"] = [company] * len(columns["id"])
    made = {
        name: texts(columns[name]) if kind == TEXT else column(kind, columns[name])
        for name, kind in TRANSACTIONS.items()
    }
    return Normalised(Table(made), rejects, tuple(evidence))


def _reject(contract: Contract, record: RawRecord, misfit: Misfit) -> Reject:
    return Reject(
        raw_id=record.raw_id,
        source=record.source,
        stream=record.stream,
        external_id=record.external_id,
        contract=contract.version,
        path=misfit.path,
        value=misfit.value,
        reason=misfit.reason,
    )


def _read(
    contract: Contract, batch: Sequence[RawRecord], zone: str, read: Read
) -> tuple[list[LegRows], dict[int, Misfit]]:
    """What each leg gives of records of one stream, and what does not fit in which record."""
    name = batch[0].stream
    stream = contract.streams.get(name)
    if stream is None:
        known = ", ".join(sorted(contract.streams))
        words = f"Contract {contract.name} knows no such stream, only {known}."
        return [], {at: Misfit("", name, words) for at in range(len(batch))}
    if stream.evidence:
        return [], {}
    payloads, misfits = _payloads(batch, read)
    rows = Rows(payloads, [at for at in range(len(batch)) if at not in misfits])
    standing = _standing(stream, Reading(rows))
    check(contract, stream, standing)
    sound = standing.chosen(standing.sound()).rows
    legs = [read_leg(contract, leg, sound, zone) for leg in stream.legs] if len(sound) else []
    for leg in reversed(legs):  # what does not fit in an earlier leg is told rather than what does not in a later one
        misfits |= leg.misfits
    return legs, misfits | {rows.of[place]: misfit for place, misfit in standing.misfits.items()}


def _payload(record: RawRecord) -> Any:
    return loads_stored(record.payload)


def _payloads(batch: Sequence[RawRecord], read: Read) -> tuple[list[Any], dict[int, Misfit]]:
    payloads: list[Any] = [None] * len(batch)
    misfits = {}
    for at, record in enumerate(batch):
        try:
            payloads[at] = read(record)
        except JsonRefused as error:
            words = f"The payload is not sound JSON ({error}). Pull the record again."
            misfits[at] = Misfit("", record.payload, words)
    return payloads, misfits


def _standing(stream: Stream, reading: Reading) -> Reading:
    """Without the records that are gone."""
    if not stream.gone:
        return reading

    def read(scope: Scope, _: int) -> bool:
        return all(condition.holds(scope) for condition in stream.gone)

    gone = reading.column(reading.rows.hold(stream.gone), read, True)
    return reading.chosen([not is_gone for is_gone in gone])


def _without(leg: LegRows, misfits: dict[int, Misfit]) -> LegRows:
    """Less the records of which any leg does not fit."""
    return leg.chosen([at not in misfits for at in leg.of]) if misfits else leg


def _occurrences(of: Sequence[int], external_ids: Sequence[str]) -> list[int]:
    """For each transaction, the how manieth of its external id in its record it is."""
    if len(set(external_ids)) == len(external_ids):
        return [1] * len(external_ids)
    seen: Counter[tuple[int, str]] = Counter()
    counted = []
    for name in zip(of, external_ids, strict=True):
        seen[name] += 1
        counted.append(seen[name])
    return counted


def _add(columns: Columns, contract: Contract, batch: Sequence[RawRecord], legs: Sequence[LegRows]) -> set[int]:
    """Add their transactions in the order of the records; which records have any."""
    legs = [leg for leg in legs if leg.of]
    if not legs:
        return set()
    of = list(chain.from_iterable(leg.of for leg in legs))
    pick = picker(sorted(range(len(of)), key=of.__getitem__))
    begin = len(columns["id"])
    for name in legs[0].columns:
        values = list(chain.from_iterable(leg.columns[name] for leg in legs))
        columns[name] += pick(values) if len(legs) > 1 else values
    of = pick(of)
    source, stream, external_ids = batch[0].source, batch[0].stream, columns["external_id"][begin:]
    columns["occurrence"] += (occurrences := _occurrences(of, external_ids))
    columns["id"] += record_ids(source, stream, external_ids, occurrences)
    columns["raw_id"] += picker(of)([record.raw_id for record in batch])
    for name, value in (("source", source), ("stream", stream), ("contract", contract.version)):
        columns[name] += [value] * len(of)
    return set(of)
