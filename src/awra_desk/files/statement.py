"""A bank's CSV statement as a source: its rows become raw records, its stated balances the reported ones.

Called by `app.bootstrap` for connections of provider "statement", whose `base_url` is the file's path and whose options
are the saved mapping. The file is read whole or not at all; what a row means is the contract's business
(`statement-1.toml`), so that an unreadable row waits in quarantine while the rest goes on.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from awra_desk.domain.controls import ReportedBalance
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import parse
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Connection, Page
from awra_desk.ports.system import Clock

STREAM = "statement"
ACCOUNT = "balance"
PAGE = 1_000

DEFAULT_MAPPING = {
    "currency": "USD",
    "column.date": "Date",
    "column.id": "Transaction ID",
    "column.description": "Description",
    "column.amount": "Amount",
    "preamble.period": "Statement period",
    "preamble.opening": "Opening balance",
    "preamble.closing": "Closing balance",
}
"""Option -> the bank's own word for it; a connection's options replace any of them."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement file, read: balances in minor units, days inclusive."""

    first: date
    last: date
    opening: int
    closing: int
    rows: list[dict[str, str]]
    digest: str


class StatementFile:
    """`ports.connections.Source` over one statement file.

    Args:
        connection: `base_url` is the path of a UTF-8 CSV file: `name,value` lines, a blank line, a heading, rows.
    """

    def __init__(self, connection: Connection, *, clock: Clock) -> None:
        self._name = connection.name
        self._path = Path(connection.base_url)
        self._words: Mapping[str, str] = {**DEFAULT_MAPPING, **connection.options}
        self._clock = clock

    @property
    def streams(self) -> tuple[str, ...]:
        """The one stream of rows."""
        return (STREAM,)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """The rows as raw records, in file order; nothing when the file is the one the cursor stands for.

        Raises:
            UsageError: the file is missing or not a statement of this mapping.
        """
        if stream != STREAM:
            raise UsageError(f"a statement has no stream {stream!r}", record=self._name, remedy=f"Use {STREAM!r}.")
        statement = self._read()
        if cursor == statement.digest:
            return
        records = list(self._records(statement))
        for first in range(0, max(len(records), 1), PAGE):
            complete = first + PAGE >= len(records)
            # Only the whole file is a position: a cut read begins again, and identical versions are not stored twice.
            yield Page(records[first : first + PAGE], statement.digest if complete else "", complete)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """The statement's own opening and closing balance; a file cannot be asked for other days."""
        del days
        statement, now, currency = self._read(), self._clock.now(), self._words["currency"]
        ends = ((statement.first - timedelta(days=1), statement.opening), (statement.last, statement.closing))
        return [ReportedBalance(self._name, ACCOUNT, currency, minor, day, now, self._path.name) for day, minor in ends]

    def _records(self, statement: _Statement) -> Iterator[RawRecord]:
        """One record a row; identical ids stay apart by their occurrence, a blank id takes the row's number."""
        seen: Counter[str] = Counter()
        now = self._clock.now()
        for number, row in enumerate(statement.rows, start=1):
            identity = row["id"] or f"row:{number}"
            seen[identity] += 1
            external = identity if seen[identity] == 1 else f"{identity}#{seen[identity]}"
            payload = {**row, "external_id": external, "currency": self._words["currency"], "file": self._path.name}
            text = json.dumps({**payload, "row": str(number)}, sort_keys=True, ensure_ascii=False)
            yield RawRecord(self._name, STREAM, external, text, now)

    def _read(self) -> _Statement:
        try:
            data = self._path.read_bytes()
            text = data.decode("utf-8-sig")
        except FileNotFoundError:
            raise self._wrong("the file is not there", "Download the statement again, or correct the path.") from None
        except UnicodeDecodeError as error:
            raise self._wrong(f"byte {error.start} is not UTF-8", "Save the file as UTF-8 CSV.") from None
        lines = list(csv.reader(text.splitlines()))
        blank = next((index for index, line in enumerate(lines) if not any(line)), None)
        if blank is None:
            raise self._wrong("no blank line ends the preamble", "Export the statement with its balances.")
        preamble = {line[0].strip(): line[1].strip() for line in lines[:blank] if len(line) > 1}
        period = self._value(preamble, "preamble.period").split(" to ")
        if len(period) != 2:
            raise self._wrong(
                f"period {' to '.join(period)!r} is not two days", 'Write it like "2026-10-01 to 2026-10-31".'
            )
        currency = self._words["currency"]
        return _Statement(
            first=self._day(period[0]),
            last=self._day(period[1]),
            opening=parse(self._value(preamble, "preamble.opening"), currency),
            closing=parse(self._value(preamble, "preamble.closing"), currency),
            rows=self._rows(lines, blank + 1),
            digest=hashlib.sha256(data).hexdigest(),
        )

    def _rows(self, lines: list[list[str]], head: int) -> list[dict[str, str]]:
        """The mapped cells of each row after the heading in line `head` (from 0)."""
        heading = [cell.strip() for cell in lines[head]] if head < len(lines) else []
        names = {key.removeprefix("column."): word for key, word in self._words.items() if key.startswith("column.")}
        missing = sorted(word for word in names.values() if word not in heading)
        if missing:
            raise self._wrong(
                f"column {missing[0]!r} is missing", f"Its columns are {', '.join(heading) or 'none'}; map them."
            )
        rows = []
        for number, line in enumerate(lines[head + 1 :], start=head + 2):
            if not any(line):
                continue
            if len(line) != len(heading):
                words = f"line {number} has {len(line)} cells, the heading {len(heading)}"
                raise self._wrong(words, "Correct the line; a comma in a text needs quotes.")
            cells = dict(zip(heading, (cell.strip() for cell in line), strict=True))
            rows.append({name: cells[word] for name, word in names.items()})
        return rows

    def _value(self, preamble: Mapping[str, str], key: str) -> str:
        word = self._words[key]
        if word not in preamble:
            raise self._wrong(f"the preamble has no {word!r}", f"Map {key} to the bank's own word.")
        return preamble[word]

    def _day(self, text: str) -> date:
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            raise self._wrong(f"{text!r} is not a date", "Write it like 2026-10-31.") from None

    def _wrong(self, what: str, remedy: str) -> UsageError:
        return UsageError(what, record=str(self._path), remedy=remedy)
