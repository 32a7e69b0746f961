"""Intuit's OAuth 2: access tokens for an hour, and a refresh token that is replaced with each use.

Whoever loses the newest refresh token loses the connection, so it is stored before the access token it came with is
used. One renewal at
a time: threads that were refused together get what the first of them fetched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from awra_desk.connectors._http import Http, checked_secret
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import TransportError
from awra_desk.ports.system import Clock

NEEDED = ("client_id", "client_secret", "refresh_token")
_MARGIN = timedelta(seconds=60)
_SIGN_IN = "Sign in to QuickBooks again for this connection."


class IntuitAuth:
    """Bearer tokens, renewed in time.

    Args:
        secret: client_id, client_secret, refresh_token, and optionally access_token with expires_at (ISO instant).
        save_secret: stores the whole secret durably before it returns; an exception from it stops the renewal.
        token_http: client of the token endpoint, authenticated as the app. token_path: the endpoint's path there.

    Raises:
        UsageError: a part of the secret is missing.
    """

    def __init__(
        self,
        secret: Mapping[str, Any],
        *,
        save_secret: Callable[[dict[str, Any]], None],
        token_http: Http,
        token_path: str,
        clock: Clock,
    ) -> None:
        if missing := [name for name in NEEDED if not isinstance(secret.get(name), str)]:
            raise UsageError(f"the secret has no {', '.join(missing)}", remedy=_SIGN_IN)
        self._secret = dict(secret)
        self._save = save_secret
        self._http = token_http
        self._path = token_path
        self._clock = clock
        self._lock = threading.Lock()
        self._unsaved: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return "IntuitAuth(***)"

    def headers(self) -> Mapping[str, str]:
        """The Authorization header; renews a token that is missing or about to expire.

        Raises:
            TransportError: the renewal failed.
        """
        with self._lock:
            if not self._fresh():
                self._renew()
            return {"Authorization": f"Bearer {checked_secret(self._secret['access_token'])}"}

    def secrets(self) -> Iterable[str]:
        """Every token it holds."""
        held = (self._secret, self._unsaved or {})
        names = (*NEEDED[1:], "access_token")
        return tuple(secret[name] for secret in held for name in names if secret.get(name))

    def refresh(self, refused: Mapping[str, str]) -> bool:
        """Renew what was refused, unless another thread just did.

        Raises:
            TransportError: the renewal failed.
        """
        with self._lock:
            if refused.get("Authorization") == f"Bearer {self._secret.get('access_token')}":
                self._renew()
        return True

    def _fresh(self) -> bool:
        try:
            expires = datetime.fromisoformat(self._secret["expires_at"])
        except (KeyError, ValueError, TypeError):
            return False
        return bool(self._secret.get("access_token")) and self._clock.now() + _MARGIN < expires

    def _renew(self) -> None:
        """Fetch, store, then use. A token that could not be stored is kept to be stored first next time; it is the only
        valid one.
        """
        if self._unsaved is None:
            self._unsaved = self._fetched()
        self._save(dict(self._unsaved))
        self._secret, self._unsaved = self._unsaved, None

    def _fetched(self) -> dict[str, Any]:
        form = (("grant_type", "refresh_token"), ("refresh_token", self._secret["refresh_token"]))
        try:
            reply = self._http.ask(self._path, form=form)
        except TransportError as error:
            if error.kind in ("refused", "auth"):
                raise TransportError(error.what, kind="auth", record=error.record, remedy=_SIGN_IN) from None
            raise
        body = reply.body if isinstance(reply.body, dict) else {}
        access, newest, seconds = body.get("access_token"), body.get("refresh_token"), body.get("expires_in")
        if not isinstance(access, str) or not isinstance(newest, str) or type(seconds) is not int:
            raise TransportError("QuickBooks' token answer has no tokens in it", kind="protocol", remedy=_SIGN_IN)
        expires = self._clock.now() + timedelta(seconds=seconds)
        return {**self._secret, "refresh_token": newest, "access_token": access, "expires_at": expires.isoformat()}
