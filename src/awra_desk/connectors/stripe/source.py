"""Pulls an account's records from Stripe's API, version 2022-11-15, and its balance.

A balance transaction does not say which payout paid it out; only the listing of an automatic payout's members does. So
the stream `balance_transactions` first walks the members of every automatic payout in the window, then the window
itself, and each record is `{"payout": "po_…" or null, "balance_transaction": {…}}` with its source (the charge, refund,
…) expanded. That is exact, needs no join when the record is interpreted, and comes out the same however often the pull
was cut. For instant and manual payouts Stripe cannot say what is in them; their members have no payout here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from awra_desk.connectors._http import (
    DEFAULT_POLICY,
    AfterLastId,
    BaseTransport,
    BearerAuth,
    Http,
    Params,
    Reply,
    TokenBucket,
    dumps,
    is_loopback,
    listed,
    out_of_order,
    walk,
)
from awra_desk.connectors.stripe.cursor import Cursor
from awra_desk.domain.controls import ReportedBalance
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import InvalidAmount
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import load_contract
from awra_desk.normalise.fields import Amount, Misfit, Scope
from awra_desk.ports.connections import Connection, Page
from awra_desk.ports.system import Clock

HOST = "api.stripe.com"
VERSION = "2022-11-15"
PAGE = 100
DAY = 86_400
BALANCE_TRANSACTIONS = "balance_transactions"

LOOK_BACK = {
    BALANCE_TRANSACTIONS: 10 * DAY,  # pending to available takes up to a week
    "payouts": 30 * DAY,  # a bank may return one for weeks
    "charges": 30 * DAY,
    "refunds": 30 * DAY,
    "disputes": 120 * DAY,  # a dispute is decided after months
}
"""Stream -> seconds walked again before the newest record known, because objects come late and change after
creation.
"""

_EXPAND = {BALANCE_TRANSACTIONS: ("data.source",), "payouts": ("data.failure_balance_transaction",)}
_PAYOUT_SLACK = 2 * DAY  # a payout is created before its own balance transaction
_PAGES = AfterLastId()
_AMOUNT = Amount("amount", minor=True)


class StripeSource:
    """One Stripe account.

    Args:
        connection: option `allow_loopback` ("true") for the sandbox.
        secret: {"api_key": "rk_…"}.

    Raises:
        UsageError: the base URL may not be used, or the secret has no key.
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
    ) -> None:
        key = secret.get("api_key")
        if not isinstance(key, str):
            raise UsageError("the secret has no api_key", record=connection.name, remedy='Store {"api_key": "rk_…"}.')
        self._name = connection.name
        self._clock = clock
        self._http = Http(
            connection.base_url,
            provider="Stripe",
            auth=BearerAuth(key),
            policy=DEFAULT_POLICY,
            bucket=_bucket(connection.base_url, key, clock),
            clock=clock,
            rng=rng,
            transport=transport,
            headers={"Stripe-Version": VERSION},
            allow_loopback=connection.options.get("allow_loopback") == "true",
            hosts=(HOST,),
        )

    @property
    def streams(self) -> tuple[str, ...]:
        """In the order of a pull."""
        return tuple(LOOK_BACK)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Records of the window, newest first; for balance transactions the payouts' members before them.

        Raises:
            UsageError: no such stream, or an unreadable cursor.
            TransportError: after the retries the failure policy allows.
        """
        if stream not in LOOK_BACK:
            raise UsageError(f"Stripe has no stream {stream!r}", remedy=f"Use one of: {', '.join(LOOK_BACK)}.")
        start = Cursor.read(cursor)
        if stream != BALANCE_TRANSACTIONS:
            yield from self._window(stream, start)
            return
        paid: set[str] = set()
        waiting: list[str] = []
        for payout in self._payouts(start):
            if payout.get("reconciliation_status") == "in_progress":
                waiting.append(payout["id"])
                continue
            for page in self._members(payout["id"], start):
                paid.update(record.external_id for record in page.records)
                yield page
        yield from self._window(stream, replace(start, waiting=tuple(sorted(waiting))), paid)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """Available plus pending, now: Stripe does not say what they were at the end of a day.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        del days
        reply = self._http.get("/v1/balance")
        totals: dict[str, int] = {}
        for row in (*listed(reply, "available"), *listed(reply, "pending")):
            currency, minor = _money(reply, row)
            totals[currency] = totals.get(currency, 0) + minor
        now = self._clock.now()
        return [
            ReportedBalance(self._name, "balance", currency, minor, None, now, "Stripe /v1/balance")
            for currency, minor in sorted(totals.items())
        ]

    def _window(self, stream: str, cursor: Cursor, without: set[str] | frozenset[str] = frozenset()) -> Iterator[Page]:
        """The stream's window, from where the cursor stopped; ids in `without` were told already."""
        created = () if cursor.since is None else (("created[gte]", str(cursor.since)),)
        for reply, after in self._walk(stream, created, start=cursor.after):
            rows = [_object(reply, row) for row in listed(reply, "data")]
            for row in rows:
                cursor = cursor.seen(row["created"])
            cursor = replace(cursor, after=after) if after else cursor.finished(LOOK_BACK[stream])
            records = [self._record(stream, row, None) for row in rows if row["id"] not in without]
            yield Page(records, cursor.text(), complete=after is None)

    def _members(self, payout: str, cursor: Cursor) -> Iterator[Page]:
        for reply, _ in self._walk(BALANCE_TRANSACTIONS, (("payout", payout),)):
            rows = [_object(reply, row) for row in listed(reply, "data")]
            records = [self._record(BALANCE_TRANSACTIONS, row, payout) for row in rows]
            yield Page(records, cursor.text(), complete=False)

    def _payouts(self, cursor: Cursor) -> Iterator[dict[str, Any]]:
        """Automatic payouts that may hold transactions of the window, and those whose members were not settled last
        time.
        """
        created = () if cursor.since is None else (("created[gte]", str(max(cursor.since - _PAYOUT_SLACK, 0))),)
        listing = [(reply, row) for reply, _ in self._walk("payouts", created) for row in listed(reply, "data")]
        known = {row.get("id") for _, row in listing}
        singles = [self._http.get(f"/v1/payouts/{payout}") for payout in cursor.waiting if payout not in known]
        for reply, row in (*listing, *((reply, reply.body) for reply in singles)):
            payout = _object(reply, row)
            if payout.get("automatic") is True:
                yield payout

    def _walk(self, stream: str, filters: Params, start: str | None = None) -> Iterator[tuple[Reply, str | None]]:
        fixed = [("limit", str(PAGE)), *filters, *(("expand[]", path) for path in _EXPAND.get(stream, ()))]

        def fetch(after: str | None) -> Reply:
            return self._http.get(f"/v1/{stream}", params=[*fixed, *([("starting_after", after)] if after else [])])

        return walk(_PAGES, fetch, start=start)

    def _record(self, stream: str, row: dict[str, Any], payout: str | None) -> RawRecord:
        whole = {"payout": payout, "balance_transaction": row} if stream == BALANCE_TRANSACTIONS else row
        return RawRecord(self._name, stream, row["id"], dumps(whole), self._clock.now())


def contract_text() -> str:
    """The contract file in force."""
    return (files(__package__) / "contract-1.toml").read_text("utf-8")


def _bucket(base_url: str, key: str, clock: Clock) -> TokenBucket:
    """Below the documented 100 requests a second live and 25 in test mode; loopback has no limit to respect."""
    per_second = 1000.0 if is_loopback(urlsplit(base_url).hostname or "") else 20.0 if "_test_" in key else 80.0
    return TokenBucket(clock, per_second=per_second, burst=int(per_second))


def _object(reply: Reply, row: Any) -> dict[str, Any]:
    """The object, with what the walk itself needs; anything else is the contract's business."""
    if isinstance(row, dict) and isinstance(row.get("id"), str) and type(row.get("created")) is int:
        return row
    raise out_of_order(reply, "an object has no id or no time of creation")


def _money(reply: Reply, row: Any) -> tuple[str, int]:
    currency = str(row.get("currency", "")).upper() if isinstance(row, dict) else ""
    try:
        return currency, _AMOUNT.read(Scope(row), currency, load_contract(contract_text()).exponents)
    except (Misfit, InvalidAmount) as error:
        raise out_of_order(reply, f"its balance cannot be read ({error})") from None
