"""Pulls an account's records from Paystack's API, and its balances.

A transaction does not say in which settlement it was paid out; only the listing of a settlement's transactions does. So
the stream `transactions` first walks the members of every settlement in the window, then the window itself, and each
record is `{"settlement": id or null, "transaction": {…}}`. Two proofs are made of Paystack's own figures: the members
of a settlement add up to what it says it processed and charged (members that do not are not taken), and the rows of the
balance ledger follow from each other up to the reported balance.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from awra_desk.connectors._http import (
    DEFAULT_POLICY,
    Access,
    Action,
    BaseTransport,
    BearerAuth,
    Guard,
    Http,
    Reply,
    Rule,
    TokenBucket,
    Trouble,
    Written,
    dumps,
    is_loopback,
    listed,
    out_of_order,
    walk,
)
from awra_desk.connectors._http.instants import instant
from awra_desk.connectors.paystack.cursor import Cursor, stamp
from awra_desk.domain.controls import PROOF, ControlTotal, ReportedBalance
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import InvalidAmount
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import load_contract
from awra_desk.normalise.fields import Amount, Misfit, Scope
from awra_desk.ports.connections import Connection, Page
from awra_desk.ports.system import Clock

HOST = "api.paystack.co"
ACCESS = Access(hosts=(HOST,), scopes=("secret key",), reads_alone=False)
"""Its secret keys have no narrower scope."""
PAGE = 100
TRANSACTIONS = "transactions"
LEDGER = "balance_ledger"

LOOK_BACK = {
    TRANSACTIONS: timedelta(days=14),  # settled days later, and `reversed` when it is refunded
    "refunds": timedelta(days=60),  # a bank takes weeks, and may turn it down
    "settlements": timedelta(days=30),  # pending until the bank has taken it
    "disputes": timedelta(days=120),  # decided after months
    LEDGER: timedelta(days=2),
}
"""Stream -> how long before the newest record known is walked again, because objects come late and change after
creation.
"""

_PATH = {
    TRANSACTIONS: "/transaction",
    "refunds": "/refund",
    "settlements": "/settlement",
    "disputes": "/dispute",
    LEDGER: "/balance/ledger",
}
_LISTINGS = 3
_NEVER = "9999"  # after every instant, as text
_AMOUNT = Amount("balance", minor=True)
# Paystack says `status: false` when it did not do what was asked, and it does so in a 200 too.
_UNTRUE = Rule(Action.FAIL, "refused", Written.REFUSED, "refused the request", "Check the connection's settings.")


@dataclass(frozen=True, slots=True)
class _NextCursor:
    """Tokens are the texts under `meta.next`, until it is null (with `use_cursor=true`)."""

    def rows(self, reply: Reply) -> Sequence[Any]:
        return listed(reply, "data")

    def after(self, reply: Reply, token: str | None) -> str | None:
        del token
        following = _meta(reply).get("next")
        if following is not None and (not isinstance(following, str) or not following):
            raise out_of_order(reply, f"meta.next is {following!r}")
        return following


@dataclass(frozen=True, slots=True)
class _PageNumber:
    """Tokens are the numbers of pages, from 1 to `meta.pageCount`."""

    def rows(self, reply: Reply) -> Sequence[Any]:
        return listed(reply, "data")

    def after(self, reply: Reply, token: str | None) -> str | None:
        count = _meta(reply).get("pageCount")
        if type(count) is not int:
            raise out_of_order(reply, f"meta.pageCount is {count!r}, not a number")
        page = int(token or "1")
        return str(page + 1) if page < count else None


class PaystackSource:
    """One Paystack account.

    Args:
        connection: option `allow_loopback` ("true") for the sandbox.
        secret: {"secret_key": "sk_live_…" or "sk_test_…"}.

    Raises:
        UsageError: the base URL may not be used, or the secret has no secret key.
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
        key = secret.get("secret_key")
        if not isinstance(key, str) or not key.startswith(("sk_live_", "sk_test_")):
            raise UsageError(
                "the secret has no secret_key of Paystack",
                record=connection.name,
                remedy='Store {"secret_key": "sk_live_…"} (a public key, pk_…, cannot read).',
            )
        self._name = connection.name
        self._clock = clock
        self._domain = "live" if key.startswith("sk_live_") else "test"
        self._ledger: dict[str, tuple[int, int, int]] = {}
        loopback = is_loopback(urlsplit(connection.base_url).hostname or "")
        per_second = 1000.0 if loopback else 10.0  # Paystack publishes no rate; this is gentle
        self._http = Http(
            connection.base_url,
            provider="Paystack",
            auth=BearerAuth(key),
            policy=DEFAULT_POLICY.adding({"untrue": _UNTRUE}),
            bucket=TokenBucket(clock, per_second=per_second, burst=int(per_second)),
            clock=clock,
            rng=rng,
            transport=transport,
            inspect=_untrue,
            allow_loopback=connection.options.get("allow_loopback") == "true",
            hosts=ACCESS.hosts,
            guard=guard,
        )

    @property
    def streams(self) -> tuple[str, ...]:
        """In the order of a pull."""
        return tuple(LOOK_BACK)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Records of the window, newest first; for transactions the settlements' members before them.

        Raises:
            UsageError: no such stream, or an unreadable cursor.
            TransportError: after the retries the failure policy allows.
        """
        if stream not in LOOK_BACK:
            raise UsageError(f"Paystack has no stream {stream!r}", remedy=f"Use one of: {', '.join(LOOK_BACK)}.")
        start = Cursor.read(cursor)
        if start.until is not None:
            # A walk that was cut: what came since then is behind its end, so another walk follows.
            for page in self._pull(stream, start):
                yield replace(page, complete=False)
                start = Cursor.read(page.cursor)
        yield from self._pull(stream, start)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """What Paystack holds now, by currency: it does not say what it was at the end of a day.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        del days
        now = self._clock.now()
        basis = f"Paystack /balance ({self._domain} mode)"
        return [
            ReportedBalance(self._name, "balance", currency, minor, None, now, basis)
            for currency, minor in sorted(self._held().items())
        ]

    def proofs(self) -> list[ControlTotal]:
        """The balance ledger of the last pull: its rows follow from each other, and its newest is the balance.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        now, held, found = self._clock.now(), self._held(), []
        for currency, (opening, moved, closing) in sorted(self._ledger.items()):
            name = f"{PROOF}balance ledger"
            found.append(ControlTotal(self._name, f"{name}: rows", currency, closing, opening + moved, now))
            found.append(ControlTotal(self._name, f"{name}: balance", currency, held.get(currency, 0), closing, now))
        return found

    def _pull(self, stream: str, start: Cursor) -> Iterator[Page]:
        """One walk, from where the cursor stands to its end."""
        if stream == TRANSACTIONS:
            yield from self._transactions(start)
        elif stream == LEDGER:
            yield from self._balance_ledger(start)
        else:
            yield from self._window(stream, start)

    def _balance_ledger(self, start: Cursor) -> Iterator[Page]:
        """The ledger's window, always from its beginning: it proves something only when it is seen as a whole."""
        self._ledger.clear()
        for page in self._window(LEDGER, start):
            yield page if page.complete else replace(page, cursor=Cursor(since=start.since).text())

    def _transactions(self, start: Cursor) -> Iterator[Page]:
        """The members of settlements, then the window without them."""
        settled: dict[str, str] = {}
        for settlement in self._settlements(start):
            for rows in self._members(settlement):
                settled |= {row["id"]: row["created"] for row in rows}
                records = [self._record(TRANSACTIONS, row, settlement["id"]) for row in rows]
                yield Page(records, start.text(), complete=False)
        yield from self._window(TRANSACTIONS, start, settled)

    def _window(self, stream: str, cursor: Cursor, settled: Mapping[str, str] | None = None) -> Iterator[Page]:
        """The stream's window, from where the cursor stopped.

        Args:
            settled: id -> time of creation of what was told already. The window must show it again, or it is not whole.
        """
        settled = settled or {}
        resumed = cursor.token is not None
        unseen, oldest, latest = dict(settled), cursor.since or "", cursor.until or _NEVER
        for reply, after in self._walk(_PATH[stream], cursor, cursor.token, use_cursor=stream == TRANSACTIONS):
            rows = self._objects(reply)
            if resumed and rows:
                unseen = {identity: time for identity, time in unseen.items() if time < rows[0]["created"]}
                resumed = False
            for row in rows:
                unseen.pop(row["id"], None)
                cursor = cursor.seen(row["created"])
            if after is None and not resumed and any(oldest <= time <= latest for time in unseen.values()):
                raise out_of_order(reply, f"{stream} lacks what was settled")
            if stream == LEDGER:
                self._add_up(reply, rows)
            cursor = cursor.going_on(after) if after else cursor.finished(LOOK_BACK[stream])
            records = [self._record(stream, row, None) for row in rows if row["id"] not in settled]
            yield Page(records, cursor.text(), complete=after is None)

    def _settlements(self, cursor: Cursor) -> Iterator[dict[str, Any]]:
        """Those that may hold transactions of the window: a settlement is younger than its members."""
        for reply, _ in self._walk(_PATH["settlements"], cursor, None):
            yield from self._objects(reply)

    def _members(self, settlement: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
        """The pages of a settlement's transactions, which add up to what it says it processed and charged."""
        whole = settlement["object"]
        tries = 0
        while True:
            replies = [reply for reply, _ in self._walk(f"/settlement/{settlement['id']}/transactions", Cursor(), None)]
            pages = [self._objects(reply) for reply in replies]
            members = {row["id"]: row["object"] for rows in pages for row in rows}.values()
            sums = tuple(sum(row.get(name) or 0 for row in members) for name in ("amount", "fees"))
            if sums == (whole.get("total_processed"), whole.get("total_fees")):
                return pages
            tries += 1
            if tries == _LISTINGS:
                raise out_of_order(
                    replies[-1], f"the transactions of settlement {settlement['id']} do not add up to it"
                )

    def _walk(
        self, path: str, window: Cursor, start: str | None, *, use_cursor: bool = False
    ) -> Iterator[tuple[Reply, str | None]]:
        until = window.until

        def fetch(token: str | None) -> Reply:
            nonlocal until
            bounds = (("from", window.since), ("to", until))
            fixed = [("perPage", str(PAGE)), *((name, text) for name, text in bounds if text is not None)]
            if use_cursor:
                place = [("use_cursor", "true"), *([("next", token)] if token else [])]
            else:
                place = [("page", token or "1")]
            reply = self._http.get(path, params=[*fixed, *place])
            if until is None:
                until = max((row["created"] for row in self._objects(reply)), default=None)
            return reply

        return walk(_NextCursor() if use_cursor else _PageNumber(), fetch, start=start)

    def _objects(self, reply: Reply) -> list[dict[str, Any]]:
        """Each object as {id, created, object}; what the walk itself needs is checked, the rest is the contract's
        business.
        """
        found = []
        for row in listed(reply, "data"):
            identity = row.get("id") if isinstance(row, dict) else None
            created = (row.get("createdAt") or row.get("created_at")) if isinstance(row, dict) else None
            if type(identity) is not int or not isinstance(created, str):
                raise out_of_order(reply, "an object has no id or no time of creation")
            if row.get("domain") != self._domain:
                raise out_of_order(
                    reply, f"there is a {row.get('domain')!r} object among those of a {self._domain} key"
                )
            found.append({"id": str(identity), "created": _moment(reply, created), "object": row})
        return found

    def _add_up(self, reply: Reply, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take a page of the ledger, newest first, into the running sums by currency."""
        for row in (row["object"] for row in rows):
            currency, difference, balance = row.get("currency"), row.get("difference"), row.get("balance")
            if not isinstance(currency, str) or type(difference) is not int or type(balance) is not int:
                raise out_of_order(reply, f"ledger row {row.get('id')} has no currency, difference or balance")
            _, moved, closing = self._ledger.get(currency, (0, 0, balance))
            self._ledger[currency] = balance - difference, moved + difference, closing

    def _held(self) -> dict[str, int]:
        reply = self._http.get("/balance")
        wire = load_contract(contract_text()).exponents
        found: dict[str, int] = {}
        for row in listed(reply, "data"):
            currency = str(row.get("currency", "")).upper() if isinstance(row, dict) else ""
            try:
                found[currency] = found.get(currency, 0) + _AMOUNT.read(Scope(row), currency, wire)
            except (Misfit, InvalidAmount) as error:
                raise out_of_order(reply, f"its balance cannot be read ({error})") from None
        return found

    def _record(self, stream: str, row: Mapping[str, Any], settlement: str | None) -> RawRecord:
        whole = {"settlement": settlement, "transaction": row["object"]} if stream == TRANSACTIONS else row["object"]
        return RawRecord(self._name, stream, row["id"], dumps(whole), self._clock.now())


def contract_text() -> str:
    """The contract file in force."""
    return (files(__package__) / "contract-1.toml").read_text("utf-8")


def _meta(reply: Reply) -> Mapping[str, Any]:
    meta = reply.body.get("meta")
    if not isinstance(meta, dict):
        raise out_of_order(reply, "it does not say where its pages end")
    return meta


def _untrue(reply: Reply) -> Trouble | None:
    body = reply.body
    if reply.status == 200 and isinstance(body, dict) and body.get("status") is False:
        return Trouble("untrue", str(body.get("message") or ""))
    return None


def _moment(reply: Reply, text: str) -> str:
    try:
        return stamp(instant(text))
    except ValueError:
        raise out_of_order(reply, f"its time {text[:40]!r} is no instant") from None
