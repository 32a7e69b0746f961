"""Pulls a business account's history, its balances and its disputes from PayPal.

PayPal hands out three years, in windows of at most 31 days and 10,000 transactions; a window that holds more is halved.
It shows what happened up to three hours later and says up to when its data are complete: a walk ends there, and the
balances are asked as of that instant, so both tell of the same time. What the accounts held where the history begins is
asked once and kept in the cursor: opening + everything that moved an account = what PayPal says it holds, per currency.
That proves withdrawals, too, of whose members PayPal tells nothing. One thing it cannot tell apart: a payment that was
pending when the history begins and done later is in the balance and not in the history.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from awra_desk.connectors._http import BaseTransport, Guard, Reply, dumps, out_of_order, walk
from awra_desk.connectors._http.instants import instant
from awra_desk.connectors.paypal.api import PAGE, Held, NextPage, PayPalApi, moment
from awra_desk.connectors.paypal.cursor import Cursor, stamp
from awra_desk.connectors.paypal.window import TooLarge, Window, read_window
from awra_desk.domain.controls import ReportedBalance
from awra_desk.domain.dates import day_start
from awra_desk.domain.errors import UsageError
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Connection, Page, TransportError
from awra_desk.ports.system import Clock

TRANSACTIONS, DISPUTES = "transactions", "disputes"
WINDOW = timedelta(days=31)
HISTORY = timedelta(days=3 * 364)
"""A little less than the three years PayPal hands out, so that a slow first pull stays within them."""
KEPT = timedelta(days=3 * 365)
LOOK_BACK = timedelta(days=31)
"""Walked again: what was pending completes within days, and the status of what is older means no money."""
DISPUTES_KEPT = timedelta(days=179)
DISPUTES_LOOK_BACK = timedelta(days=1)

_BASIS = "PayPal /v1/reporting/balances"
_SECOND = timedelta(seconds=1)
_DISPUTE_PAGES = NextPage()


@dataclass(frozen=True, slots=True)
class _Walked:
    """Where the last walk of the transactions ended, and what the accounts held where the history began (None: PayPal
    did not say).
    """

    until: datetime
    opening: Mapping[tuple[str, str], int] | None


class PayPalSource:
    """One business account.

    Args:
        connection: option `disputes` ("false") leaves them out, for an app that may not read them; the rest as
            `api.PayPalApi`, and so are the secret and the errors.
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
        self._name = connection.name
        self._zone = connection.zone
        self._streams = _chosen(connection)
        self._clock = clock
        self._walked: _Walked | None = None
        self._api = PayPalApi(connection, secret, clock=clock, rng=rng, transport=transport, guard=guard)

    @property
    def streams(self) -> tuple[str, ...]:
        """In the order of a pull."""
        return self._streams

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Transactions oldest first, window by window; disputes newest first.

        Raises:
            UsageError: no such stream, an unreadable cursor, or one so old that PayPal no longer has what followed.
            TransportError: after the retries the failure policy allows.
        """
        if stream not in (TRANSACTIONS, DISPUTES):
            raise UsageError(f"PayPal has no stream {stream!r}", remedy=f"Use {TRANSACTIONS} or {DISPUTES}.")
        state = Cursor.read(cursor)
        yield from self._transactions(state) if stream == TRANSACTIONS else self._disputes(state)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """What PayPal holds of each currency, and what of it is held back, as of the end of the last walk.

        And the same at the end of each of these days that its figures cover.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        walked = self._walked
        held = self._api.held(walked.until if walked else None)
        # Figures of another instant than the walk's prove nothing of it.
        whole = walked is not None and walked.opening is not None and held.at == walked.until
        before = dict(walked.opening or {}) if walked and whole else {}
        found = [
            ReportedBalance(self._name, account, code, held.minor.get((account, code), 0), None, held.at, _BASIS, whole,
                            before.get((account, code), 0))
            for account, code in sorted(held.minor.keys() | {key for key, minor in before.items() if minor})
        ]  # fmt: skip
        return found + [balance for day in days for balance in self._at_the_end_of(day, held.at)]

    def _at_the_end_of(self, day: date, known: datetime) -> list[ReportedBalance]:
        end = day_start(day + timedelta(days=1), self._zone) - _SECOND
        if not self._clock.now() - KEPT < end <= known:
            return []
        held = self._api.held(end)
        if held.at != end:
            return []
        return [
            ReportedBalance(self._name, account, currency, minor, day, self._clock.now(), _BASIS)
            for (account, currency), minor in sorted(held.minor.items())
        ]

    def _transactions(self, start: Cursor) -> Iterator[Page]:
        """Window after window, to where PayPal's data end."""
        self._walked = None
        now = self._clock.now().replace(microsecond=0)
        state = start if start.first else self._begun(now)
        since, length = self._checked(state, now), WINDOW
        if since > now:
            yield Page((), state.text(), complete=True)
            return
        while True:
            asked = min(since + length, now)
            try:
                window = read_window(self._api, since, asked)
            except TooLarge:
                length = self._halved(since, asked)
                continue
            last = window.until < asked or asked == now
            begins = max(window.until - LOOK_BACK, instant(str(state.first))) if last else window.until
            after = replace(state, since=stamp(begins))
            yield from self._of_window(window, state, after, last=last)
            if last:
                break
            state, since, length = after, window.until, min(length * 2, WINDOW)
        opening = None if state.opening is None else {(of, code): minor for of, code, minor in state.opening}
        self._walked = _Walked(window.until, opening)

    def _of_window(self, window: Window, before: Cursor, after: Cursor, *, last: bool) -> Iterator[Page]:
        """Its records; the cursor moves on with the last of them."""
        now = self._clock.now()
        records = [
            RawRecord(self._name, TRANSACTIONS, key, dumps({"key": key, "transaction": row}), now)
            for key, row in window.rows.items()
        ]
        for place in range(0, max(len(records), 1), PAGE):
            end = place + PAGE >= len(records)
            yield Page(records[place : place + PAGE], (after if end else before).text(), complete=last and end)

    def _begun(self, now: datetime) -> Cursor:
        """Where the history begins that PayPal hands out, with what the accounts held then."""
        first = now - HISTORY
        held: Held = self._api.held(first)
        opening = tuple((*key, minor) for key, minor in sorted(held.minor.items())) if held.at == first else None
        return Cursor(since=stamp(first), first=stamp(first), opening=opening)

    def _checked(self, state: Cursor, now: datetime) -> datetime:
        since = instant(str(state.since))
        if since < now - KEPT:
            raise UsageError(
                f"PayPal was last read up to {since:%Y-%m-%d}, and it hands out no more than three years",
                record=self._name,
                remedy="Bring the years between from its activity downloads, and connect the account anew.",
            )
        return since

    def _halved(self, since: datetime, until: datetime) -> timedelta:
        half = (until - since) // 2 // _SECOND * _SECOND
        if not half:
            raise TransportError(
                f"PayPal hands out no more than 10,000 transactions, and there are more in the second {since:%H:%M:%S}",
                kind="protocol",
                record=f"{self._name} {since:%Y-%m-%d}",
                remedy="Report this as a defect.",
            )
        return half

    def _disputes(self, start: Cursor) -> Iterator[Page]:
        """Those that changed since the last walk; the cursor moves on with the last page."""
        now = self._clock.now().replace(microsecond=0)
        since = max(instant(start.since), now - DISPUTES_KEPT) if start.since else now - DISPUTES_KEPT
        if since > now:
            yield Page((), start.text(), complete=True)
            return
        newest = since
        for reply, after in walk(_DISPUTE_PAGES, lambda page: self._api.disputes(since, page)):
            rows = [_dispute(reply, row) for row in _DISPUTE_PAGES.rows(reply)]
            newest = max([newest, *(changed for changed, _ in rows)])
            state = start if after else Cursor(since=stamp(max(newest - DISPUTES_LOOK_BACK, since)))
            records = [
                RawRecord(self._name, DISPUTES, row["dispute_id"], dumps(row), self._clock.now()) for _, row in rows
            ]
            yield Page(records, state.text(), complete=after is None)


def _chosen(connection: Connection) -> tuple[str, ...]:
    """The streams that the connection reads."""
    word = connection.options.get("disputes") or "true"
    if word not in ("true", "false"):
        raise UsageError(f"option disputes is {word!r}", record=connection.name, remedy="Give true or false.")
    return (TRANSACTIONS, DISPUTES) if word == "true" else (TRANSACTIONS,)


def _dispute(reply: Reply, row: Any) -> tuple[datetime, dict[str, Any]]:
    """When it last changed, and the dispute; anything else is the contract's business."""
    if not isinstance(row, dict) or not isinstance(row.get("dispute_id"), str):
        raise out_of_order(reply, "a dispute has no id")
    return moment(reply, row.get("update_time") or row.get("create_time")), row
