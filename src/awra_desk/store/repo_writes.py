"""Staged writes, approvals, the outbox and posting attempts. The rules themselves are in `rules`, kept by the
database.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from awra_desk.domain.entries import Approval, Entry, EntryLine, StagedWrite, WriteState
from awra_desk.domain.errors import Refused
from awra_desk.store import codec
from awra_desk.store.repo_base import Repository, names
from awra_desk.store.tables_writes import (
    approvals,
    attempts,
    outbox,
    write_exceptions,
    write_generations,
    write_lines,
    writes,
)

_POSTABLE = tuple(
    state.value for state in (WriteState.APPROVED, WriteState.POSTING, WriteState.UNCERTAIN, WriteState.POSTED)
)  # posted, until it is read back
_CURRENT = sa.and_(
    write_generations.c.company == writes.c.company,
    write_generations.c.write_id == writes.c.write_id,
    write_generations.c.generation == writes.c.generation,
)


class SqlWrites(Repository):
    """`ports.storage.Writes`."""

    def add(self, write: StagedWrite) -> None:
        self._check(write)
        life = ("write_id", "reference", "maker", "created_at", "generation", "document_id", "document_number", "note")
        self._insert(writes, [{**{name: getattr(write, name) for name in life}, "state": write.state.value}])
        self._add_generation(write)

    def get(self, write_id: str) -> StagedWrite:
        query = self._joined().where(writes.c.write_id == write_id)
        row = self._row(query, record=write_id, what="this staged write", remedy="Load the list again.")
        return self._whole([row])[0]

    def all(self, *, states: Collection[WriteState] = ()) -> list[StagedWrite]:
        query = self._joined().order_by(writes.c.created_at, writes.c.write_id)
        if states:
            query = query.where(writes.c.state.in_(sorted(state.value for state in states)))
        return self._whole(self._rows(query))

    def edit(self, write: StagedWrite) -> None:
        self._check(write)
        values = {"generation": write.generation, "state": write.state.value, "note": write.note}
        before = write.generation - 1
        changed = self._connection.execute(
            sa.update(writes).where(*self._is(writes, write.write_id), writes.c.generation == before).values(values)
        )
        if changed.rowcount != 1:
            raise Refused(
                "this write was edited meanwhile", record=write.write_id, remedy="Load it again and repeat your change."
            )
        self._add_generation(write)

    def transition(
        self,
        write_id: str,
        before: WriteState,
        after: WriteState,
        *,
        document_id: str = "",
        document_number: str = "",
        note: str = "",
    ) -> None:
        given = {"document_id": document_id, "document_number": document_number, "note": note}
        values = {"state": after.value, **{name: value for name, value in given.items() if value}}
        here = (*self._is(writes, write_id), writes.c.state == before.value)
        if self._connection.execute(sa.update(writes).where(*here).values(values)).rowcount != 1:
            now = self.get(write_id).state
            raise Refused(f"this write is {now} by now, not {before}", record=write_id, remedy="Load it again.")

    def approve(self, approval: Approval) -> None:
        target = self.get(approval.write_id).target
        self._insert(approvals, [{name: getattr(approval, name) for name in names(Approval)}])
        self.transition(approval.write_id, WriteState.SUBMITTED, WriteState.APPROVED)
        row = {"write_id": approval.write_id, "generation": approval.generation, "target": target}
        self._insert(outbox, [{"number": self._next(outbox.c.number), **row}])

    def approvals(self, write_id: str) -> list[Approval]:
        query = sa.select(*(approvals.c[name] for name in names(Approval))).where(*self._is(approvals, write_id))
        return [Approval(**row) for row in self._rows(query.order_by(approvals.c.generation, approvals.c.approver))]

    def outbox(self, target: str) -> list[str]:
        current = sa.and_(
            writes.c.company == outbox.c.company,
            writes.c.write_id == outbox.c.write_id,
            writes.c.generation == outbox.c.generation,
        )
        query = sa.select(outbox.c.write_id).join(writes, current)
        query = query.where(outbox.c.company == self._company, outbox.c.target == target, writes.c.state.in_(_POSTABLE))
        return list(self._connection.execute(query.order_by(outbox.c.number)).scalars())

    def add_attempt(self, write_id: str, *, at: datetime, outcome: str, words: str) -> None:
        self.get(write_id)
        number = self._next(attempts.c.number, attempts.c.write_id == write_id)
        self._insert(attempts, [{"write_id": write_id, "number": number, "at": at, "outcome": outcome, "words": words}])

    def attempts(self, write_id: str) -> list[tuple[datetime, str, str]]:
        query = sa.select(attempts.c.at, attempts.c.outcome, attempts.c.words).where(*self._is(attempts, write_id))
        return [(row["at"], row["outcome"], row["words"]) for row in self._rows(query.order_by(attempts.c.number))]

    def _check(self, write: StagedWrite) -> None:
        """What SQLite cannot: the digest is that of the payload (PostgreSQL checks it once more)."""
        if write.company != self._company:
            raise ValueError(f"a write of {write.company} in a unit of {self._company}")
        if hashlib.sha256(write.payload.encode()).hexdigest() != write.payload_sha256:
            raise Refused(
                "the digest is not that of the payload", record=write.write_id, remedy="Build the write again."
            )

    def _add_generation(self, write: StagedWrite) -> None:
        where = {"write_id": write.write_id, "generation": write.generation}
        entry = write.entry
        self._insert(
            write_generations,
            [
                {
                    **where,
                    "target": write.target,
                    "day": entry.day,
                    "currency": entry.currency,
                    "memo": entry.memo,
                    "debits_minor": sum(line.minor for line in entry.lines if line.minor > 0),
                    "idempotency_key": write.idempotency_key,
                    "payload": write.payload,
                    "payload_sha256": write.payload_sha256,
                    "editor": write.last_editor,
                    "mapping_version": write.mapping_version,
                }
            ],
        )
        self._insert(
            write_lines, [{**where, "line": number, **_line_values(line)} for number, line in enumerate(entry.lines, 1)]
        )
        settled = enumerate(write.exception_ids, 1)
        self._insert(
            write_exceptions, [{**where, "exception_id": identity, "position": number} for number, identity in settled]
        )

    def _joined(self) -> sa.Select[Any]:
        shared = {"company", "write_id", "generation"}
        says = [column for column in write_generations.columns if column.name not in shared]
        return sa.select(writes, *says).join(write_generations, _CURRENT).where(writes.c.company == self._company)

    def _whole(self, rows: list[sa.RowMapping]) -> list[StagedWrite]:
        wanted = [row["write_id"] for row in rows]
        lines, settled = defaultdict(list), defaultdict(list)
        for row in self._parts(write_lines, wanted, write_lines.c.line):
            line = EntryLine(row["account"], row["minor"], row["description"], codec.pairs(row["dimensions"]))
            lines[row["write_id"]].append(line)
        for row in self._parts(write_exceptions, wanted, write_exceptions.c.position):
            settled[row["write_id"]].append(row["exception_id"])
        return [_write(row, lines[row["write_id"]], settled[row["write_id"]]) for row in rows]

    def _parts(self, table: sa.Table, wanted: list[str], order: sa.Column[Any]) -> list[sa.RowMapping]:
        """Rows of the current generations; one write by its key, several by reading the company's."""
        current = sa.and_(
            writes.c.company == table.c.company,
            writes.c.write_id == table.c.write_id,
            writes.c.generation == table.c.generation,
        )
        query = sa.select(table).join(writes, current).where(table.c.company == self._company)
        if len(wanted) == 1:
            query = query.where(table.c.write_id == wanted[0])
        return self._rows(query.order_by(table.c.write_id, order))

    def _is(self, table: sa.Table, write_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        return table.c.company == self._company, table.c.write_id == write_id


def _line_values(line: EntryLine) -> dict[str, Any]:
    return {
        "account": line.account,
        "minor": line.minor,
        "description": line.description,
        "dimensions": codec.pairs_text(line.dimensions),
    }


def _write(row: sa.RowMapping, lines: Iterable[EntryLine], settled: Iterable[str]) -> StagedWrite:
    made = ("entry", "state", "last_editor", "exception_ids")
    return StagedWrite(
        entry=Entry(row["day"], row["currency"], row["memo"], tuple(lines)),
        state=WriteState(row["state"]),
        last_editor=row["editor"],
        exception_ids=tuple(settled),
        **{name: row[name] for name in names(StagedWrite) if name not in made},
    )
