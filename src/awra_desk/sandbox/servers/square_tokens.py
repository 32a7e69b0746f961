"""Square's sign-in over loopback: PKCE, a code and a refresh token that are used once each, JSON in both directions.

Taken from Square's OpenAPI document (`ObtainToken`) and its "OAuth API" pages; scopes are not limited.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

_ACCESS_ENDS, _REFRESH_ENDS = "2030-01-30T00:00:00Z", "2030-03-30T00:00:00Z"
_FIELDS = {"client_id", "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scopes", "short_lived"}
_READS = {"DISPUTES_READ", "MERCHANT_PROFILE_READ", "PAYMENTS_READ", "PAYOUTS_READ"}


class GrantRefused(Exception):
    """The sign-in or the grant is not what was agreed."""


class SquareTokens:
    """Tokens of one seller for one app.

    Args:
        seed: what the made-up secrets are derived from; the same seed gives the same tokens in the same order.
        access_token: a personal one, which never ends.
    """

    def __init__(self, seed: str, access_token: str) -> None:
        self.client_id = f"sq0idp-{_secret(seed, 'client')[:22]}"
        self._seed, self._personal = seed, access_token
        self._issued, self._access = 0, ""
        self._codes: dict[str, tuple[str, str]] = {}
        self.refresh_token = self._new("refresh")

    def accepts(self, token: str) -> bool:
        """Whether it is an access token that holds now."""
        return bool(token) and token in (self._personal, self._access)

    def expire(self) -> None:
        """Ends the access token of the sign-in now."""
        self._access = ""

    def authorize(self, query: Mapping[str, str]) -> str:
        """Where the browser of a person who agrees is sent back to.

        Raises:
            GrantRefused: another app, no state, no challenge, unknown permissions, or nowhere to go back to.
        """
        redirect, scopes = query.get("redirect_uri", ""), set(query.get("scope", "").split())
        sound = query.get("client_id") == self.client_id and query.get("state") and query.get("code_challenge")
        if not sound or not scopes <= _READS or not redirect.startswith(("https://", "http://127.0.0.1:")):
            raise GrantRefused("This sign-in was not asked for as agreed.")
        code = f"sq0cgp-{_secret(self._seed, f'code {len(self._codes)}')[:22]}"
        self._codes[code] = redirect, query["code_challenge"]
        words = {"code": code, "response_type": "code", "state": query["state"]}
        return f"{redirect}?{urlencode(words)}"

    def obtain(self, body: bytes) -> dict[str, Any]:
        """The answer to a code or a refresh token, which is spent by it.

        Raises:
            GrantRefused: it is not JSON, says something unknown, or the grant is wrong or spent.
        """
        try:
            asked = json.loads(body)
        except ValueError:
            raise GrantRefused("The body is not JSON.") from None
        if not isinstance(asked, dict) or set(asked) - _FIELDS or asked.get("client_id") != self.client_id:
            raise GrantRefused("Not Authorized")
        if asked.get("grant_type") == "authorization_code":
            redirect, challenge = self._codes.pop(asked.get("code", ""), ("", ""))
            digest = hashlib.sha256(str(asked.get("code_verifier", "")).encode()).digest()
            proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
            if not redirect or asked.get("redirect_uri") != redirect or not proven:
                raise GrantRefused("Authorization code not found")
        elif asked.get("grant_type") != "refresh_token" or asked.get("refresh_token") != self.refresh_token:
            raise GrantRefused("Invalid refresh token")
        self.refresh_token, self._access = self._new("refresh"), self._new("access")
        return {
            "access_token": self._access,
            "token_type": "bearer",
            "expires_at": _ACCESS_ENDS,
            "merchant_id": "MLKILIMANIROAST",
            "refresh_token": self.refresh_token,
            "short_lived": False,
            "refresh_token_expires_at": _REFRESH_ENDS,
        }

    def _new(self, purpose: str) -> str:
        self._issued += 1
        return f"EQAA{_secret(self._seed, f'{purpose} {self._issued}')[:60]}"


def _secret(seed: str, purpose: str) -> str:
    """A made-up secret; loopback only, worth nothing."""
    return hashlib.sha256(f"{seed}/{purpose}".encode()).hexdigest()
