"""Pulls a Vendure server's placed orders, each with all its payments and their refunds.

Neither a payment nor a refund moves `Order.updatedAt` (seen on 3.7.3), and Vendure lists neither by itself. So orders
are walked by `orderPlacedAt`, which never changes, and those of the last look-back are read again by every pull: a
refund is seen if its order is not older than that. Pages are offsets; so that none is lost or doubled while orders are
placed, each page begins with the order that the one before ended with, or the walk begins anew.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from awra_desk.connectors._http import BaseTransport, Guard, Reply, dumps, listed, out_of_order, whole_option
from awra_desk.connectors._http.instants import instant
from awra_desk.connectors.vendure.api import VendureApi
from awra_desk.connectors.vendure.cursor import Cursor
from awra_desk.domain.controls import ReportedBalance, ReportedCount
from awra_desk.domain.errors import UsageError
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Connection, Page
from awra_desk.ports.system import Clock

ORDERS = "orders"
PAGE = 100
LOOK_BACK = timedelta(days=120)
"""Refunds and chargebacks come for months; on a busy server option `look_back_days` sets another span."""
PRECISION = 2
"""Decimals of all of a server's money, whatever its currency; contract-1.toml reads no others."""

_WALKS = 3
_ORDERS = """
query Orders($options: OrderListOptions) {
  orders(options: $options) {
    totalItems
    items {
      id code state type active createdAt updatedAt orderPlacedAt currencyCode totalWithTax total shippingWithTax
      taxSummary { description taxRate taxBase taxTotal }
      lines { productVariant { sku } }
      payments {
        id createdAt updatedAt method amount state transactionId errorMessage
        refunds { id createdAt updatedAt total state method transactionId reason }
      }
    }
  }
}"""
_COUNT = "query Count($options: OrderListOptions) { orders(options: $options) { totalItems } }"
_PRECISION = "query Precision { globalSettings { serverConfig { moneyStrategyPrecision } } }"


class VendureSource:
    """One server; arguments and errors as `api.VendureApi`, and options `page_size` and `look_back_days`."""

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
        self._api = VendureApi(connection, secret, clock=clock, rng=rng, transport=transport, guard=guard)
        self._size = whole_option(connection, "page_size", PAGE, least=2)
        self._look_back = timedelta(days=whole_option(connection, "look_back_days", LOOK_BACK.days, least=1))

    @property
    def streams(self) -> tuple[str, ...]:
        """Orders only."""
        return (ORDERS,)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Placed orders, oldest first.

        Raises:
            UsageError: no such stream, or an unreadable cursor.
            TransportError: after the retries the failure policy allows.
        """
        if stream != ORDERS:
            raise UsageError(f"Vendure has no stream {stream!r}", remedy=f"Use {ORDERS}.")
        state = Cursor.read(cursor)
        self._check_precision()
        walks, complete = 1, False
        while not complete:
            reply, rows, total = self._orders(state)
            if state.last is not None:
                if not rows or rows[0]["id"] != state.last:
                    if walks == _WALKS:
                        raise out_of_order(reply, "its orders change places while they are read")
                    walks, state = walks + 1, replace(state, skip=0, last=None)
                    continue
                rows = rows[1:]
            read = state.skip + (state.last is not None) + len(rows)
            complete = read >= total
            if not rows and not complete:
                raise out_of_order(reply, f"it says there are {total} orders and shows {read}")
            state = self._walked(state, rows, read, complete=complete)
            now = self._clock.now()
            records = [RawRecord(self._name, ORDERS, row["id"], dumps(row), now) for row in rows]
            yield Page(records, state.text(), complete)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """None: Vendure holds no money."""
        del days
        return []

    def counts(self) -> list[ReportedCount]:
        """How many placed orders there are.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        reply = self._api.ask(_COUNT, {"options": {"take": 1, "filter": {"orderPlacedAt": {"isNull": False}}}})
        return [ReportedCount(self._name, ORDERS, _total(reply))]

    def _orders(self, state: Cursor) -> tuple[Reply, list[dict[str, Any]], int]:
        """A page that begins with the last order read, and how many orders the walk has."""
        placed = {"isNull": False} if state.since is None else {"after": state.since}
        sort = {"orderPlacedAt": "ASC", "id": "ASC"}
        options = {"skip": state.skip, "take": self._size, "sort": sort, "filter": {"orderPlacedAt": placed}}
        reply = self._api.ask(_ORDERS, {"options": options})
        total = _total(reply)
        rows = listed(replace(reply, body=reply.body["data"]["orders"]), "items")
        return reply, [_checked(reply, row) for row in rows], total

    def _walked(self, state: Cursor, rows: Sequence[Mapping[str, Any]], read: int, *, complete: bool) -> Cursor:
        """The cursor behind these rows."""
        stamps = [row["orderPlacedAt"] for row in rows] + ([state.newest] if state.newest else [])
        state = replace(state, newest=max(stamps, key=instant, default=None))
        if complete:
            return state.finished(self._look_back)
        return replace(state, skip=read - 1, last=rows[-1]["id"])

    def _check_precision(self) -> None:
        """Raises UsageError when the server's money has other decimals than the contract reads."""
        reply = self._api.ask(_PRECISION, {})
        settings = reply.body["data"].get("globalSettings")
        config = settings.get("serverConfig") if isinstance(settings, dict) else None
        found = config.get("moneyStrategyPrecision") if isinstance(config, dict) else None
        if found != PRECISION:
            raise UsageError(
                f"this Vendure server counts money with {found} decimals, and its contract reads {PRECISION}",
                record=self._name,
                remedy="Nothing was read. Ask for a contract of that precision.",
            )


def contract_text() -> str:
    """The contract file in force."""
    return (files(__package__) / "contract-1.toml").read_text("utf-8")


def _total(reply: Reply) -> int:
    orders = reply.body["data"].get("orders")
    total = orders.get("totalItems") if isinstance(orders, dict) else None
    if type(total) is not int:
        raise out_of_order(reply, "it does not say how many orders there are")
    return int(total)


def _checked(reply: Reply, row: Any) -> dict[str, Any]:
    """The order, with what the walk itself needs; anything else is the contract's business."""
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        raise out_of_order(reply, "there is an order without id")
    try:
        instant(row.get("orderPlacedAt") or "")
    except (TypeError, ValueError):
        raise out_of_order(reply, f"order {row.get('code')} has no orderPlacedAt") from None
    return row
