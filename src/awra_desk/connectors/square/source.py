"""Pulls a seller's records from Square's API.

A payment does not say by which payout it was settled, and what Square kept of it; only the entries of payouts do. So
each record of the stream `payments` is `{"location": {id, name}, "payment": {…}, "entries": [those of payouts that
settled it]}`, and those of `refunds` likewise. That is exact, needs no join when the record is interpreted, and comes
out the same however often the pull was cut. Lists are of one location each where Square gives only the main one's
otherwise (payments, payouts); payments and refunds are walked by the time of their last change, so that fees that come
later and refunds that get done are seen; what settles late is read again by its payout.

Square has no endpoint for a balance. What proves that nothing is missing is that the entries of each payout add up to
it, and the number of locations.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from awra_desk.connectors._http import BaseTransport, Guard, dumps
from awra_desk.connectors._http.instants import instant
from awra_desk.connectors.square.api import Asked, SquareApi
from awra_desk.connectors.square.cursor import BEGINNING, Cursor, stamp
from awra_desk.connectors.square.settled import CHARGE, REFUND, Entry, Settlements, entries, named, oldest_first
from awra_desk.domain.controls import ReportedBalance, ReportedCount
from awra_desk.domain.errors import UsageError
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Connection, Page
from awra_desk.ports.system import Clock

LOCATIONS, PAYMENTS, REFUNDS, PAYOUTS, ENTRIES = "locations", "payments", "refunds", "payouts", "payout_entries"
DISPUTES = "disputes"
STREAMS = (LOCATIONS, PAYMENTS, REFUNDS, DISPUTES, PAYOUTS, ENTRIES)
"""In the order of a pull."""

LOOK_BACK = {
    PAYMENTS: timedelta(days=14),  # settled within days; results are eventually consistent, by seconds
    REFUNDS: timedelta(days=14),
    PAYOUTS: timedelta(days=30),  # a bank may return one for weeks
    ENTRIES: timedelta(days=14),
}
"""Stream -> how long before the newest object known is walked again. Locations and disputes are few and always read
whole.
"""

_SETTLES_WITHIN = timedelta(days=7)
_READ_AGAIN = timedelta(days=21)
_A_MOMENT = timedelta(milliseconds=1)
_ALL = ""  # the place of a list that has all locations in it
_OWN_TENDERS = ("CASH", "EXTERNAL")  # never settled by Square


Found = tuple[str, Mapping[str, Any]]
"""A record: its external id and its payload."""


@dataclass(frozen=True, slots=True)
class _Settling:
    """A stream whose objects are settled by entries: the kind of entry, and the answer's name of a single object."""

    kind: str
    one: str


_SETTLING = {PAYMENTS: _Settling(CHARGE, "payment"), REFUNDS: _Settling(REFUND, "refund")}


class SquareSource:
    """One seller; arguments and errors as `api.SquareApi`."""

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
        self._name = connection.name
        self._clock = clock
        self._api = SquareApi(
            connection, secret, clock=clock, rng=rng, save_secret=save_secret, transport=transport, guard=guard
        )
        self._settlements: Settlements | None = None
        self._places: Mapping[str, str] = {}

    @property
    def streams(self) -> tuple[str, ...]:
        """In the order of a pull."""
        return STREAMS

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Records of the window, location after location and oldest first.

        Raises:
            UsageError: no such stream, or an unreadable cursor.
            TransportError: after the retries the failure policy allows.
        """
        if stream not in STREAMS:
            raise UsageError(f"Square has no stream {stream!r}", remedy=f"Use one of: {', '.join(STREAMS)}.")
        state = Cursor.read(cursor)
        if stream == LOCATIONS:
            yield self._page(stream, _plain(self._api.locations()), state, complete=True)
        elif stream == DISPUTES:
            for rows in self._api.pages("/v2/disputes", DISPUTES):
                yield self._page(stream, _plain(rows), state)
            yield self._page(stream, [], state, complete=True)
        else:
            yield from self._located(stream, state)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """None: Square has no endpoint that says what it holds."""
        del days
        return []

    def counts(self) -> list[ReportedCount]:
        """How many locations there are.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        return [ReportedCount(self._name, LOCATIONS, len(self._api.locations()))]

    def _located(self, stream: str, state: Cursor) -> Iterator[Page]:
        """A stream that is walked by time, place after place."""
        self._places = {str(row["id"]): str(row.get("name") or "") for row in self._api.locations()}
        locations = list(self._places)
        if stream == PAYMENTS or self._settlements is None:
            self._settlements = Settlements(self._api, locations, self._clock.now())
        for place in state.left([_ALL] if stream == REFUNDS else locations):
            walk = self._settling if stream in _SETTLING else self._payouts
            for page in walk(stream, state, place):
                state = Cursor.read(page.cursor)
                yield page
            state = state.finished(place, LOOK_BACK[stream])
        yield Page([], state.done().text(), complete=True)

    def _settling(self, stream: str, state: Cursor, place: str) -> Iterator[Page]:
        """Payments of a location, or refunds of all of them, each with the entries that settled it.

        Behind them, what new payouts settled of which the list showed nothing any more. A walk that was cut goes on
        some weeks earlier, so that most of that is in the list again and need not be asked for one by one.
        """
        assert self._settlements is not None
        settlements, kind = self._settlements, _SETTLING[stream].kind
        begun = state.since.get(place, BEGINNING)
        unpaid = instant(state.paid[place]) + _A_MOMENT if place in state.paid else instant(BEGINNING)
        if state.cut(place):
            begun = max(begun, stamp(instant(state.start(place)) - _READ_AGAIN), key=instant)
            unpaid = max(unpaid, instant(begun) + _SETTLES_WITHIN)
        where = [("begin_time", BEGINNING), ("updated_at_begin_time", begun), ("sort_field", "UPDATED_AT")]
        where += [("location_id", place)] if place else []
        places = [place] if place else settlements.locations
        listing = self._api.pages(
            f"/v2/{stream}",
            stream,
            [*where, *oldest_first()],
            stamp="updated_at",
            asked=_asked(place, "updated_at", begun),
        )
        for rows in listing:
            found = []
            for row in rows:
                moved = settlements.of((kind, row["id"]), _place(row), _began(row))
                found.append(self._settled(stream, row, moved))
            state = state.read_to(place, [row["updated_at"] for row in rows])
            handled = instant(state.start(place)) - _READ_AGAIN + _SETTLES_WITHIN
            if handled - unpaid >= _SETTLES_WITHIN:
                found += self._late(stream, settlements.late(kind, places, unpaid, handled))
                unpaid = handled
            yield self._page(stream, found, state)
        found = self._late(stream, settlements.late(kind, places, unpaid))
        yield self._page(stream, found, state.paid_to(place, settlements.newest(places)))

    def _late(self, stream: str, settled: Iterable[tuple[str, list[Entry]]]) -> list[Found]:
        """The records of these ids; of one that Square does not show, only its entries."""
        one = _SETTLING[stream].one
        found = []
        for identity, moved in settled:
            row = self._api.one(f"/v2/{stream}/{quote(identity, safe='')}", one)
            unseen = {"location": None, one: None, "entries": moved}
            found.append(self._settled(stream, row, moved) if row else (identity, unseen))
        return found

    def _settled(self, stream: str, row: dict[str, Any], moved: list[Entry]) -> Found:
        """The record of a payment or a refund.

        A refund that no entry settled may have gone back to a gift card, which only its payment tells.
        """
        found: dict[str, Any] = {"location": self._location(_place(row)), _SETTLING[stream].one: row, "entries": moved}
        if stream == REFUNDS and not moved and row.get("status") == "COMPLETED" and row.get("payment_id"):
            own = row.get("destination_type") in _OWN_TENDERS
            identity = quote(str(row["payment_id"]), safe="")
            found["payment"] = None if own else self._api.one(f"/v2/payments/{identity}", "payment")
        return row["id"], found

    def _payouts(self, stream: str, state: Cursor, place: str) -> Iterator[Page]:
        """A location's payouts; or their entries, a payout to a page."""
        start = state.start(place)
        where = [("location_id", place), ("begin_time", start), *oldest_first()]
        asked = _asked(place, "created_at", start)
        for rows in self._api.pages("/v2/payouts", PAYOUTS, where, stamp="created_at", asked=asked):
            for group in [rows] if stream == PAYOUTS else [[row] for row in rows]:
                state = state.read_to(place, [row["created_at"] for row in group])
                found = (
                    _plain(group)
                    if stream == PAYOUTS
                    else [_entry(self._location(place), entry) for row in group for entry in entries(self._api, row)]
                )
                yield self._page(stream, found, state)

    def _location(self, identity: str | None) -> dict[str, str] | None:
        """A location as records carry it: with its name, because nobody knows it by its id."""
        return None if identity is None else {"id": identity, "name": self._places.get(identity, "")}

    def _page(self, stream: str, found: Sequence[Found], state: Cursor, *, complete: bool = False) -> Page:
        now = self._clock.now()
        records = [RawRecord(self._name, stream, identity, dumps(body), now) for identity, body in found]
        return Page(records, state.text(), complete)


def contract_text() -> str:
    """The contract file in force."""
    return (files(__package__) / "contract-1.toml").read_text("utf-8")


def _plain(rows: Sequence[dict[str, Any]]) -> list[Found]:
    """Records that are Square's objects as they came."""
    return [(row["id"], row) for row in rows]


def _entry(location: Mapping[str, str] | None, entry: Entry) -> Found:
    """An entry with the location of its payout; one that a payment or a refund tells of says so."""
    key = named(entry)
    told = None if key is None else next(stream for stream, one in _SETTLING.items() if one.kind == key[0])
    return entry["id"], {"location": location, "told_by": told, "entry": entry}


def _place(row: Mapping[str, Any]) -> str | None:
    found = row.get("location_id")
    return found if isinstance(found, str) and found else None


def _began(row: Mapping[str, Any]) -> datetime:
    """When the payment or refund began: nothing settled it before."""
    try:
        return min(instant(row.get("created_at") or row["updated_at"]), instant(row["updated_at"]))
    except (TypeError, ValueError):
        return instant(row["updated_at"])


def _asked(place: str, name: str, since: str) -> Asked:
    """Whether an object is of the place and not older than was asked for."""
    first = instant(since)
    return lambda row: (not place or row.get("location_id") == place) and instant(row[name]) >= first
