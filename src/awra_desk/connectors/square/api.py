"""Square's Connect API as far as it is read here: lists by cursor, single objects, locations."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from awra_desk.connectors._http import (
    BaseTransport,
    Guard,
    Http,
    Params,
    Reply,
    TokenBucket,
    is_loopback,
    listed,
    out_of_order,
    walk,
)
from awra_desk.connectors._http.instants import instant
from awra_desk.connectors.square.faults import POLICY, VERSION, inspect
from awra_desk.connectors.square.oauth import ACCESS, credentials
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

PAGE = 100
"""The most that Square gives of payments, refunds, payouts and entries; disputes come as it likes."""


Asked = Callable[[Mapping[str, Any]], bool]
_ANY: Asked = lambda _: True  # noqa: E731


@dataclass(frozen=True, slots=True)
class _ByCursor:
    """Tokens are the texts under `cursor`; without one it was the last page. An empty list is left out of the answer.

    Attributes:
        key: of the list.
    """

    key: str

    def rows(self, reply: Reply) -> Sequence[Any]:
        empty = isinstance(reply.body, dict) and reply.body.get(self.key) is None
        return () if empty else listed(reply, self.key)

    def after(self, reply: Reply, token: str | None) -> str | None:
        del token
        following = reply.body.get("cursor") or None
        if following is not None and not isinstance(following, str):
            raise out_of_order(reply, f"cursor is {following!r}")
        return following


class SquareApi:
    """One seller's API.

    Args:
        connection: option `allow_loopback` ("true") for the sandbox.
        secret: of a sign-in, or {"access_token": "EAAA…"}; see `oauth.credentials`.
        save_secret: stores a renewed secret durably before it returns.

    Raises:
        UsageError: the base URL may not be used, or the secret has no token.
        TransportError: the token cannot be a token.
    """

    def __init__(
        self,
        connection: Connection,
        secret: Mapping[str, Any],
        *,
        clock: Clock,
        rng: random.Random,
        save_secret: Callable[[dict[str, Any]], None],
        transport: BaseTransport | None = None,
        guard: Guard,
    ) -> None:
        loopback = is_loopback(urlsplit(connection.base_url).hostname or "")
        per_second = 1000.0 if loopback else 10.0  # Square publishes no rate; this is gentle
        self._http = Http(
            connection.base_url,
            provider="Square",
            auth=credentials(
                connection,
                secret,
                clock=clock,
                rng=rng,
                save_secret=save_secret,
                transport=transport,
                guard=guard,
            ),
            policy=POLICY,
            inspect=inspect,
            bucket=TokenBucket(clock, per_second=per_second, burst=int(per_second)),
            clock=clock,
            rng=rng,
            transport=transport,
            headers={"Square-Version": VERSION},
            allow_loopback=connection.options.get("allow_loopback") == "true",
            hosts=ACCESS.hosts,
            guard=guard,
        )

    def pages(
        self, path: str, key: str, params: Params = (), *, stamp: str = "", asked: Asked = _ANY
    ) -> Iterator[list[dict[str, Any]]]:
        """The pages of a list.

        Args:
            key: the answer's name for the list. stamp: a field that must be an instant in every object, or "".
            asked: whether an object was asked for; a page with another one answers another question and is not taken.

        Raises:
            TransportError: after the retries the failure policy allows, or an answer out of order.
        """
        paginator = _ByCursor(key)

        def fetch(cursor: str | None) -> Reply:
            return self._http.get(path, params=[*params, *([("cursor", cursor)] if cursor else [])])

        for reply, _ in walk(paginator, fetch):
            rows = [_checked(reply, row, key, stamp) for row in paginator.rows(reply)]
            if not all(asked(row) for row in rows):
                raise out_of_order(reply, f"there are {key} in it that were not asked for")
            yield rows

    def one(self, path: str, key: str) -> dict[str, Any] | None:
        """A single object, None when Square has none of this id.

        Raises:
            TransportError: as `pages`.
        """
        reply = self._http.get(path, accept=(404,))
        if reply.status == 404:
            return None
        return _checked(reply, reply.body.get(key) if isinstance(reply.body, dict) else None, key, "")

    def locations(self) -> list[dict[str, Any]]:
        """All of the seller's locations, inactive ones too, by id.

        Raises:
            TransportError: as `pages`.
        """
        rows = [row for page in self.pages("/v2/locations", "locations") for row in page]
        return sorted(rows, key=lambda row: str(row["id"]))


def _checked(reply: Reply, row: Any, key: str, stamp: str) -> dict[str, Any]:
    """The object, with what the walk itself needs; anything else is the contract's business."""
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
        raise out_of_order(reply, f"there is an object without id among {key}")
    if stamp:
        try:
            instant(row.get(stamp) or "")
        except (TypeError, ValueError):
            raise out_of_order(reply, f"{row['id']} of {key} has no {stamp}") from None
    return row
