"""Reads one window of the transaction history as a whole, however PayPal's pages shift meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awra_desk.connectors._http import Reply, dumps, out_of_order, walk
from awra_desk.connectors.paypal.api import PageNumber, PayPalApi, moment
from awra_desk.connectors.paypal.faults import is_too_large

_PAGES = PageNumber()
_READINGS = 4


class TooLarge(Exception):
    """The window holds more than PayPal hands out; ask for less."""


@dataclass(frozen=True, slots=True)
class Window:
    """What affected balances between two instants.

    Attributes:
        until: its end: the one asked for, or the earlier instant up to which PayPal's data went.
        rows: key -> the transaction as PayPal gave it, in the order of the keys.
    """

    until: datetime
    rows: dict[str, dict[str, Any]]


def read_window(api: PayPalApi, since: datetime, until: datetime) -> Window:
    """The window from `since` to `until`, or to where PayPal's data end: what is newer may come late.

    Pages have numbers, so a row that comes in meanwhile shifts the others. As many rows as PayPal names on the first
    page must have been read; else the window is read again.

    Raises:
        TooLarge: it holds more than PayPal hands out.
        TransportError: unreachable, an answer out of order, or the window never stays the same.
    """
    replies: list[Reply] = []
    for _ in range(_READINGS):
        replies = list(_replies(api, since, until))
        reached = api.refreshed(replies[-1])
        if reached <= since:
            return Window(since, {})
        if reached < until:
            until = reached
            continue
        rows = [(reply, row) for reply in replies for row in _PAGES.rows(reply)]
        if len(rows) == replies[0].body["total_items"]:
            return Window(until, _keyed(rows))
    raise out_of_order(replies[-1], "the transactions change while they are read")


def _replies(api: PayPalApi, since: datetime, until: datetime) -> Iterator[Reply]:
    """The window's pages; no more than one when PayPal's data end before it."""
    for reply, _ in walk(_PAGES, lambda page: _asked(api, since, until, page or 1)):
        yield reply
        if api.refreshed(reply) < until:
            return


def _asked(api: PayPalApi, since: datetime, until: datetime, page: int) -> Reply:
    reply = api.transactions(since, until, page)
    if is_too_large(reply):
        raise TooLarge
    return reply


def _keyed(rows: Sequence[tuple[Reply, Any]]) -> dict[str, dict[str, Any]]:
    """Each under its own key: those that share one are numbered, whatever page they stood on."""
    seen: Counter[str] = Counter()
    found = {}
    for key, _, row in sorted((_key(reply, row), dumps(row), row) for reply, row in rows):
        seen[key] += 1
        found[key if seen[key] == 1 else f"{key}#{seen[key]}"] = row
    return found


def _key(reply: Reply, row: Any) -> str:
    """A transaction id is not unique at PayPal ("List transactions"): code, time and currency belong to it."""
    info = row.get("transaction_info") if isinstance(row, dict) else None
    told = info if isinstance(info, dict) else {}
    money = told.get("transaction_amount")
    parts = [told.get(name) for name in ("transaction_id", "transaction_event_code", "transaction_initiation_date")]
    parts.append(money.get("currency_code") if isinstance(money, dict) else None)
    if not all(isinstance(part, str) and part for part in parts):
        raise out_of_order(reply, "a transaction has no id, event code, time or currency")
    identity, code, time, currency = map(str, parts)
    return f"{identity}-{code}-{moment(reply, time).astimezone(UTC):%Y%m%dT%H%M%SZ}-{currency}"
