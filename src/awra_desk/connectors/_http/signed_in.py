"""The tokens of a connection that a person signed in to: a client of the provider's token endpoint, and what renews."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from httpx import BaseTransport

from awra_desk.connectors._http.access import SignIn
from awra_desk.connectors._http.auth import Auth, BasicAuth, NoAuth
from awra_desk.connectors._http.bucket import TokenBucket
from awra_desk.connectors._http.client import Http
from awra_desk.connectors._http.guard import Guard
from awra_desk.connectors._http.tokens import TOKEN_POLICY, TOKEN_TIMEOUT, RefreshingAuth
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock


def signed_in(
    provider: str,
    server: SignIn,
    connection: Connection,
    secret: Mapping[str, Any],
    *,
    hosts: tuple[str, ...] = (),
    clock: Clock,
    rng: random.Random,
    save_secret: Callable[[dict[str, Any]], None],
    transport: BaseTransport | None,
    guard: Guard,
) -> RefreshingAuth:
    """The tokens of a connection; an app without a secret of its own, or one that asks in JSON, names itself in the
    question alone.

    Args:
        connection: options `token_url` (the sandbox's), `allow_loopback`.
        secret: client_id, refresh_token, and client_secret where the app has one; see `RefreshingAuth`.
        hosts: of the token endpoint; empty: the one of the server's address.

    Raises:
        UsageError: a part of the secret is missing, or the address may not be used.
        TransportError: a part of the secret cannot be one.
    """
    address = urlsplit(connection.options.get("token_url") or server.token_url)
    in_form = server.in_json or not secret.get("client_secret")
    app: Auth = NoAuth()
    if not in_form:
        app = BasicAuth(str(secret.get("client_id", "")), str(secret["client_secret"]))
    token_http = Http(
        f"{address.scheme}://{address.netloc}",
        provider=f"{provider}'{'' if provider.endswith('s') else 's'} sign-in",
        auth=app,
        policy=TOKEN_POLICY,
        bucket=TokenBucket(clock, per_second=1.0, burst=5),
        clock=clock,
        rng=rng,
        transport=transport,
        redact=[str(secret.get("refresh_token", ""))],
        allow_loopback=connection.options.get("allow_loopback") == "true",
        hosts=hosts or (urlsplit(server.token_url).netloc,),
        timeout=TOKEN_TIMEOUT,
        guard=guard.part("sign-in"),
    )
    return RefreshingAuth(
        provider,
        secret,
        needed=("client_secret",) if server.secret_needed else (),
        save_secret=save_secret,
        token_http=token_http,
        token_path=address.path,
        in_form=in_form,
        in_json=server.in_json,
        clock=clock,
        guard=guard,
    )
