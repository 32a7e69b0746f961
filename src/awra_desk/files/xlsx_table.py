"""Reads the first sheet of a workbook as text; real dates and numbers keep their value, formulas give the value they
were saved with.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from awra_desk.domain.errors import UsageError
from awra_desk.files.cells import cell_text
from awra_desk.files.raw import RawTable, chosen, required


def read_xlsx(path: Path, wanted: Mapping[str, str], known: tuple[str, ...]) -> RawTable:
    """The cells of a workbook's first sheet; rows without any value are left out.

    Raises:
        UsageError: not a workbook, no header, or a needed column missing.
    """
    import openpyxl  # noqa: PLC0415 - slow to import
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UsageError(f"the file is not a workbook: {error}", record=str(path), remedy="Save it as .xlsx.") from None
    try:
        rows = [row for row in book.worksheets[0].iter_rows(values_only=True) if any(cell is not None for cell in row)]
    finally:
        book.close()
    if not rows:
        raise UsageError("the first sheet is empty", record=str(path), remedy="Give the first row the column names.")
    header = [cell_text(cell).strip() for cell in rows[0]]
    found = chosen(path, header, wanted, known)
    required(path, header, found)
    columns = {
        name: pa.array([cell_text(row[place]) if place < len(row) else "" for row in rows[1:]], pa.string())
        for name, place in ((name, header.index(theirs)) for name, theirs in found.items())
    }
    return RawTable(path, columns, len(rows) - 1)
