"""Pulls a shop's orders and its Shopify Payments account over the GraphQL Admin API.

An order's transactions and refunds come with it; what a page has no room for is asked for again, alone, until all of it
is there. Orders are walked by `updatedAt`, which transactions and refunds move. A balance transaction changes until it
is paid out, so the walk begins anew with the oldest that waits for its payout.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from awra_desk.connectors._http import BaseTransport, Guard, Reply, dumps, listed, out_of_order, walk
from awra_desk.connectors._http.instants import instant
from awra_desk.connectors.shopify import queries
from awra_desk.connectors.shopify.api import Nodes, ShopifyApi
from awra_desk.connectors.shopify.cursor import Cursor
from awra_desk.connectors.shopify.orders import whole_order
from awra_desk.domain.controls import ReportedBalance, ReportedCount
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import InvalidAmount
from awra_desk.domain.records import RawRecord
from awra_desk.normalise.fields import Amount, Misfit, Scope
from awra_desk.ports.connections import Connection, Page
from awra_desk.ports.system import Clock

_ALL_ORDERS = "read_all_orders"
_AMOUNT = Amount("amount", minor=False)


@dataclass(frozen=True, slots=True)
class _Stream:
    """How one stream is walked.

    Attributes:
        first: records a page. filter: the search field that begins a walk. stamp: the record's field it compares with.
        look_back: walked again before the newest record known.
    """

    query: str
    path: tuple[str, ...]
    first: int
    filter: str
    stamp: str
    look_back: timedelta


_PAYMENTS = "shopifyPaymentsAccount"
STREAMS = {
    # Shopify's search index lags behind its orders by seconds to minutes.
    "orders": _Stream(queries.ORDERS, ("orders",), queries.ORDERS_FIRST, "updated_at", "updatedAt", timedelta(days=1)),
    "balance_transactions": _Stream(
        queries.BALANCE_TRANSACTIONS,
        (_PAYMENTS, "balanceTransactions"),
        queries.PAYMENTS_FIRST,
        "processed_at",
        "transactionDate",
        timedelta(days=10),
    ),
    # A bank may return a payout for weeks; a dispute is decided after months.
    "payouts": _Stream(
        queries.PAYOUTS, (_PAYMENTS, "payouts"), queries.PAYMENTS_FIRST, "issued_at", "issuedAt", timedelta(days=30)
    ),
    "disputes": _Stream(
        queries.DISPUTES,
        (_PAYMENTS, "disputes"),
        queries.PAYMENTS_FIRST,
        "initiated_at",
        "initiatedAt",
        timedelta(days=120),
    ),
}


class ShopifySource:
    """One shop; arguments and errors as `api.ShopifyApi`."""

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
        self._api = ShopifyApi(connection, secret, clock=clock, rng=rng, transport=transport, guard=guard)

    @property
    def streams(self) -> tuple[str, ...]:
        """In the order of a pull."""
        return tuple(STREAMS)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Records of the window, oldest first; orders whole.

        Raises:
            UsageError: no such stream, or an unreadable cursor.
            TransportError: after the retries the failure policy allows.
        """
        if stream not in STREAMS:
            raise UsageError(f"Shopify has no stream {stream!r}", remedy=f"Use one of: {', '.join(STREAMS)}.")
        kind, state = STREAMS[stream], Cursor.read(cursor)
        nodes = Nodes(kind.path)
        search = None if state.since is None else f"{kind.filter}:>='{state.since}'"

        def fetch(after: str | None) -> Reply:
            return self._api.ask(kind.query, {"first": kind.first, "after": after, "query": search})

        for reply, after in walk(nodes, fetch, start=state.after):
            rows = [self._checked(reply, row, kind) for row in nodes.rows(reply)]
            if stream == "orders":
                rows = [whole_order(self._api, reply, row) for row in rows]
            for row in rows:
                state = state.seen(row[kind.stamp], waits=stream == "balance_transactions" and _waits(row))
            state = replace(state, after=after) if after else state.finished(kind.look_back)
            now = self._clock.now()
            records = [RawRecord(self._name, stream, row["id"], dumps(row), now) for row in rows]
            yield Page(records, state.text(), complete=after is None)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """The Shopify Payments balance per currency, now; none for a shop without Shopify Payments.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        del days
        reply = self._api.ask(queries.BALANCE, {})
        account = reply.body["data"].get(_PAYMENTS)
        if account is None:
            return []
        held = replace(reply, body=account)
        now, basis = self._clock.now(), "Shopify shopifyPaymentsAccount.balance"
        return [
            ReportedBalance(self._name, "balance", *_money(reply, row), None, now, basis, since_zero=True)
            for row in listed(held, "balance")
        ]

    def counts(self) -> list[ReportedCount]:
        """How many orders there are, if the app may see them all: without that scope the oldest drop out of sight.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        if _ALL_ORDERS not in self.scopes():
            return []
        reply = self._api.ask(queries.ORDERS_COUNT, {})
        told = reply.body["data"].get("ordersCount")
        if not isinstance(told, dict) or type(told.get("count")) is not int:
            raise out_of_order(reply, "it does not say how many orders there are")
        return [ReportedCount(self._name, "orders", told["count"])] if told.get("precision") == "EXACT" else []

    def scopes(self) -> tuple[str, ...]:
        """The access scopes the app was granted, sorted.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        reply = self._api.ask(queries.SCOPES, {})
        app = reply.body["data"].get("currentAppInstallation")
        return tuple(sorted(str(scope.get("handle")) for scope in listed(replace(reply, body=app), "accessScopes")))

    def _checked(self, reply: Reply, row: Any, kind: _Stream) -> dict[str, Any]:
        """The node, with what the walk itself needs; anything else is the contract's business."""
        stamp = row.get(kind.stamp)
        try:
            instant(stamp)
        except (TypeError, ValueError):
            raise out_of_order(reply, f"there is a {kind.path[-1]} node without {kind.stamp}") from None
        if not isinstance(row.get("id"), str) or not row["id"]:
            raise out_of_order(reply, f"there is a {kind.path[-1]} node without id")
        found: dict[str, Any] = row
        return found


def contract_text() -> str:
    """The contract file in force."""
    return (files(__package__) / "contract-1.toml").read_text("utf-8")


def _waits(row: Mapping[str, Any]) -> bool:
    """Whether a balance transaction is not paid out yet."""
    payout = row.get("associatedPayout")
    return not isinstance(payout, dict) or not payout.get("id") or payout.get("status") in ("PENDING", "SCHEDULED")


def _money(reply: Reply, row: Any) -> tuple[str, int]:
    currency = str(row.get("currencyCode", "")) if isinstance(row, dict) else ""
    try:
        return currency, _AMOUNT.read(Scope(row), currency, {})
    except (Misfit, InvalidAmount) as error:
        raise out_of_order(reply, f"its balance cannot be read ({error})") from None
