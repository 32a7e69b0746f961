"""Writes one sheet's cells, each by its type, and proves that every one of them was taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from awra_desk.domain.errors import UserError
from awra_desk.exporters.xlsx_formats import MONEY_STYLES, Formats
from awra_desk.exporters.xlsx_text import looks_active, refuse_unwritable
from awra_desk.ports.workbook import Cell, Formula, Link, Sheet, Style, fits, stored

TITLE_HEIGHT, HEADING_HEIGHT = 24, 18  # points
PAGE_WIDTH = 200  # characters that still read well across one landscape page
_HEADINGS = frozenset({Style.HEADING, Style.HEADING_RIGHT})
_DRAWN_EMPTY = _HEADINGS | {Style.SIGN_HERE, Style.TOTAL, Style.TOTAL_TEXT, Style.TOTAL_COUNT}
REASONS = {-1: "it lies outside the sheet's rows or columns", -2: "the text is longer than a cell holds"}


class SheetWriter:
    """Writes one sheet onto an XlsxWriter worksheet in constant-memory mode: rows in order, never touched again."""

    def __init__(self, worksheet: Any, sheet: Sheet, formats: Formats) -> None:
        self._worksheet, self._sheet, self._formats = worksheet, sheet, formats
        self._checks: dict[int, tuple[int, int]] = {}
        self._ruled = False

    def write(self) -> None:
        """Everything the sheet holds.

        Raises:
            UserError: a cell was not taken, or the rows are not as many as announced.
        """
        sheet, written = self._sheet, 0
        self._set_up()
        for row, cells in enumerate(sheet.rows):
            self._row(row, cells)
            written = row + 1
        if sheet.row_count is not None and written != sheet.row_count:
            raise UserError(
                f"{sheet.row_count} rows were announced, {written} came",
                record=f"sheet {sheet.name}",
                remedy="Export again.",
            )
        if sheet.header_row is not None and written > sheet.header_row:
            last = max(written - 1, sheet.header_row + 1)
            self._taken(
                self._worksheet.autofilter(sheet.header_row, 0, last, len(sheet.widths) - 1), sheet.header_row, 0
            )
        for column, (first, last) in sorted(self._checks.items()):
            self._colour(column, first, last)

    def _set_up(self) -> None:
        worksheet, sheet = self._worksheet, self._sheet
        for column, width in enumerate(sheet.widths):
            self._taken(worksheet.set_column(column, column, width), 0, column)
        worksheet.hide_gridlines(2)
        worksheet.set_landscape()
        worksheet.set_paper(9)  # A4
        worksheet.fit_to_pages(max(1, round(sum(sheet.widths) / PAGE_WIDTH)), 0)
        worksheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        worksheet.set_footer("&L&8&A&R&8Page &P of &N")
        worksheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        worksheet.set_row(0, TITLE_HEIGHT)
        if sheet.header_row is not None:
            worksheet.freeze_panes(sheet.header_row + 1, 0)
            worksheet.repeat_rows(sheet.header_row)
            worksheet.repeat_columns(0)

    def _row(self, row: int, cells: Sequence[Cell]) -> None:
        header = self._sheet.header_row
        self._ruled = header is not None and row > header
        if cells and cells[0].style in _HEADINGS:
            self._worksheet.set_row(row, HEADING_HEIGHT)
        for column, cell in enumerate(cells):
            if cell.value is not None or self._ruled or cell.style in _DRAWN_EMPTY:
                self._taken(self._cell(row, column, cell), row, column)

    def _cell(self, row: int, column: int, cell: Cell) -> Any:
        """Writes one cell; returns XlsxWriter's code."""
        value, worksheet = cell.value, self._worksheet
        if cell.style == Style.CHECK:
            self._checks[column] = (self._checks.get(column, (row, row))[0], row)
        if isinstance(value, Formula):
            cached = value.cached if isinstance(value.cached, str) else self._number(value.cached)
            return worksheet.write_formula(row, column, value.text, self._look(cell, value.cached), cached)
        if isinstance(value, Link):
            target = value.sheet.replace("'", "''")
            return worksheet.write_url(row, column, f"internal:'{target}'!A1", self._formats.link, value.sheet)
        return self._plain(row, column, cell, stored(value))

    def _plain(self, row: int, column: int, cell: Cell, value: str | int | Decimal | date | None) -> Any:
        look, worksheet = self._look(cell, cell.value), self._worksheet
        if value is None or value == "":
            return worksheet.write_blank(row, column, None, look)
        if isinstance(value, str):
            refuse_unwritable(value, sheet=self._sheet.name, cell=_address(row, column))
            return worksheet.write_string(row, column, value, look)
        if isinstance(value, date):
            return worksheet.write_datetime(row, column, value, look)
        return worksheet.write_number(row, column, value, look)

    def _look(self, cell: Cell, value: Any) -> Any:
        decimals = self._sheet.decimals
        if cell.style in MONEY_STYLES and isinstance(value, Decimal):
            exponent = value.as_tuple().exponent
            decimals = max(0, -exponent) if isinstance(exponent, int) else decimals
        guarded = isinstance(cell.value, str) and looks_active(cell.value)
        return self._formats.get(cell.style, decimals=decimals, guarded=guarded, ruled=self._ruled)

    def _number(self, value: Decimal | int) -> Decimal | int:
        if not fits(value):
            raise UserError(
                f"the figure {value} has more digits than a formula keeps",
                record=f"sheet {self._sheet.name}",
                remedy="Write it as a plain figure.",
            )
        return value

    def _colour(self, column: int, first: int, last: int) -> None:
        for sign, look in (("✓", self._formats.good), ("✗", self._formats.bad)):
            options = {"type": "text", "criteria": "begins with", "value": sign, "format": look}
            self._taken(self._worksheet.conditional_format(first, column, last, column, options), first, column)

    def _taken(self, code: Any, row: int, column: int) -> None:
        if code not in {None, 0}:
            raise UserError(
                f"the cell was not taken: {REASONS.get(code, f'code {code}')}",
                record=f"sheet {self._sheet.name}, cell {_address(row, column)}",
                remedy="Split the sheet or the text before it is written.",
            )


def _address(row: int, column: int) -> str:
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row + 1}"
