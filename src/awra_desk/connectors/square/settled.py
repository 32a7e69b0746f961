"""Which payout entries settled a payment or a refund: neither says so itself, only the entries of payouts name them.

Payouts are read a week at a time, beginning with the week of the payment, so what is asked for depends on the payment
alone, however a pull was cut.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from awra_desk.connectors._http.instants import instant
from awra_desk.connectors.square import api
from awra_desk.connectors.square.api import SquareApi
from awra_desk.connectors.square.cursor import BEGINNING, stamp

CHARGE, REFUND = "CHARGE", "REFUND"
_NAMED = {CHARGE: ("type_charge_details", "payment_id"), REFUND: ("type_refund_details", "refund_id")}
_FIRST = instant(BEGINNING)
_WEEK = timedelta(days=7)
_SEARCHED = 26
"""Weeks within which a payment's entry is looked for; one that comes later is found by its payout (`late`)."""
_KEPT = 32  # weeks of each location that are held at once

Entry = dict[str, Any]
Key = tuple[str, str]


def named(entry: Mapping[str, Any]) -> Key | None:
    """The payment or refund whose money the entry moved, as (`CHARGE` or `REFUND`, its id); None for other entries."""
    kind = entry.get("type")
    if kind not in _NAMED:
        return None
    details, name = _NAMED[kind]
    found = entry.get(details)
    identity = found.get(name) if isinstance(found, dict) else None
    return (kind, identity) if isinstance(identity, str) and identity else None


class Settlements:
    """The entries of a seller's payouts, by what they settled.

    Args:
        locations: ids of all of them. until: no payout is younger.
    """

    def __init__(self, square: SquareApi, locations: Sequence[str], until: datetime) -> None:
        self._api = square
        self.locations = sorted(locations)
        self._last = _week(until) + 1  # a machine's clock may be behind
        self._weeks: OrderedDict[tuple[str, int], dict[Key, list[Entry]]] = OrderedDict()
        self._asked: set[Key] = set()
        self._told: dict[Key, tuple[str, datetime]] = {}
        self._known: set[tuple[str, int]] = set()
        self._newest: dict[str, datetime] = {}

    def of(self, key: Key, location: str | None, since: datetime) -> list[Entry]:
        """The entries that settled a payment or a refund, [] as long as none did.

        Args:
            location: None when it is not known. since: nothing settled it before.
        """
        self._asked.add(key)
        self._told.pop(key, None)
        places = self.locations if location is None else [location]
        first = max(_week(since), 0)
        for number in range(first, min(first + _SEARCHED, self._last) + 1):
            if found := [entry for place in places for entry in self._read(place, number).get(key, ())]:
                return found
        return []

    def late(
        self, kind: str, places: Sequence[str], since: datetime, until: datetime | None = None
    ) -> Iterator[tuple[str, list[Entry]]]:
        """Ids with their entries, in order, of what payouts created from `since` to before `until` settled and nobody
        asked for; each once.
        """
        for place in places:
            for payout in payouts(self._api, place, since, until):
                number = _week(instant(payout["created_at"]))
                if (place, number) not in self._known:
                    self._read(place, number)
        left = [
            (key, place, created)
            for key, (place, created) in self._told.items()
            if key[0] == kind and place in places and created >= since and (until is None or created < until)
        ]
        for key, place, created in sorted(left):
            self._asked.add(key)
            del self._told[key]
            yield key[1], list(self._read(place, _week(created)).get(key, ()))

    def newest(self, places: Sequence[str]) -> datetime | None:
        """When the newest payout of these locations was created, of those that were read."""
        return max((self._newest[place] for place in places if place in self._newest), default=None)

    def _read(self, place: str, number: int) -> Mapping[Key, Sequence[Entry]]:
        """The entries of the payouts that were created in a week."""
        week = place, number
        if week in self._weeks:
            self._weeks.move_to_end(week)
            return self._weeks[week]
        found: dict[Key, list[Entry]] = {}
        start = _FIRST + number * _WEEK
        for payout in payouts(self._api, place, start, start + _WEEK):
            created = instant(payout["created_at"])
            self._newest[place] = max(created, self._newest.get(place, created))
            for entry in entries(self._api, payout):
                key = named(entry)
                if key is None:
                    continue
                found.setdefault(key, []).append(entry)
                if key not in self._asked:
                    self._told.setdefault(key, (place, created))
        self._weeks[week] = found
        self._known.add(week)
        while len(self._weeks) > _KEPT * len(self.locations):
            self._weeks.popitem(last=False)
        return found


def payouts(square: SquareApi, place: str, start: datetime, end: datetime | None) -> Iterator[dict[str, Any]]:
    """A location's payouts created from `start` to before `end`, oldest first."""

    def asked(row: Mapping[str, Any]) -> bool:
        created = instant(row["created_at"])
        return row.get("location_id") == place and start <= created and (end is None or created <= end)

    bounds = [("location_id", place), ("begin_time", stamp(start)), *([("end_time", stamp(end))] if end else [])]
    for page in square.pages("/v2/payouts", "payouts", [*bounds, *oldest_first()], stamp="created_at", asked=asked):
        yield from (row for row in page if end is None or instant(row["created_at"]) < end)


def entries(square: SquareApi, payout: Mapping[str, Any]) -> Iterator[Entry]:
    """A payout's entries; a SIMPLE payout has none, it is an entry of a later one itself."""
    if payout.get("type") == "SIMPLE":
        return
    path, own = f"/v2/payouts/{quote(payout['id'], safe='')}/payout-entries", payout["id"]
    for page in square.pages(path, "payout_entries", oldest_first(), asked=lambda row: row.get("payout_id") == own):
        yield from page


def oldest_first() -> list[tuple[str, str]]:
    """Of every list that can be sorted."""
    return [("sort_order", "ASC"), ("limit", str(api.PAGE))]


def _week(moment: datetime) -> int:
    return (moment - _FIRST) // _WEEK
