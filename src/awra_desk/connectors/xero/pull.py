"""Pulls an organisation's documents, oldest change first, from a moment that creeps on with what was read.

Xero pages by number, and a document that changes leaves its place. So the next page is asked from the newest stamp read
on, not by number; only documents of one and the same second go by number, and there the page before is looked at again:
if it no longer ends as it did, that second is read anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from awra_desk.connectors._http import Reply, dumps, out_of_order
from awra_desk.connectors._http.cursors import TextCursor, stamps
from awra_desk.connectors.xero import faults, times
from awra_desk.connectors.xero.api import PAGE, XeroApi, listed
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Page, TransportError
from awra_desk.ports.system import Clock

LOOK_BACK = timedelta(minutes=15)
"""A change may show a little after a later one did."""

_RESTARTS = 3
_COUNTS = frozenset({"AUTHORISED", "PAID", "POSTED"})


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: Xero's resource, the key of its id, and the key of the lines that must be there."""

    resource: str
    identity: str
    lines: str = ""


STREAMS = {
    "bank_transactions": Stream("BankTransactions", "BankTransactionID", "LineItems"),
    "payments": Stream("Payments", "PaymentID"),
    "invoices": Stream("Invoices", "InvoiceID", "LineItems"),
    "credit_notes": Stream("CreditNotes", "CreditNoteID", "LineItems"),
    "manual_journals": Stream("ManualJournals", "ManualJournalID", "JournalLines"),
    "bank_transfers": Stream("BankTransfers", "BankTransferID"),
}
TRANSFERS = "bank_transfers"
JOURNALS = "journals"
"""The gated stream; asked for only where the connection says so."""


@dataclass(frozen=True, slots=True)
class Cursor(TextCursor):
    """Where to go on.

    Attributes:
        since: Xero's time, ISO, from which the walk under way, or the next one, asks; for journals the last number.
        page: number of the next page from `since` on; 0 when no walk is under way.
        last: id of the document that ended the page before it, where pages go by number.
        newest: newest stamp seen, ISO.
    """

    since: str | None = None
    page: int = 0
    last: str | None = None
    newest: str | None = None

    def checked(self) -> Self:
        stamps(*(stamp for stamp in (self.since, self.newest) if stamp is None or not stamp.isdecimal()))
        return replace(self, page=int(self.page))


class Puller:
    """Pages of one connection's streams.

    Args:
        envelope: what a stream's document means without saying it.
    """

    def __init__(
        self, api: XeroApi, source: str, clock: Clock, envelope: Callable[[str, Mapping[str, Any]], dict[str, Any]]
    ) -> None:
        self._api = api
        self._source = source
        self._clock = clock
        self._envelope = envelope

    def pages(self, stream: str, cursor: Cursor) -> Iterator[Page]:
        """The stream's documents from the cursor on."""
        if stream == JOURNALS:
            yield from self._journals(cursor)
        elif stream == TRANSFERS:
            yield self._transfers(cursor)
        else:
            yield from self._walk(stream, cursor)

    def _walk(self, stream: str, cursor: Cursor) -> Iterator[Page]:
        if not cursor.page:
            since = None if cursor.since is None else datetime.fromisoformat(cursor.since) - LOOK_BACK
            cursor = Cursor(since=since.isoformat() if since else None, page=1, newest=cursor.since)
        restarts = 0
        while True:
            reply, rows = self._page(stream, cursor)
            if cursor.last is not None and not self._still(stream, cursor):
                restarts += 1
                if restarts > _RESTARTS:
                    raise TransportError("documents change faster than they can be read", kind="protocol",
                                         record=stream, remedy="Try again later.")  # fmt: skip
                cursor = replace(cursor, page=1, last=None)
                continue
            newest = max([*(self._stamp(reply, row) for row in rows[-1:]), *_instants(cursor.newest)], default=None)
            cursor = replace(cursor, newest=newest.isoformat() if newest else None)
            records = self._records(stream, reply, rows)
            if len(rows) < PAGE:
                yield Page(records, Cursor(since=cursor.newest).text(), complete=True)
                return
            cursor = self._next(stream, reply, rows, cursor)
            yield Page(records, cursor.text(), complete=False)

    def _page(self, stream: str, cursor: Cursor) -> tuple[Reply, list[dict[str, Any]]]:
        """The page at the cursor.

        Raises:
            TransportError: kind "protocol"; it is not sorted by change, or holds what changed before.
        """
        since = None if cursor.since is None else datetime.fromisoformat(cursor.since)
        reply = self._api.page(STREAMS[stream].resource, cursor.page, since)
        rows = listed(reply, STREAMS[stream].resource)
        stamps = [self._stamp(reply, row) for row in rows]
        if stamps != sorted(stamps) or (since and stamps and stamps[0] < since.replace(microsecond=0)):
            raise out_of_order(reply, "the list is not sorted by change, or holds what changed before it was asked for")
        return reply, rows

    def _still(self, stream: str, cursor: Cursor) -> bool:
        """Whether the page before still ends with the document it ended with."""
        reply, rows = self._page(stream, replace(cursor, page=cursor.page - 1))
        return bool(rows) and self._identity(stream, reply, rows[-1]) == cursor.last

    def _next(self, stream: str, reply: Reply, rows: Sequence[dict[str, Any]], cursor: Cursor) -> Cursor:
        """Behind a full page: on from its last second, or by number where all of it is one second."""
        second = self._stamp(reply, rows[-1]).replace(microsecond=0)
        if cursor.since is None or second > datetime.fromisoformat(cursor.since).replace(microsecond=0):
            return replace(cursor, since=second.isoformat(), page=1, last=None)
        return replace(cursor, page=cursor.page + 1, last=self._identity(stream, reply, rows[-1]))

    def _transfers(self, cursor: Cursor) -> Page:
        """Every bank transfer: their list has no pages, and a deletion moves no stamp."""
        reply = self._api.get("BankTransfers", (("includeDeleted", "true"),))
        rows = listed(reply, "BankTransfers")
        return Page(self._records(TRANSFERS, reply, rows), cursor.text(), complete=True)

    def _journals(self, cursor: Cursor) -> Iterator[Page]:
        """Ready journals by number; nothing where the app's tier may not read them, which is the usual case."""
        number = int(cursor.since or 0)
        while True:
            try:
                reply = self._api.get("Journals", (("offset", str(number)),))
            except TransportError as error:
                if faults.NOT_OPEN not in error.what:
                    raise
                yield Page([], cursor.text(), complete=True)
                return
            rows = listed(reply, "Journals")
            now = self._clock.now()
            records = [RawRecord(self._source, JOURNALS, str(row.get("JournalID")), dumps(row), now) for row in rows]
            numbers = [found for row in rows if type(found := row.get("JournalNumber")) is int and found > number]
            if len(numbers) != len(rows):
                raise out_of_order(reply, f"not every journal of it is numbered above {number}")
            number = max([number, *numbers])
            # A page has a hundred at most; Xero does not say whether more follow.
            yield Page(records, Cursor(since=str(number)).text(), complete=not rows)
            if not rows:
                return

    def _records(self, stream: str, reply: Reply, rows: Sequence[dict[str, Any]]) -> list[RawRecord]:
        now = self._clock.now()
        found = []
        for row in rows:
            identity = self._identity(stream, reply, row)
            lines = STREAMS[stream].lines
            if lines and not row.get(lines) and row.get("Status") in _COUNTS:
                raise out_of_order(reply, f"document {identity} comes without its {lines}")
            try:
                facts = self._envelope(stream, row) | {"day": times.day(row).isoformat()}
            except (ValueError, OverflowError):
                raise out_of_order(reply, f"the date of document {identity} is {row.get('Date')!r}") from None
            found.append(RawRecord(self._source, stream, identity, dumps({**facts, "entity": row}), now))
        return found

    def _identity(self, stream: str, reply: Reply, row: Mapping[str, Any]) -> str:
        found = row.get(STREAMS[stream].identity)
        if not isinstance(found, str) or not found:
            raise out_of_order(reply, f"a document has no {STREAMS[stream].identity}")
        return found

    def _stamp(self, reply: Reply, row: Mapping[str, Any]) -> datetime:
        try:
            return times.instant(row.get("UpdatedDateUTC"))
        except (ValueError, OverflowError):
            raise out_of_order(reply, f"UpdatedDateUTC is {row.get('UpdatedDateUTC')!r}") from None


def _instants(text: str | None) -> list[datetime]:
    return [] if text is None else [datetime.fromisoformat(text)]
