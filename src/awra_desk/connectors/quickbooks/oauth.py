"""Intuit's OAuth 2: access tokens for an hour, and a refresh token that is replaced with each use.

Endpoints, scope and lifetimes: Intuit's "OAuth 2.0" guide and its discovery document
(developer.api.intuit.com/.well-known/openid_configuration).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from awra_desk.connectors._http import (
    TOKEN_POLICY,
    TOKEN_TIMEOUT,
    Access,
    BaseTransport,
    BasicAuth,
    Guard,
    Http,
    RefreshingAuth,
    SignIn,
    TokenBucket,
)
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

TOKEN_URL = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105  # an address, not a token
ACCESS = Access(
    hosts=("quickbooks.api.intuit.com", "sandbox-quickbooks.api.intuit.com"),
    scopes=("com.intuit.quickbooks.accounting",),
    reads_alone=False,
    # Production apps are sent back to an https page only, and have a secret: people bring the keys of their own app.
    sign_in=SignIn(
        "https://appcenter.intuit.com/connect/oauth2",
        TOKEN_URL,
        loopback=False,
        secret_needed=True,
        account_parameter="realmId",
        account_option="realm_id",
    ),
)


def tokens(
    connection: Connection,
    secret: Mapping[str, Any],
    *,
    bucket: TokenBucket,
    clock: Clock,
    rng: random.Random,
    save_secret: Callable[[dict[str, Any]], None],
    transport: BaseTransport | None,
    guard: Guard,
) -> RefreshingAuth:
    """The tokens of a connection.

    Args:
        connection: options `token_url` (the sandbox's), `allow_loopback`.
        secret: client_id, client_secret, refresh_token; see `RefreshingAuth`.

    Raises:
        UsageError: a part of the secret is missing, or the address may not be used.
    """
    address = urlsplit(connection.options.get("token_url") or TOKEN_URL)
    token_http = Http(
        f"{address.scheme}://{address.netloc}",
        provider="QuickBooks' sign-in",
        auth=BasicAuth(str(secret.get("client_id", "")), str(secret.get("client_secret", ""))),
        policy=TOKEN_POLICY,
        bucket=bucket,
        clock=clock,
        rng=rng,
        transport=transport,
        redact=[str(secret.get("refresh_token", ""))],
        allow_loopback=connection.options.get("allow_loopback") == "true",
        hosts=(urlsplit(TOKEN_URL).netloc,),
        timeout=TOKEN_TIMEOUT,
        guard=guard.part("sign-in"),
    )
    return RefreshingAuth(
        "QuickBooks",
        secret,
        needed=("client_secret",),
        save_secret=save_secret,
        token_http=token_http,
        token_path=address.path,
        clock=clock,
        guard=guard,
    )
