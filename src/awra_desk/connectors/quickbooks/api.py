"""QuickBooks' endpoints as calls: query, change data capture, report, write; pages and tokens included, meaning not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
    out_of_order,
    signed_in,
    walk,
)
from awra_desk.connectors.quickbooks import faults
from awra_desk.connectors.quickbooks.oauth import ACCESS, SIGN_IN
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

MINOR_VERSION = "75"
PAGE = 1000
"""Most objects a query answers with at once."""


@dataclass(frozen=True, slots=True)
class Overlapping:
    """Pages by position from 1, each beginning with the last row of the one before, by which a shift shows."""

    entity: str
    size: int

    def rows(self, reply: Reply) -> Sequence[Any]:
        """The page's objects."""
        return queried(reply, self.entity)

    def after(self, reply: Reply, token: int | None) -> int | None:
        """The position of this page's last row, or None when nothing can follow it."""
        count = len(self.rows(reply))
        return None if count < self.size else (token or 1) + count - 1


class QuickBooksApi:
    """One company's endpoints.

    Args:
        connection: options `realm_id` (or in the secret), `token_url`, `allow_loopback`.
        secret: see `_http.signed_in`.

    Raises:
        UsageError: the realm or a part of the secret is missing, or an address may not be used.
    """

    def __init__(
        self,
        connection: Connection,
        secret: Mapping[str, Any],
        *,
        clock: Clock,
        rng: random.Random,
        save_secret: Callable[[dict[str, Any]], None],
        transport: BaseTransport | None,
        guard: Guard,
    ) -> None:
        realm = connection.options.get("realm_id") or secret.get("realm_id")
        if not isinstance(realm, str) or not realm.isdigit():
            raise UsageError("the company's realm id is missing", record=connection.name, remedy="Set option realm_id.")
        self._root = f"/v3/company/{realm}"
        auth = signed_in(
            "QuickBooks",
            SIGN_IN,
            connection,
            secret,
            clock=clock,
            rng=rng,
            save_secret=save_secret,
            transport=transport,
            guard=guard,
        )
        loopback = connection.options.get("allow_loopback") == "true"
        self._http = Http(
            connection.base_url,
            provider="QuickBooks",
            auth=auth,
            policy=faults.POLICY,
            bucket=_bucket(connection.base_url, clock),
            clock=clock,
            rng=rng,
            transport=transport,
            inspect=faults.inspect,
            allow_loopback=loopback,
            hosts=ACCESS.hosts,
            guard=guard,
        )

    def query(self, statement: str) -> Reply:
        """The answer to one statement."""
        return self._get("query", (("query", statement),))

    def walk(self, entity: str, where: str, start: int | None = None) -> Iterator[tuple[Reply, int | None]]:
        """All pages of an entity in the order of ids, which neither edits nor new objects disturb; see
        `Overlapping`.
        """
        condition = f" where {where}" if where else ""

        def fetch(position: int | None) -> Reply:
            paging = f"startposition {position or 1} maxresults {PAGE}"
            # QuickBooks' own language; it only reads, and entity and condition are never a person's text.
            return self.query(f"select * from {entity}{condition} orderby Id {paging}")  # noqa: S608

        return walk(Overlapping(entity, PAGE), fetch, start=start)

    def changes(self, entity: str, since: datetime) -> Reply:
        """Change data capture of one entity: at most 1,000 objects of at most 30 days, deleted ones as tombstones."""
        return self._get("cdc", (("entities", entity), ("changedSince", since.isoformat(timespec="seconds"))))

    def trial_balance(self, day: date) -> Reply:
        """The report at the end of the day, accrual basis."""
        days = (("start_date", day.replace(month=1, day=1).isoformat()), ("end_date", day.isoformat()))
        return self._get("reports/TrialBalance", (*days, ("accounting_method", "Accrual")))

    def read(self, entity: str, identity: str) -> Reply:
        """One object."""
        if not identity.isdigit():
            raise UsageError(f"{identity!r} is no QuickBooks id", remedy="Use the id that QuickBooks gave.")
        return self._get(f"{entity.lower()}/{identity}", ())

    def create(self, entity: str, payload: str, request_id: str) -> Reply:
        """Create an object once: QuickBooks gives the first answer again for a request id it knows.

        Raises:
            PostingRefused, OutcomeUnknown, TransportError: see `Http.write`.
        """
        params = (("requestid", request_id), ("minorversion", MINOR_VERSION))
        return self._http.write(f"{self._root}/{entity.lower()}", params=params, content=payload)

    def _get(self, path: str, params: Params) -> Reply:
        return self._http.get(f"{self._root}/{path}", params=(*params, ("minorversion", MINOR_VERSION)))


def queried(reply: Reply, entity: str) -> list[Any]:
    """The objects of a query's answer; it names no entity when there are none.

    Raises:
        TransportError: kind "protocol"; it is no answer to a query.
    """
    found = reply.body.get("QueryResponse") if isinstance(reply.body, dict) else None
    rows = found.get(entity, []) if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise out_of_order(reply, "there is no QueryResponse in it")
    return rows


def changed(reply: Reply, entity: str) -> list[Any]:
    """The objects of a change-data-capture answer.

    Raises:
        TransportError: kind "protocol"; it is none.
    """
    try:
        parts = [part for answer in reply.body["CDCResponse"] for part in answer["QueryResponse"]]
        rows = [row for part in parts for row in part.get(entity, [])]
    except (KeyError, TypeError, AttributeError):
        raise out_of_order(reply, "there is no CDCResponse in it") from None
    return rows


def told_at(reply: Reply, otherwise: datetime) -> datetime:
    """QuickBooks' own time of the answer: changes are asked for by its clock, not by ours."""
    text = reply.body.get("time") if isinstance(reply.body, dict) else None
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else otherwise
    except ValueError:
        return otherwise
    return found if found.tzinfo else otherwise


def _bucket(base_url: str, clock: Clock) -> TokenBucket:
    """Below the documented 500 requests in any minute, its burst included, and 10 at once, of a company and an app;
    loopback has no limit to respect.
    """
    if is_loopback(urlsplit(base_url).hostname or ""):
        return TokenBucket(clock, per_second=1000.0, burst=1000)
    return TokenBucket(clock, per_second=7.5, burst=30, concurrent=10)
