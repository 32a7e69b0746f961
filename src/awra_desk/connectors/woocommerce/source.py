"""Pulls a WooCommerce shop's orders and refunds.

Orders are asked for by their date of change. A refund changes its order's date only since WooCommerce 7.6, and not
with every gateway (pull request 37047, issue 28969; woocommerce-paypal-payments issue 1125), so refunds are a stream of
their own, by their date of making; each record is `{"refund": {…}, "order": {…}}` with what it needs to know of its
order, because a refund names neither currency nor gateway.

What was in a list and is not in it any more went to the trash, which is read, too, or is no more: then a record says so
and what it gave before is superseded. Of older ones the count tells that some are no more, and `vanished` which. Drafts
of the checkout are no orders; WooCommerce deletes them by itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from awra_desk.connectors._http import BaseTransport, Guard, Params, dumps, whole_option
from awra_desk.connectors.woocommerce.api import LARGEST_PAGE, Listing, WooCommerceApi, identity_of
from awra_desk.connectors.woocommerce.cursor import Cursor, stamp
from awra_desk.connectors.woocommerce.walk import Step, next_rows
from awra_desk.domain.controls import ReportedBalance, ReportedCount
from awra_desk.domain.errors import UsageError
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Connection, Page, TransportError
from awra_desk.ports.system import Clock

ORDERS, REFUNDS = "orders", "refunds"
DRAFT = "checkout-draft"
_ANY, _TRASH = ("status", "any"), ("status", "trash")
_ORDER_FIELDS = ("id", "number", "status", "currency", "payment_method", "transaction_id", "created_via")


@dataclass(frozen=True, slots=True)
class _List:
    """One stream's list.

    Attributes:
        after: parameter that bounds it, orderby: by what the newest comes first; stamp: field of both.
        filters: parameters that it always has.
    """

    path: str
    after: str
    orderby: str
    stamp: str
    filters: Params
    look_back: timedelta


_LISTS = {
    ORDERS: _List("/orders", "modified_after", "modified", "date_modified_gmt", (_ANY,), timedelta(days=7)),
    REFUNDS: _List("/refunds", "after", "date", "date_created_gmt", (), timedelta(days=120)),
}
"""A plugin that changes an order behind WooCommerce's back moves no date: the week is for the clocks of busy shops.
Refunds are few, and one that is taken back within the span is noticed."""


class WooCommerceSource:
    """One shop; arguments and errors as `api.WooCommerceApi`, and options `page_size` (2 to 100) and `look_back_days`
    (of both streams).
    """

    def __init__(
        self,
        connection: Connection,
        secret: Mapping[str, Any],
        *,
        clock: Clock,
        rng: random.Random,
        transport: BaseTransport | None = None,
        guard: Guard,
    ) -> None:
        self._name = connection.name
        self._clock = clock
        self._api = WooCommerceApi(connection, secret, clock=clock, rng=rng, transport=transport, guard=guard)
        self._size = whole_option(connection, "page_size", LARGEST_PAGE, least=2, most=LARGEST_PAGE)
        days = {name: one.look_back.days for name, one in _LISTS.items()}
        spans = {
            name: whole_option(connection, "look_back_days", own, least=1, most=3650) for name, own in days.items()
        }
        self._lists = {name: replace(one, look_back=timedelta(days=spans[name])) for name, one in _LISTS.items()}
        self._read: dict[str, Cursor] = {}

    @property
    def streams(self) -> tuple[str, ...]:
        """In the order of a pull."""
        return (ORDERS, REFUNDS)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Changed orders, or new refunds, by their ids; then what is in the trash, and what is no more.

        Raises:
            UsageError: no such stream, or an unreadable cursor.
            TransportError: after the retries the failure policy allows.
        """
        if stream not in self._lists:
            raise UsageError(f"WooCommerce has no stream {stream!r}", remedy=f"Use {ORDERS} or {REFUNDS}.")
        state, complete = Cursor.read(cursor), False
        if not state.began:
            state = self._begun(stream, state)
        while not complete:
            step = self._step(stream, state)
            state = self._walked(stream, state, step)
            records = self._records(stream, step.rows)
            if step.end and stream == ORDERS and not state.trashing:
                state = replace(state, trashing=True, offset=0, last=None)
            elif step.end:
                again, state = self._settled(stream, state)
                records, complete = [*records, *again], True
            self._read[stream] = state
            yield Page(records, state.text(), complete)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """None: a shop holds no money. It is asked all the same, so that a test of the connection is one.

        Raises:
            TransportError: unreachable, or it does not let the key in.
        """
        del days
        self._api.total("/orders", (_ANY,))
        return []

    def counts(self) -> list[ReportedCount]:
        """How many orders (those in the trash included) and refunds there are, but for what came after the pull; what
        is no more is held still, so it counts.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        return [ReportedCount(self._name, stream, self._count(stream)) for stream in self.streams]

    def vanished(self, stream: str, known: Sequence[str]) -> Page:
        """Records of those that are no more; to be asked when it holds fewer than are known, behind a pull.

        Raises:
            TransportError: after the retries the failure policy allows.
        """
        one, state = self._lists[stream], self._read.get(stream, Cursor())
        left = {int(text) for text in known if text.isdigit()} - set(state.gone)
        for filters in (one.filters, (_TRASH,)) if stream == ORDERS else (one.filters,):
            there = self._api.chosen(one.path, left, (*filters, ("_fields", "id")))
            left -= {identity_of(row) for row in there}
        state = replace(state, gone=tuple(sorted({*state.gone, *left})))
        self._read[stream] = state
        return Page([self._lost(stream, identity) for identity in sorted(left)], state.text(), complete=True)

    def _begun(self, stream: str, state: Cursor) -> Cursor:
        """A new walk, with the newest stamp as it begins: what changes later is newer, and read by the next one."""
        one = self._lists[stream]
        newest = (("orderby", one.orderby), ("order", "desc"), ("per_page", "1"))
        rows = self._api.listing(one.path, (*self._filters(one, state), *newest)).rows
        text = rows[0].get(one.stamp) if rows else None
        try:
            found = None if text is None else min(stamp(text), self._clock.now())
        except (TypeError, ValueError):
            found = None  # the next walk begins where this one does
        return state.begun(found)

    def _filters(self, one: _List, state: Cursor) -> Params:
        if state.trashing:
            return (_TRASH,)
        since = () if state.since is None else ((one.after, state.since), ("dates_are_gmt", "true"))
        return (*one.filters, *since)

    def _step(self, stream: str, state: Cursor) -> Step:
        one = self._lists[stream]
        filters = self._filters(one, state)
        return next_rows(self._api, one.path, filters, offset=state.offset, last=state.last, size=self._size)

    def _walked(self, stream: str, state: Cursor, step: Step) -> Cursor:
        """The cursor behind these rows."""
        one = self._lists[stream]
        ids = [identity_of(row) for row in step.rows if row.get("status") != DRAFT]
        state = replace(state.met(ids), offset=step.offset)
        if step.rows:
            state = replace(state, last=identity_of(step.rows[-1]))
        if state.trashing:
            return replace(state, trash=(*state.trash, *ids))
        since = state.next_since(one.look_back)
        kept = set(ids)
        recent = [identity_of(row) for row in step.rows if since is None or str(row.get(one.stamp)) > since]
        return replace(state, recent=(*state.recent, *(number for number in recent if number in kept)))

    def _settled(self, stream: str, state: Cursor) -> tuple[list[RawRecord], Cursor]:
        """Looks up what was met by the walk before and not by this one; records of what became of it."""
        one = self._lists[stream]
        found = list(self._api.chosen(one.path, state.missing, one.filters)) if state.missing else []
        state = state.met(identity_of(row) for row in found)
        lost = [self._lost(stream, identity) for identity in state.missing]
        return [*self._records(stream, found), *lost], state.finished(one.look_back)

    def _count(self, stream: str) -> int:
        one = self._lists[stream]
        state = self._read.get(stream, Cursor())
        page, drafts = self._newest(stream)
        later = [row for row in page.rows if identity_of(row) > state.highest and row.get("status") != DRAFT]
        trashed = self._api.total(one.path, (_TRASH,)) if stream == ORDERS else 0
        return page.total - drafts - len(later) + trashed + len(state.gone)

    def _newest(self, stream: str, tries: int = 3) -> tuple[Listing, int]:
        """The newest rows with the number of all, and how many of these are drafts, which come and go with shoppers."""
        one = self._lists[stream]
        newest = (("orderby", "id"), ("order", "desc"), ("per_page", str(LARGEST_PAGE)), ("_fields", "id,status"))
        drafts = self._drafts(stream)
        page = self._api.listing(one.path, (*one.filters, *newest))
        if tries > 1 and drafts != self._drafts(stream):
            return self._newest(stream, tries - 1)
        return page, drafts

    def _drafts(self, stream: str) -> int:
        """How many drafts there are; a shop that knows no such status has none."""
        if stream != ORDERS:
            return 0
        try:
            return self._api.total("/orders", (("status", DRAFT),))
        except TransportError as error:
            if error.kind != "refused":
                raise
            return 0

    def _records(self, stream: str, rows: Sequence[dict[str, Any]]) -> list[RawRecord]:
        if stream == ORDERS:
            return [self._record(ORDERS, row, row) for row in rows if row.get("status") != DRAFT]
        orders = self._orders({identity for row in rows if (identity := _parent(row))})
        return [self._record(REFUNDS, row, {"order": orders.get(_parent(row)), "refund": row}) for row in rows]

    def _orders(self, ids: set[int]) -> dict[int, dict[str, Any]]:
        """What refunds need to know of their orders, by id; an order that is no more is not there."""
        fields = ("_fields", ",".join(_ORDER_FIELDS))
        found: dict[int, dict[str, Any]] = {}
        for status in (_ANY, _TRASH):
            for row in self._api.chosen("/orders", ids - set(found), (status, fields)):
                found[identity_of(row)] = {name: row.get(name) for name in _ORDER_FIELDS}
        return found

    def _lost(self, stream: str, identity: int) -> RawRecord:
        row = {"id": identity, "status": "deleted"}
        return self._record(stream, row, row if stream == ORDERS else {"order": None, "refund": row})

    def _record(self, stream: str, row: Mapping[str, Any], whole: Mapping[str, Any]) -> RawRecord:
        return RawRecord(self._name, stream, str(identity_of(row)), dumps(whole), self._clock.now())


def _parent(row: Mapping[str, Any]) -> int:
    """Id of a refund's order, 0 where it names none."""
    text = str(row.get("parent_id") or 0)
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**128)) else 0
