"""Shapes of streams, and the differences told about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import sqlalchemy as sa

from awra_desk.domain.drift import Drift, DriftKind
from awra_desk.domain.errors import Refused
from awra_desk.store import bulk
from awra_desk.store.repo_base import Repository, names
from awra_desk.store.tables_drifts import drifts, shapes


class SqlDrifts(Repository):
    """`ports.storage.Drifts`."""

    def shapes(self, source: str) -> dict[str, str]:
        query = sa.select(shapes.c.stream, shapes.c.shape).where(
            shapes.c.company == self._company, shapes.c.source == source
        )
        return {row["stream"]: row["shape"] for row in self._rows(query.order_by(shapes.c.stream))}

    def put_shapes(self, source: str, shapes_of: Mapping[str, str]) -> None:
        rows = [{"source": source, "stream": stream, "shape": shape} for stream, shape in sorted(shapes_of.items())]
        self._upsert(shapes, rows)

    def add(self, told: Sequence[Drift]) -> None:
        known = self._known([drift.drift_id for drift in told])
        new = [drift for drift in told if drift.drift_id not in known]
        self._insert(drifts, [{**asdict(drift), "kind": drift.kind.value} for drift in new])

    def all(self, *, acknowledged: bool = False) -> list[Drift]:
        query = sa.select(*(drifts.c[name] for name in names(Drift))).where(drifts.c.company == self._company)
        if not acknowledged:
            query = query.where(drifts.c.acknowledged_by == "")
        rows = self._rows(query.order_by(drifts.c.seen_at, drifts.c.drift_id))
        return [Drift(**{**row, "kind": DriftKind(row["kind"])}) for row in rows]

    def acknowledge(self, drift_id: str, *, actor: str, note: str) -> None:
        this = sa.and_(drifts.c.company == self._company, drifts.c.drift_id == drift_id)
        row = self._row(
            sa.select(drifts.c.acknowledged_by).where(this),
            record=drift_id,
            what="this drift",
            remedy="Take an id from the list of drifts.",
        )
        if row["acknowledged_by"]:
            raise Refused(
                f"{row['acknowledged_by']} has acknowledged this already", record=drift_id, remedy="Nothing is to do."
            )
        self._connection.execute(sa.update(drifts).where(this).values(acknowledged_by=actor, note=note))

    def _known(self, drift_ids: Sequence[str]) -> set[str]:
        these = bulk.among(self._connection, drifts.c.drift_id, drift_ids)
        query = sa.select(drifts.c.drift_id).where(drifts.c.company == self._company, these)
        return set(self._connection.execute(query).scalars())
