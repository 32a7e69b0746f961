"""The seal: a workbook's last sheet, with a digest of every other one, so that a changed cell is found by the file
alone.

Pure. `Seal.over` wraps the sheets that are written, `cells_digest` recomputes from what was read; both must see the
same bytes. A seal proves that nobody changed the file by accident or by hand; whoever rewrites the seal, too, is found
only by the digest that the workspace's trail keeps of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from awra_desk.ports.workbook import Cell, Formula, Link, Sheet, Stored, Style, Value, stored

SEAL = "Seal"
ALL = "All of them"
WORDS = "SHA-256 of a sheet's cells in order; a cell: row, column, kind and value"
TITLES = ("Sheet", "SHA-256")
FIRST_ROW = 3  # index of the first sheet's row: title, words, heading come before it


class Seal:
    """The digests of one workbook, growing while its sheets are written."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, str]] = []

    @property
    def digest(self) -> str:
        """Digest over all sheets; of use once they are written."""
        return whole(self._lines)

    def over(self, sheets: Sequence[Sheet]) -> list[Sheet]:
        """The sheets, watched while they are written one after another, and the seal behind them."""
        count = FIRST_ROW + len(sheets) + 1
        mine = Sheet(SEAL, (32, 72), self._rows(len(sheets)), 0, None, count)
        return [*(self._watched(sheet) for sheet in sheets), mine]

    def _watched(self, sheet: Sheet) -> Sheet:
        return replace(sheet, rows=self._watch(sheet))

    def _watch(self, sheet: Sheet) -> Iterator[Sequence[Cell]]:
        digest = hashlib.sha256()
        for number, cells in enumerate(sheet.rows, 1):
            digest.update(_row_bytes(number, (cell.value for cell in cells)))
            yield cells
        self._lines.append((sheet.name, digest.hexdigest()))

    def _rows(self, expected: int) -> Iterator[Sequence[Cell]]:
        yield [Cell("Seal", Style.TITLE)]
        yield [Cell(WORDS, Style.NOTE)]
        yield [Cell(title, Style.HEADING) for title in TITLES]
        if len(self._lines) != expected:
            raise RuntimeError("the seal is written after every other sheet")
        for name, digest in self._lines:
            yield [Cell(name), Cell(digest, Style.MONO)]
        yield [Cell(ALL, Style.TOTAL_TEXT), Cell(self.digest, Style.MONO)]


def cells_digest(rows: Iterable[Sequence[Value]]) -> str:
    """SHA-256 hex over the cells of a sheet as it was read."""
    digest = hashlib.sha256()
    for number, values in enumerate(rows, 1):
        digest.update(_row_bytes(number, values))
    return digest.hexdigest()


def whole(lines: Iterable[tuple[str, str]]) -> str:
    """SHA-256 hex over (sheet, digest) in order."""
    return hashlib.sha256("".join(f"{name}\x1f{digest}\x1e" for name, digest in lines).encode()).hexdigest()


def _row_bytes(number: int, values: Iterable[Value]) -> bytes:
    texts = [f"{number}\x1f{place}\x1f{_text(value)}\x1e" for place, value in enumerate(values) if _is_filled(value)]
    return "".join(texts).encode("utf-8", "surrogatepass")  # what no file can hold is the writer's to refuse


def _is_filled(value: Value) -> bool:
    return value is not None and value != ""


def _text(value: Value) -> str:
    if isinstance(value, Formula):
        return f"f{value.text}\x1f{_stored_text(value.cached)}"
    if isinstance(value, Link):
        return f"t{value.sheet}"
    return _stored_text(stored(value))


def _stored_text(value: Stored) -> str:
    if isinstance(value, Decimal | int):
        return f"n{format(Decimal(value).normalize() + 0, 'f')}"  # + 0 takes the sign off a negative nil
    if isinstance(value, date):
        return f"d{value.isoformat()}"
    return f"t{value}"
