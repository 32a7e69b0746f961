"""The cells of a CSV file or workbook as text, and the rows under its heading; says exactly where a file is damaged."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awra_desk.domain.errors import UsageError
from awra_desk.files.cells import cell_text
from awra_desk.files.mapping import Report, TableLayout
from awra_desk.files.mapping_columns import heading

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
WORKBOOKS = (".xlsx", ".xlsm")


Cell = str | int | float
"""A text, or the number of a workbook's cell, which is written in no style; a date is a text in ISO form."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row: its number in the file (from 1), its filled cells by heading, and what is wrong with it, or ""."""

    number: int
    cells: dict[str, Cell]
    problem: str


def read_rows(path: Path, data: bytes, layout: TableLayout) -> tuple[Report, list[GridRow]]:
    """Which report the file is, and the rows below its heading in file order.

    Raises:
        UsageError: not readable as the layout says, or no row has the headings it needs.
    """
    grid = read_grid(path, data, layout)
    for place, cells in enumerate(grid):
        names = list(names_of(cells))
        found = set(names)
        report = next((one for one in layout.reports if found.issuperset(one.needs)), None)
        if report is not None:
            rows = _rows(grid, place, names)
            return report, [row for row in rows if not layout.only_with or layout.only_with in row.cells]
    raise _no_heading(path, grid, layout)


def read_grid(path: Path, data: bytes, layout: TableLayout, *, most: int | None = None) -> list[list[Cell]]:
    """The cells of every row, or of the first `most`; a row that the file only counts is empty.

    Raises:
        UsageError: not readable as the layout says.
    """
    if path.suffix.lower() in WORKBOOKS:
        return _sheet(path, data, layout, most)
    return _text(path, data, layout, most)


def names_of(cells: Sequence[Cell]) -> Iterator[str]:
    """The headings; one that comes again is numbered."""
    seen: dict[str, int] = {}
    for at, cell in enumerate(cells, start=1):
        name = heading(str(cell)) or f"column {at}"
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} {seen[name]}"


def _rows(grid: Sequence[Sequence[Cell]], place: int, names: Sequence[str]) -> Iterator[GridRow]:
    for number, cells in enumerate(grid[place + 1 :], start=place + 2):
        if all(cell == "" for cell in cells):
            continue
        more = any(cell != "" for cell in cells[len(names) :])
        words = f"it has {len(cells)} cells, the heading {len(names)}; a text that holds the delimiter needs quotes"
        filled = {name: cell for name, cell in zip(names, cells, strict=False) if cell != ""}
        yield GridRow(number, filled, words if more else "")


def _no_heading(path: Path, grid: Sequence[Sequence[Cell]], layout: TableLayout) -> UsageError:
    pairs = [(cells, one) for cells in grid or [[]] for one in layout.reports]
    nearest, report = max(pairs, key=lambda pair: len(set(names_of(pair[0])) & set(pair[1].needs)))
    found = set(names_of(nearest))
    missing = [name for name in report.needs if name not in found]
    has = ", ".join(repr(cell) for cell in nearest if cell != "") or "nothing"
    remedy = "Export it with all its columns, or correct the mapping (columns, delimiter, sheet)."
    words = f"no row has the heading {missing[0]!r}; the nearest has {has[:300]}"
    return UsageError(words, record=str(path), remedy=remedy)


def _text(path: Path, data: bytes, layout: TableLayout, most: int | None) -> list[list[Cell]]:
    encoding = "utf-8-sig" if layout.encoding.lower().replace("_", "-") == "utf-8" else layout.encoding
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        words = f"byte 0x{data[error.start]:02x} is not {layout.encoding}"
        raise UsageError(words, record=f"{path}, row {line}", remedy="Correct the mapping's encoding.") from None
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter)
    found: list[list[Cell]] = []
    try:
        for cells in lines:
            # A text over several lines must not shift the numbers of those behind it.
            found += [[] for _ in range(lines.line_num - len(found) - 1)]
            found.append([" ".join(cell.split()) for cell in cells])
            if most is not None and len(found) >= most:
                break
    except csv.Error as error:
        remedy = "Export it again, or correct the mapping."
        raise UsageError(f"it is no CSV: {error}", record=f"{path}, row {lines.line_num}", remedy=remedy) from None
    return found


def _sheet(path: Path, data: bytes, layout: TableLayout, most: int | None) -> list[list[Cell]]:
    import openpyxl  # noqa: PLC0415 - slow to import
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError):
        raise UsageError("it is not a workbook", record=str(path), remedy="Save it as .xlsx.") from None
    try:
        if layout.sheet and layout.sheet not in book.sheetnames:
            words = f"it has no sheet {layout.sheet!r}, only {', '.join(book.sheetnames)}"
            raise UsageError(words, record=str(path), remedy="Correct the mapping's sheet.")
        sheet = book[layout.sheet] if layout.sheet else book.worksheets[0]
        return [[_cell(cell) for cell in row] for row in sheet.iter_rows(max_row=most, values_only=True)]
    finally:
        book.close()


def _cell(cell: Any) -> Cell:
    """A number as a number, without the noise of a spreadsheet's arithmetic; anything else as text."""
    if isinstance(cell, float):
        rounded = round(cell, 9)
        return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    return " ".join(cell_text(cell).split())
