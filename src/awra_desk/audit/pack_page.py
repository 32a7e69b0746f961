"""Free-form sheets (cover, statements): rows of cells added one by one, with addresses to refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from awra_desk.audit.pack_grid import SAFE_MINOR, Overflow, column_letter, figure, money, quoted
from awra_desk.ports.workbook import Cell, Formula, Sheet, Style, Value


@dataclass(slots=True)
class Page:
    """A sheet under construction."""

    name: str
    widths: Sequence[int]
    digits: int
    overflow: Overflow
    rows: list[list[Cell]] = field(default_factory=list)

    def add(self, *cells: Cell | None) -> int:
        """One row; returns its number as Excel counts."""
        label = next((cell.value for cell in cells if cell and isinstance(cell.value, str)), "")
        self.rows.append([self._fitted(cell, label) for cell in cells])
        return len(self.rows)

    def title(self, text: str, words: str) -> None:
        """The sheet's head."""
        self.add(Cell(text, Style.TITLE))
        self.add(Cell(words, Style.NOTE))

    def section(self, *titles: str, right: Sequence[int] = ()) -> None:
        """A blank row and a block's heading over the whole width; the columns numbered in `right` hold figures."""
        self.add()
        padded = [*titles, *[""] * (len(self.widths) - len(titles))]
        self.add(
            *(Cell(text, Style.HEADING_RIGHT if index in right else Style.HEADING) for index, text in enumerate(padded))
        )

    def line(self, *values: Value) -> int:
        """A row of plain text cells."""
        return self.add(*(Cell(value) for value in values))

    def address(self, column: int, row: int) -> str:
        """The address on this sheet, like D12."""
        return f"{column_letter(column)}{row}"

    def far(self, column: int, row: int) -> str:
        """The address as another sheet writes it: "'1 Statement'!$D$12"."""
        return f"{quoted(self.name)}!${column_letter(column)}${row}"

    def sheet(self) -> Sheet:
        """The finished sheet."""
        return Sheet(self.name, self.widths, self.rows, self.digits, None, len(self.rows))

    def _fitted(self, cell: Cell | None, label: str) -> Cell:
        if cell is None:
            return Cell(None)
        if not isinstance(cell.value, str):
            return cell
        return Cell(self.overflow.fit(cell.value, sheet=self.name, column="", record=label), cell.style)


@dataclass(frozen=True, slots=True)
class Figures:
    """Cells of one currency's figures.

    Attributes:
        digits: decimals of the currency.
        safe: a spreadsheet adds the amounts up exactly; otherwise figures stand without formulas.
    """

    digits: int
    safe: bool = True

    def plain(self, minor: int) -> Cell:
        """A figure that nothing on the sheets derives."""
        return Cell(money(minor, self.digits), Style.MONEY)

    def live(self, expression: str, minor: int, style: Style = Style.MONEY) -> Cell:
        """A figure computed by an expression (no "="), rounded to the currency so that no binary residue shows."""
        return figure(f"=ROUND({expression},{self.digits})", minor, self.digits, safe=self.safe, style=style)

    def count(self, expression: str, count: int, style: Style = Style.COUNT) -> Cell:
        """A number of rows."""
        return Cell(Formula(f"={expression}", count), style)

    def check(self, expression: str, gap: int, words: tuple[str, str]) -> Cell:
        """The first of the words while the expression is nil, else the second."""
        said = words[0] if gap == 0 else words[1]
        live = self.safe and abs(gap) < SAFE_MINOR
        return Cell(
            Formula(f'=IF(ROUND({expression},{self.digits})=0,"{words[0]}","{words[1]}")', said) if live else said,
            Style.CHECK,
        )
