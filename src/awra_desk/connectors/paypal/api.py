"""One business account's reporting over PayPal's REST API: what is asked, and what the answers must be.

Sources: Transaction Search 1.9 and Customer Disputes 1 (tests/contracts/paypal, with what its SOURCE.md adds).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from awra_desk.connectors._http import (
    TOKEN_POLICY,
    TOKEN_TIMEOUT,
    Access,
    BaseTransport,
    BasicAuth,
    GrantedAuth,
    Guard,
    Http,
    Reply,
    TokenBucket,
    is_loopback,
    listed,
    out_of_order,
)
from awra_desk.connectors._http.instants import instant
from awra_desk.connectors.paypal.cursor import stamp
from awra_desk.connectors.paypal.faults import POLICY, inspect
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import InvalidAmount
from awra_desk.normalise.fields import Amount, Misfit, Scope
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

HOST, SANDBOX_HOST = "api-m.paypal.com", "api-m.sandbox.paypal.com"
ACCESS = Access(
    hosts=(HOST, SANDBOX_HOST),
    scopes=("reporting/search/read", "reporting/balances/read", "disputes/read-seller"),
    reads_alone=False,
)
"""Scopes without their beginning, https://uri.paypal.com/services/.

An app of PayPal's accepts payments, too: reading alone cannot be granted.
"""

BALANCE, HOLDS = "balance", "holds"
"""The accounts: all that PayPal holds for the merchant, and (negative) what of it is held back."""

PAGE = 500
DISPUTES_PAGE = 50
LATE = timedelta(hours=3)
"""Within which PayPal shows what happened."""

_TRANSACTIONS, _BALANCES, _DISPUTES = (
    "/v1/reporting/transactions",
    "/v1/reporting/balances",
    "/v1/customer/disputes",
)
_TOKENS, _GRANT = "/v1/oauth2/token", (("grant_type", "client_credentials"),)
# Without it dates come as +0000, which RFC 3339 does not allow; both are read.
_HEADERS = {"PayPal-Enforce-ISO8601-Format": "true"}
_TOTAL, _AVAILABLE, _WITHHELD = (
    Amount(f"{name}_balance.value", minor=False) for name in ("total", "available", "withheld")
)


@dataclass(frozen=True, slots=True)
class Held:
    """What the accounts held.

    Attributes:
        at: the instant, or the earlier one up to which PayPal's figures went.
        minor: (account, currency) -> minor units.
    """

    at: datetime
    minor: Mapping[tuple[str, str], int]


class PageNumber:
    """Tokens are the numbers of pages, from 1 to `total_pages`."""

    def rows(self, reply: Reply) -> Sequence[Any]:
        # An answer without transactions has no such list: the document asks for one entry at least.
        return listed(reply, "transaction_details") if _whole(reply, "total_items") else []

    def after(self, reply: Reply, token: int | None) -> int | None:
        page = token or 1
        return page + 1 if page < _whole(reply, "total_pages") else None


class NextPage:
    """Tokens are the query of the link called "next": PayPal's links may lead to its other host."""

    def rows(self, reply: Reply) -> Sequence[Any]:
        if not isinstance(reply.body, dict):
            raise out_of_order(reply, "it is no object")
        return listed(reply, "items") if "items" in reply.body else []

    def after(self, reply: Reply, token: str | None) -> str | None:
        del token
        links = listed(reply, "links") if "links" in reply.body else []
        found = [link.get("href") for link in links if isinstance(link, dict) and link.get("rel") == "next"]
        if not found:
            return None
        try:
            return urlsplit(str(found[0])).query
        except ValueError:
            raise out_of_order(reply, "its link to the next page is no address") from None


class PayPalApi:
    """The calls of one connection.

    Args:
        connection: option `allow_loopback` ("true") for the sandbox.
        secret: {"client_id": "…", "client_secret": "…"} of a REST app of the account.

    Raises:
        UsageError: the base URL may not be used, or the secret has not both parts.
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
        name, word = secret.get("client_id"), secret.get("client_secret")
        if not isinstance(name, str) or not isinstance(word, str):
            remedy = 'Store {"client_id": "…", "client_secret": "…"} of a REST app.'
            raise UsageError("the secret has no client_id and client_secret", record=connection.name, remedy=remedy)
        loopback = is_loopback(urlsplit(connection.base_url).hostname or "")
        # PayPal publishes no rate; users report that more than 50 requests a minute are blocked for five minutes.
        per_second, burst = (1000.0, 1000) if loopback else (0.6, 10)

        def client(auth: BasicAuth | GrantedAuth, its: Guard, **settings: Any) -> Http:
            return Http(
                connection.base_url,
                provider="PayPal",
                auth=auth,
                bucket=TokenBucket(clock, per_second=per_second, burst=burst),
                clock=clock,
                rng=rng,
                transport=transport,
                redact=(word,),
                allow_loopback=connection.options.get("allow_loopback") == "true",
                hosts=ACCESS.hosts,
                guard=its,
                **settings,
            )

        tokens = client(BasicAuth(name, word), guard.part("tokens"), policy=TOKEN_POLICY, timeout=TOKEN_TIMEOUT)
        auth = GrantedAuth("PayPal", fetch=lambda: tokens.ask(_TOKENS, form=_GRANT), clock=clock)
        self._http = client(auth, guard, policy=POLICY, inspect=inspect, headers=_HEADERS)
        self._clock = clock

    def transactions(self, since: datetime, until: datetime, page: int) -> Reply:
        """A page of what affected balances between two instants, both inclusive.

        No filter is ever asked for: the answer would lack balances. An answer that says the window is too large comes
        back as it is.

        Raises:
            TransportError: after the retries the failure policy allows.
        """
        window = [("start_date", stamp(since)), ("end_date", stamp(until))]
        place = [("fields", "all"), ("page_size", str(PAGE)), ("page", str(page))]
        return self._http.get(_TRANSACTIONS, params=[*window, *place], accept=(400,))

    def refreshed(self, reply: Reply) -> datetime:
        """Up to when PayPal says its answer is complete, in whole seconds.

        Raises:
            TransportError: it says something that is no instant.
        """
        text = reply.body.get("last_refreshed_datetime") if isinstance(reply.body, dict) else None
        return (self._clock.now() - LATE if text is None else moment(reply, text)).replace(microsecond=0)

    def held(self, as_of: datetime | None = None) -> Held:
        """What the accounts held then, or as of PayPal's last figures.

        Raises:
            TransportError: unreachable, or an answer out of order.
        """
        reply = self._http.get(_BALANCES, params=[("as_of_time", stamp(as_of))] if as_of else [])
        body = reply.body if isinstance(reply.body, dict) else {}
        told = [moment(reply, body[name]) for name in ("as_of_time", "last_refresh_time") if body.get(name)]
        if as_of is not None:
            told.append(as_of)
        minor: dict[tuple[str, str], int] = {}
        for row in listed(reply, "balances"):
            minor |= _figures(reply, row)
        return Held(min(told, default=self._clock.now()), minor)

    def disputes(self, since: datetime, page: str | None) -> Reply:
        """A page of disputes that changed since then, newest first.

        Args:
            page: the query of PayPal's link to it, None for the first.

        Raises:
            TransportError: after the retries the failure policy allows.
        """
        first = [("page_size", str(DISPUTES_PAGE)), ("update_time_after", stamp(since))]
        return self._http.get(_DISPUTES, params=parse_qsl(page) if page else first)


def moment(reply: Reply, text: Any) -> datetime:
    """An instant of an answer.

    Raises:
        TransportError: it is none.
    """
    try:
        return instant(str(text))
    except ValueError:
        raise out_of_order(reply, f"its time {str(text)[:40]!r} is no instant") from None


def _whole(reply: Reply, key: str) -> int:
    found = reply.body.get(key) if isinstance(reply.body, dict) else None
    if type(found) is not int:
        raise out_of_order(reply, f"{key} is {found!r}, not a number")
    return found


def _figures(reply: Reply, row: Any) -> dict[tuple[str, str], int]:
    """One currency's balance, and where PayPal tells it what is held back."""
    scope, currency = Scope(row), str(row.get("currency", "")).upper() if isinstance(row, dict) else ""
    try:
        total = _TOTAL.read(scope, currency, {})
        found = {(BALANCE, currency): total}
        if "withheld_balance" in row:
            found[HOLDS, currency] = -_WITHHELD.read(scope, currency, {})
        elif "available_balance" in row:
            found[HOLDS, currency] = _AVAILABLE.read(scope, currency, {}) - total
    except (Misfit, InvalidAmount) as error:
        raise out_of_order(reply, f"its balance cannot be read ({error})") from None
    return found
