"""Which page comes next. Each provider's way is an object; `walk` follows it and refuses to run in circles."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from awra_desk.connectors._http.reply import Reply
from awra_desk.ports.connections import TransportError

Token = TypeVar("Token", str, int)
Rows = Callable[[Reply], Sequence[Any]]


class Paginator(Protocol[Token]):
    """One provider's way of paging. A token names a page; None is the first."""

    def rows(self, reply: Reply) -> Sequence[Any]:
        """The page's records.

        Raises:
            TransportError: kind "protocol"; the answer has no such list.
        """

    def after(self, reply: Reply, token: Token | None) -> Token | None:
        """The next page's token, or None on the last page.

        Raises:
            TransportError: kind "protocol"; the answer does not say.
        """


@dataclass(frozen=True, slots=True)
class AfterLastId:
    """The last row's id is the next token, as long as a flag says there is more (Stripe's `starting_after` and
    `has_more`).
    """

    rows_key: str = "data"
    more_key: str = "has_more"
    id_key: str = "id"

    def rows(self, reply: Reply) -> Sequence[Any]:
        """The list under `rows_key`."""
        return listed(reply, self.rows_key)

    def after(self, reply: Reply, token: str | None) -> str | None:
        """The last id, or None."""
        del token
        more = reply.body.get(self.more_key)
        if not isinstance(more, bool):
            raise out_of_order(reply, f"{self.more_key} is {more!r}, not true or false")
        if not more:
            return None
        rows = self.rows(reply)
        last = rows[-1].get(self.id_key) if rows and isinstance(rows[-1], dict) else None
        if not isinstance(last, str) or not last:
            raise out_of_order(reply, f"it says there is more but its last row has no {self.id_key}")
        return last


@dataclass(frozen=True, slots=True)
class Offset:
    """Tokens are offsets in rows; a page with fewer rows than `size` is the last one.

    Attributes:
        of: finds the page's rows. first: offset of the very first row (QuickBooks counts from 1).
    """

    of: Rows
    size: int
    first: int = 0

    def rows(self, reply: Reply) -> Sequence[Any]:
        """What `of` finds."""
        return self.of(reply)

    def after(self, reply: Reply, token: int | None) -> int | None:
        """The next offset, or None."""
        count = len(self.of(reply))
        return None if count < self.size else (self.first if token is None else token) + count


@dataclass(frozen=True, slots=True)
class NextLink:
    """The answer holds a link to the next page; the client refuses one that leaves the origin.

    Attributes:
        of: finds the page's rows. link: finds the link, "" or None on the last page.
    """

    of: Rows
    link: Callable[[Reply], str | None]

    def rows(self, reply: Reply) -> Sequence[Any]:
        """What `of` finds."""
        return self.of(reply)

    def after(self, reply: Reply, token: str | None) -> str | None:
        """The link, or None."""
        del token
        return self.link(reply) or None


def walk(
    paginator: Paginator[Token], fetch: Callable[[Token | None], Reply], *, start: Token | None = None, again: int = 2
) -> Iterator[tuple[Reply, Token | None]]:
    """Pages from `start` on, each with the token of the page behind it (None: it was the last).

    A page whose rows or whose next token came before in this walk is asked for again, `again` times; a hiccup at the
    provider heals so.

    Raises:
        TransportError: kind "protocol", when it still repeats: following it would never end, or skip rows.
    """
    seen: set[Token | bytes] = set() if start is None else {start}
    token = start
    while True:
        reply, after, marks = _page(paginator, fetch, token)
        for _ in range(again):
            if not marks & seen:
                break
            reply, after, marks = _page(paginator, fetch, token)
        if marks & seen:
            raise out_of_order(reply, f"the page after {token!r} repeats an earlier one")
        seen |= marks
        yield reply, after
        if after is None:
            return
        token = after


def _page(
    paginator: Paginator[Token], fetch: Callable[[Token | None], Reply], token: Token | None
) -> tuple[Reply, Token | None, set[Token | bytes]]:
    """A page, the token behind it, and what must not come twice: that token, and the rows' digest."""
    reply = fetch(token)
    rows, after = paginator.rows(reply), paginator.after(reply, token)
    marks: set[Token | bytes] = set() if after is None else {after}
    if rows:
        marks.add(hashlib.sha256(repr(rows).encode(errors="backslashreplace")).digest())
    return reply, after, marks


def listed(reply: Reply, key: str) -> Sequence[Any]:
    """The list under a key of the body.

    Raises:
        TransportError: kind "protocol"; there is none.
    """
    rows = reply.body.get(key) if isinstance(reply.body, dict) else None
    if not isinstance(rows, list):
        raise out_of_order(reply, f"there is no list {key!r} in it")
    return rows


def out_of_order(reply: Reply, words: str) -> TransportError:
    """An answer that cannot be used."""
    named = f"request {reply.request_id}" if reply.request_id else ""
    return TransportError(f"an answer is out of order: {words}", kind="protocol", record=named,
                          remedy="Try again; if it stays so, the provider has changed its interface.")  # fmt: skip
