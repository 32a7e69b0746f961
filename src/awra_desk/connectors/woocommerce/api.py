"""WooCommerce's REST API (wc/v3): lists with their totals, as the key's user sees them. Knows no cursors.

Sources: WooCommerce's REST API documentation ("Authentication", "Pagination", "Orders", "Refunds") and the plugin's own
controllers (class-wc-rest-crud-controller.php, class-wc-rest-refunds-controller.php, since 9.0).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from awra_desk.connectors._http import (
    DEFAULT_POLICY,
    Access,
    Action,
    BaseTransport,
    BasicAuth,
    Guard,
    Http,
    Params,
    Reply,
    Rule,
    TokenBucket,
    Trouble,
    Written,
    is_loopback,
    out_of_order,
)
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

ACCESS = Access(scopes=("read",))
"""The permission of a REST API key; its user must be one who may see the shop's orders (a shop manager)."""

LARGEST_PAGE = 100
DECIMALS = 4
"""Decimals asked for, whatever the shop shows: no currency has more, and a shop that shows two would cut dinars."""

_PATH = "/wp-json/wc/v3"
_NUMBER = re.compile("[0-9]{1,40}")
"""A whole number that came as text; Python refuses to read one of thousands of digits."""
_KEY = "Store the consumer key and secret of a REST API key with the permission Read (WooCommerce, Settings, Advanced)."
_PAGE_OF_HTML = (
    "Open the shop's address with /wp-json/ behind it in a browser: if a page shows, permalinks are plain, maintenance "
    "is on, or a firewall stands before it."
)

# A shop is whatever its host makes of it: pages of HTML in place of data, 503 while it updates, 429 of a firewall.
POLICY = DEFAULT_POLICY.adding(
    {
        "undecodable": Rule(Action.RETRY, "protocol", Written.UNKNOWN, "sent something else than data", _PAGE_OF_HTML),
        "key": Rule(Action.FAIL, "auth", Written.NO, "does not know the key", _KEY),
        "anonymous": Rule(
            Action.FAIL,
            "auth",
            Written.NO,
            "does not see who asks, or its user may not read orders",
            "Give the key to a shop manager. If it is one's, the web server drops the Authorization header: have the "
            "host pass it on (Apache: CGIPassAuth On). We do not put keys into addresses.",
        ),
        "rest_no_route": Rule(
            Action.FAIL,
            "refused",
            Written.REFUSED,
            "has no such interface",
            "WooCommerce 9.0 or later is needed, and it must be switched on.",
        ),
        "rest_invalid_param": Rule(
            Action.FAIL, "refused", Written.REFUSED, "does not know the question", "WooCommerce 9.0 or later is needed."
        ),
    }
)
_REFUSED_KEYS = ("woocommerce_rest_authentication_error", "woocommerce_rest_user_not_found")


@dataclass(frozen=True, slots=True)
class Listing:
    """Some rows of a list.

    Attributes:
        rows: in the order asked for. total: how many the whole list has, as WooCommerce counts it.
    """

    reply: Reply
    rows: Sequence[dict[str, Any]]
    total: int


class WooCommerceApi:
    """One shop.

    Args:
        connection: its base URL is the shop's address; option `allow_loopback` ("true") for the sandbox.
        secret: {"consumer_key": "ck_…", "consumer_secret": "cs_…"}.

    Raises:
        UsageError: the base URL may not be used, or the secret is not whole.
        TransportError: the key cannot be a key.
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
        key, password = secret.get("consumer_key"), secret.get("consumer_secret")
        if not isinstance(key, str) or not isinstance(password, str):
            raise UsageError("the secret has no consumer_key and consumer_secret", record=connection.name, remedy=_KEY)
        address = urlsplit(connection.base_url)
        if "/wp-json" in address.path:
            remedy = "Write the address of the shop alone, like https://shop.example.com."
            raise UsageError("the base URL names the API", record=connection.name, remedy=remedy)
        per_second = 1000.0 if is_loopback(address.hostname or "") else 4.0  # customers shop on that server too
        self._http = Http(
            connection.base_url,
            provider="WooCommerce",
            auth=BasicAuth(key, password),
            policy=POLICY,
            inspect=inspect,
            bucket=TokenBucket(clock, per_second=per_second, burst=max(int(per_second), 1)),
            clock=clock,
            rng=rng,
            transport=transport,
            redact=(key,),
            allow_loopback=connection.options.get("allow_loopback") == "true",
            guard=guard,
        )

    def listing(self, path: str, params: Params) -> Listing:
        """Some rows; those without an id of their own are out of order.

        Raises:
            TransportError: refused, unreachable, or an answer out of order.
        """
        reply = self._http.get(f"{_PATH}{path}", params=[*params, ("dp", str(DECIMALS))])
        rows = reply.body
        if not isinstance(rows, list):
            raise out_of_order(reply, "it is no list")
        return Listing(reply, [_checked(reply, row) for row in rows], _total(reply))

    def total(self, path: str, params: Params) -> int:
        """How many rows the list has.

        Raises:
            TransportError: as for `listing`.
        """
        return self.listing(path, [*params, ("per_page", "1"), ("_fields", "id")]).total

    def chosen(self, path: str, ids: Iterable[int], params: Params = ()) -> Iterator[dict[str, Any]]:
        """The rows with these ids that there are; one that is there and not shown is out of order.

        Raises:
            TransportError: as for `listing`.
        """
        wanted = sorted(ids)
        for start in range(0, len(wanted), LARGEST_PAGE):
            some = wanted[start : start + LARGEST_PAGE]
            include = [("include[]", str(identity)) for identity in some]
            size = ("per_page", str(LARGEST_PAGE))
            found = self.listing(path, [*params, *include, size, ("orderby", "id"), ("order", "asc")])
            if {identity_of(row) for row in found.rows} - set(some) or found.total != len(found.rows):
                raise out_of_order(found.reply, "it does not show the rows that were asked for by their ids")
            yield from found.rows


def inspect(reply: Reply) -> Trouble | None:
    """The trouble that WordPress names in the body, which says more than the status; None where there is none."""
    code = reply.body.get("code") if isinstance(reply.body, dict) else None
    if reply.status < 400 or not isinstance(code, str):
        return None
    words = " ".join(str(reply.body.get("message", "")).split()).rstrip(". ")
    if reply.status in (401, 403) and code.startswith(("woocommerce_rest", "rest_")):
        return Trouble("key" if code in _REFUSED_KEYS else "anonymous", words)
    return Trouble(code, words) if code in ("rest_no_route", "rest_invalid_param") else None


def identity_of(row: Mapping[str, Any]) -> int:
    """The row's id, which some plugins turn into a text."""
    return int(row["id"])


def rising(listing: Listing) -> None:
    """Make sure that the rows are sorted by id.

    Raises:
        TransportError: they are not.
    """
    ids = [identity_of(row) for row in listing.rows]
    if any(here >= there for here, there in pairwise(ids)):
        raise out_of_order(listing.reply, "its rows are not sorted by id")


def _checked(reply: Reply, row: Any) -> dict[str, Any]:
    """The row, with what the walk itself needs; anything else is the contract's business."""
    identity = row.get("id") if isinstance(row, dict) else None
    if type(identity) is not int and not (isinstance(identity, str) and _NUMBER.fullmatch(identity)):
        raise out_of_order(reply, "there is a row without id")
    return dict(row)


def _total(reply: Reply) -> int:
    text = reply.headers.get("x-wp-total", "")
    if not _NUMBER.fullmatch(text):
        raise out_of_order(reply, "it does not say how many rows there are (X-WP-Total)")
    return int(text)
