"""Xero's endpoints as calls: one organisation, its lists by page, its reports, its writes; meaning not included."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from awra_desk.connectors._http import (
    Access,
    BaseTransport,
    Guard,
    Http,
    Params,
    Reply,
    SignIn,
    TokenBucket,
    is_loopback,
    out_of_order,
    signed_in,
)
from awra_desk.connectors.xero import faults, times
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

SIGN_IN = SignIn(
    "https://login.xero.com/identity/connect/authorize", "https://identity.xero.com/connect/token", loopback=True
)
ACCESS = Access(
    hosts=("api.xero.com",),
    scopes=(
        "offline_access",
        "accounting.banktransactions",
        "accounting.invoices.read",
        "accounting.payments.read",
        "accounting.settings.read",
        "accounting.reports.trialbalance.read",
        "accounting.manualjournals",
    ),
    reads_alone=True,
    sign_in=SIGN_IN,
)
"""developer.xero.com, "Scopes" (the granular ones, of apps made since 2 March 2026; read again November 2026) and "PKCE
flow"; a native app's redirect is a loopback port. Manual journals and bank transactions are what the desk posts, and a
sign-in asks once for both, so the ladder keeps it from writing before its rung; everything else is only read. Bank
transfers belong to the scope of bank transactions, credit notes to that of invoices.
"""
ROOT = "/api.xro/2.0"
PAGE = 1000
"""Most documents a page holds; without `page` Xero leaves the lines out."""


class XeroApi:
    """One organisation's endpoints.

    Args:
        connection: options `tenant_id` (or in the secret; needed where the sign-in covers several organisations),
            `token_url`, `allow_loopback`.
        secret: see `_http.signed_in`; a client_secret only where the app is a confidential client.

    Raises:
        UsageError: a part of the secret is missing, or an address may not be used.
    """

    def __init__(
        self,
        connection: Connection,
        secret: Mapping[str, Any],
        *,
        clock: Clock,
        rng: random.Random,
        save_secret: Callable[[dict[str, Any]], None],
        transport: BaseTransport | None,
        guard: Guard,
    ) -> None:
        self._name = connection.name
        self._tenant = str(connection.options.get("tenant_id") or secret.get("tenant_id") or "")
        loopback = connection.options.get("allow_loopback") == "true"
        # 60 a minute for each organisation; loopback has no limit to respect.
        local = is_loopback(urlsplit(connection.base_url).hostname or "")
        bucket = TokenBucket(clock, per_second=1000.0 if local else 0.9, burst=1000 if local else 5)
        auth = signed_in(
            "Xero",
            SIGN_IN,
            connection,
            secret,
            clock=clock,
            rng=rng,
            save_secret=save_secret,
            transport=transport,
            guard=guard,
        )
        self._http = Http(
            connection.base_url,
            provider="Xero",
            auth=auth,
            policy=faults.POLICY,
            bucket=bucket,
            clock=clock,
            rng=rng,
            transport=transport,
            inspect=faults.inspect,
            allow_loopback=loopback,
            hosts=ACCESS.hosts,
            guard=guard,
        )

    def get(
        self, path: str, params: Params = (), *, since: datetime | None = None, accept: Collection[int] = ()
    ) -> Reply:
        """Read below the API's root.

        Args:
            since: only what was made or changed from then on. accept: see `Http.get`.
        """
        headers = self._headers() | ({} if since is None else {"If-Modified-Since": times.asked(since)})
        return self._http.get(f"{ROOT}/{path}", params=params, headers=headers, accept=accept)

    def page(self, resource: str, number: int, since: datetime | None) -> Reply:
        """One page of a list, oldest change first."""
        params = (("page", str(number)), ("pageSize", str(PAGE)), ("order", "UpdatedDateUTC ASC"))
        return self.get(resource, params, since=since)

    def create(self, resource: str, payload: str, key: str) -> Reply:
        """Create one document: Xero gives the first answer again for a key it knows, for some minutes.

        Raises:
            PostingRefused, OutcomeUnknown, TransportError: see `Http.write`.
        """
        headers = self._headers() | {"Idempotency-Key": key}
        return self._http.write(f"{ROOT}/{resource}", method="PUT", content=payload, headers=headers)

    def _headers(self) -> dict[str, str]:
        """The organisation on every call, looked up once where nobody named it.

        Raises:
            UsageError: the sign-in covers none or several.
        """
        if not self._tenant:
            reply = self._http.get("/connections")
            rows = reply.body if isinstance(reply.body, list) else []
            found = {row.get("tenantId"): row.get("tenantName") for row in rows if isinstance(row, dict)}
            if len(found) != 1:
                seen = ", ".join(f"{name} ({tenant})" for tenant, name in sorted(found.items())) or "none"
                words = f"which organisation's books these are is not clear: the sign-in covers {seen}"
                raise UsageError(words, record=self._name, remedy="Set option tenant_id=ID.")
            self._tenant = str(next(iter(found)))
        return {"xero-tenant-id": self._tenant}


def listed(reply: Reply, resource: str) -> list[dict[str, Any]]:
    """The documents of an answer.

    Raises:
        TransportError: kind "protocol"; there is no such list.
    """
    rows = reply.body.get(resource) if isinstance(reply.body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise out_of_order(reply, f"there is no list {resource} in it")
    return rows
