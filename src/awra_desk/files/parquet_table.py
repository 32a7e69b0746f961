"""Reads Parquet as text. Decimals and integers are written out exactly, floats as their shortest decimal form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from awra_desk.domain.errors import UsageError
from awra_desk.files.raw import RawTable, chosen, required


def read_parquet(path: Path, wanted: Mapping[str, str], known: tuple[str, ...]) -> RawTable:
    """The cells of a Parquet file.

    Raises:
        UsageError: not a Parquet file, a needed column missing, or a column of a type without a text form.
    """
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise UsageError(f"the file is not Parquet: {error}", record=str(path), remedy="Export it again.") from None
    header = [str(name) for name in file.schema_arrow.names]
    names = [name.strip() for name in header]
    found = chosen(path, names, wanted, known)
    required(path, names, found)
    places = {name: names.index(theirs) for name, theirs in found.items()}
    cells = file.read(columns=[header[place] for place in sorted(set(places.values()))])
    columns = {name: _text(path, name, cells.column(header[place])) for name, place in places.items()}
    return RawTable(path, columns, cells.num_rows)


def _text(path: Path, name: str, column: Any) -> Any:
    column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_timestamp(kind):
        texts = pa.array([_instant(value) for value in column.to_pylist()], pa.string())
    elif pa.types.is_floating(kind):
        texts = pa.array([_number(value) for value in column.to_numpy(zero_copy_only=False)], pa.string())
    elif pa.types.is_decimal(kind):
        texts = pa.array([None if value is None else f"{value:f}" for value in column.to_pylist()], pa.string())
    else:
        try:
            texts = pc.cast(column, pa.string())
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            raise UsageError(
                f"its type {kind} has no text form",
                record=f"{path}, column {name}",
                remedy="Write it as text, a number or a date.",
            ) from None
    return pc.fill_null(texts, "")


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _number(value: Any) -> str | None:
    """Shortest decimal text that gives the same float of its own width (10.1 of 32 bits is "10.1"); whole numbers
    without a point, so that an id stays 1001.

    Args:
        value: a numpy float; NaN for an empty cell.
    """
    if value != value:  # noqa: PLR0124 - NaN is Parquet's other empty cell
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
