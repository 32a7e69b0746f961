"""Writes a workbook as an .xlsx file with XlsxWriter: whole or not at all, and the same bytes for the same sheets.

Implements `ports.workbook.WorkbookWriter`; built by `app`. It understands styles and types, never figures.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError, XlsxWriterException

from awra_desk.domain.errors import UserError
from awra_desk.exporters.xlsx_formats import FONT, SIZE, Formats
from awra_desk.exporters.xlsx_sheet import SheetWriter
from awra_desk.exporters.xlsx_text import SafeWorksheet, refuse_unwritable
from awra_desk.ports.workbook import Sheet


class XlsxWriter:
    """The workbook writer."""

    def write(self, sheets: Sequence[Sheet], path: Path, *, title: str, author: str, created: datetime) -> None:
        """See `ports.workbook.WorkbookWriter.write`."""
        for text, name in ((title, "title"), (author, "author")):
            refuse_unwritable(text, sheet="document properties", cell=name)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            self._write(sheets, unfinished, {"title": title, "author": author, "created": created.astimezone(UTC)})
            os.replace(unfinished, path)  # noqa: PTH105  # atomic on every platform
        except OSError as error:
            raise UserError(
                f"the workbook could not be written ({error.strerror or error})",
                record=str(path),
                remedy="Close it if it is open in a spreadsheet, check the folder, and export again.",
            ) from error
        finally:
            unfinished.unlink(missing_ok=True)

    def _write(self, sheets: Sequence[Sheet], path: Path, properties: dict[str, Any]) -> None:
        with TemporaryDirectory(prefix="awra-workbook-") as scratch:
            workbook = Workbook(str(path), _options(scratch))
            workbook.set_properties(properties)
            formats = Formats(workbook)
            name = ""
            try:
                for sheet in sheets:
                    name = sheet.name
                    SheetWriter(workbook.add_worksheet(name, SafeWorksheet), sheet, formats).write()
                workbook.close()
            except FileCreateError as error:
                raise OSError(str(error)) from error
            except XlsxWriterException as error:
                raise UserError(
                    f"the workbook cannot hold this: {error}",
                    record=f"sheet {name}",
                    remedy="Rename or split the sheet.",
                ) from error
            finally:
                _give_up(workbook)
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _options(scratch: str) -> dict[str, Any]:
    """XlsxWriter's options, made anew each time because it changes them."""
    return {
        "constant_memory": True,
        "tmpdir": scratch,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": FONT, "font_size": SIZE},
    }


def _give_up(workbook: Any) -> None:
    """Let go of what a workbook still holds open; nothing is left to do for one that was closed."""
    workbook.fileclosed = 1  # else its destructor closes it, and warns
    for worksheet in workbook.worksheets():
        if worksheet.row_data_fh is not None:
            worksheet.row_data_fh.close()
