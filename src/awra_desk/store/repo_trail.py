"""The append-only, hash-chained trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from awra_desk.audit import chain
from awra_desk.domain.trail import GENESIS, TrailEntry
from awra_desk.store import codec
from awra_desk.store.repo_base import Repository
from awra_desk.store.tables_writes import trail

_PAGE = 5_000


class SqlTrail(Repository):
    """`ports.storage.Trail`."""

    def append(self, *, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str]) -> TrailEntry:
        last = sa.select(trail.c.sequence, trail.c.digest).where(trail.c.company == self._company)
        row = self._connection.execute(last.order_by(trail.c.sequence.desc()).limit(1)).one_or_none()
        sequence, previous = (row.sequence + 1, row.digest) if row else (1, GENESIS)
        open_entry = TrailEntry(self._company, sequence, at, actor, action, subject, dict(detail), previous, "")
        entry = replace(open_entry, digest=chain.digest(open_entry))
        self._insert(
            trail,
            [
                {
                    "sequence": sequence,
                    "at": at,
                    "actor": actor,
                    "action": action,
                    "subject": subject,
                    "detail": codec.mapping_text(detail),
                    "previous": previous,
                    "digest": entry.digest,
                }
            ],
        )
        return entry

    def entries(self) -> Iterator[TrailEntry]:
        after = -(2**63)  # a row slipped in before the first one must be seen, too
        while rows := self._page(after):
            for row in rows:
                yield TrailEntry(**{**row, "detail": codec.mapping(row["detail"])})
            after = rows[-1]["sequence"]

    def _page(self, after: int) -> list[sa.RowMapping]:
        query = sa.select(trail).where(trail.c.company == self._company, trail.c.sequence > after)
        return self._rows(query.order_by(trail.c.sequence).limit(_PAGE))
