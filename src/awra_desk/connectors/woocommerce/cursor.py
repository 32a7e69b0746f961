"""How far a list of the shop was read: JSON text that survives a cut at any page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from awra_desk.connectors._http.cursors import TextCursor, stamps

FORM = "%Y-%m-%dT%H:%M:%S"
"""WooCommerce's `_gmt` stamps: UTC, without saying so."""

Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cursor(TextCursor):
    """Where to go on. A walk goes through the rows after `since` by their id, then through the trash.

    Attributes:
        since: stamp; rows changed (refunds: made) after it are asked for. None: all.
        began: a walk is under way; newest: the newest stamp when it began, or None.
        offset: where the next page is expected to begin. last: id of the last row read of this list, or None.
        trashing: the walk is in the trash. highest: the highest id ever read.
        recent: ids that the next walk must meet again, trash: those met in the trash.
        missing: ids that the walk before met and this one has not met so far. gone: those that are no more.
    """

    since: str | None = None
    began: bool = False
    newest: str | None = None
    offset: int = 0
    last: int | None = None
    trashing: bool = False
    highest: int = 0
    recent: Ids = ()
    trash: Ids = ()
    missing: Ids = ()
    gone: Ids = ()

    def checked(self) -> Self:
        stamps(self.since, self.newest, read=stamp)
        numbers = replace(self, offset=int(self.offset), highest=int(self.highest))
        recent, trash, missing, gone = map(_ids, (self.recent, self.trash, self.missing, self.gone))
        return replace(numbers, recent=recent, trash=trash, missing=missing, gone=gone)

    def begun(self, newest: datetime | None) -> Cursor:
        """A new walk; what the one before met is missing until it is met again."""
        text = None if newest is None else newest.strftime(FORM)
        missing = _ids({*self.recent, *self.trash})
        return Cursor(self.since, began=True, newest=text, highest=self.highest, missing=missing, gone=self.gone)

    def met(self, ids: Iterable[int]) -> Cursor:
        """With these rows read."""
        here = set(ids)
        return replace(
            self,
            highest=max(self.highest, *here) if here else self.highest,
            missing=tuple(one for one in self.missing if one not in here),
            gone=tuple(one for one in self.gone if one not in here),
        )

    def next_since(self, look_back: timedelta) -> str | None:
        """Where the next walk begins: a look-back before the newest row, never earlier than this one."""
        if self.newest is None:
            return self.since
        start = (stamp(self.newest) - look_back).strftime(FORM)
        return start if self.since is None else max(start, self.since)

    def finished(self, look_back: timedelta) -> Cursor:
        """The walk got to its end; what is still missing is no more."""
        gone = _ids({*self.gone, *self.missing})
        since = self.next_since(look_back)
        return Cursor(since, highest=self.highest, recent=self.recent, trash=self.trash, gone=gone)


def stamp(text: str) -> datetime:
    """The aware UTC instant of a `_gmt` stamp.

    Raises:
        ValueError: it is none.
    """
    return datetime.strptime(text, FORM).replace(tzinfo=UTC)


def _ids(some: Iterable[int]) -> Ids:
    return tuple(sorted(int(one) for one in some))
