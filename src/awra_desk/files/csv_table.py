"""Reads CSV (UTF-8, commas) as text, and says exactly where a file is damaged."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv

from awra_desk.domain.errors import UsageError
from awra_desk.files.raw import RawTable, chosen, required

_MARK = b"\xef\xbb\xbf"


def read_csv(path: Path, wanted: Mapping[str, str], known: tuple[str, ...]) -> RawTable:
    """The cells of a CSV file. A file with only a header has no rows.

    Raises:
        UsageError: not UTF-8, a line with too many or too few cells, an unclosed quote, or a needed column missing.
    """
    data = path.read_bytes().removeprefix(_MARK)
    _utf8(path, data)
    _closed(path, data)
    data = data.lstrip(b"\r\n")  # the parser skips blank lines between rows, but not those before the header
    header = _header(path, data)
    found = chosen(path, header, wanted, known)
    required(path, header, found)
    places = {name: header.index(theirs) for name, theirs in found.items()}
    cells = _parse(path, data, len(header), sorted(set(places.values())))
    columns = {name: cells.column(str(place)).combine_chunks() for name, place in places.items()}
    return RawTable(path, {name: _one(column) for name, column in columns.items()}, cells.num_rows)


def _one(column: Any) -> Any:
    """An array, whether pyarrow combined the chunks into one or kept an empty chunked array."""
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def _utf8(path: Path, data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = data.count(b",", data.rfind(b"\n", 0, error.start) + 1, error.start) + 1
        raise UsageError(
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            record=f"{path}, row {line}, column {column}",
            remedy="Save the file as UTF-8 (in Excel: CSV UTF-8).",
        ) from None
    if b"\x00" in data:
        raise UsageError("the file holds binary zeros", record=str(path), remedy="Export it again as CSV.")


def _closed(path: Path, data: bytes) -> None:
    """Refuse a quote that nobody closes: its cell would silently swallow every row to the end of the file."""
    if data.count(b'"') % 2 == 0:
        return
    lines = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=""), strict=True)
    begin = 1
    try:
        for _ in lines:
            begin = lines.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise UsageError(
                "a quote that begins here is never closed", record=f"{path}, row {begin}", remedy="Close the quote."
            ) from None


def _header(path: Path, data: bytes) -> list[str]:
    """Names of the first row, outer spaces removed."""
    lines = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=""))
    try:
        header = next((row for row in lines if row), [])
    except csv.Error as error:
        raise UsageError(
            f"the header cannot be read: {error}", record=f"{path}, row 1", remedy="Mend the header."
        ) from None
    if not any(name.strip() for name in header):
        raise UsageError(
            "the file has no header", record=f"{path}, row 1", remedy="Give the first row the column names."
        )
    return [name.strip() for name in header]


def _parse(path: Path, data: bytes, width: int, places: list[int]) -> Any:
    """The wanted columns, named by their place."""
    ragged: list[tuple[int, int, str]] = []

    def refuse(row: Any) -> str:
        ragged.append((row.number or 0, row.actual_columns, row.text or ""))
        return "error"

    names = [str(place) for place in range(width)]
    data = data if data.endswith(b"\n") else data + b"\n"
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(
                column_names=names, skip_rows_after_names=1, use_threads=False, block_size=max(len(data) + 1, 1 << 16)
            ),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                include_columns=[str(place) for place in places],
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if ragged:
            number, actual, text = ragged[0]
            raise UsageError(
                f"this row has {actual} cells and the header {width}: {text[:80]!r}",
                record=f"{path}, row {number}, column {min(actual, width) + (actual > width)}",
                remedy="Mend the row; a cell that holds a comma or a line break needs quotes.",
            ) from None
        if "empty" in str(error).lower():
            return pa.table({str(place): pa.array([], pa.string()) for place in places})
        raise UsageError(
            f"the file cannot be read as CSV: {error}", record=str(path), remedy="Export it again as CSV."
        ) from None
