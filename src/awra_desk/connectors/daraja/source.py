"""Pulls a short code's payments from Daraja, and holds the stored callbacks against them.

Three witnesses of one payment are kept as three records: the confirmation that was posted to the merchant, Daraja's own
list (Pull Transactions), and the result of a transaction status query. Only the list moves money. A confirmation is
unsigned: within the hours that were listed each must have its payment in the list, or a status result that says the
same, else the control total of confirmations breaks. Where an initiator is set up, the status of those that have
neither is asked for; the result comes to the callbacks later.

The list goes back 48 hours. A pull that comes later has a gap, which this API cannot close: it stops and says so.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from awra_desk.connectors._http import (
    DEFAULT_POLICY,
    Access,
    BaseTransport,
    BasicAuth,
    GrantedAuth,
    Guard,
    Http,
    Reply,
    TokenBucket,
    Trouble,
    dumps,
    is_loopback,
    out_of_order,
    walk,
)
from awra_desk.connectors.daraja.callbacks import CONFIRMATIONS, EAT, STATUS_RESULTS, Callback, read_callbacks
from awra_desk.connectors.daraja.status import StatusQueries
from awra_desk.domain.controls import PROOF, ControlTotal, ReportedBalance
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import InvalidAmount, parse
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Connection, Page, TransportError
from awra_desk.ports.system import Clock

ACCESS = Access(
    hosts=("api.safaricom.co.ke", "sandbox.safaricom.co.ke"), scopes=("Pull Transactions", "Transaction Status")
)
"""Products that the app is given on Safaricom's developer portal; none of them moves money."""
PULL = "pull_transactions"
KEPT = timedelta(hours=48)
LOOK_BACK = timedelta(hours=12)
CURRENCY = "KES"

_QUERY = "/pulltransactions/v1/query"
_TOKENS, _GRANT = "/oauth/v1/generate", (("grant_type", "client_credentials"),)
_FOUND, _NONE = "1000", "1001"
# Daraja's own codes for what others say by status.
_CODES = {"404.001.03": "401", "500.003.02": "429", "500.003.03": "429"}


_Walked = tuple[datetime, datetime, dict[str, int]]
"""Start and end of the hours that were listed, and the list: receipt -> cents."""


class _RowOffset:
    """Tokens are offsets in rows; the size of a page is Daraja's secret, so only an empty page is behind the last."""

    def rows(self, reply: Reply) -> Sequence[Any]:
        body = reply.body if isinstance(reply.body, dict) else {}
        code = str(body.get("ResponseCode"))
        if code == _NONE:
            return []
        held = body.get("Response")
        if code != _FOUND or not isinstance(held, list):
            raise out_of_order(reply, f"{body.get('ResponseMessage') or 'no list'} (code {code})")
        return held[0] if held and isinstance(held[0], list) else held

    def after(self, reply: Reply, token: int | None) -> int | None:
        count = len(self.rows(reply))
        return (token or 0) + count if count else None


class DarajaSource:
    """One short code.

    Args:
        connection: options `short_code`; `callbacks`, the folder of stored callback bodies ("": none are kept);
            `initiator`, `certificate`, `result_url`, `identifier_type` (see `status.StatusQueries`), to have the status
            of doubtful confirmations told; `gap_accepted_until`, an ISO instant up to which a person takes the
            statement for what the list no longer has; `allow_loopback` ("true") for the sandbox.
        secret: {"consumer_key": "…", "consumer_secret": "…"}, with an initiator also "initiator_password".

    Raises:
        UsageError: the base URL may not be used, an option cannot be read, or the secret has not both parts.
        TransportError: the secret cannot be one.
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
        key, word = secret.get("consumer_key"), secret.get("consumer_secret")
        if not isinstance(key, str) or not isinstance(word, str):
            remedy = 'Store {"consumer_key": "…", "consumer_secret": "…"}.'
            raise UsageError(
                "the secret has no consumer_key and consumer_secret", record=connection.name, remedy=remedy
            )
        if not connection.options.get("short_code", "").isdigit():
            raise UsageError(
                "option short_code is no number", record=connection.name, remedy="Give the paybill or till."
            )
        self._name = connection.name
        self._code = connection.options["short_code"]
        self._callbacks = connection.options.get("callbacks", "")
        self._accepted = _accepted(connection)
        self._clock = clock
        self._listed: _Walked | None = None
        loopback = is_loopback(urlsplit(connection.base_url).hostname or "")
        per_second = 1000.0 if loopback else 2.0  # spike arrest is per app and unpublished

        def client(auth: BasicAuth | GrantedAuth) -> Http:
            return Http(
                connection.base_url,
                provider="Daraja",
                auth=auth,
                policy=DEFAULT_POLICY,
                bucket=TokenBucket(clock, per_second=per_second, burst=max(int(per_second), 1)),
                clock=clock,
                rng=rng,
                transport=transport,
                redact=(word, str(secret.get("initiator_password") or "")),
                inspect=_coded,
                allow_loopback=connection.options.get("allow_loopback") == "true",
                hosts=ACCESS.hosts,
                guard=guard,
            )

        tokens = client(BasicAuth(key, word))
        self._http = client(GrantedAuth("Daraja", fetch=lambda: tokens.get(_TOKENS, params=_GRANT), clock=clock))
        self._queries: StatusQueries | None = None
        if connection.options.get("initiator"):
            password = secret.get("initiator_password")
            self._queries = StatusQueries(self._http, self._code, connection.options, password, connection.name)

    @property
    def streams(self) -> tuple[str, ...]:
        """In the order of a pull: the callbacks only where they are kept."""
        return (PULL, CONFIRMATIONS, STATUS_RESULTS) if self._callbacks else (PULL,)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Payments of the last hours, or the stored callbacks.

        Raises:
            UsageError: no such stream, an unreadable cursor, or a callback that is none.
            TransportError: after the retries the failure policy allows; or the last pull is longer ago than Daraja
                keeps payments.
        """
        if stream == PULL:
            yield from self._payments(cursor)
        elif stream in self.streams:
            yield from self._stored(stream, cursor)
        else:
            raise UsageError(f"Daraja has no stream {stream!r}", remedy=f"Use one of: {', '.join(self.streams)}.")

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """None: Daraja tells a balance only to a public address, and later."""
        del days
        return []

    def proofs(self) -> list[ControlTotal]:
        """What the confirmations of the listed hours say, against what the list or a status result says of them."""
        if self._listed is None or not self._callbacks:
            return []
        start, end, listed = self._listed
        callbacks = read_callbacks(Path(self._callbacks))
        results = {
            one.receipt: one.cents for one in callbacks if one.stream == STATUS_RESULTS and one.cents is not None
        }
        known = {**results, **listed}
        told = {one.receipt: one for one in callbacks if one.stream == CONFIRMATIONS}
        judged = [one for one in told.values() if one.receipt in known or _within(one, start, end)]
        expected = sum(known.get(one.receipt, 0) for one in judged)
        actual = sum(one.cents or 0 for one in judged)
        return [ControlTotal(self._name, f"{PROOF}confirmations", CURRENCY, expected, actual, self._clock.now())]

    def _judged(self, walked: _Walked, callbacks: Sequence[Callback]) -> tuple[dict[str, int], list[Callback]]:
        """What list and status results know, by receipt, and the confirmations that must agree with it."""
        start, end, listed = walked
        results = {
            one.receipt: one.cents for one in callbacks if one.stream == STATUS_RESULTS and one.cents is not None
        }
        known = {**results, **listed}
        told = {one.receipt: one for one in callbacks if one.stream == CONFIRMATIONS}
        return known, [one for one in told.values() if one.receipt in known or _within(one, start, end)]

    def _payments(self, cursor: str | None) -> Iterator[Page]:
        """The whole window; only its end is a position, so that a cut pull begins it again."""
        through, now = _through(cursor), self._clock.now()
        if through is not None and through >= now:
            yield Page([], through.isoformat(), complete=True)
            return
        start = self._start(through, now)
        listed: dict[str, int] = {}
        for reply, after in walk(_RowOffset(), lambda offset: self._query(start, now, offset or 0)):
            rows = [self._payment(reply, row) for row in _RowOffset().rows(reply)]
            listed |= {row["transactionId"]: _minor(row) for row in rows}
            records = [RawRecord(self._name, PULL, row["transactionId"], dumps(row), self._clock.now()) for row in rows]
            if after is None:
                self._listed = start, now, listed
            yield Page(records, (now if after is None else through or start).isoformat(), complete=after is None)

    def _start(self, through: datetime | None, now: datetime) -> datetime:
        oldest = now - KEPT
        if through is None:
            return oldest
        if through < oldest and (self._accepted is None or self._accepted < oldest):
            raise TransportError(
                f"the last pull ended on {through.astimezone(EAT):%d-%m-%Y %H:%M}; Daraja keeps payments for 48 hours",
                kind="refused",
                record=self._name,
                remedy="Import the M-PESA statement of the days between; then connect again with --option "
                f"gap_accepted_until={now.astimezone(EAT):%Y-%m-%dT%H:%M:%S%z}.",
            )
        return max(through - LOOK_BACK, oldest)

    def _query(self, start: datetime, end: datetime, offset: int) -> Reply:
        body = {
            "ShortCode": self._code,
            "StartDate": f"{start.astimezone(EAT):%Y-%m-%d %H:%M:%S}",
            "EndDate": f"{end.astimezone(EAT):%Y-%m-%d %H:%M:%S}",
            "OffSetValue": str(offset),
        }
        return self._http.ask(_QUERY, content=dumps(body))

    def _payment(self, reply: Reply, row: Any) -> dict[str, Any]:
        if not isinstance(row, dict) or not isinstance(row.get("transactionId"), str) or not row["transactionId"]:
            raise out_of_order(reply, "a payment has no transactionId")
        return row

    def _stored(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """The callbacks of one kind; nothing when they are those the cursor stands for."""
        now, seen, records = self._clock.now(), set(), []
        callbacks = read_callbacks(Path(self._callbacks))
        for one in callbacks:
            if one.stream == stream and one.payload not in seen:
                seen.add(one.payload)  # Safaricom posts again what was not answered
                records.append(RawRecord(self._name, stream, one.receipt, one.payload, now))
        position = hashlib.sha256("".join(record.digest for record in records).encode()).hexdigest()
        if cursor != position:
            yield Page(records, position, complete=True)
        if stream == CONFIRMATIONS and self._queries is not None and self._listed is not None:
            known, judged = self._judged(self._listed, callbacks)
            for receipt in sorted(one.receipt for one in judged if one.receipt not in known):
                self._queries.ask(receipt)


def contract_text() -> str:
    """The contract file in force."""
    return (files(__package__) / "contract-1.toml").read_text("utf-8")


def _coded(reply: Reply) -> Trouble | None:
    """Daraja's error object: {requestId, errorCode, errorMessage}."""
    body = reply.body
    if not isinstance(body, dict) or not isinstance(body.get("errorCode"), str):
        return None
    code, words, name = body["errorCode"], str(body.get("errorMessage") or ""), str(body.get("requestId") or "")
    return Trouble(_CODES.get(code, str(reply.status)), f"{words} ({code}, request {name})".strip())


def _within(one: Callback, start: datetime, end: datetime) -> bool:
    return one.at is not None and start <= one.at <= end


def _minor(row: Mapping[str, Any]) -> int:
    """What was paid, in cents; 0 where the contract will refuse the row anyway."""
    try:
        return parse(str(row.get("amount")), CURRENCY)
    except InvalidAmount:
        return 0


def _through(cursor: str | None) -> datetime | None:
    if cursor is None:
        return None
    try:
        found = datetime.fromisoformat(cursor)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(
            "the stored cursor cannot be read", record=cursor[:80], remedy="Pull this stream from the beginning."
        )
    return found


def _accepted(connection: Connection) -> datetime | None:
    text = connection.options.get("gap_accepted_until", "")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(
            f"option gap_accepted_until {text!r} is no instant",
            record=connection.name,
            remedy="Write it like 2026-11-02T08:00:00+03:00.",
        )
    return found
