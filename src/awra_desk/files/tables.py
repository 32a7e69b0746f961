"""Reads a CSV, XLSX or Parquet file as a table of text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from awra_desk.domain.errors import UsageError
from awra_desk.files.raw import RawTable

COLUMNS = (
    "id",
    "date",
    "amount",
    "debit",
    "credit",
    "currency",
    "reference",
    "description",
    "counterparty",
    "kind",
    "batch",
    "channel",
    "source",
    "account",
)
_WORKBOOKS = (".xlsx", ".xlsm")
_PARQUET = (".parquet", ".pq")


def read_table(path: Path, wanted: Mapping[str, str]) -> RawTable:
    """The file's cells under our column names; the format follows from the extension, CSV where it says nothing.

    Args:
        wanted: our column name -> the file's.

    Raises:
        UsageError: the file is missing, empty, unreadable in its format, or lacks a needed column; it names file, row
        and column.
    """
    if not path.is_file():
        raise UsageError("there is no such file", record=str(path), remedy="Check the path.")
    try:
        if path.stat().st_size == 0:
            raise UsageError("the file is empty", record=str(path), remedy="Export it again, with its header.")
        suffix = path.suffix.lower()
        if suffix in _WORKBOOKS:
            from awra_desk.files.xlsx_table import read_xlsx as read  # noqa: PLC0415 - a format's library only when it is met
        elif suffix in _PARQUET:
            from awra_desk.files.parquet_table import read_parquet as read  # noqa: PLC0415
        else:
            from awra_desk.files.csv_table import read_csv as read  # noqa: PLC0415
        return read(path, wanted, COLUMNS)
    except OSError as error:
        raise UsageError(
            f"the file cannot be read: {error.strerror or error}", record=str(path), remedy="Check its permissions."
        ) from error
