"""Access tokens that an app fetches with its own credentials (OAuth 2 client credentials, RFC 6749 §4.4).

There is nothing to keep: a token that is lost is fetched anew, so it lives in memory alone. One is fetched at a time,
and everybody who waited takes it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from awra_desk.connectors._http.auth import checked_secret
from awra_desk.connectors._http.reply import Reply
from awra_desk.ports.connections import TransportError
from awra_desk.ports.system import Clock

_MARGIN = timedelta(seconds=60)


class GrantedAuth:
    """Bearer tokens, fetched in time.

    Args:
        provider: the name people know it by.
        fetch: asks the token endpoint, as the app; the answer holds access_token and expires_in, seconds as a number or
            as digits (Daraja's).
    """

    def __init__(self, provider: str, *, fetch: Callable[[], Reply], clock: Clock) -> None:
        self._provider = provider
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._expires: datetime | None = None

    def __repr__(self) -> str:
        return f"GrantedAuth({self._provider}, ***)"

    def headers(self) -> Mapping[str, str]:
        """The Authorization header; fetches a token when there is none or it is about to expire.

        Raises:
            TransportError: none could be had.
        """
        with self._lock:
            if self._expires is None or self._clock.now() + _MARGIN >= self._expires:
                self._renew()
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
                self._renew()
        return True

    def _renew(self) -> None:
        reply = self._fetch()
        body = reply.body if isinstance(reply.body, dict) else {}
        token, seconds = body.get("access_token"), str(body.get("expires_in"))
        if not isinstance(token, str) or not seconds.isdigit():
            raise TransportError(
                f"{self._provider}'s token answer has no token in it", kind="protocol", remedy="Try again later."
            )
        self._token = checked_secret(token)
        self._expires = self._clock.now() + timedelta(seconds=int(seconds))
