"""OAuth 2 with a refresh token (RFC 6749 §6), for providers that replace it with each use as for those that keep it.

Whoever loses the newest refresh token loses the connection, so it is stored before the access token it came with is
used, and a token that could not be stored is kept to be stored first next time. One renewal at a time: threads that
were refused together get what the first of them fetched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from awra_desk.connectors._http.auth import checked_secret
from awra_desk.connectors._http.client import Http
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import TransportError
from awra_desk.ports.system import Clock

_MARGIN = timedelta(seconds=60)
_SECRET_PARTS = ("client_secret", "refresh_token", "access_token")


class RefreshingAuth:
    """Access tokens, renewed in time.

    Args:
        provider: the name people know it by.
        secret: client_id, refresh_token, and optionally client_secret (a public client has none), access_token with
            expires_at (ISO instant).
        save_secret: stores the whole secret durably before it returns; an exception from it stops the renewal.
        token_http: client of the token endpoint. token_path: the endpoint's path there.
        in_form: whether the client proves itself in the form; else `token_http` does.
        scheme: word before the access token in the Authorization header.

    Raises:
        UsageError: a part of the secret is missing.
    """

    def __init__(
        self,
        provider: str,
        secret: Mapping[str, Any],
        *,
        save_secret: Callable[[dict[str, Any]], None],
        token_http: Http,
        token_path: str,
        clock: Clock,
        in_form: bool,
        scheme: str = "Bearer",
    ) -> None:
        self._sign_in = f"Sign in to {provider} again for this connection."
        if missing := [name for name in ("client_id", "refresh_token") if not isinstance(secret.get(name), str)]:
            raise UsageError(f"the secret has no {', '.join(missing)}", record=provider, remedy=self._sign_in)
        self._provider = provider
        self._secret = dict(secret)
        self._save = save_secret
        self._http = token_http
        self._path = token_path
        self._clock = clock
        self._in_form = in_form
        self._scheme = scheme
        self._lock = threading.Lock()
        self._unsaved: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"RefreshingAuth({self._provider}, ***)"

    def headers(self) -> Mapping[str, str]:
        """The Authorization header; renews a token that is missing or about to expire.

        Raises:
            TransportError: the renewal failed.
        """
        with self._lock:
            if not self._fresh():
                self._renew()
            return {"Authorization": self._header()}

    def secrets(self) -> Iterable[str]:
        """Every token it holds."""
        held = (self._secret, self._unsaved or {})
        return tuple(str(secret[name]) for secret in held for name in _SECRET_PARTS if secret.get(name))

    def refresh(self, refused: Mapping[str, str]) -> bool:
        """Renew what was refused, unless another thread just did.

        Raises:
            TransportError: the renewal failed.
        """
        with self._lock:
            if refused.get("Authorization") == self._header():
                self._renew()
        return True

    def _header(self) -> str:
        return f"{self._scheme} {checked_secret(str(self._secret.get('access_token', '')))}"

    def _fresh(self) -> bool:
        try:
            expires = datetime.fromisoformat(self._secret["expires_at"])
        except (KeyError, ValueError, TypeError):
            return False
        return bool(self._secret.get("access_token")) and self._clock.now() + _MARGIN < expires

    def _renew(self) -> None:
        if self._unsaved is None:
            self._unsaved = self._fetched()
        self._save(dict(self._unsaved))
        self._secret, self._unsaved = self._unsaved, None

    def _fetched(self) -> dict[str, Any]:
        form = [("grant_type", "refresh_token"), ("refresh_token", self._secret["refresh_token"])]
        if self._in_form:
            form += [(name, self._secret[name]) for name in ("client_id", "client_secret") if self._secret.get(name)]
        try:
            reply = self._http.ask(self._path, form=form)
        except TransportError as error:
            if error.kind in ("refused", "auth"):
                raise TransportError(error.what, kind="auth", record=error.record, remedy=self._sign_in) from None
            raise
        body = reply.body if isinstance(reply.body, dict) else {}
        access, newest, seconds = body.get("access_token"), body.get("refresh_token"), body.get("expires_in")
        if not isinstance(access, str) or not isinstance(newest, str | None) or type(seconds) is not int:
            words = f"{self._provider}'s token answer has no tokens in it"
            raise TransportError(words, kind="protocol", remedy=self._sign_in)
        expires = self._clock.now() + timedelta(seconds=seconds)
        # Who keeps the refresh token does not repeat it.
        kept = newest or self._secret["refresh_token"]
        return {**self._secret, "refresh_token": kept, "access_token": access, "expires_at": expires.isoformat()}
