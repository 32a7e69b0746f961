"""Makes an order whole: all its transactions, all its refunds, all of each refund's transactions.

Transactions and refunds of an order are lists without pages, cut to `first`; the order counts its transactions, not its
refunds. So a list that is full, or shorter than its count, is asked for again with more room. An order with more than
80 transactions cannot be had whole; its own net payment then contradicts it, and the contract makes it a reject.
"""

from __future__ import annotations

from typing import Any

from awra_desk.connectors._http import Reply, out_of_order, walk
from awra_desk.connectors.shopify import queries
from awra_desk.connectors.shopify.api import Nodes, ShopifyApi, next_cursor

Json = dict[str, Any]


def whole_order(api: ShopifyApi, reply: Reply, order: Json) -> Json:
    """The order with nothing left out.

    Raises:
        TransportError: unreachable, or it cannot be had whole.
    """
    transactions = _all_transactions(api, reply, order)
    refunds = [_whole_refund(api, reply, refund) for refund in _all_refunds(api, reply, order)]
    return {**order, "transactions": transactions, "refunds": refunds}


def _all_transactions(api: ShopifyApi, reply: Reply, order: Json) -> list[Json]:
    found = _list_of(reply, order, "transactions")
    told = order.get("transactionsCount")
    count = told.get("count") if isinstance(told, dict) and told.get("precision") == "EXACT" else None
    if len(found) < queries.TRANSACTIONS_FIRST if count is None else len(found) >= count:
        return found
    found = _asked_again(api, queries.ORDER_TRANSACTIONS, order, "transactions", count or len(found))
    if count is not None and len(found) < min(count, queries.MOST_IN_ORDER):
        raise out_of_order(reply, f"order {order.get('name')} has {count} transactions and shows {len(found)}")
    return found


def _all_refunds(api: ShopifyApi, reply: Reply, order: Json) -> list[Json]:
    found = _list_of(reply, order, "refunds")
    if len(found) < queries.REFUNDS_FIRST:
        return found
    return _asked_again(api, queries.ORDER_REFUNDS, order, "refunds", len(found))


def _asked_again(api: ShopifyApi, query: str, order: Json, name: str, least: int) -> list[Json]:
    """The list with more room, until it does not fill it, or fills all that one question can pay for."""
    room = max(2 * least, 20)
    while True:
        room = min(room, queries.MOST_IN_ORDER)
        reply = api.ask(query, {"id": order["id"], "first": room})
        found = _list_of(reply, reply.body["data"].get("order") or {}, name)
        if len(found) < room or room == queries.MOST_IN_ORDER:
            return found
        room *= 2


def _whole_refund(api: ShopifyApi, reply: Reply, refund: Json) -> Json:
    """The refund with the ids of all its transactions, in one connection that has no further page."""
    connection = refund.get("transactions")
    if not isinstance(connection, dict):
        raise out_of_order(reply, "a refund has no transactions")
    start = next_cursor(reply, connection, "transactions")
    if start is None:
        return refund
    nodes = Nodes(("refund", "transactions"))

    def fetch(after: str | None) -> Reply:
        return api.ask(queries.REFUND_TRANSACTIONS, {"id": refund["id"], "first": queries.LARGEST, "after": after})

    members = list(connection["nodes"])
    for page, _ in walk(nodes, fetch, start=start):
        members += nodes.rows(page)
    return {**refund, "transactions": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": members}}


def _list_of(reply: Reply, node: Json, name: str) -> list[Json]:
    found = node.get(name)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise out_of_order(reply, f"an order has no list of {name}")
    return found
