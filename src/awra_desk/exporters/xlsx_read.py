"""Reads a workbook's cells with openpyxl: formulas as they stand, and the values stored beside them.

Implements `ports.workbook.WorkbookReader`; built by `app`. Computes nothing and trusts nothing.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from awra_desk.domain.errors import UsageError
from awra_desk.ports.workbook import Formula, ReadSheet, Value

_FORMULA = "f"


class XlsxReader:
    """The workbook reader."""

    def read(self, path: Path) -> list[ReadSheet]:
        """See `ports.workbook.WorkbookReader.read`."""
        from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - slow to import

        if not path.is_file():
            raise UsageError("there is no such file", record=str(path), remedy="Correct the path.")
        try:
            with warnings.catch_warnings(action="ignore"):  # what openpyxl warns of shows as a changed cell
                return list(_sheets(path))
        except (InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError) as error:
            raise UsageError(
                f"the file is no whole workbook: {error}", record=str(path), remedy="Give the .xlsx as it was exported."
            ) from error


def _sheets(path: Path) -> Iterator[ReadSheet]:
    import openpyxl  # noqa: PLC0415 - slow to import

    live = openpyxl.load_workbook(path, read_only=True)
    shown = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        for formulas, values in zip(live.worksheets, shown.worksheets, strict=True):
            rows = zip(formulas.iter_rows(), values.iter_rows(values_only=True), strict=True)
            yield ReadSheet(formulas.title, [_row(*pair) for pair in rows])
    finally:
        live.close()
        shown.close()


def _row(formulas: tuple[Any, ...], values: tuple[Any, ...]) -> tuple[Value, ...]:
    cells = [_value(live, shown) for live, shown in zip_longest(formulas, values)]
    while cells and cells[-1] is None:
        cells.pop()
    return tuple(cells)


def _value(live: Any, shown: Any) -> Value:
    found = _plain(shown)
    if live is None or live.data_type != _FORMULA:
        return found
    text = getattr(live.value, "text", live.value)  # an array formula is an object that holds its text
    return Formula(str(text), _plain_cached(found))


def _plain(value: Any) -> str | int | Decimal | date | None:
    """As `ports.workbook.stored` has it; openpyxl leaves the standard's escapes in text as they stand in the file."""
    if isinstance(value, str):
        return value if "_x" not in value else _unescaped(value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value.isoformat()
    if isinstance(value, float):
        return Decimal(repr(value))
    return value if value is None or isinstance(value, int | date) else str(value)


def _unescaped(text: str) -> str:
    from openpyxl.utils.escape import unescape  # noqa: PLC0415 - slow to import

    return str(unescape(text))


def _plain_cached(value: str | int | Decimal | date | None) -> Decimal | int | str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else value
