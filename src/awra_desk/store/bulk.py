"""Columnar tables in and out of the database by chunks; no list of objects is ever built for a large table.

Called by the repositories. Inserting goes through the driver: `executemany` over zipped columns in SQLite, COPY in
PostgreSQL.
"""
# ruff: noqa: S608 (names of declared tables and columns only, quoted)

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import repeat
from typing import Any, cast

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from awra_desk.ports.columns import TEXT, Column, Schema, Table, column, concat, empty
from awra_desk.store.failures import translated
from awra_desk.store.types import TEXT as SQL_TEXT

CHUNK = 20_000

# Texts that repeat over many rows are kept once in memory.
_REPEATING = frozenset(
    [
        "company",
        "source",
        "stream",
        "kind",
        "currency",
        "settlement_currency",
        "book_currency",
        "batch",
        "account",
        "status",
        "contract",
        "channel",
        "rule",
        "shape",
        "reason",
        "failed_gate",
        "dimensions",
        "explanation",
        "match_id",
    ]
)


def insert_table(connection: sa.Connection, target: sa.Table, data: Table, *, constants: Mapping[str, str]) -> None:
    """Insert all rows of `data`; `constants` are columns with one value for all rows (the company)."""
    names = [*constants, *data.names]
    for start in range(0, len(data), CHUNK):
        parts = [_driver_values(connection, values[start : start + CHUNK]) for values in data.columns.values()]
        insert_rows(
            connection, target, names, zip(*(repeat(value) for value in constants.values()), *parts, strict=False)
        )


def insert_rows(
    connection: sa.Connection, target: sa.Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert tuples of driver values in the order of `names`, by chunks."""
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {quote(target.name)} ({columns}) FROM STDIN", rows)
        return
    many(connection, f"INSERT INTO {quote(target.name)} ({columns}) VALUES ({', '.join('?' for _ in names)})", rows)


def many(connection: sa.Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Run a statement with `?` for each row. The rows go to the driver as they come: no list of them is built."""
    if connection.dialect.name == "postgresql":
        statement = statement.replace("?", "%s")
    with _in_words(connection), closing(connection.connection.cursor()) as cursor:
        cursor.executemany(statement, rows)  # type: ignore[arg-type]  # both drivers take any iterable


def read_table(
    connection: sa.Connection, query: sa.Select[Any], schema: Schema, *, constants: Mapping[str, str]
) -> Table:
    """The query's rows as a table of this schema.

    Args:
        query: selects the schema's columns in order, without those in `constants`; days and instants as stored.
    """
    read = [name for name in schema if name not in constants]
    kept: dict[str, dict[str, str]] = {name: {} for name in read if name in _REPEATING}
    parts = []
    result = connection.execution_options(stream_results=True, yield_per=CHUNK).execute(query)
    for rows in result.partitions(CHUNK):
        values = dict(zip(read, zip(*rows, strict=True), strict=True))
        parts.append(
            Table(
                {
                    name: _constant(constants[name], len(rows))
                    if name in constants
                    else _column(kind, values[name], kept.get(name))
                    for name, kind in schema.items()
                }
            )
        )
    return concat(parts) if parts else empty(schema)


def selected(source: sa.Table, schema: Schema, *, without: Collection[str] = ()) -> sa.Select[Any]:
    """SELECT of the schema's columns, days and instants unconverted, as `read_table` wants them."""
    columns: list[Any] = [sa.type_coerce(source.c[name], sa.types.NullType()) for name in schema if name not in without]
    return sa.select(*columns)


def among(connection: sa.Connection, field: sa.ColumnElement[str], values: Collection[str]) -> sa.ColumnElement[bool]:
    """Field IN values, for any number of values as one bound parameter."""
    if connection.dialect.name == "postgresql":
        return field == sa.any_(sa.bindparam(None, list(values), type_=postgresql.ARRAY(SQL_TEXT)))
    listed = sa.func.json_each(json.dumps(list(values), ensure_ascii=False)).table_valued("value")
    return field.in_(sa.select(listed.c.value))


def _column(kind: str, values: Sequence[Any], kept: dict[str, str] | None) -> Column:
    if kind == TEXT and kept is not None:
        return column(kind, [kept.setdefault(value, value) for value in values])
    return column(kind, values)


def _constant(value: str, size: int) -> Column:
    array = np.empty(size, dtype=object)
    array[:] = value
    return array


def _driver_values(connection: sa.Connection, values: Column) -> list[Any]:
    """Python values as the driver takes them: NaT as None, naive UTC instants (the session's zone is UTC), ISO text
    in SQLite.
    """
    if values.dtype.kind != "M" or connection.dialect.name == "postgresql":
        return cast(list[Any], values.tolist())
    texts = np.datetime_as_string(values).astype(object)
    texts[np.isnat(values)] = None
    return cast(list[Any], texts.tolist())


def _copy(connection: sa.Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    with _in_words(connection), driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def _in_words(connection: sa.Connection) -> Iterator[None]:
    """What `failures.install` does for SQLAlchemy's own statements, for those that go to the driver directly."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        if (words := translated(error)) is not None:
            raise words from error
        raise
