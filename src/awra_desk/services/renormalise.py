"""Re-normalise: read what was pulled again with a changed contract, offline, after showing what becomes different.

People's decisions name records by their derived ids. A change after which a decided record would no longer exist is
refused: a decision is never lost.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from awra_desk.domain.errors import Refused
from awra_desk.domain.people import Role
from awra_desk.domain.records import RawRecord
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.desk import Desk, InForce, Mapping, actor
from awra_desk.services.normalise import BATCH, normalise

SHOWN = 1_000
"""So many changed records are listed; all are counted."""
_NOT_COMPARED = frozenset({"contract"})


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction that becomes different.

    Attributes:
        fields: column -> (now, then), as text; empty where the transaction appears or vanishes.
    """

    record_id: str
    what: str  # "appears" | "vanishes" | "changes"
    fields: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Differences:
    """What a contract makes different, over everything pulled so far.

    Attributes:
        source: connection name. before: contract versions in force for what is stored, sorted. after: the new one.
        records: raw records read again. rejected, accepted: raw records that no longer fit, and that fit now.
        counts: "appears", "vanishes", "changes" -> transactions. changes: the first `SHOWN` of them, by id.
        lost: ids of decided records that would vanish, sorted; while there are any, the contract is refused.
        versions: the versions of the new contract that share the work.
    """

    source: str
    before: tuple[str, ...]
    after: str
    records: int
    rejected: int
    accepted: int
    counts: dict[str, int]
    changes: tuple[Change, ...]
    lost: tuple[str, ...]
    versions: tuple[InForce, ...] = ()

    @property
    def any(self) -> bool:
        """Whether any figure or text becomes different."""
        return bool(sum(self.counts.values()) or self.rejected or self.accepted)


def differences(desk: Desk, name: str, *, progress: Progress = silent) -> Differences:
    """What the contract in force now would change about what this source gave; changes nothing."""
    with desk.read() as uow:
        mapping = desk.mapping(uow.connections.get(name))
        streams = [stream for stream in uow.records.streams(name) if _is_other(uow, name, stream, mapping)]
        before = sorted({uow.records.contract(name, stream) or "" for stream in streams})
        rejected_before = {reject.raw_id for reject in uow.records.rejects(name)}
        counts: Counter[str] = Counter()
        shown: list[Change] = []
        vanished: set[str] = set()
        read = rejected = accepted = 0
        for records in _batches(uow, name, streams):
            result = mapping.interpret(records, None)
            raw_ids = [record.raw_id for record in records]
            rejects = {reject.raw_id for reject in result.rejects}
            rejected += len(rejects - rejected_before)
            accepted += len((rejected_before & set(raw_ids)) - rejects)
            for change in _compared(_by_id(uow.records.interpreted(raw_ids)), _by_id(result.table)):
                counts[change.what] += 1
                shown += [change] if len(shown) < SHOWN else []
                vanished |= {change.record_id} if change.what == "vanishes" else set()
            read += len(records)
            progress(read, None, f"{name}: reading again")
        lost = sorted(vanished & _decided(uow))
    return Differences(
        source=name,
        before=tuple(before),
        after=mapping.version,
        records=read,
        rejected=rejected,
        accepted=accepted,
        counts=dict(counts),
        changes=tuple(shown),
        lost=tuple(lost),
        versions=mapping.versions,
    )


def keep_up(desk: Desk, name: str, *, progress: Progress = silent) -> int:
    """Interpret what came since the last time, and all the rest too where another contract reads it just the same.

    Returns how many raw records that were.

    Raises:
        Refused: the contract in force makes something different; what was pulled is stored and waits.
    """
    with desk.read() as uow:
        mapping = desk.mapping(uow.connections.get(name))
        other = any(_is_other(uow, name, stream, mapping) for stream in uow.records.streams(name))
    if other and (found := differences(desk, name, progress=progress)).any:
        raise Refused(
            f"the contract is now {found.after}, and what was pulled before would be read differently",
            record=name,
            remedy=f"See how with `awra-desk renormalise {name}`, then apply it. Nothing that was pulled is lost.",
        )
    return normalise(desk, name, progress=progress)


def renormalise(desk: Desk, name: str, *, who: str, progress: Progress = silent) -> Differences:
    """Read everything of this source again with the contract in force; one trail row. Returns what became different.

    Raises:
        Refused: `who` keeps no mappings here, or a decided record would vanish.
    """
    with desk.read() as uow:
        actor(uow, who, Role.OWNER, Role.ACCOUNTANT)
    found = differences(desk, name, progress=progress)
    if found.lost:
        raise Refused(
            f"with {found.after}, {len(found.lost):,} records that people decided about would vanish",
            record=found.lost[0],
            remedy="Undo those decisions first, or let the contract keep the records' external ids.",
        )
    normalise(desk, name, progress=progress)
    with desk.write() as uow:
        uow.trail.append(
            at=desk.now(),
            actor=who,
            action="records.renormalise",
            subject=name,
            detail={
                "before": ", ".join(found.before),
                "after": found.after,
                "records": str(found.records),
                "rejected": str(found.rejected),
                "accepted": str(found.accepted),
                **{what: str(count) for what, count in sorted(found.counts.items())},
                "changes_digest": _digest(found),
            },
        )
        uow.commit()
    return found


def _is_other(uow: UnitOfWork, name: str, stream: str, mapping: Mapping) -> bool:
    return uow.records.contract(name, stream) not in (None, mapping.version)


def _batches(uow: UnitOfWork, name: str, streams: list[str]) -> Iterator[list[RawRecord]]:
    for stream in streams:
        after = ""
        while records := uow.records.settled(name, stream, after=after, limit=BATCH):
            yield records
            after = records[-1].raw_id


def _by_id(rows: Any) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows.dicts()}


def _compared(now: dict[str, dict[str, Any]], then: dict[str, dict[str, Any]]) -> Iterator[Change]:
    for record_id in sorted(now.keys() | then.keys()):
        if record_id not in then:
            yield Change(record_id, "vanishes", {})
        elif record_id not in now:
            yield Change(record_id, "appears", {})
        else:
            old, new = now[record_id], then[record_id]
            fields = {
                column: (str(value), str(new[column]))
                for column, value in old.items()
                if column not in _NOT_COMPARED and value != new[column]
            }
            if fields:
                yield Change(record_id, "changes", fields)


def _decided(uow: UnitOfWork) -> set[str]:
    """Ids of all records that decisions in force name."""
    names = [spec.name for spec in uow.reconciliations.all()]
    decided = [decision for name in names for decision in uow.reconciliations.decisions(name)]
    return {record_id for decision in decided for _, record_id in decision.members}


def _digest(found: Differences) -> str:
    """SHA-256 over the changes listed."""
    return hashlib.sha256(repr(found.changes).encode()).hexdigest()
