"""Daraja's tokens: fetched with consumer key and secret, good for an hour, never stored."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from awra_desk.connectors._http import Http, checked_secret
from awra_desk.ports.connections import TransportError
from awra_desk.ports.system import Clock

_PATH = "/oauth/v1/generate"
_MARGIN = timedelta(seconds=60)


class DarajaAuth:
    """Bearer tokens, fetched in time.

    Args:
        token_http: client of the token endpoint, authenticated by consumer key and secret.
    """

    def __init__(self, *, token_http: Http, clock: Clock) -> None:
        self._http = token_http
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._expires: datetime | None = None

    def __repr__(self) -> str:
        return "DarajaAuth(***)"

    def headers(self) -> Mapping[str, str]:
        """The Authorization header; fetches a token when there is none or it is about to expire.

        Raises:
            TransportError: none could be had.
        """
        with self._lock:
            if self._expires is None or self._clock.now() + _MARGIN >= self._expires:
                self._fetch()
            return {"Authorization": f"Bearer {self._token}"}

    def secrets(self) -> Iterable[str]:
        """The token."""
        return (self._token,) if self._token else ()

    def refresh(self, refused: Mapping[str, str]) -> bool:
        """Fetch another, unless another thread just did.

        Raises:
            TransportError: none could be had.
        """
        with self._lock:
            if refused.get("Authorization") == f"Bearer {self._token}":
                self._fetch()
        return True

    def _fetch(self) -> None:
        reply = self._http.get(_PATH, params=(("grant_type", "client_credentials"),))
        body = reply.body if isinstance(reply.body, dict) else {}
        token, seconds = body.get("access_token"), str(body.get("expires_in"))  # it is the text "3599"
        if not isinstance(token, str) or not seconds.isdigit():
            raise TransportError("Daraja's token answer has no token in it", kind="protocol", remedy="Try again later.")
        self._token = checked_secret(token)
        self._expires = self._clock.now() + timedelta(seconds=int(seconds))
