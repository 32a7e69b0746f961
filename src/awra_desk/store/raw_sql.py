"""The statements behind appending raw records and marking them interpreted, written for the driver because pages are
many.
"""
# ruff: noqa: S608 (constants only)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from awra_desk.domain.records import RawRecord
from awra_desk.store import bulk
from awra_desk.store.types import instant_text

_COLUMNS = "company, raw_id, source, stream, external_id, digest, payload, fetched_at"

# SQLite's triggers run before ON CONFLICT is looked at and refuse a second row of the same version; PostgreSQL can be
# told directly.
_APPEND = f"""
INSERT INTO raw_records ({_COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
WHERE NOT EXISTS (SELECT 1 FROM raw_records WHERE company = ?1 AND raw_id = ?2)"""
_APPEND_POSTGRESQL = f"INSERT INTO raw_records ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"

# A version that comes back (A, B, A again) is the newest one once more, though nothing new is stored.
_HEAD = """
INSERT INTO raw_heads (company, source, stream, external_id, raw_id, seen_at, interpreted_raw_id, interpreted_contract)
VALUES (?, ?, ?, ?, ?, ?, '', '')
ON CONFLICT (company, source, stream, external_id) DO UPDATE SET raw_id = excluded.raw_id, seen_at = excluded.seen_at
WHERE excluded.seen_at >= raw_heads.seen_at"""

_MARK = """
UPDATE raw_heads SET interpreted_raw_id = ?, interpreted_contract = ?
WHERE company = ? AND source = ? AND stream = ? AND external_id = ?"""


@dataclass(frozen=True, slots=True)
class _Statements:
    append: str
    head: str
    mark: str


def _statements(connection: sa.Connection) -> _Statements:
    if connection.dialect.name == "postgresql":
        return _Statements(*(statement.replace("?", "%s") for statement in (_APPEND_POSTGRESQL, _HEAD, _MARK)))
    return _Statements(_APPEND, _HEAD, _MARK)


def append(connection: sa.Connection, company: str, records: Sequence[RawRecord]) -> int:
    """Store what is not stored yet and move the heads on; returns how many versions were new."""
    statements = _statements(connection)
    new = 0
    for start in range(0, len(records), bulk.CHUNK):
        part = records[start : start + bulk.CHUNK]
        ids = [record.raw_id for record in part]
        versions = [
            (
                company,
                raw_id,
                record.source,
                record.stream,
                record.external_id,
                record.digest,
                record.payload,
                instant_text(record.fetched_at),
            )
            for raw_id, record in zip(ids, part, strict=True)
        ]
        heads = [(company, record.source, record.stream, record.external_id, raw_id, instant_text(record.fetched_at))
                 for raw_id, record in zip(ids, part, strict=True)]  # fmt: skip
        new += connection.exec_driver_sql(statements.append, versions).rowcount
        connection.exec_driver_sql(statements.head, heads)
    return new


def mark_interpreted(
    connection: sa.Connection, company: str, records: Sequence[RawRecord], raw_ids: Sequence[str], contract: str
) -> None:
    """Remember which version and contract the transactions of each external id now come from."""
    rows = ((raw_id, contract, company, record.source, record.stream, record.external_id)
            for raw_id, record in zip(raw_ids, records, strict=True))  # fmt: skip
    mark = _statements(connection).mark
    for chunk in bulk.chunks(rows):
        connection.exec_driver_sql(mark, chunk)
