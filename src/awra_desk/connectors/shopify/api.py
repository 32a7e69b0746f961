"""One shop's GraphQL Admin API: a question in, the answer's `data` out. Knows no orders and no money."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from awra_desk.connectors._http import (
    Access,
    BaseTransport,
    Guard,
    Http,
    NoAuth,
    Reply,
    TokenBucket,
    checked_secret,
    dumps,
    is_loopback,
    out_of_order,
)
from awra_desk.connectors.shopify.budget import Budget
from awra_desk.connectors.shopify.faults import POLICY, inspect
from awra_desk.connectors.shopify.queries import VERSION
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

ACCESS = Access(
    scopes=(
        "read_orders",
        "read_shopify_payments_accounts",
        "read_shopify_payments_payouts",
        "read_shopify_payments_disputes",
    )
)
"""shopify.dev, "Access scopes", and what each type of the official schemas names: the account behind Shopify Payments
opens with `read_shopify_payments` too, which is the wider of the two.
"""

DOMAIN = ".myshopify.com"


class ShopifyApi:
    """A shop, as the access token's app sees it.

    Args:
        connection: its base URL is https://<shop>.myshopify.com; option `allow_loopback` ("true") for tests.
        secret: {"access_token": "shpat_…"}.

    Raises:
        UsageError: the base URL is no shop's, or the secret has no token.
        TransportError: the token cannot be a token.
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
        token = secret.get("access_token")
        if not isinstance(token, str):
            raise UsageError(
                "the secret has no access_token", record=connection.name, remedy='Store {"access_token": "shpat_…"}.'
            )
        host = urlsplit(connection.base_url).hostname or ""
        if not is_loopback(host) and not host.endswith(DOMAIN):
            raise UsageError(
                f"host {host!r} is no shop's",
                record=connection.name,
                remedy=f"Use https://<shop>{DOMAIN}, also where the shop has a domain of its own.",
            )
        self._clock, self._budget = clock, Budget()
        # Points, not requests, are what Shopify counts; the bucket only takes the pauses.
        self._bucket = TokenBucket(clock, per_second=1000.0, burst=1000)
        self._http = Http(
            connection.base_url,
            provider="Shopify",
            auth=_TokenAuth(token),
            policy=POLICY,
            bucket=self._bucket,
            clock=clock,
            rng=rng,
            transport=transport,
            inspect=inspect,
            allow_loopback=connection.options.get("allow_loopback") == "true",
            guard=guard,
        )

    def ask(self, query: str, variables: Mapping[str, Any]) -> Reply:
        """The answer, asked for when there are the points for it.

        Raises:
            TransportError: refused, unreachable, or an answer without data.
        """
        wait = self._budget.wait(query, self._clock.now())
        if wait > 0:
            self._bucket.pause(wait)
        content = dumps({"query": query, "variables": dict(variables)})
        reply = self._http.ask(f"/admin/api/{VERSION}/graphql.json", content=content)
        if not isinstance(reply.body, dict) or not isinstance(reply.body.get("data"), dict):
            raise out_of_order(reply, "there is no data in it")
        self._budget.learn(query, reply, self._clock.now())
        return reply


@dataclass(frozen=True, slots=True)
class Nodes:
    """Pages of a GraphQL connection: a cursor names a page, `pageInfo` says whether one follows.

    Attributes:
        path: where the connection stands below `data`. A null on the way (a shop without Shopify Payments) is an empty
            connection.
    """

    path: tuple[str, ...]

    def rows(self, reply: Reply) -> Sequence[Any]:
        """The nodes."""
        connection = self._connection(reply)
        if connection is None:
            return ()
        nodes = connection.get("nodes")
        if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
            raise out_of_order(reply, f"{self.path[-1]} has no list of nodes")
        return nodes

    def after(self, reply: Reply, token: str | None) -> str | None:
        """The next cursor, or None."""
        del token
        connection = self._connection(reply)
        return None if connection is None else next_cursor(reply, connection, self.path[-1])

    def _connection(self, reply: Reply) -> Mapping[str, Any] | None:
        node: Any = reply.body["data"]
        for name in self.path:
            if not isinstance(node, dict) or name not in node:
                raise out_of_order(reply, f"there is no {name} in it")
            node = node[name]
            if node is None:
                return None
        if not isinstance(node, dict):
            raise out_of_order(reply, f"{self.path[-1]} is no connection")
        return node


def next_cursor(reply: Reply, connection: Mapping[str, Any], name: str) -> str | None:
    """The cursor of the page behind this one, or None on the last.

    Raises:
        TransportError: kind "protocol"; the connection does not say.
    """
    info = connection.get("pageInfo")
    more = info.get("hasNextPage") if isinstance(info, dict) else None
    if not isinstance(info, dict) or not isinstance(more, bool):
        raise out_of_order(reply, f"{name} does not say whether there is more")
    if not more:
        return None
    cursor = info.get("endCursor")
    if not isinstance(cursor, str) or not cursor:
        raise out_of_order(reply, f"{name} says there is more but gives no cursor")
    return cursor


class _TokenAuth(NoAuth):
    """The access token in Shopify's own header."""

    def __init__(self, token: str) -> None:
        self._token = checked_secret(token)

    def __repr__(self) -> str:
        return "_TokenAuth(***)"

    def headers(self) -> Mapping[str, str]:
        return {"X-Shopify-Access-Token": self._token}

    def secrets(self) -> tuple[str, ...]:
        return (self._token,)
