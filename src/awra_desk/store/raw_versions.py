"""Versions of raw records: which are stored, which hold now, which wait to be interpreted, which are replaced.

Called by `repo_records` alone. Two queues carry the state: `raw_pending` (heads to interpret) and `raw_replaced`
(versions whose transactions go when their external id is interpreted again).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from awra_desk.domain.events import Witness
from awra_desk.domain.records import RawRecord
from awra_desk.store import bulk
from awra_desk.store.tables_events import witnesses
from awra_desk.store.tables_records import interpreted_with, raw_heads, raw_pending, raw_records, raw_replaced
from awra_desk.store.types import instant_text

_RAW = (
    raw_records.c.source,
    raw_records.c.stream,
    raw_records.c.external_id,
    raw_records.c.payload,
    raw_records.c.fetched_at,
)
_APPEND = """
INSERT INTO raw_records (company, raw_id, source, stream, external_id, digest, payload, fetched_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_HEAD = """
INSERT INTO raw_heads (company, source, stream, external_id, raw_id, seen_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (company, source, stream, external_id) DO UPDATE SET raw_id = excluded.raw_id, seen_at = excluded.seen_at"""
_QUEUE = "INSERT INTO raw_pending (company, source, stream, raw_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_WITNESS = "INSERT INTO witnesses (company, raw_id, witness, seen_at) VALUES (?, ?, ?, ?)"
_REPLACE = """
INSERT INTO raw_replaced (company, source, stream, external_id, raw_id) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""

Stream = tuple[str, str]
Newest = dict[str, tuple[str, str]]
"""External id -> (raw id, seen at)."""
_PAGE = 5_000


class RawVersions:
    """The versions of one company's raw records."""

    def __init__(self, connection: sa.Connection, company: str) -> None:
        self._connection = connection
        self._company = company

    def append(self, records: Sequence[RawRecord], witness: Witness) -> int:
        """Store what is not stored yet and move the heads on; returns how many versions were new.

        A version that comes back (A, B, A again) holds once more, though nothing new is stored.
        """
        return sum(self._append(records[at : at + bulk.CHUNK], witness) for at in range(0, len(records), bulk.CHUNK))

    def pending(self, source: str, stream: str, contract: str, limit: int) -> list[RawRecord]:
        """Heads not interpreted with this contract version, by raw id."""
        present = self.contract((source, stream))
        queue = raw_pending if present in (None, contract) else raw_heads
        query = (
            sa.select(queue.c.raw_id, *_RAW)
            .select_from(queue)
            .join(
                raw_records, sa.and_(raw_records.c.company == queue.c.company, raw_records.c.raw_id == queue.c.raw_id)
            )
            .where(*self._of(queue, (source, stream)))
            .order_by(queue.c.raw_id)
            .limit(limit)
        )
        return [RawRecord.stored(*row) for row in self._connection.execute(query).all()]

    def all(self, source: str) -> Iterator[tuple[str, bool, RawRecord]]:
        """Each version by raw id: (stored id, whether it holds now and was interpreted, record)."""
        at = raw_records.c
        of_head = (raw_heads.c.company == at.company, raw_heads.c.source == at.source, raw_heads.c.raw_id == at.raw_id)
        waits = (raw_pending.c.company == at.company, raw_pending.c.raw_id == at.raw_id)
        holds = sa.and_(sa.exists().where(*of_head), ~sa.exists().where(*waits))
        query = sa.select(at.raw_id, holds.label("holds"), *_RAW).where(
            at.company == self._company, at.source == source
        )
        after = ""
        while True:
            page = query.where(at.raw_id > after).order_by(at.raw_id).limit(_PAGE)
            rows = self._connection.execute(page).all()
            for raw_id, held, *fields in rows:
                yield raw_id, bool(held), RawRecord(*fields)
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def contract(self, stream: Stream) -> str | None:
        """The contract version the stream was interpreted with; None when it never was."""
        query = sa.select(interpreted_with.c.contract).where(*self._of(interpreted_with, stream))
        return self._connection.execute(query).scalar_one_or_none()

    def settled(self, stream: Stream, *, after: str, limit: int) -> list[RawRecord]:
        """Heads that do not wait to be interpreted, by raw id, from behind `after`."""
        same = sa.and_(raw_records.c.company == raw_heads.c.company, raw_records.c.raw_id == raw_heads.c.raw_id)
        waits = sa.exists().where(*self._of(raw_pending, stream), raw_pending.c.raw_id == raw_heads.c.raw_id)
        query = sa.select(*_RAW).select_from(raw_heads).join(raw_records, same)
        query = query.where(*self._of(raw_heads, stream), raw_heads.c.raw_id > after, ~waits)
        rows = self._connection.execute(query.order_by(raw_heads.c.raw_id).limit(limit))
        return [RawRecord(*row) for row in rows]

    def take(self, records: Sequence[RawRecord], raw_ids: Sequence[str], contract: str) -> list[str]:
        """These records are being interpreted: they wait no longer. Returns the raw ids whose former transactions go
        now.
        """
        streams: dict[Stream, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for record, raw_id in zip(records, raw_ids, strict=True):
            external, ids = streams[record.source, record.stream]
            external.append(record.external_id)
            ids.append(raw_id)
        gone: list[str] = []
        for stream, (external, ids) in streams.items():
            self._switch(stream, contract)
            these = bulk.among(self._connection, raw_pending.c.raw_id, ids)
            waited = self._connection.execute(
                sa.delete(raw_pending).where(*self._of(raw_pending, stream), these)
            ).rowcount
            gone += self._take_replaced(stream, external)
            if waited < len(ids):  # some were interpreted before, or a newer version came meanwhile
                gone += ids
                self._outdate(stream, dict(zip(external, ids, strict=True)))
        return gone

    def _append(self, records: Sequence[RawRecord], witness: Witness) -> int:
        versions = [(record.raw_id, record, instant_text(record.fetched_at)) for record in records]
        streams: dict[Stream, Newest] = defaultdict(dict)
        for raw_id, record, at in versions:
            newest = streams[record.source, record.stream]
            if record.external_id not in newest or newest[record.external_id][1] <= at:
                newest[record.external_id] = (raw_id, at)
        heads = {stream: self._heads(stream, newest) for stream, newest in streams.items()}
        stored = self._stored(
            [raw_id for raw_id, record, _ in versions if record.external_id in heads[record.source, record.stream]]
        )
        fresh = {
            raw_id: (raw_id, record.source, record.stream, record.external_id, record.digest, record.payload, at)
            for raw_id, record, at in versions
            if raw_id not in stored
        }
        self._many(_APPEND, list(fresh.values()))
        self._witness({raw_id: record for raw_id, record, _ in versions}, stored, witness)
        for stream, newest in streams.items():
            self._move_heads(stream, newest, heads[stream])
        return len(fresh)

    def _witness(self, given: dict[str, RawRecord], stored: set[str], witness: Witness) -> None:
        """Record by which way these versions came, where that is more than one poll: a poll alone leaves no row."""
        asked = stored if witness is Witness.POLL else given.keys()
        if not asked:
            return
        at = witnesses.c
        these = bulk.among(self._connection, at.raw_id, sorted(asked))
        query = sa.select(at.raw_id, at.witness).where(at.company == self._company, these)
        known: dict[str, set[str]] = defaultdict(set)
        for raw_id, way in self._connection.execute(query):
            known[raw_id].add(way)
        wanted = known.keys() if witness is Witness.POLL else asked
        rows = [
            (raw_id, witness, given[raw_id].fetched_at) for raw_id in sorted(wanted) if witness not in known[raw_id]
        ]
        if witness is Witness.EVENT:
            polled = sorted(raw_id for raw_id in stored if not known[raw_id])
            rows += [(raw_id, Witness.POLL, first) for raw_id, first in self._fetched(polled)]
        self._many(_WITNESS, [(raw_id, way.value, instant_text(seen)) for raw_id, way, seen in rows])

    def _fetched(self, raw_ids: Sequence[str]) -> list[tuple[str, datetime]]:
        """When each of these versions was stored."""
        these = bulk.among(self._connection, raw_records.c.raw_id, raw_ids)
        query = sa.select(raw_records.c.raw_id, raw_records.c.fetched_at).where(
            raw_records.c.company == self._company, these
        )
        return [(raw_id, at) for raw_id, at in self._connection.execute(query)]

    def _heads(self, stream: Stream, external: Iterable[str]) -> Newest:
        """Those of these external ids that have one; to the others no version was ever stored."""
        these = bulk.among(self._connection, raw_heads.c.external_id, list(external))
        columns = (raw_heads.c.external_id, raw_heads.c.raw_id, raw_heads.c.seen_at)
        query = sa.select(*columns).where(*self._of(raw_heads, stream), these)
        return {external: (raw_id, instant_text(at)) for external, raw_id, at in self._connection.execute(query)}

    def _move_heads(self, stream: Stream, newest: Newest, heads: Newest) -> None:
        """What differs from the head and is not older becomes the head and waits."""
        moved = {
            external: version
            for external, version in newest.items()
            if external not in heads or (heads[external][0] != version[0] and heads[external][1] <= version[1])
        }
        before = {external: heads[external][0] for external in moved if external in heads}
        if before:
            old = bulk.among(self._connection, raw_pending.c.raw_id, list(before.values()))
            self._connection.execute(sa.delete(raw_pending).where(*self._of(raw_pending, stream), old))
        self._many(_REPLACE, [(*stream, external, raw_id) for external, raw_id in before.items()])
        self._many(_HEAD, [(*stream, external, raw_id, at) for external, (raw_id, at) in moved.items()])
        self._many(_QUEUE, [(*stream, raw_id) for raw_id, _ in moved.values()])

    def _switch(self, stream: Stream, contract: str) -> None:
        """With another contract version, everything of the stream waits again, and what it gave goes."""
        present = self.contract(stream)
        if present == contract:
            return
        if present is not None:
            heads = raw_heads.c
            for queue in (raw_pending, raw_replaced):
                names = [column.name for column in queue.columns]
                query = sa.select(*(heads[name] for name in names)).where(*self._of(raw_heads, stream))
                known = sa.exists().where(*(queue.c[name] == heads[name] for name in names)).correlate(raw_heads)
                self._connection.execute(sa.insert(queue).from_select(names, query.where(~known)))
            self._connection.execute(sa.delete(interpreted_with).where(*self._of(interpreted_with, stream)))
        source, name = stream
        row = {"company": self._company, "source": source, "stream": name, "contract": contract}
        self._connection.execute(sa.insert(interpreted_with), row)

    def _take_replaced(self, stream: Stream, external: list[str]) -> list[str]:
        here = self._of(raw_replaced, stream)
        if self._connection.execute(sa.select(raw_replaced.c.raw_id).where(*here).limit(1)).first() is None:
            return []
        these = sa.and_(*here, bulk.among(self._connection, raw_replaced.c.external_id, external))
        found = list(self._connection.execute(sa.select(raw_replaced.c.raw_id).where(these)).scalars())
        self._connection.execute(sa.delete(raw_replaced).where(these))
        return found

    def _outdate(self, stream: Stream, taken: dict[str, str]) -> None:
        """What is interpreted though it holds no longer goes as soon as the newer version is interpreted."""
        these = bulk.among(self._connection, raw_heads.c.external_id, taken)
        query = sa.select(raw_heads.c.external_id, raw_heads.c.raw_id).where(*self._of(raw_heads, stream), these)
        newer = [external for external, head in self._connection.execute(query) if head != taken[external]]
        self._many(_REPLACE, [(*stream, external, taken[external]) for external in newer])

    def _stored(self, raw_ids: Sequence[str]) -> set[str]:
        if not raw_ids:
            return set()
        these = bulk.among(self._connection, raw_records.c.raw_id, raw_ids)
        query = sa.select(raw_records.c.raw_id).where(raw_records.c.company == self._company, these)
        return set(self._connection.execute(query).scalars())

    def _of(self, table: sa.Table, stream: Stream) -> tuple[sa.ColumnElement[bool], ...]:
        return table.c.company == self._company, table.c.source == stream[0], table.c.stream == stream[1]

    def _many(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            bulk.many(self._connection, statement, [(self._company, *row) for row in rows])
