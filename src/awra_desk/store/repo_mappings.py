"""Rows of the mapping tables, every one for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa

from awra_desk.domain.mappings import Axis, MappingRow
from awra_desk.store.repo_base import Repository, names
from awra_desk.store.tables_mappings import mapping_rows


class SqlMappings(Repository):
    """`ports.storage.Mappings`."""

    def add(self, rows: Sequence[MappingRow]) -> None:
        if stranger := next((row for row in rows if row.company != self._company), None):
            raise ValueError(f"a mapping of {stranger.company} in a unit of {self._company}")
        self._insert(mapping_rows, [{**asdict(row), "axis": row.axis.value} for row in rows])

    def all(self) -> list[MappingRow]:
        query = sa.select(*(mapping_rows.c[name] for name in names(MappingRow)))
        rows = self._rows(query.where(mapping_rows.c.company == self._company).order_by(mapping_rows.c.number))
        return [MappingRow(**{**row, "axis": Axis(row["axis"])}) for row in rows]
