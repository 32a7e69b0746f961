"""What every repository has: one connection inside one unit of work, and the company whose rows it sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from awra_desk.domain.errors import UsageError


class Repository:
    """Base of the repositories; made by the unit of work, dead when it ends."""

    def __init__(self, connection: sa.Connection, company: str) -> None:
        self._connection = connection
        self._company = company

    def _rows(self, query: sa.Select[Any]) -> list[sa.RowMapping]:
        return list(self._connection.execute(query).mappings())

    def _row(self, query: sa.Select[Any], *, record: str, what: str, remedy: str) -> sa.RowMapping:
        """The one row, or a UsageError that says what is unknown."""
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise UsageError(f"{what} is unknown in {self._company}", record=record, remedy=remedy)
        return row

    def _upsert(self, target: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows, replacing what has the same primary key; the company is filled in."""
        values = [{"company": self._company, **row} for row in rows]
        if not values:
            return
        keys = [column.name for column in target.primary_key]
        insert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        statement = insert(target)
        changed = {name: statement.excluded[name] for name in values[0] if name not in keys}
        self._connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), values)

    def _insert(self, target: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(sa.insert(target), [{"company": self._company, **row} for row in rows])

    def _next(self, column: sa.Column[int], *where: sa.ColumnElement[bool]) -> int:
        """One more than the largest number so far; safe under the company's write lock."""
        table = column.table
        query = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).where(table.c.company == self._company, *where)
        return int(self._connection.execute(query).scalar_one())


def names(kind: type[Any]) -> tuple[str, ...]:
    """Field names of a domain value; its table has columns of the same names."""
    return tuple(field.name for field in fields(kind))
