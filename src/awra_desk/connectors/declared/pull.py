"""Walks a declared stream: page by page from a cursor that is saved with each page, so that a cut costs nothing.

A stream with a change stamp is asked from the last stamp less its look-back on; one without is read whole each time.
Where positions in a list are the way to page, each page begins with the last row of the one before, by which a row that
slid away shows: the walk then begins again from its own start, and nothing is skipped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Self

from awra_desk.connectors._http import Number, Reply, dumps, out_of_order
from awra_desk.connectors._http.cursors import TextCursor, stamps
from awra_desk.connectors.declared.declaration import By, StreamCall
from awra_desk.connectors.declared.rest import DeclaredRest, inside, listed
from awra_desk.connectors.declared.stamps import Form, Stamps
from awra_desk.domain.records import RawRecord
from awra_desk.normalise.fields import Scope, find
from awra_desk.ports.connections import Page, TransportError
from awra_desk.ports.system import Clock

_RESTARTS = 5
_AGAIN = 2
"""How often a page that repeats an earlier one is asked for again: a hiccup at the provider heals so."""


@dataclass(frozen=True, slots=True)
class Cursor(TextCursor):
    """Where to go on.

    Attributes:
        since: stamp, ISO, from which the walk under way, or the next one, asks.
        token: what the next page of an unfinished walk is asked by; None when none is under way.
        last: id of the row that must begin that page, where pages overlap.
        known: newest stamp of the walks before this one. newest: of this one so far. began: our time when it began.
    """

    since: str | None = None
    token: str | int | None = None
    last: str | None = None
    known: str | None = None
    newest: str | None = None
    began: str | None = None

    def checked(self) -> Self:
        stamps(self.since, self.known, self.newest, self.began)
        return self


class Walk:
    """One stream of one connection."""

    def __init__(self, rest: DeclaredRest, source: str, zone: str, stream: str, clock: Clock) -> None:
        self._rest = rest
        self._source = source
        self._stream = stream
        self._clock = clock
        self._spec: StreamCall = rest.declared.streams[stream]
        self._stamps = Stamps(self._spec.changed[1] if self._spec.changed else Form.INSTANT, zone)

    def pages(self, start: Cursor) -> Iterator[Page]:
        """From the cursor on.

        Raises:
            TransportError: after the retries the failure policy allows, or when the list runs in circles.
        """
        cursor = start if start.token is not None else self._begun(start)
        first = cursor.since
        restarts = 0
        seen: set[bytes] = set()
        while True:
            reply, rows = self._fresh_page(cursor, seen)
            seen.add(_digest(rows))
            if cursor.last is not None and (not rows or self._identity(reply, rows[0]) != cursor.last):
                restarts += 1
                if restarts > _RESTARTS:
                    raise TransportError("rows move faster than they can be read", kind="protocol", record=self._stream,
                                         remedy="Try again later.")  # fmt: skip
                # Everything from this walk's start on, once more; what came before stays good.
                cursor, seen = replace(cursor, since=first, token=None, last=None), set()
                continue
            fetched, after = self._after(reply, rows, cursor)
            if after is None:
                yield Page(
                    self._records(reply, fetched), self._finished(self._told(reply, rows, cursor)).text(), complete=True
                )
                return
            cursor = self._told(reply, rows, after)
            yield Page(self._records(reply, fetched), cursor.text(), complete=False)

    def _begun(self, cursor: Cursor) -> Cursor:
        """A new walk, from the look-back on."""
        began = self._stamps.now(self._clock.now()).isoformat()
        if cursor.since is None:
            return Cursor(began=began)
        since = self._stamps.before(datetime.fromisoformat(cursor.since), self._spec.look_back_minutes)
        return Cursor(since=since.isoformat(), known=cursor.since, began=began)

    def _finished(self, cursor: Cursor) -> Cursor:
        """The walk got to its end: the next one begins at its newest stamp.

        Where the list is not sorted by change, what changed under the walk may have been passed by already, so the next
        one never begins later than this one did, by our clock; the look-back is for the difference of clocks.
        """
        if cursor.newest is None:
            return Cursor(since=cursor.known)
        stamps = [datetime.fromisoformat(cursor.newest)]
        if cursor.began is not None and self._spec.paging.by is not By.CHANGED:
            stamps.append(datetime.fromisoformat(cursor.began))
        sure = min(stamps)
        return Cursor(
            since=(sure if cursor.known is None else max(sure, datetime.fromisoformat(cursor.known))).isoformat()
        )

    def _fresh_page(self, cursor: Cursor, seen: set[bytes]) -> tuple[Reply, list[Any]]:
        """The page at the cursor, not one that came before in this walk.

        Raises:
            TransportError: kind "protocol"; it still repeats: following it would never end, or skip rows.
        """
        reply = self._asked(cursor)
        for again in range(_AGAIN + 1):
            rows = listed(reply, self._spec.call.rows)
            if not rows or _digest(rows) not in seen:
                return reply, rows
            if again < _AGAIN:
                reply = self._asked(cursor)
        raise out_of_order(reply, f"the page at {cursor.token!r} repeats an earlier one")

    def _asked(self, cursor: Cursor) -> Reply:
        by, token = self._spec.paging.by, cursor.token
        if by is By.LINK and isinstance(token, str):
            return self._rest.http.get(token)
        since = None if cursor.since is None else datetime.fromisoformat(cursor.since)
        words = {"since": self._stamps.written(since), "size": str(self._spec.paging.size)}
        words["offset"] = str(token or 0)
        words["page"] = str(self._spec.paging.first if token is None else token)
        words["after"] = words["cursor"] = str(token or "")
        return self._rest.get(self._spec.call, **words)

    def _after(self, reply: Reply, rows: list[Any], cursor: Cursor) -> tuple[Sequence[Any], Cursor | None]:
        """The page's new rows, and where the next page is; None after the last one."""
        paging = self._spec.paging
        new = rows[1:] if cursor.last is not None else rows
        match paging.by:
            case By.CHANGED:
                self._sorted(reply, rows, cursor)
            case By.KEY:
                self._by_key(reply, rows, cursor)
            case By.CURSOR | By.LINK:
                following = _following(reply, paging.next)
                return new, replace(cursor, token=following) if following else None
            case By.ALL:
                return new, None
        return new, self._next(reply, rows, cursor) if len(rows) >= paging.size else None

    def _next(self, reply: Reply, rows: list[Any], cursor: Cursor) -> Cursor:
        """Where the page behind a full one is."""
        by, position = self._spec.paging.by, cursor.token if isinstance(cursor.token, int) else None
        if by is By.KEY:
            return replace(cursor, token=self._identity(reply, rows[-1]))
        if by is By.PAGE:
            return replace(cursor, token=(self._spec.paging.first if position is None else position) + 1)
        if by is By.CHANGED:
            newest = self._stamps.floor(self._stamp(reply, rows[-1]))
            if cursor.since is None or newest > datetime.fromisoformat(cursor.since):
                return replace(cursor, since=newest.isoformat(), token=0, last=None)
        return replace(cursor, token=(position or 0) + len(rows) - 1, last=self._identity(reply, rows[-1]))

    def _by_key(self, reply: Reply, rows: list[Any], cursor: Cursor) -> None:
        """Raises when the list is not sorted by id behind the last one: rows would be passed by."""
        ids = [self._identity(reply, row) for row in rows]
        before = [str(cursor.token)] if cursor.token is not None else []
        chain: Sequence[int | str] = [*before, *ids]
        if all(text.isdecimal() for text in (*before, *ids)):
            chain = [int(text) for text in (*before, *ids)]
        if any(one >= next_ for one, next_ in pairwise(chain)):  # type: ignore[operator]  # all of one type
            raise out_of_order(
                reply, f"the list is not sorted by {self._spec.identity}, or does not begin behind {before}"
            )

    def _sorted(self, reply: Reply, rows: list[Any], cursor: Cursor) -> None:
        """Raises when the list does not do as paging by change needs it."""
        stamps = [self._stamp(reply, row) for row in rows]
        start = [] if cursor.since is None else [self._stamps.floor(datetime.fromisoformat(cursor.since))]
        if stamps != sorted(stamps) or (start and stamps and stamps[0] < start[0]):
            raise out_of_order(reply, "the list is not sorted by change, or holds what changed before it was asked for")

    def _told(self, reply: Reply, rows: list[Any], cursor: Cursor) -> Cursor:
        """The cursor with the newest stamp of these rows."""
        if self._spec.changed is None or not rows:
            return cursor
        newest = max(self._stamp(reply, row) for row in rows)
        if cursor.newest is not None:
            newest = max(newest, datetime.fromisoformat(cursor.newest))
        return replace(cursor, newest=newest.isoformat())

    def _stamp(self, reply: Reply, row: Any) -> datetime:
        assert self._spec.changed is not None
        path, form = self._spec.changed
        value = next(iter(find(Scope(row), path)), None)
        try:
            return self._stamps.read(value)
        except (ValueError, OverflowError, OSError):
            raise out_of_order(reply, f"the stamp {path} is {value!r}, which is no {form} stamp") from None

    def _identity(self, reply: Reply, row: Any) -> str:
        value = next(iter(find(Scope(row), self._spec.identity)), None) if isinstance(row, dict) else None
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise out_of_order(reply, f"a record has no {self._spec.identity}")
        return str(value)

    def _records(self, reply: Reply, rows: Sequence[Any]) -> list[RawRecord]:
        now = self._clock.now()
        found = []
        for row in rows:
            identity = self._identity(reply, row)
            whole = row if self._spec.detail is None else self._detail(identity)
            found.append(RawRecord(self._source, self._stream, identity, dumps(whole), now))
        return found

    def _detail(self, identity: str) -> Any:
        assert self._spec.detail is not None
        reply = self._rest.get(self._spec.detail, id=identity)
        whole = inside(reply, self._spec.detail.rows)
        if not isinstance(whole, dict):
            raise out_of_order(reply, f"there is no record at {self._spec.detail.rows!r}")
        return whole


def _following(reply: Reply, path: str) -> str | None:
    """The next page's cursor or link."""
    if path == "header":
        for part in reply.headers.get("link", "").split(","):
            address, _, parameters = part.strip().partition(";")
            if 'rel="next"' in parameters or "rel=next" in parameters:
                return address.strip("<> ")
        return None
    found = next(iter(find(Scope(reply.body), path)), None)
    if isinstance(found, Number) or not isinstance(found, str | int | None) or isinstance(found, bool):
        raise out_of_order(reply, f"the next page at {path!r} is {found!r}")
    return str(found) if found not in (None, "") else None


def _digest(rows: list[Any]) -> bytes:
    return hashlib.sha256(repr(rows).encode(errors="backslashreplace")).digest()
