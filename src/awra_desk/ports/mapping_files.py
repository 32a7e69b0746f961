"""Files in which mapping tables travel: into a spreadsheet and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol


class MappingFiles(Protocol):
    """Reads and writes them as CSV or XLSX, by the file's name."""

    def read(self, path: Path, needed: Sequence[str]) -> list[tuple[str, Mapping[str, str]]]:
        """("row 2", column -> text) for each row; columns beyond the needed ones are given too.

        Raises:
            UsageError: it cannot be read, or lacks a needed column.
        """

    def write(self, path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], *, at: datetime) -> None:
        """Write it whole; `at` (aware) is when it was made.

        Raises:
            UsageError: a name that is neither .csv nor .xlsx. UserError: it cannot be written.
        """
