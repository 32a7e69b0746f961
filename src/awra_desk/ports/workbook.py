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
    HEADING = "heading"
    TITLE = "title"
    NOTE = "note"
    MONEY = "money"
    TOTAL = "total"
    COUNT = "count"
    DAY = "day"
    INSTANT = "instant"
    GOOD = "good"
    BAD = "bad"
    MONO = "mono"


@dataclass(frozen=True, slots=True)
class Formula:
    """A live formula with the value it must show.

    Attributes:
        text: beginning with "="; written by us alone, never from data.
        cached: the value stored beside it.
    """

    text: str
    cached: Decimal | int | str


Value = str | int | Decimal | date | datetime | Formula | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. A `str` value is always text, whatever it begins with."""

    value: Value
    style: Style = Style.TEXT


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        name: at most 31 characters, unique. widths: characters a column. rows: cells, streamed. decimals: of money cells in this sheet.
        header_row: index from 0 of the row to freeze and filter below, or None. row_count: how many rows `rows` will give; the writer proves it wrote as many.
    """

    name: str
    widths: Sequence[int]
    rows: Iterable[Sequence[Cell]]
    decimals: int
    header_row: int | None = None
    row_count: int | None = None


class WorkbookWriter(Protocol):
    """Writes sheets to an .xlsx file, or fails without leaving half of one."""

    def write(self, sheets: Sequence[Sheet], path: Path) -> None:
        """Raises UserError when the file cannot be written, or a sheet would be cut (the sheet splitter in audit keeps below the limits)."""
