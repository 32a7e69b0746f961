"""A bank account as a source: a statement file, or the folder where its statement files are kept.

Called by `app.bootstrap`, which says how a file of the format is read. A file that cannot be read does not stop the
others: it is named, and a proof that does not hold stands for it until it is mended. What an entry means is the
contract's business (`camt-1.toml` and its like).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from awra_desk.domain.controls import PROOF, ControlTotal, ReportedBalance
from awra_desk.domain.errors import UsageError
from awra_desk.domain.records import RawRecord
from awra_desk.files.bank import BankStatement, of_account
from awra_desk.files.bank_balances import day_balances, follow_ups
from awra_desk.files.bank_order import Arranged
from awra_desk.files.bank_witness import arrange_all
from awra_desk.ports.connections import Connection, Page
from awra_desk.ports.system import Clock

STREAM = "statement"
ACCOUNT = "balance"
PAGE = 1_000
COPY = "COPY"
"""Status of a record that stands for an entry which counts under another name, or not at all."""

Read = Callable[[Path, bytes], Sequence[BankStatement]]
"""Reads one file; raises UsageError where it is no statement of the format."""


@dataclass(frozen=True, slots=True)
class _Files:
    """What the files say.

    Attributes:
        position: stands for their bytes. arranged: by stream. named: each with its digest.
        unread: name of each file that cannot be read.
    """

    position: str
    arranged: Mapping[str, Arranged]
    named: tuple[str, ...]
    notices: tuple[str, ...]
    unread: tuple[str, ...]


class BankFiles:
    """`ports.connections.SelfProving` and `Noticing` over the statement files of one account.

    Args:
        connection: `base_url` is the path of a file or folder; option `account` chooses one of several accounts.
        read: reads one file of the format. suffixes: of the folder's files that are statements, lower case.
        streams: of the statements that `read` gives.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock,
        read: Read,
        suffixes: tuple[str, ...],
        streams: tuple[str, ...] = (STREAM,),
    ) -> None:
        self._name = connection.name
        self._path = Path(connection.base_url)
        self._wanted = connection.options.get("account", "")
        self._clock = clock
        self._read = read
        self._suffixes = suffixes
        self._streams = streams
        self._last: _Files | None = None

    @property
    def streams(self) -> tuple[str, ...]:
        """One stream of entries, or one for each report."""
        return self._streams

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """The entries as raw records, oldest statement first; nothing when the files are those of the cursor.

        Raises:
            UsageError: no file is there, the only one is no statement, or they are of several accounts.
        """
        if stream not in self._streams:
            remedy = f"Use {' or '.join(map(repr, self._streams))}."
            raise UsageError(f"these files have no stream {stream!r}", record=self._name, remedy=remedy)
        files = self._files()
        if cursor == files.position:
            return
        records = list(self._records(stream, files.arranged[stream]))
        for first in range(0, max(len(records), 1), PAGE):
            complete = first + PAGE >= len(records)
            # Only all files together are a position: a cut read begins again, and identical versions are kept once.
            yield Page(records[first : first + PAGE], files.position if complete else "", complete)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """Both ends of the statements, and the balance at the end of each of these days that they cover."""
        now = self._clock.now()
        found: dict[tuple[str, date], ReportedBalance] = {}
        for one in [one for arranged in self._files().arranged.values() for one in day_balances(arranged, days)]:
            of, day = one.statement, one.day
            balance = ReportedBalance(self._name, ACCOUNT, of.currency, one.minor, day, now, of.path.name)
            found[of.currency, day] = balance
        return list(found.values())

    def proofs(self) -> list[ControlTotal]:
        """The statements' own totals, how they join, and a broken one for each file that cannot be read."""
        now, files = self._clock.now(), self._files()
        found = [ControlTotal(self._name, f"{PROOF}file {name} is read", "", 1, 0, now) for name in files.unread]
        for arranged in files.arranged.values():
            before: dict[str, BankStatement] = {}
            for one in arranged.statements:
                found += self._stated(one, now)
                if one.currency in before:
                    found += self._joined(before[one.currency], one, now)
                before[one.currency] = one
            for one in arranged.witnesses:
                found += self._stated(one, now)
            for one, closing, follows in follow_ups(arranged):
                found.append(self._total(one, "closing", one.currency, closing, follows, now))
        return found

    def notices(self) -> list[str]:
        """What people should know about the files: what is there twice, overlaps or cannot be read."""
        return list(self._files().notices)

    def files(self) -> list[str]:
        """Name and SHA-256 of each file."""
        return list(self._files().named)

    def _stated(self, one: BankStatement, now: datetime) -> Iterator[ControlTotal]:
        """What the statement states, against its entries."""
        if one.opening is not None and one.closing is not None:
            yield self._total(one, "closing", one.currency, one.closing, one.opening + one.moved(), now)
        for total in one.stated:
            yield self._total(one, total.name, total.currency, total.expected, total.actual, now)

    def _joined(self, before: BankStatement, one: BankStatement, now: datetime) -> Iterator[ControlTotal]:
        """The opening balance, against the statement before."""
        known = before.closing
        if one.first <= before.last and one.opening != before.closing and before.opening is not None:
            # They overlap: what the one before it held at the end of the day before.
            known = before.opening + before.moved(one.first - timedelta(days=1))
        if known is not None and one.opening is not None:
            yield self._total(one, "opening", one.currency, known, one.opening, now)

    def _total(
        self, one: BankStatement, name: str, currency: str, expected: int, actual: int, now: datetime
    ) -> ControlTotal:
        return ControlTotal(self._name, f"{PROOF}{one.word} {one.name}: {name}", currency, expected, actual, now)

    def _records(self, stream: str, arranged: Arranged) -> Iterator[RawRecord]:
        now = self._clock.now()
        for external, one, entry in arranged.entries:
            told = {"external_id": external, "account": one.account, "currency": one.currency}
            payload = {**entry.payload, **told, **({"witness": one.witness} if one.witness else {})}
            text = json.dumps(payload, sort_keys=True, ensure_ascii=False)
            yield RawRecord(self._name, stream, external, text, now)
        for name, other in arranged.copies.items():
            same = {"external_id": name, "same_as": other, "status": COPY}
            yield RawRecord(self._name, stream, name, json.dumps(same), now)

    def _files(self) -> _Files:
        """The files as they are now, read once for as long as their bytes stay the same."""
        found = [(path, self._bytes(path)) for path in self._paths()]
        digests = [hashlib.sha256(data).hexdigest() for _, data in found]
        position = hashlib.sha256("".join([self._wanted, *digests]).encode()).hexdigest()
        if self._last is None or self._last.position != position:
            self._last = self._arranged(found, position)
        return self._last

    def _arranged(self, found: Sequence[tuple[Path, bytes]], position: str) -> _Files:
        statements: list[BankStatement] = []
        notices, unread = [], []
        for path, data in found:
            try:
                statements += self._read(path, data)
            except UsageError as error:
                if len(found) == 1:
                    raise
                notices.append(error.text)
                unread.append(path.name)
        chosen = of_account(statements, self._wanted, str(self._path))
        arranged = {name: arrange_all([one for one in chosen if one.stream == name]) for name in self._streams}
        notices += [words for one in arranged.values() for words in one.notices]
        named = tuple(f"{path.name} sha256:{hashlib.sha256(data).hexdigest()}" for path, data in found)
        return _Files(position, arranged, named, tuple(notices), tuple(unread))

    def _paths(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        paths = sorted(path for path in self._path.iterdir() if path.suffix.lower() in self._suffixes)
        if not paths:
            words = f"the folder holds no file that ends with {' or '.join(self._suffixes)}"
            raise UsageError(words, record=str(self._path), remedy="Download a statement into it.")
        return paths

    def _bytes(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            remedy = "Download the statement again, or correct the path."
            raise UsageError("the file is not there", record=str(path), remedy=remedy) from None
        except OSError as error:
            words = f"the file cannot be read: {error.strerror or error}"
            raise UsageError(words, record=str(path), remedy="Check its permissions.") from None
