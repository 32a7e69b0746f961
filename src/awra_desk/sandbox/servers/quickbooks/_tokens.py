"""The OAuth 2 token endpoint: access tokens that live an hour, and a refresh token that is used once and replaced."""

import base64
import binascii
import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from awra_desk.sandbox.servers._http import Request

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8_640_000
"""Validity of a refresh token: 100 days, renewed with each use."""

SCOPE = "com.intuit.quickbooks.accounting"

_GRANT_FIELDS = {"grant_type", "refresh_token", "code", "redirect_uri", "code_verifier"}


class TokenRefusal(Exception):
    """An OAuth error answer: `error` and its description."""

    def __init__(self, status: int, error: str, description: str) -> None:
        self.status = status
        self.error = error
        super().__init__(description)


class Tokens:
    """Issues and checks tokens for one client and one company.

    Args:
        seed: what the made-up secrets are derived from; the same seed gives the same tokens in the same order.
        clock: seconds that grow with time.
    """

    def __init__(self, seed: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.client_id = f"AB{_secret(seed, 'client')[:32]}"
        self.client_secret = _secret(seed, "secret")[:40]
        self._seed = seed
        self._clock = clock
        self._issued = 0
        self._codes: dict[str, tuple[str, str]] = {}
        self._access: dict[str, float] = {}
        self.refresh_token = self._new_refresh_token()

    def authorize(self, query: Mapping[str, str]) -> str:
        """Where the browser of a person who agrees is sent back to, with a code that is used once; the caller adds the
        company.

        Raises:
            TokenRefusal: another client, scope or kind of answer, or a redirect that is neither https nor loopback.
        """
        redirect = query.get("redirect_uri", "")
        wanted = {"client_id": self.client_id, "response_type": "code", "scope": SCOPE}
        wrong = sorted(name for name, value in wanted.items() if query.get(name) != value)
        if not redirect.startswith(("https://", "http://127.0.0.1:")):
            wrong.append("redirect_uri")
        if query.get("code_challenge_method", "S256") != "S256" or not query.get("state"):
            wrong.append("state or code_challenge_method")
        if wrong:
            raise TokenRefusal(400, "invalid_request", f"Wrong or missing: {', '.join(wrong)}")
        code = f"AB1{_secret(self._seed, f'code {len(self._codes)}')[:32]}"
        self._codes[code] = (redirect, query.get("code_challenge", ""))
        return f"{redirect}?{urlencode({'code': code, 'state': query['state']})}"

    def _check_code(self, form: Mapping[str, str]) -> None:
        redirect, challenge = self._codes.pop(form.get("code", ""), ("", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proven = not challenge or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
        if not redirect or form.get("redirect_uri") != redirect or not proven:
            raise TokenRefusal(400, "invalid_grant", "Invalid authorization code")

    def refresh(self, request: Request) -> dict[str, Any]:
        """The answer to a grant, a refresh token or a code: a new access token and a new refresh token; what was
        presented is spent.

        Raises:
            TokenRefusal: the client is unknown (401), or the grant is malformed or spent (400).
        """
        self._check_client(request.headers.get("authorization", ""))
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        unknown = set(form) - _GRANT_FIELDS
        if unknown or "grant_type" not in form:
            raise TokenRefusal(
                400, "invalid_request", f"Unknown or missing field: {', '.join(sorted(unknown)) or 'grant_type'}"
            )
        if form["grant_type"] == "authorization_code":
            self._check_code(form)
        elif form["grant_type"] != "refresh_token":
            raise TokenRefusal(400, "unsupported_grant_type", "Only refresh_token and authorization_code are simulated")
        elif form.get("refresh_token") != self.refresh_token:
            raise TokenRefusal(400, "invalid_grant", "Incorrect or invalid refresh token")
        self.refresh_token = self._new_refresh_token()
        access = f"eyJ{_secret(self._seed, f'access {self._issued}')}"
        self._access[access] = self._clock() + ACCESS_SECONDS
        return {
            "token_type": "bearer",
            "expires_in": ACCESS_SECONDS,
            "refresh_token": self.refresh_token,
            "x_refresh_token_expires_in": REFRESH_SECONDS,
            "access_token": access,
        }

    def accepts(self, header: str) -> bool:
        """Whether an Authorization header carries an access token that is valid now."""
        scheme, _, token = header.partition(" ")
        return scheme.lower() == "bearer" and self._access.get(token.strip(), 0.0) > self._clock()

    def expire_access_tokens(self) -> None:
        """Ends every access token now, so that the next call is answered with 401."""
        self._access.clear()

    def _check_client(self, header: str) -> None:
        scheme, _, text = header.partition(" ")
        try:
            pair = base64.b64decode(text, validate=True).decode() if scheme.lower() == "basic" else ""
        except (binascii.Error, UnicodeDecodeError):
            pair = ""
        if pair != f"{self.client_id}:{self.client_secret}":
            raise TokenRefusal(401, "invalid_client", "The client is unknown or its secret is wrong")

    def _new_refresh_token(self) -> str:
        self._issued += 1
        return f"RT1-{self._issued}-{_secret(self._seed, f'refresh {self._issued}')[:32]}"


def _secret(seed: str, purpose: str) -> str:
    """A made-up secret; loopback only, worth nothing."""
    return hashlib.sha256(f"{seed}/{purpose}".encode()).hexdigest()
