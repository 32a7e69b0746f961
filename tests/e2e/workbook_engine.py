"""Recomputes a workbook with an engine not ours: `formulas` computes, openpyxl reads, cached values take no part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import formulas
import numpy as np
import schedula
from openpyxl import load_workbook
from openpyxl.utils.cell import column_index_from_string

_REFERENCE = re.compile(
    r""""[^"]*"|(?:'((?:[^']|'')+)'!)?\$?([A-Z]{1,3})\$?([0-9]+)(?::\$?([A-Z]{1,3})\$?([0-9]+))?(?![A-Za-z0-9(])"""
)
Address = tuple[str, int, int]


def _subtotal(kind: Any, values: Any) -> Any:
    """The engine has no SUBTOTAL; without hidden rows 109 is the engine's own SUM."""
    assert int(np.ravel(kind)[0]) == 109
    return formulas.get_functions()["SUM"](values)


@lru_cache(maxsize=1)
def _parser() -> Any:
    formulas.get_functions()["SUBTOTAL"] = _subtotal
    return formulas.Parser()


@lru_cache(maxsize=10_000)
def _compiled(shape: str) -> Any:
    return _parser().ast(shape)[1].compile()


class Book:
    """A workbook as openpyxl reads it: formulas, values of other cells, and the cached values of formulas.

    Attributes:
        names: sheets in order. formulas: text by address. values: every other filled cell.
        cached: every filled cell, formulas by their cached value.
    """

    def __init__(self, path: Path) -> None:
        self.names: list[str] = []
        self.formulas: dict[Address, str] = {}
        self.values: dict[Address, Any] = {}
        self.cached: dict[Address, Any] = dict(_cells(path, data_only=True))
        self.heights: dict[str, int] = {}
        for address, value in _cells(path, data_only=False):
            if address[0] not in self.heights:
                self.names.append(address[0])
            self.heights[address[0]] = address[1]
            if isinstance(value, Live):
                self.formulas[address] = value
            else:
                self.values[address] = value

    def column(self, sheet: str, title: str, *, header: int = 4) -> dict[int, Any]:
        """Cached values below a heading, by row; None where a cell is empty."""
        index = next(
            column for (name, row, column), value in self.cached.items() if (name, row, value) == (sheet, header, title)
        )
        return {row: self.cached.get((sheet, row, index)) for row in range(header + 1, self.heights[sheet] + 1)}

    def address(self, sheet: str, title: str, row: int, *, header: int = 4) -> Address:
        """Address of the cell below a heading."""
        index = next(
            column
            for (name, line, column), value in self.cached.items()
            if (name, line, value) == (sheet, header, title)
        )
        return (sheet, row, index)


class Live(str):
    """The text of a formula, as opposed to a text."""

    __slots__ = ()


def _cells(path: Path, *, data_only: bool) -> Iterator[tuple[Address, Any]]:
    book = load_workbook(path, read_only=True, data_only=data_only)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    value = Live(cell.value) if cell.data_type == "f" else cell.value
                    yield (sheet.title, cell.row, cell.column), value
    book.close()


class Recomputed:
    """A workbook's cells with every formula computed anew.

    Args:
        changes: values put in place of cells before computing; None empties the cell.
    """

    def __init__(self, book: Book, changes: dict[Address, object] | None = None) -> None:
        self._formulas = book.formulas
        self.cells: dict[Address, Any] = {address: _plain(value) for address, value in book.values.items()}
        for address, value in (changes or {}).items():
            self.cells.pop(address, None)
            if value is not None:
                self.cells[address] = value

    def value(self, address: Address) -> Any:
        """A cell's value, computed where it is a formula; None where it is empty."""
        if address in self._formulas and address not in self.cells:
            self.cells[address] = self._compute(address)
        return self.cells.get(address)

    def _compute(self, address: Address) -> Any:
        arguments: dict[str, Any] = {}

        def name(found: re.Match[str]) -> str:
            if found[0].startswith('"'):
                return found[0]
            key = f"REF_{len(arguments)}_X"
            arguments[key] = self._range(address[0], found)
            return key

        function = _compiled(_REFERENCE.sub(name, self._formulas[address]))
        result = function(*(arguments[key] for key in function.inputs))
        return np.asarray(result, dtype=object).ravel()[0]

    def _range(self, sheet: str, found: re.Match[str]) -> Any:
        name = found[1].replace("''", "'") if found[1] else sheet
        first, top = column_index_from_string(found[2]), int(found[3])
        last, bottom = (column_index_from_string(found[4]), int(found[5])) if found[4] else (first, top)
        rows = []
        for row in range(top, bottom + 1):
            values = (self.value((name, row, column)) for column in range(first, last + 1))
            rows.append([schedula.EMPTY if value is None else value for value in values])
        return np.array(rows, dtype=object)


def _plain(value: Any) -> Any:
    return (value - datetime(1899, 12, 30)).days if isinstance(value, datetime | date) else value  # noqa: DTZ001
