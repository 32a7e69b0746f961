"""How far a Square stream was read: JSON text that survives a cut at any page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from awra_desk.connectors._http.cursors import TextCursor, stamps
from awra_desk.connectors._http.instants import instant

BEGINNING = "2021-01-01T00:00:00.000Z"
"""Square's payouts begin here ("Payouts API", its documentation); without a beginning it gives one year only."""


@dataclass(frozen=True, slots=True)
class Cursor(TextCursor):
    """Where to go on.

    Lists are walked location after location, in the order of their ids, and oldest first, so that what was read shifts
    nothing of what comes.

    Attributes:
        since: location ("" where a list has all of them) -> instant from which on objects are listed.
        place: location of an unfinished walk, or None; those before it are done.
        after: instant of the last object read of it, or None.
        paid: location -> creation of its newest payout of which everything settled was read (payments and refunds).
    """

    since: Mapping[str, str] = field(default_factory=dict)
    place: str | None = None
    after: str | None = None
    paid: Mapping[str, str] = field(default_factory=dict)

    def checked(self) -> Self:
        stamps(*self.since.values(), *self.paid.values(), self.after, read=instant)
        return self

    def left(self, places: Sequence[str]) -> list[str]:
        """The places that are not done, in order."""
        return [place for place in sorted(places) if self.place is None or place >= self.place]

    def cut(self, place: str) -> bool:
        """Whether the walk of this place was cut."""
        return place == self.place and self.after is not None

    def start(self, place: str) -> str:
        """Where the walk of a place begins, or goes on."""
        return str(self.after) if self.cut(place) else self.since.get(place, BEGINNING)

    def read_to(self, place: str, found: Sequence[str]) -> Cursor:
        """Behind objects with these instants."""
        known = [str(self.after)] if self.cut(place) else []
        newest = max((*known, *found), key=instant, default=None)
        return replace(self, place=place, after=newest)

    def finished(self, place: str, look_back: timedelta) -> Cursor:
        """The walk of a place got to its end: the next one begins `look_back` before its newest object, never earlier
        than this one did.
        """
        if not self.cut(place):
            return replace(self, place=place, after=None)
        moved = stamp(instant(str(self.after)) - look_back)
        known = self.since.get(place, BEGINNING)
        return replace(self, since={**self.since, place: max(moved, known, key=instant)}, place=place, after=None)

    def paid_to(self, place: str, newest: datetime | None) -> Cursor:
        """Behind everything that payouts up to the newest settled."""
        if newest is None or (place in self.paid and newest <= instant(self.paid[place])):
            return self
        return replace(self, paid={**self.paid, place: stamp(newest)})

    def done(self) -> Cursor:
        """All places are."""
        return Cursor(since=self.since, paid=self.paid)


def stamp(moment: datetime) -> str:
    """An instant as Square writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
