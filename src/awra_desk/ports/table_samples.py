"""What people look at and say while they tell which column of a table is what. Made by the composition root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from awra_desk.ports.connections import Connection

Written = str | bool | int
DATE_FORMS = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d", "%d/%m/%y",
    "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%y",
    "%d/%b/%Y",
)  # fmt: skip
"""Ways of writing a day (of `strptime`), the usual ones first."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mapping as a form shows it: the short form of a mapping file (`files.mapping_columns` has its words).

    Attributes:
        columns: our word ("date", "amount") -> the headings that are it, in their order in the file.
        written: word ("currency", "decimal") -> how the file writes it; words that are absent have their default.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    written: Mapping[str, Written] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of one file.

    Attributes:
        headings: of its columns, as a mapping names them. rows: (number in the file from 1, a text per heading).
        heading_row: number of the row that is the heading. sheets: of a workbook. size: bytes of the file.
        guess: what its columns seem to be and how it seems to be written; everything that is not clear is left out.
        doubts: what the file alone cannot tell ("03/04/2026 may be 3 April or 4 March"), for people.
    """

    path: Path
    size: int
    headings: tuple[str, ...]
    heading_row: int
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    sheets: tuple[str, ...]
    guess: Drawn
    doubts: tuple[str, ...]


class TableSamples(Protocol):
    """Opens sample files, and turns what a form says into a mapping file and back."""

    def files(self, connection: Connection) -> tuple[Path, ...]:
        """The table files of a connection, by name.

        Raises:
            UsageError: its folder cannot be read.
        """

    def look(self, path: Path, told: Mapping[str, Written], known: Drawn | None) -> Sample:
        """The beginning of a file.

        Args:
            told: encoding, delimiter or sheet as the person said it; what is absent is guessed.
            known: the mapping whose headings tell the heading row; None guesses it.

        Raises:
            UsageError: it cannot be read so, or holds no table.
        """

    def text(self, drawn: Drawn, version: str) -> str:
        """The mapping file of a form; `version` is its name."""

    def drawn(self, text: str) -> Drawn | None:
        """The form of a mapping file; None where it is written in the long form.

        Raises:
            UsageError: it is no mapping.
        """
