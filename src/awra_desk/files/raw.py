"""A file's table as text: every cell a string, so that money is read exactly once and by one rule, whatever the
format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awra_desk.domain.errors import UsageError


@dataclass(frozen=True, slots=True)
class RawTable:
    """Cells by our column names.

    Attributes:
        path: where it came from. columns: our name -> pyarrow string array, "" for an empty cell. rows: number of data
            rows.
    """

    path: Path
    columns: Mapping[str, Any]
    rows: int

    def has(self, name: str) -> bool:
        """Whether the file has this column."""
        return name in self.columns


def chosen(path: Path, header: list[str], wanted: Mapping[str, str], known: tuple[str, ...]) -> dict[str, str]:
    """Our column name -> the file's, for the columns that exist.

    Args:
        header: the file's column names, outer spaces removed. wanted: our name -> their name, as configured. known:
            our names, each looked for
            under itself where nothing else is configured.

    Raises:
        UsageError: a configured column is missing, or a needed name comes twice.
    """
    found = {}
    for name in known:
        theirs = wanted.get(name, name)
        count = header.count(theirs)
        if count > 1:
            raise UsageError(
                f"column {theirs!r} comes {count} times in the header",
                record=str(path),
                remedy="Rename one of them.",
            )
        if count:
            found[name] = theirs
        elif name in wanted:
            raise UsageError(
                f"column {theirs!r} (for {name}) is missing",
                record=f"{path}, row 1",
                remedy=f"Correct [columns] in the configuration; the file has {_listed(header)}.",
            )
    return found


def required(path: Path, header: list[str], found: Mapping[str, str]) -> None:
    """Demand `id` and either `amount` or one of `debit` and `credit`.

    Raises:
        UsageError: a required column is missing.
    """
    missing = [] if "id" in found else ["id"]
    if not {"amount", "debit", "credit"} & found.keys():
        missing.append("amount")
    for name in missing:
        name_it = "ame the file's own column under [columns.left] or [columns.right]"
        unsplit = "The file seems to be separated by semicolons or tabs: save it with commas, or n"
        raise UsageError(
            f"required column {name!r} is missing from the header",
            record=f"{path}, row 1",
            remedy=f"{unsplit if _unsplit(header) else 'N'}{name_it}: {_listed(header)}.",
        )


def _listed(header: list[str]) -> str:
    return ", ".join(map(repr, header)) or "no columns"


def _unsplit(header: list[str]) -> bool:
    return len(header) == 1 and any(sign in header[0] for sign in ";\t|")
