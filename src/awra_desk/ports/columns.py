"""The one columnar type in which large tables travel between store, files, matching and view models.

Never a list of objects: a million rows are a handful of numpy arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
TEXT = "text"  # object array of str; "" means absent
INTEGER = "integer"  # int64
REAL = "real"  # float64; scores and rates for display only, never money
DAY = "day"  # datetime64[D]; NaT means absent
INSTANT = "instant"  # datetime64[us], UTC; NaT means absent

_DTYPES: dict[str, Any] = {
    TEXT: object,
    INTEGER: np.int64,
    REAL: np.float64,
    DAY: "datetime64[D]",
    INSTANT: "datetime64[us]",
}

Schema = Mapping[str, str]

_FIRST_INSTANT, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_FIRST_DAY = _FIRST_INSTANT.toordinal()


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns of equal length, in a fixed order.

    Attributes:
        columns: name -> one-dimensional numpy array; the kinds are those of a `Schema`.
    """

    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        lengths = {len(column) for column in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of unequal length: { {name: len(c) for name, c in self.columns.items()} }")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(self.columns)

    def take(self, rows: Column | Sequence[int]) -> Table:
        """The given rows (integer positions or a boolean mask), in that order."""
        index = np.asarray(rows)
        if index.dtype != np.bool_:
            index = index.astype(np.intp)
        return Table({name: column[index] for name, column in self.columns.items()})

    def parts(self, size: int) -> Iterator[Table]:
        """Consecutive parts of so many rows, without copying; so that what is made of each is small."""
        for start in range(0, len(self), size):
            yield Table({name: column[start : start + size] for name, column in self.columns.items()})

    def with_columns(self, **columns: Column) -> Table:
        """A table with these columns added or replaced."""
        return Table({**self.columns, **columns})

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Python values row by row (str, int, float, date, datetime, None for NaT)."""
        return zip(*(column.tolist() for column in self.columns.values()), strict=True)

    def dicts(self) -> Iterator[dict[str, Any]]:
        """The same values row by row, by column name; for the few rows that a person looks at."""
        return (dict(zip(self.columns, values, strict=True)) for values in self.rows())


def column(kind: str, values: Iterable[Any]) -> Column:
    """One column of the given kind from Python values; None becomes "" (text) or NaT (day, instant)."""
    items = values if isinstance(values, list) else list(values)
    if kind == TEXT:
        return texts(items if set(map(type, items)) == {str} else ["" if item is None else item for item in items])
    if kind in (DAY, INSTANT) and (counted := _counted(kind, items)) is not None:
        return np.array(counted, dtype=np.int64).view(_DTYPES[kind])
    if kind in (DAY, INSTANT):
        items = ["NaT" if item is None else _naive(item) for item in items]
    return np.array(items, dtype=_DTYPES[kind])


def texts(values: Sequence[str]) -> Column:
    """A text column of what is known to be texts."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def table(schema: Schema, rows: Mapping[str, Iterable[Any]]) -> Table:
    """A table of this schema from one iterable per column.

    Raises:
        KeyError: a column of the schema is missing.
    """
    return Table({name: column(kind, rows[name]) for name, kind in schema.items()})


def empty(schema: Schema) -> Table:
    """A table of this schema without rows."""
    return table(schema, dict.fromkeys(schema, ()))


def concat(tables: Sequence[Table]) -> Table:
    """Rows of all tables one after another; all must have the same columns, at least one table."""
    first = tables[0]
    return Table({name: np.concatenate([item[name] for item in tables]) for name in first.names})


def _counted(kind: str, items: Sequence[Any]) -> list[int] | None:
    """Days or microseconds since 1970, where all are plain dates or aware instants: numpy itself takes ten times as
    long over them.
    """
    if kind == DAY:
        return [item.toordinal() - _FIRST_DAY for item in items] if set(map(type, items)) == {date} else None
    if set(map(type, items)) != {datetime} or any(item.tzinfo is None for item in items):
        return None
    return [(item - _FIRST_INSTANT) // _MICROSECOND for item in items]


def _naive(value: Any) -> Any:
    """Numpy wants naive UTC; an aware datetime is turned into it."""
    offset = getattr(value, "utcoffset", None)
    if offset is not None and offset() is not None:
        return (value - offset()).replace(tzinfo=None)
    return value
