"""M-PESA organisation statements as a source: one account's statement file, or a folder with its files.

Called by `app.bootstrap` for connections of provider "mpesa_statement". Statements are downloaded by people, so they
come twice, overlap, and as CSV today and XLSX tomorrow: a row is the same record wherever it stands, and a file that is
there twice is read once. Three proofs are made of the provider's own figures and never of our records: each day's
balances follow from each other row by row, each statement's totals are those its block states, and each statement opens
where the one before it closed. What a row means is the contract's business (`mpesa-1.toml`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from awra_desk.domain.controls import PROOF, ControlTotal, ReportedBalance
from awra_desk.domain.errors import UsageError
from awra_desk.domain.records import RawRecord
from awra_desk.files.mpesa_layout import CURRENCY, Statement, read_statement, running_balance
from awra_desk.ports.connections import Connection, Page
from awra_desk.ports.system import Clock

STREAM = "statement"
ACCOUNT = "balance"
PAGE = 1_000
_SUFFIXES = (".csv", ".xlsx", ".xlsm")


class MpesaStatements:
    """`ports.connections.SelfProving` and `Noticing` over the statements of one M-PESA account.

    Args:
        connection: `base_url` is the path of a statement, or of a folder whose CSV and XLSX files are one account's
            statements.
    """

    def __init__(self, connection: Connection, *, clock: Clock) -> None:
        self._name = connection.name
        self._path = Path(connection.base_url)
        self._clock = clock

    @property
    def streams(self) -> tuple[str, ...]:
        """The one stream of rows."""
        return (STREAM,)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """The rows as raw records, statement by statement, oldest first; nothing when the files are those the cursor
        stands for.

        Raises:
            UsageError: no file is there, one is no statement, or they are of several accounts.
        """
        if stream != STREAM:
            raise UsageError(f"a statement has no stream {stream!r}", record=self._name, remedy=f"Use {STREAM!r}.")
        statements = self._statements()
        position = hashlib.sha256("".join(one.digest for one in statements).encode()).hexdigest()
        if cursor == position:
            return
        records = [record for one in statements for record in self._records(one)]
        for first in range(0, max(len(records), 1), PAGE):
            complete = first + PAGE >= len(records)
            # Only all files together are a position: a cut read begins again, and identical versions are kept once.
            yield Page(records[first : first + PAGE], position if complete else "", complete)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """Both ends of every statement, and the balance at the end of each of these days that a statement covers."""
        now, found = self._clock.now(), []
        for one in self._statements():
            ends = {one.first - timedelta(days=1): one.opening}
            ends |= {day: _at_end_of(one, day) for day in sorted(set(days)) if one.first <= day < one.last}
            ends[one.last] = one.closing
            found += [
                ReportedBalance(self._name, ACCOUNT, CURRENCY, minor, day, now, one.path.name)
                for day, minor in ends.items()
            ]
        return found

    def proofs(self) -> list[ControlTotal]:
        """The statements' totals, their days' running balances, and how they join."""
        now, found = self._clock.now(), []
        before: Statement | None = None
        for one in self._statements():
            found += self._stated(one, now)
            found += self._running(one, now)
            if before is not None and one.first >= before.last:
                found.append(self._total(f"{before.last} to {one.first}: opening", before.closing, one.opening, now))
            before = one
        return found

    def notices(self) -> list[str]:
        """Which files are there twice."""
        first: dict[str, Path] = {}
        found = []
        for path, digest in self._digests():
            if first.setdefault(digest, path) != path:
                found.append(f"{path.name} holds the same bytes as {first[digest].name}; it counts once.")
        return found

    def files(self) -> list[str]:
        """Name and SHA-256 of each file."""
        return [f"{path.name} sha256:{digest}" for path, digest in self._digests()]

    def _digests(self) -> list[tuple[Path, str]]:
        return [(path, read_statement(path).digest) for path in self._paths()]

    def _stated(self, one: Statement, now: datetime) -> list[ControlTotal]:
        """What the block states, against the rows."""
        moves = [row.minor for row in one.rows if row.minor is not None]
        paid_in, withdrawn = sum(minor for minor in moves if minor > 0), -sum(minor for minor in moves if minor < 0)
        pairs = (
            ("paid in", one.paid_in, paid_in),
            ("withdrawn", one.withdrawn, withdrawn),
            ("closing", one.closing, one.opening + paid_in - withdrawn),
        )
        name = f"{one.first} to {one.last}"
        return [
            self._total(f"{name}: {words}", stated, ours, now) for words, stated, ours in pairs if stated is not None
        ]

    def _running(self, one: Statement, now: datetime) -> Iterator[ControlTotal]:
        """A total for each day: at the first row whose balance does not follow from the row before, else at its end."""
        totals: dict[date, tuple[int, int]] = {}
        day = one.first
        for row, stated, follows in running_balance(one.opening, one.rows):
            day = row.day or day
            shown = totals.get(day)
            if shown is None or shown[0] == shown[1]:
                totals[day] = stated, follows
        for day, (stated, follows) in totals.items():
            yield self._total(f"{day}: running balance", stated, follows, now)

    def _total(self, name: str, expected: int, actual: int, now: datetime) -> ControlTotal:
        return ControlTotal(self._name, f"{PROOF}statement {name}", CURRENCY, expected, actual, now)

    def _records(self, one: Statement) -> Iterator[RawRecord]:
        now = self._clock.now()
        for row in one.rows:
            text = json.dumps({**row.record, "currency": CURRENCY}, sort_keys=True, ensure_ascii=False)
            yield RawRecord(self._name, STREAM, row.record["external_id"], text, now)

    def _statements(self) -> list[Statement]:
        """Every different file, by its days."""
        found: dict[str, Statement] = {}
        for path in self._paths():
            statement = read_statement(path)
            found.setdefault(statement.digest, statement)
        accounts = sorted({one.account for one in found.values() if one.account})
        if len(accounts) > 1:
            other = next(one for one in found.values() if one.account == accounts[1])
            raise UsageError(
                f"it is a statement of {accounts[1]}, others here are of {accounts[0]}",
                record=str(other.path),
                remedy="Give each account a folder and a connection of its own.",
            )
        return sorted(found.values(), key=lambda one: (one.first, one.last, one.path.name))

    def _paths(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        paths = sorted(path for path in self._path.iterdir() if path.suffix.lower() in _SUFFIXES)
        if not paths:
            raise UsageError("the folder holds no statement", record=str(self._path), remedy="Download one into it.")
        return paths


def _at_end_of(one: Statement, day: date) -> int:
    balance = one.opening
    for row, stated, _ in running_balance(one.opening, one.rows):
        if row.day is not None and row.day > day:
            return balance
        balance = stated
    return balance
