"""Pulls an account's records from Stripe's API, version 2022-11-15, and its balance.

A balance transaction does not say which payout paid it out; only the listing of an automatic payout's members does. So
the stream `balance_transactions` first walks the members of every automatic payout in the window, then the window
itself, and each record is `{"payout": "po_…" or null, "balance_transaction": {…}}` with its source (the charge, refund,
…) expanded. That is exact, needs no join when the record is interpreted, and comes out the same however often the pull
was cut. For instant and manual payouts Stripe cannot say what is in them ("Payout reconciliation", Stripe's
documentation); their members have no payout here, and what proves that none is missing is the running balance: all
balance transactions from the account's first day on add up to `/v1/balance`, in every currency.
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
    Access,
    AfterLastId,
    BaseTransport,
    BearerAuth,
    Guard,
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
from awra_desk.connectors.stripe.events import hinted
from awra_desk.connectors.stripe.faults import POLICY, VERSION, inspect
from awra_desk.domain.controls import ReportedBalance
from awra_desk.domain.errors import UsageError
from awra_desk.domain.events import Event
from awra_desk.domain.money import InvalidAmount
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import load_contract
from awra_desk.normalise.fields import Amount, Misfit, Scope
from awra_desk.ports.connections import Connection, Hint, Page
from awra_desk.ports.system import Clock

HOST = "api.stripe.com"
ACCESS = Access(
    hosts=(HOST,),
    scopes=tuple(f"{name}: read" for name in ("Balance", "Balance transaction source", "Charge", "Dispute", "Payout")),
)
"""A restricted key with these permissions, named as docs.stripe.com/stripe-apps/reference/permissions names them (read
November 2026): balance transactions belong to Balance, their expanded source has a permission of its own, and refunds
belong to Charge.
"""

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
_LISTINGS = 3
_UNTOLD = ("in_progress", "not_applicable")  # not yet, or (instant payouts on a schedule) never
_APART = ("issuing", "refund_and_dispute_prefunding")
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
        guard: Guard,
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
            policy=POLICY,
            inspect=inspect,
            bucket=_bucket(connection.base_url, key, clock),
            clock=clock,
            rng=rng,
            transport=transport,
            headers={"Stripe-Version": VERSION},
            allow_loopback=connection.options.get("allow_loopback") == "true",
            hosts=ACCESS.hosts,
            guard=guard,
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
        if stream == BALANCE_TRANSACTIONS:
            yield from self._balance_transactions(start)
        else:
            yield from self._window(stream, start)

    def hints(self, event: Event) -> list[Hint]:
        """The object an event speaks of, and the balance transactions it moved.

        A dispute changes its charge, too. Events of other objects (customers, products) name nothing that is pulled.

        Raises:
            UsageError: it is no Stripe event.
        """
        if (told := hinted(event.payload)) is None:
            remedy = "Look at its payload."
            raise UsageError("it is no Stripe event: data.object has no kind", record=event.event_id, remedy=remedy)
        return told

    def fetch(self, stream: str, external_id: str) -> RawRecord:
        """One object as it is now, expanded as a pull expands it.

        Raises:
            TransportError: after the retries the failure policy allows.
        """
        expand = [("expand[]", path.removeprefix("data.")) for path in _EXPAND.get(stream, ())]
        reply = self._http.get(f"/v1/{stream}/{external_id}", params=expand)
        return self._record(stream, _object(reply, reply.body, stream), None)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """Available plus pending, per currency, now: Stripe does not say what they were at the end of a day.

        Balance transactions of Issuing and of prefunded refunds are listed among the others, so their balances count.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        del days
        reply = self._http.get("/v1/balance")
        totals: dict[str, int] = {}
        for row in (*listed(reply, "available"), *listed(reply, "pending"), *_set_apart(reply)):
            currency, minor = _money(reply, row)
            totals[currency] = totals.get(currency, 0) + minor
        now = self._clock.now()
        return [
            ReportedBalance(self._name, "balance", currency, minor, None, now, "Stripe /v1/balance", since_zero=True)
            for currency, minor in sorted(totals.items())
        ]

    def _balance_transactions(self, start: Cursor) -> Iterator[Page]:
        """The members of settled payouts, then the window without them."""
        paid: dict[str, int] = {}
        waiting: list[str] = []
        for payout in self._payouts(start):
            status = payout.get("reconciliation_status")
            if status == "in_progress":
                waiting.append(payout["id"])
            if status in _UNTOLD:
                continue
            for rows in self._members(payout):
                paid |= {row["id"]: row["created"] for row in rows}
                records = [self._record(BALANCE_TRANSACTIONS, row, payout["id"]) for row in rows]
                yield Page(records, start.text(), complete=False)
        yield from self._window(BALANCE_TRANSACTIONS, replace(start, waiting=tuple(sorted(waiting))), paid)

    def _window(self, stream: str, cursor: Cursor, paid: Mapping[str, int] | None = None) -> Iterator[Page]:
        """The stream's window, from where the cursor stopped.

        Args:
            paid: id -> time of creation of what was told already. The window must show it again, or it is not whole.
        """
        paid = paid or {}
        created = () if cursor.since is None else (("created[gte]", str(cursor.since)),)
        unseen, oldest, resumed = dict(paid), cursor.since or 0, cursor.after is not None
        for reply, after in self._walk(stream, created, start=cursor.after):
            rows = _objects(reply, stream)
            if resumed and rows:
                unseen = {identity: time for identity, time in unseen.items() if time < rows[0]["created"]}
                resumed = False
            for row in rows:
                unseen.pop(row["id"], None)
                cursor = cursor.seen(row["created"])
            if after is None and not resumed and any(time >= oldest for time in unseen.values()):
                raise out_of_order(reply, f"{stream} lacks what was paid out")
            cursor = replace(cursor, after=after) if after else cursor.finished(LOOK_BACK[stream])
            records = [self._record(stream, row, None) for row in rows if row["id"] not in paid]
            yield Page(records, cursor.text(), complete=after is None)

    def _members(self, payout: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
        """The pages of a payout's members. Its own row is among them; a listing without it is another payout's."""
        own = _identity(payout.get("balance_transaction"))
        tries = 0
        while True:
            replies = [reply for reply, _ in self._walk(BALANCE_TRANSACTIONS, (("payout", payout["id"]),))]
            pages = [_objects(reply, BALANCE_TRANSACTIONS) for reply in replies]
            if own is None or any(row["id"] == own for rows in pages for row in rows):
                return pages
            tries += 1
            if tries == _LISTINGS:
                raise out_of_order(replies[-1], f"the members of {payout['id']} lack its own row")

    def _payouts(self, cursor: Cursor) -> Iterator[dict[str, Any]]:
        """Automatic payouts that may hold transactions of the window, and those whose members were not settled last
        time.
        """
        created = () if cursor.since is None else (("created[gte]", str(max(cursor.since - _PAYOUT_SLACK, 0))),)
        listing = [row for reply, _ in self._walk("payouts", created) for row in _objects(reply, "payouts")]
        known = {row["id"] for row in listing}
        for payout in cursor.waiting:
            if payout not in known:
                reply = self._http.get(f"/v1/payouts/{payout}")
                listing.append(_object(reply, reply.body, "payouts"))
        return (payout for payout in listing if payout.get("automatic") is True)

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


def _objects(reply: Reply, stream: str) -> list[dict[str, Any]]:
    return [_object(reply, row, stream) for row in listed(reply, "data")]


def _object(reply: Reply, row: Any, stream: str) -> dict[str, Any]:
    """The object, with what the walk itself needs; anything else is the contract's business."""
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or type(row.get("created")) is not int:
        raise out_of_order(reply, "an object has no id or no time of creation")
    if row.get("object") != stream.removesuffix("s"):
        raise out_of_order(reply, f"there is a {row.get('object')!r} among {stream}")
    return row


def _identity(reference: Any) -> str | None:
    """The id of a reference, expanded or not."""
    found = reference.get("id") if isinstance(reference, dict) else reference
    return found if isinstance(found, str) else None


def _set_apart(reply: Reply) -> list[Any]:
    """Rows of the balances that Stripe keeps beside the payments balance."""
    parts = [part for name in _APART if isinstance(part := reply.body.get(name), dict)]
    return [row for part in parts for key in ("available", "pending") for row in part.get(key) or ()]


def _money(reply: Reply, row: Any) -> tuple[str, int]:
    currency = str(row.get("currency", "")).upper() if isinstance(row, dict) else ""
    try:
        return currency, _AMOUNT.read(Scope(row), currency, load_contract(contract_text()).exponents)
    except (Misfit, InvalidAmount) as error:
        raise out_of_order(reply, f"its balance cannot be read ({error})") from None
