"""Files of mapping rows: CSV or the first sheet of a workbook, a header and then one row each, every cell text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from awra_desk.domain.errors import UsageError
from awra_desk.files.cells import cell_text
from awra_desk.files.whole import WholeFile

WORKBOOK = ".xlsx"


def read_rows(path: Path, needed: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """("row 2", column -> text) for each row that says anything; the header is row 1.

    Args:
        needed: columns that must be there; further ones are read too.

    Raises:
        UsageError: the file is missing, unreadable in its format, has no header or lacks a needed column, or a row has
            more cells than it.
    """
    if not path.is_file():
        raise UsageError("there is no such file", record=str(path), remedy="Check the path.")
    try:
        rows = iter(_workbook(path) if path.suffix.lower() == WORKBOOK else _csv(path))
        header = [cell.strip().casefold() for cell in next(rows, [])]
        for column in needed:
            if column not in header:
                raise UsageError(f"column {column!r} is missing from the header", record=f"{path}, row 1",
                                 remedy=f"Name the columns {', '.join(needed)}, separated by commas.")  # fmt: skip
        return list(_rows(path, header, rows))
    except OSError as error:
        raise UsageError(f"the file cannot be read: {error.strerror or error}", record=str(path),
                         remedy="Check its permissions.") from error  # fmt: skip


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file, whole or not at all.

    Raises:
        UserError: it cannot be written.
    """
    with WholeFile(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _rows(path: Path, header: list[str], rows: Iterator[list[str]]) -> Iterator[tuple[str, dict[str, str]]]:
    for number, cells in enumerate(rows, 2):
        if len(cells) > len(header):
            words = f"this row has {len(cells)} cells and the header {len(header)}"
            raise UsageError(words, record=f"{path}, row {number}", remedy="A cell that holds a comma needs quotes.")
        if any(cell.strip() for cell in cells):
            yield f"row {number}", dict(zip(header, cells, strict=False))


def _csv(path: Path) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file, strict=True))
    except UnicodeDecodeError:
        raise UsageError("the file is not UTF-8", record=str(path),
                         remedy="Save it as UTF-8 (in Excel: CSV UTF-8).") from None  # fmt: skip
    except csv.Error as error:
        raise UsageError(f"the file cannot be read as CSV: {error}", record=str(path),
                         remedy="Export it again as CSV.") from None  # fmt: skip


def _workbook(path: Path) -> list[list[str]]:
    import zipfile  # noqa: PLC0415 - only for this format, like its library

    import openpyxl  # noqa: PLC0415 - slow to import
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UsageError(f"the file is not a workbook: {error}", record=str(path), remedy="Save it as .xlsx.") from None
    try:
        return [[cell_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    finally:
        book.close()
