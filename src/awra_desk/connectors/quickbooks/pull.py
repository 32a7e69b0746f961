"""Pulls a company's documents: all of them first, then what changed, deleted ones as tombstones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from awra_desk.connectors._http import Reply, dumps, out_of_order
from awra_desk.connectors._http.cursors import TextCursor, stamps
from awra_desk.connectors.quickbooks.api import PAGE, QuickBooksApi, changed, queried, told_at
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Page, TransportError
from awra_desk.ports.system import Clock

ENTITIES = {
    "journal_entries": "JournalEntry",
    "deposits": "Deposit",
    "payments": "Payment",
    "sales_receipts": "SalesReceipt",
    "purchases": "Purchase",
    "transfers": "Transfer",
    "bill_payments": "BillPayment",
    "refund_receipts": "RefundReceipt",
}
"""Stream -> entity."""

LOOK_BACK = timedelta(hours=1)
"""Changes are asked for from so long before the last answer: one may be committed after a later one was told."""

CHANGES_KEPT = timedelta(days=29)
"""Change data capture reaches 30 days back; a day is left for clocks and zones."""

_RESTARTS = 3


@dataclass(frozen=True, slots=True)
class Cursor(TextCursor):
    """Where to go on.

    Attributes:
        since: QuickBooks' time, ISO, up to which the stream is known; None: nothing is.
        position, last: of an unfinished walk: where its next page begins, and the id of the row that must stand there.
        began: QuickBooks' time, ISO, when that walk began, or None when none is unfinished.
    """

    since: str | None = None
    position: int | None = None
    last: str | None = None
    began: str | None = None

    def checked(self) -> Self:
        stamps(self.since, self.began)
        return self


class Puller:
    """Pages of one connection's streams.

    Args:
        envelope: what each record carries beside the document (the company's currency, …).
    """

    def __init__(self, api: QuickBooksApi, source: str, clock: Clock, envelope: Mapping[str, Any]) -> None:
        self._api = api
        self._source = source
        self._clock = clock
        self._envelope = envelope

    def pages(self, stream: str, cursor: Cursor) -> Iterator[Page]:
        """The stream's records from the cursor on."""
        if cursor.since is None or cursor.began is not None:
            yield from self._walk(stream, cursor)
            return
        since = datetime.fromisoformat(cursor.since)
        if self._clock.now() - since > CHANGES_KEPT:
            yield from self._walk(stream, cursor)
            return
        reply = self._api.changes(ENTITIES[stream], since - LOOK_BACK)
        rows = changed(reply, ENTITIES[stream])
        if len(rows) >= PAGE:
            # More changed than one answer holds. What still exists is found by asking for it; the trial balance tells
            # if a deletion was among the changes that were cut off.
            gone = [row for row in rows if isinstance(row, dict) and row.get("status") == "Deleted"]
            yield Page(self._records(stream, reply, gone), cursor.text(), complete=False)
            yield from self._walk(stream, cursor)
            return
        told = max(told_at(reply, since), since)
        yield Page(self._records(stream, reply, rows), Cursor(since=told.isoformat()).text(), complete=True)

    def _walk(self, stream: str, cursor: Cursor) -> Iterator[Page]:
        """Everything, or everything changed since the cursor; begun again when documents were deleted under our
        feet.
        """
        for _ in range(_RESTARTS):
            for page in self._once(stream, cursor):
                if page is None:
                    cursor = replace(cursor, position=None, last=None)
                    break
                yield page
            else:
                return
        raise TransportError(
            "documents disappear faster than they can be read",
            kind="protocol",
            record=stream,
            remedy="Try again later.",
        )

    def _once(self, stream: str, cursor: Cursor) -> Iterator[Page | None]:
        """One walk's pages; None when a page does not begin where the one before it ended."""
        entity = ENTITIES[stream]
        where = ""
        if cursor.since is not None:
            where = f"MetaData.LastUpdatedTime >= '{(datetime.fromisoformat(cursor.since) - LOOK_BACK).isoformat()}'"
        for reply, after in self._api.walk(entity, where, cursor.position):
            rows = queried(reply, entity)
            if cursor.last is not None:
                if not rows or rows[0].get("Id") != cursor.last:
                    yield None
                    return
                rows = rows[1:]
            began = cursor.began or told_at(reply, self._clock.now()).isoformat()
            records = self._records(stream, reply, rows)
            if after is None:
                yield Page(records, Cursor(since=began).text(), complete=True)
                return
            cursor = replace(cursor, position=after, last=records[-1].external_id, began=began)
            yield Page(records, cursor.text(), complete=False)

    def _records(self, stream: str, reply: Reply, rows: Sequence[Any]) -> list[RawRecord]:
        now = self._clock.now()
        found = []
        for row in rows:
            if not isinstance(row, dict) or not isinstance(row.get("Id"), str):
                raise out_of_order(reply, "a document has no Id")
            found.append(RawRecord(self._source, stream, row["Id"], dumps({**self._envelope, "entity": row}), now))
        return found
