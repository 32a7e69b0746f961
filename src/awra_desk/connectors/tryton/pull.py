"""Walks Tryton's moves: all of them first, then those created or written since.

Tryton stamps every row of one transaction with the moment it began, and a row never written has no write date. So a
walk asks for "created or written since" a moment that stays fixed, and pages by id; the next walk begins a look-back
before the newest stamp that stood when this one began, by Tryton's own clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from awra_desk.connectors._http import dumps
from awra_desk.connectors._http.cursors import TextCursor, stamps
from awra_desk.connectors.tryton.moves import FIELDS, MODEL
from awra_desk.connectors.tryton.rest import TrytonRest
from awra_desk.connectors.tryton.wire import stamp_value
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Page
from awra_desk.ports.system import Clock

MOVES = "moves"
PAGE = 500
LOOK_BACK = timedelta(minutes=30)
"""A transaction's stamp is its beginning; it shows only when it is committed, and long ones exist."""


@dataclass(frozen=True, slots=True)
class Cursor(TextCursor):
    """Where to go on.

    Attributes:
        since: ISO instant; moves created or written from then on are asked for. None: all.
        newest: the newest stamp of any move when the unfinished walk began, or None.
        after: id of the last move read of an unfinished walk; 0 when none is under way.
    """

    since: str | None = None
    newest: str | None = None
    after: int = 0

    def checked(self) -> Self:
        stamps(self.since, self.newest)
        return replace(self, after=int(self.after))

    def finished(self) -> Cursor:
        """The walk got to its end."""
        if self.newest is None:
            return Cursor(since=self.since)
        since = datetime.fromisoformat(self.newest) - LOOK_BACK
        return Cursor(since=since.isoformat())


def pages(rest: TrytonRest, source: str, clock: Clock, company: int, start: Cursor, size: int = PAGE) -> Iterator[Page]:
    """Moves, drafts included, `size` a page.

    Raises:
        TransportError: after the retries the failure policy allows.
    """
    cursor = start if start.after else replace(start, newest=_newest(rest, company))
    while True:
        rows = rest.search(MODEL, FIELDS, [*_changed(cursor.since, company), ["id", ">", cursor.after]], size=size)
        last = len(rows) < size
        cursor = cursor.finished() if last else replace(cursor, after=rows[-1]["id"])
        now = clock.now()
        yield Page([RawRecord(source, MOVES, str(row["id"]), dumps(row), now) for row in rows], cursor.text(), last)
        if last:
            return


def _changed(since: str | None, company: int) -> list[Any]:
    domain: list[Any] = [["company", "=", company]]
    if since is not None:
        stamp = stamp_value(datetime.fromisoformat(since))
        domain.append(["OR", ["create_date", ">=", stamp], ["write_date", ">=", stamp]])
    return domain


def _newest(rest: TrytonRest, company: int) -> str | None:
    """The newest stamp of any move, or None when there is no move."""
    stamps = []
    for name in ("create_date", "write_date"):
        order = [[name, "DESC NULLS LAST"]]
        rows = rest.search(MODEL, (name,), [["company", "=", company]], order=order, size=1)
        stamps += [row[name] for row in rows if row[name]]
    return max(stamps, key=datetime.fromisoformat, default=None)
