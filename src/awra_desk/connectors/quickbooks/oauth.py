"""Intuit's OAuth 2: access tokens for an hour, and a refresh token that is replaced with each use.

Endpoints, scope and lifetimes: Intuit's "OAuth 2.0" guide and its discovery document
(developer.api.intuit.com/.well-known/openid_configuration).
"""

from __future__ import annotations

from awra_desk.connectors._http import Access, SignIn

_TOKEN_URL = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105  # an address, not a token
SIGN_IN = SignIn(
    "https://appcenter.intuit.com/connect/oauth2",
    _TOKEN_URL,
    loopback=False,
    secret_needed=True,
    account_parameter="realmId",
    account_option="realm_id",
)
"""Production apps are sent back to an https page only, and have a secret: people bring the keys of their own app."""
ACCESS = Access(
    hosts=("quickbooks.api.intuit.com", "sandbox-quickbooks.api.intuit.com"),
    scopes=("com.intuit.quickbooks.accounting",),
    reads_alone=False,
    sign_in=SIGN_IN,
)
