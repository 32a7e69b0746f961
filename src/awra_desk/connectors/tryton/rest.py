"""Tryton's REST interface (trytond 8.0, protocols/rest.py): search, read, create, act, delete.

Answers come back as `wire.plain` makes them. Knows no accounting.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from awra_desk.connectors._http import (
    DEFAULT_POLICY,
    Access,
    Action,
    BaseTransport,
    BearerAuth,
    Guard,
    Http,
    Params,
    Reply,
    Rule,
    TokenBucket,
    Written,
    dumps,
    is_loopback,
    out_of_order,
)
from awra_desk.connectors.tryton.wire import Json, packed, plain
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.ports.system import Clock

# Tryton says every "no" with 400 and a sentence for people, missing rights included (never 403).
POLICY = DEFAULT_POLICY.adding(
    {
        "400": Rule(
            Action.FAIL,
            "refused",
            Written.REFUSED,
            "refused",
            "Ask whoever administers Tryton about the user's rights.",
        ),
        "404": Rule(
            Action.FAIL, "refused", Written.REFUSED, "does not know this database or record", "Check the base URL."
        ),
    }
)


ACCESS = Access(scopes=("user application of kind rest, its user in group Accounting",))
"""People host Tryton themselves, so any https host; whether the user may write is that user's groups' affair."""


class TrytonRest:
    """One database of one Tryton server, as the key's user sees it.

    Args:
        connection: its base URL ends with the database's name; option `allow_loopback` ("true") for tests.
        secret: {"key": "…"}, the key of a user application of kind "rest".

    Raises:
        UsageError: the base URL may not be used or names no database, or the secret has no key.
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
        key = secret.get("key")
        if not isinstance(key, str):
            raise UsageError("the secret has no key", record=connection.name, remedy='Store {"key": "…"}.')
        address = urlsplit(connection.base_url)
        if not address.path.strip("/"):
            raise UsageError(
                "the base URL names no database",
                record=connection.name,
                remedy="Write it like https://tryton.example.com/books.",
            )
        per_second = 1000.0 if is_loopback(address.hostname or "") else 20.0  # somebody else works on that server too
        self._http = Http(
            connection.base_url,
            provider="Tryton",
            auth=BearerAuth(key),
            policy=POLICY,
            bucket=TokenBucket(clock, per_second=per_second, burst=int(per_second)),
            clock=clock,
            rng=rng,
            transport=transport,
            headers={"Accept-Language": "en"},  # otherwise it speaks the user's language to us
            allow_loopback=connection.options.get("allow_loopback") == "true",
            guard=guard,
        )

    def search(
        self,
        model: str,
        fields: Sequence[str],
        domain: Sequence[Any],
        *,
        order: Sequence[Sequence[str]] = (("id", "ASC"),),
        size: int | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> list[Json]:
        """Records that meet a domain, in the order asked for.

        Args:
            domain: Tryton's search clauses, dates as `wire` writes them. size: at most so many.

        Raises:
            TransportError: refused, unreachable, or an answer out of order.
        """
        params = [("d", packed(list(domain))), ("o", packed(list(order))), *_fields(fields)]
        if size is not None:
            params.append(("s", str(size)))
        headers = {"X-Tryton-Context": packed(dict(context))} if context else None
        reply = self._http.get(f"/rest/model/{model}", params=params, headers=headers)
        if not isinstance(reply.body, list):
            raise out_of_order(reply, f"the list of {model} is no list")
        return [_record(reply, row, fields) for row in reply.body]

    def read(self, model: str, identity: int, fields: Sequence[str]) -> Json:
        """One record.

        Raises:
            TransportError: as for `search`; kind "refused" also when there is no such record.
        """
        reply = self._http.get(f"/rest/model/{model}/{identity}", params=_fields(fields))
        return _record(reply, reply.body, fields)

    def create(self, model: str, content: str) -> None:
        """Create a record from exactly this JSON text.

        Raises:
            PostingRefused, OutcomeUnknown, TransportError: see `Http.write`.
        """
        self._http.write(f"/rest/model/{model}", content=content)

    def act(self, model: str, identity: int, action: str) -> None:
        """Call an action (a button) of a record.

        Raises:
            PostingRefused, OutcomeUnknown, TransportError: see `Http.write`.
        """
        self._http.write(f"/rest/model/{model}/{identity}/{action}", content=dumps({}))

    def delete(self, model: str, identity: int) -> None:
        """Delete a record.

        Raises:
            PostingRefused, OutcomeUnknown, TransportError: see `Http.write`.
        """
        self._http.write(f"/rest/model/{model}/{identity}", method="DELETE")


def _fields(names: Sequence[str]) -> Params:
    return [("f", name) for name in names]


def _record(reply: Reply, row: Any, fields: Sequence[str]) -> Json:
    """The record, checked for every field asked for: Tryton silently leaves out what the user may not see."""
    if not isinstance(row, dict) or type(row.get("id")) is not int:
        raise out_of_order(reply, "a record has no id")
    try:
        record: Json = plain(row)
    except (KeyError, ValueError, TypeError) as error:
        raise out_of_order(reply, f"a value cannot be read ({type(error).__name__}: {error})") from None
    hidden = sorted(name for name in fields if not _shows(record, name.split(".")))
    if hidden:
        raise TransportError(
            f"Tryton hides {', '.join(hidden)} from the key's user",
            kind="auth",
            remedy="Give that user the right to read accounting (group Accounting).",
        )
    return record


def _shows(node: Any, path: Sequence[str]) -> bool:
    """Whether a path leads somewhere; an empty relation ends it."""
    if not path or node is None:
        return True
    if isinstance(node, list):
        return all(_shows(item, path) for item in node)
    return isinstance(node, dict) and path[0] in node and _shows(node[path[0]], path[1:])
