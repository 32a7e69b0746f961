"""Detail sheets: named columns under a frozen header, split before the row limit, and formulas that reach all parts.

Used by the other `pack_*` modules. Formula texts are made of sheet names, cell addresses and our own words, never data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import repeat
from typing import Any

import numpy as np

from awra_desk.ports.columns import Column
from awra_desk.ports.workbook import Cell, Formula, Sheet, Style, Value

ROW_LIMIT = 1_048_576  # Excel's rows a sheet
TEXT_LIMIT = 32_767  # Excel's UTF-16 units a cell
SAFE_MINOR = 10**15  # a figure with more digits is not exact in a spreadsheet

TITLE_ROWS = 3  # title, words, totals; then the header
FIRST_ROW = TITLE_ROWS + 2  # of data, as Excel counts

_RIGHT = frozenset({Style.MONEY, Style.COUNT, Style.SCORE})
_TEXTS = frozenset({Style.TEXT, Style.MONO, Style.WRAPPED})

RowFormula = Callable[["Grid", int], Value]


@dataclass(frozen=True, slots=True)
class Limits:
    """Where sheets and texts are split; smaller in tests."""

    rows: int = ROW_LIMIT
    text: int = TEXT_LIMIT


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a detail sheet.

    Attributes:
        values: a numpy column or a list. convert: from its Python value to a cell's value; None leaves it as it is.
        total: sum it above the header; its values are then minor units, None where there is none.
        formula: computes the cell from the grid and the row's index instead; `values` then only gives the length.
    """

    title: str
    width: int
    style: Style
    values: Column | Sequence[Any]
    convert: Callable[[Any], Value] | None = None
    total: bool = False
    formula: RowFormula | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Rows `start` to `stop` of a grid, on the sheet of this name."""

    name: str
    start: int
    stop: int


def money(minor: int, digits: int) -> Decimal:
    """Major units with exactly the currency's decimals."""
    return Decimal(minor).scaleb(-digits)


def as_money(digits: int) -> Callable[[int | None], Decimal | None]:
    """Converter for a column of minor units."""
    return lambda minor: None if minor is None else money(minor, digits)


def column_letter(index: int) -> str:
    """0 -> A, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def quoted(sheet: str) -> str:
    """A sheet's name as a formula writes it."""
    return "'" + sheet.replace("'", "''") + "'"


def utf16_length(text: str) -> int:
    """Length as Excel counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` UTF-16 units that joined give the text."""
    pieces, start, size = [], 0, 0
    for index, character in enumerate(text):
        width = 2 if character > "\uffff" else 1
        if size + width > limit:
            pieces.append(text[start:index])
            start, size = index, 0
        size += width
    return [*pieces, text[start:]]


@dataclass(slots=True)
class Overflow:
    """Texts too long for a cell: what stands in the cell points to where the whole text stands.

    Attributes:
        rows: (reference, sheet, column, record, piece number, pieces, text).
    """

    limit: int = TEXT_LIMIT
    rows: list[tuple[str, str, str, str, int, int, str]] = field(default_factory=list)
    _known: dict[tuple[str, str, str, str], str] = field(default_factory=dict)

    def fit(self, text: str, *, sheet: str, column: str, record: str) -> str:
        """The text itself, or its beginning with a pointer; the same text of the same place keeps its reference."""
        if len(text) * 2 <= self.limit or utf16_length(text) <= self.limit:
            return text
        place = (sheet, column, record, text)
        if place in self._known:
            return self._known[place]
        reference = f"T{len(self._known) + 1}"
        pieces = cut(text, self.limit)
        for number, piece in enumerate(pieces, 1):
            self.rows.append((reference, sheet, column, cut(record, 200)[0], number, len(pieces), piece))
        pointer = f" … [whole text: sheet Overflow, {reference}]"
        self._known[place] = cut(text, max(self.limit - utf16_length(pointer), 1))[0] + pointer
        return self._known[place]


class Grid:
    """A table of the pack as one sheet, or more where it is long.

    Args:
        name: sheet name of the first part, at most 25 characters; later parts are "name (2)" ….
        words: one line below the title. key: index of a field that is never empty; row counts count it.
    """

    def __init__(
        self,
        name: str,
        title: str,
        words: str,
        fields: Sequence[Field],
        *,
        limits: Limits,
        overflow: Overflow,
        digits: int = 2,
        key: int = 0,
    ) -> None:
        self.name, self.title, self.words, self.digits, self.key = name, title, words, digits, key
        self.fields = [_fitted(item, fields[key], name, overflow) for item in fields]
        self.count = len(fields[0].values)
        self.parts = _parts(name, self.count, limits.rows - FIRST_ROW + 1)
        self._index = {item.title: position for position, item in enumerate(self.fields)}

    def at(self, title: str, row: int) -> str:
        """Address of one cell on its own sheet: "E17"."""
        part = next(part for part in self.parts if part.start <= row < part.stop)
        return f"{column_letter(self._index[title])}{FIRST_ROW + row - part.start}"

    def far(self, title: str, row: int) -> str:
        """Address of one cell as another sheet writes it."""
        return self.spans(title, row, row + 1)[0].split(":", maxsplit=1)[0]

    def spans(self, title: str, start: int = 0, stop: int | None = None) -> list[str]:
        """Ranges of a column's rows, one a part; an empty grid gives its first, blank row."""
        stop = self.count if stop is None else stop
        letter = column_letter(self._index[title])
        found = []
        for part in self.parts:
            first, last = max(start, part.start), min(stop, part.stop)
            if first < last or self.count == 0:
                top, bottom = FIRST_ROW + first - part.start, FIRST_ROW + max(last, first + 1) - 1 - part.start
                found.append(f"{quoted(part.name)}!${letter}${top}:${letter}${bottom}")
        return found

    def sum_of(self, title: str, start: int = 0, stop: int | None = None) -> str:
        """Expression (no "="): sum of a column over all parts."""
        return f"SUM({','.join(self.spans(title, start, stop))})"

    def count_of(self) -> str:
        """Expression: number of rows over all parts."""
        return f"COUNTA({','.join(self.spans(self.fields[self.key].title))})"

    def sum_ifs(self, title: str, where: Mapping[str, str]) -> str:
        """Expression: sum where each column equals its criterion, a cell address or a quoted word of ours."""
        return self._ifs("SUMIFS", where, self.spans(title))

    def count_ifs(self, where: Mapping[str, str]) -> str:
        """Expression: rows where each column equals its criterion."""
        return self._ifs("COUNTIFS", where, None)

    def _ifs(self, function: str, where: Mapping[str, str], values: list[str] | None) -> str:
        criteria = {title: self.spans(title) for title in where}
        calls = []
        for index in range(len(self.parts)):
            pairs = [f"{criteria[title][index]},{criterion}" for title, criterion in where.items()]
            calls.append(f"{function}({','.join([*([values[index]] if values else []), *pairs])})")
        return "+".join(calls)

    def sheets(self) -> list[Sheet]:
        """The parts, their rows streamed."""
        widths = [item.width for item in self.fields]
        return [
            Sheet(part.name, widths, self._rows(part), self.digits, TITLE_ROWS, part.stop - part.start + FIRST_ROW - 1)
            for part in self.parts
        ]

    def _rows(self, part: Part) -> Iterator[Sequence[Cell]]:
        number = f", part {self.parts.index(part) + 1} of {len(self.parts)}" if len(self.parts) > 1 else ""
        yield [Cell(self.title, Style.TITLE)]
        yield [Cell(f"{self.words} · {self.count:,} rows{number}", Style.NOTE)]
        yield self._totals(part)
        yield [Cell(item.title, Style.HEADING_RIGHT if item.style in _RIGHT else Style.HEADING) for item in self.fields]
        columns = [self._column(item, part) for item in self.fields]
        yield from zip(*columns, strict=True)

    def _totals(self, part: Part) -> list[Cell]:
        """Sums of the rows that a filter leaves visible."""
        if self.count == 0 or not any(item.total for item in self.fields):
            return []
        cells = [Cell("Total of the rows shown", Style.NOTE)]
        for index, item in enumerate(self.fields[1:], 1):
            if not item.total:
                cells.append(Cell(None, Style.NOTE))
                continue
            values = item.values[part.start : part.stop]
            letter, last = column_letter(index), FIRST_ROW + part.stop - part.start - 1
            text = f"=ROUND(SUBTOTAL(109,{letter}{FIRST_ROW}:{letter}{last}),{self.digits})"
            cells.append(figure(text, exact_sum(values), self.digits, safe=is_safe(values)))
        return cells

    def _column(self, item: Field, part: Part) -> Iterator[Cell]:
        if item.formula is not None:
            formula = item.formula
            return (Cell(formula(self, row), item.style) for row in range(part.start, part.stop))
        values = item.values[part.start : part.stop]
        plain = values.tolist() if isinstance(values, np.ndarray) else values
        return map(Cell, plain if item.convert is None else map(item.convert, plain), repeat(item.style))


def exact_sum(values: Any) -> int:
    """Sum of minor units without overflow; None counts nothing."""
    return sum(value for value in _plain(values) if value is not None)


def is_safe(values: Any) -> bool:
    """Whether a spreadsheet adds these minor units up exactly."""
    return sum(abs(value) for value in _plain(values) if value is not None) < SAFE_MINOR


def _plain(values: Any) -> list[int | None]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def figure(text: str, minor: int, digits: int, *, safe: bool = True, style: Style = Style.TOTAL) -> Cell:
    """A money cell computed by a formula; as a plain exact figure where a spreadsheet could not compute it exactly."""
    value = money(minor, digits)
    return Cell(Formula(text, value) if safe and abs(minor) < SAFE_MINOR else value, style)


def _parts(name: str, count: int, room: int) -> list[Part]:
    if room < 1:
        raise ValueError("the row limit leaves no room for data")
    starts = range(0, max(count, 1), room)
    names = [name, *(f"{name} ({number})" for number in range(2, len(starts) + 1))]
    return [Part(part, start, min(start + room, count)) for part, start in zip(names, starts, strict=True)]


def _fitted(item: Field, key: Field, sheet: str, overflow: Overflow) -> Field:
    """The field with texts that fit into cells."""
    if item.style not in _TEXTS or item.formula is not None or item.convert is not None:
        return item
    texts = item.values.tolist() if isinstance(item.values, np.ndarray) else list(item.values)
    if not any(isinstance(text, str) and len(text) * 2 > overflow.limit for text in texts):
        return item
    records = key.values
    fitted = [
        overflow.fit(text, sheet=sheet, column=item.title, record=str(records[row])) if isinstance(text, str) else text
        for row, text in enumerate(texts)
    ]
    return Field(item.title, item.width, item.style, fitted, total=item.total)
