"""A workbook as data: sheets of typed cells that an exporter writes without understanding them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
