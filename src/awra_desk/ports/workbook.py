"""A workbook as data: sheets of typed cells that an exporter writes without understanding them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Style(StrEnum):
    """What a cell is, and so how it looks."""

    TEXT = "text"
    WRAPPED = "wrapped"  # text on as many lines as its width needs
    HEADING = "heading"
    HEADING_RIGHT = "heading_right"  # above figures
    TITLE = "title"
    SECTION = "section"
    NOTE = "note"
    MONEY = "money"
    TOTAL = "total"  # money below a rule
    TOTAL_TEXT = "total_text"
    COUNT = "count"
    TOTAL_COUNT = "total_count"
    SCORE = "score"
    DAY = "day"
    INSTANT = "instant"
    CHECK = "check"  # text that begins with ✓ or ✗, coloured by what it says now
    GOOD = "good"
    BAD = "bad"
    MONO = "mono"
    SIGN_HERE = "sign_here"  # an empty line for a signature


@dataclass(frozen=True, slots=True)
class Formula:
    """A live formula with the value it must show.

    Attributes:
        text: beginning with "="; written by us alone, never from data.
        cached: the value stored beside it.
    """

    text: str
    cached: Decimal | int | str


@dataclass(frozen=True, slots=True)
class Link:
    """A sheet's name that leads to that sheet of the same workbook."""

    sheet: str


Value = str | int | Decimal | date | datetime | Formula | Link | None
Stored = str | int | Decimal | date | None

EXACT = 10**15  # a spreadsheet keeps 15 significant digits
FIRST_TRUE_DAY = date(1900, 3, 1)  # before it a spreadsheet counts a 29 February 1900 that never was


def fits(value: Decimal | int) -> bool:
    """Whether a spreadsheet keeps the number exactly."""
    if isinstance(value, int):
        return abs(value) < EXACT
    return value.is_finite() and len(value.normalize().as_tuple().digits) <= 15 and abs(value) < EXACT


def stored(value: str | int | Decimal | date | datetime | None) -> Stored:
    """The value as a spreadsheet keeps it exactly: what it has no exact type for becomes text, an instant ISO text in
    UTC.
    """
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value if value >= FIRST_TRUE_DAY else value.isoformat()
    if isinstance(value, Decimal):
        return value if fits(value) else format(value, "f")
    if isinstance(value, int):
        return value if fits(value) else str(value)
    return value


def instant(at: datetime) -> str:
    """An aware instant as the text in its cell."""
    if at.tzinfo is None:
        raise ValueError("an instant must be aware")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. A `str` value is always text, whatever it begins with.

    A money `Decimal` shows as many decimals as it has.
    """

    value: Value
    style: Style = Style.TEXT


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        name: at most 31 characters, unique. widths: characters a column. rows: cells, streamed. decimals: of money
            cells in this sheet.
        header_row: index from 0 of the row to freeze and filter below, or None. row_count: how many rows `rows` will
            give; the writer proves it wrote as many.
    """

    name: str
    widths: Sequence[int]
    rows: Iterable[Sequence[Cell]]
    decimals: int
    header_row: int | None = None
    row_count: int | None = None


class WorkbookWriter(Protocol):
    """Writes sheets to an .xlsx file, or fails without leaving half of one."""

    def write(self, sheets: Sequence[Sheet], path: Path, *, title: str, author: str, created: datetime) -> None:
        """Write the file at once whole; the same arguments give the same bytes.

        Args:
            title, author, created: document properties; `created` is aware.

        Raises:
            UserError: the file cannot be written, or a sheet would be cut (the sheet splitter in audit keeps below the
                limits).
        """


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A sheet as it stands in a file.

    Attributes:
        rows: values from column A and row 1 on; a formula with the value stored beside it; None where a cell is empty.
            Text, numbers and days only: what a link shows is text.
    """

    name: str
    rows: Sequence[Sequence[Value]]


class WorkbookReader(Protocol):
    """Reads an .xlsx file without computing anything."""

    def read(self, path: Path) -> list[ReadSheet]:
        """The sheets in order.

        Raises:
            UsageError: the file is not there or is no workbook.
        """
