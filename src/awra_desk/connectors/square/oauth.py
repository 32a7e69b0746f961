"""How Square lets us in: by a sign-in that grants the four read permissions alone, or by an access token.

Endpoints, permissions and lifetimes: Square's "OAuth API" pages and its OpenAPI document (`ObtainToken`). With PKCE an
app needs no secret; its refresh token is used once and replaced, and lives 90 days, an access token 30. Production apps
are sent back to an https page only. The endpoint takes and gives JSON and says when a token ends, not after how long.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from awra_desk.connectors._http import (
    Access,
    Auth,
    BaseTransport,
    BearerAuth,
    Guard,
    SignIn,
    signed_in,
)
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

SIGN_IN = SignIn(
    "https://connect.squareup.com/oauth2/authorize",
    "https://connect.squareup.com/oauth2/token",
    loopback=False,
    in_json=True,
)
ACCESS = Access(
    hosts=("connect.squareup.com", "connect.squareupsandbox.com"),
    scopes=("DISPUTES_READ", "MERCHANT_PROFILE_READ", "PAYMENTS_READ", "PAYOUTS_READ"),
    sign_in=SIGN_IN,
)
"""developer.squareup.com/docs/oauth-api: "OAuth permissions", "Create the redirect URL"."""


def credentials(
    connection: Connection,
    secret: Mapping[str, Any],
    *,
    clock: Clock,
    rng: random.Random,
    save_secret: Callable[[dict[str, Any]], None],
    transport: BaseTransport | None,
    guard: Guard,
) -> Auth:
    """Those of a sign-in, renewed in time, or a fixed access token.

    Args:
        connection: options `token_url` (the sandbox's), `allow_loopback`.
        secret: client_id and refresh_token, as `_http.signed_in` takes them; else access_token.

    Raises:
        UsageError: a part of the secret is missing, or an address may not be used.
        TransportError: the token cannot be a token.
    """
    token = secret.get("access_token")
    if "refresh_token" not in secret and isinstance(token, str):
        return BearerAuth(token)
    if "refresh_token" not in secret:
        remedy = 'Sign in, or store {"access_token": "EAAA…"}.'
        raise UsageError("the secret has no access_token", record=connection.name, remedy=remedy)
    return signed_in(
        "Square",
        SIGN_IN,
        connection,
        secret,
        hosts=ACCESS.hosts,
        clock=clock,
        rng=rng,
        save_secret=save_secret,
        transport=transport,
        guard=guard,
    )
