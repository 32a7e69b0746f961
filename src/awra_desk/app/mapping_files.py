"""Mapping tables as files: CSV by `files`, workbooks by `exporters`; implements `ports.mapping_files.MappingFiles`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from awra_desk.domain.errors import UsageError
from awra_desk.files.mapping_file import WORKBOOK, read_rows, write_csv
from awra_desk.ports.workbook import Cell, Sheet, Style

_WIDEST = 40


class TableFiles:
    """Reads and writes them."""

    def read(self, path: Path, needed: Sequence[str]) -> list[tuple[str, Mapping[str, str]]]:
        """See `ports.mapping_files.MappingFiles.read`."""
        return list(read_rows(path, needed))

    def write(self, path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], *, at: datetime) -> None:
        """See `ports.mapping_files.MappingFiles.write`."""
        suffix = path.suffix.lower()
        if suffix == ".csv":
            write_csv(path, header, rows)
        elif suffix == WORKBOOK:
            from awra_desk.exporters.xlsx import XlsxWriter  # noqa: PLC0415 - only a workbook needs it

            XlsxWriter().write([_sheet(header, rows)], path, title="Mappings", author="AWRA Desk", created=at)
        else:
            raise UsageError("its name ends neither in .csv nor in .xlsx", record=str(path), remedy="Give such a name.")


def _sheet(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Sheet:
    columns = zip(header, *rows, strict=True)
    return Sheet(
        name="Mappings",
        widths=[min(_WIDEST, max(len(cell) for cell in column) + 2) for column in columns],
        rows=[[Cell(name, Style.HEADING) for name in header], *([Cell(cell) for cell in row] for row in rows)],
        decimals=2,
        header_row=0,
        row_count=len(rows) + 1,
    )
