"""Sample files for the form of a mapping; implements `ports.table_samples.TableSamples` for `app.composition`."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from awra_desk.domain.errors import UsageError
from awra_desk.files.grid import SUFFIXES, WORKBOOKS, Cell, names_of, read_grid
from awra_desk.files.guess import amount_style, guessed
from awra_desk.files.mapping import TableLayout
from awra_desk.files.mapping_columns import WRITTEN
from awra_desk.files.mapping_form import drawn_mapping, mapping_text
from awra_desk.normalise.written import Style
from awra_desk.ports.connections import Connection
from awra_desk.ports.table_samples import Drawn, Sample, Written

ROWS = 400
"""How many rows of a file are looked at."""
_HEADING_WITHIN = 60
_DELIMITERS = ",;\t|"
_WAYS = ("encoding", "delimiter", "sheet")


class SampleFiles:
    """Reads the beginning of files, as `files.grid` reads them whole."""

    def files(self, connection: Connection) -> tuple[Path, ...]:
        """See `ports.table_samples.TableSamples.files`."""
        path = Path(connection.base_url)
        if not path.is_dir():
            return (path,)
        try:
            return tuple(sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES))
        except OSError as error:
            words = f"the folder cannot be read: {error.strerror or error}"
            raise UsageError(words, record=str(path), remedy="Check its permissions.") from None

    def look(self, path: Path, told: Mapping[str, Written], known: Drawn | None) -> Sample:
        """See `ports.table_samples.TableSamples.look`."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise UsageError(
                "the file is not there", record=str(path), remedy="Put it there, or change the path."
            ) from None
        except OSError as error:
            words = f"the file cannot be read: {error.strerror or error}"
            raise UsageError(words, record=str(path), remedy="Check its permissions.") from None
        book = path.suffix.lower() in WORKBOOKS
        seen = {**(known.written if known else {}), **told}
        if not book:
            seen.setdefault("encoding", _encoding(data))
            seen.setdefault("delimiter", _delimiter(data, str(seen["encoding"])))
        grid = read_grid(path, data, _layout(seen), most=ROWS)
        place = _heading_row(grid, known)
        if place is None:
            remedy = "Choose another file, or another delimiter, encoding or sheet."
            raise UsageError("no row with headings and rows below it was found", record=str(path), remedy=remedy)
        names = tuple(names_of(grid[place]))
        below = [(number, row) for number, row in enumerate(grid[place + 1 :], place + 2) if any(c != "" for c in row)]
        guess, doubts = guessed(names, [row for _, row in below])
        way = {word: seen[word] for word in _WAYS if seen.get(word, WRITTEN[word]) != WRITTEN[word]}
        return Sample(
            path=path,
            size=len(data),
            headings=names,
            heading_row=place + 1,
            rows=tuple((number, tuple(map(str, row[: len(names)]))) for number, row in below),
            sheets=_sheets(data) if book else (),
            guess=replace(guess, written={**guess.written, **way}),
            doubts=doubts,
        )

    def text(self, drawn: Drawn, version: str) -> str:
        """See `ports.table_samples.TableSamples.text`."""
        return mapping_text(drawn, version)

    def drawn(self, text: str) -> Drawn | None:
        """See `ports.table_samples.TableSamples.drawn`."""
        return drawn_mapping(text)


def _layout(seen: Mapping[str, Written]) -> TableLayout:
    encoding, delimiter, sheet = (str(seen.get(word, WRITTEN[word])) for word in _WAYS)
    return TableLayout((), "", encoding, delimiter, sheet, "", Style())


def _encoding(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _delimiter(data: bytes, encoding: str) -> str:
    """The sign that cuts most rows into the same number of cells, the more cells the better."""
    lines = data[:200_000].decode(encoding, errors="replace").splitlines()[:ROWS]
    text = "\n".join(lines)

    def score(sign: str) -> tuple[int, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(io.StringIO(text), delimiter=sign) if len(row) > 1)
        except csv.Error:
            return 0, 0
        width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        return count, width

    return max(_DELIMITERS, key=score)


def _heading_row(grid: Sequence[Sequence[Cell]], known: Drawn | None) -> int | None:
    """Place of the row with the headings a mapping needs, else of the first that looks like headings over data."""
    if known is not None:
        needed = {names[0] for word, names in known.columns.items() if word in ("date", "amount", "debit", "credit")}
        for place, row in enumerate(grid):
            if needed and needed <= set(names_of(row)):
                return place
    for place, row in enumerate(grid[:_HEADING_WITHIN]):
        filled = [cell for cell in row if cell != ""]
        below = next((other for other in grid[place + 1 :] if any(cell != "" for cell in other)), None)
        if len(filled) > 1 and below is not None and all(map(_word, filled)) and not all(map(_word, below)):
            width = sum(cell != "" for cell in below)
            if width > 1 and len(filled) >= width:
                return place
    return None


def _word(cell: Cell) -> bool:
    """A text that is neither a number nor a day; an empty cell says nothing."""
    if not isinstance(cell, str):
        return False
    digits = sum(sign.isdigit() for sign in cell)
    return amount_style([cell]) is None and digits * 2 <= len(cell) if cell else True


def _sheets(data: bytes) -> tuple[str, ...]:
    import openpyxl  # noqa: PLC0415 - slow to import

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    try:
        return tuple(book.sheetnames)
    finally:
        book.close()
