"""OAuth 2 with a refresh token (RFC 6749 §6), for providers that replace it with each use (RFC 9700 §4.14.2) as for
those that keep it.

Whoever loses the newest refresh token loses the connection. So it is stored before the access token it came with is
used, and one renewal is made at a time: among the threads of a process by a lock, among processes by a lease in the
shared state, after which the stored secret is read again, because another process may have renewed it meanwhile. A
refresh token that the provider turned down is remembered by its digest, and nobody tries it again: a person has to sign
in.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from awra_desk.connectors._http.auth import checked_secret
from awra_desk.connectors._http.client import Http, Params
from awra_desk.connectors._http.guard import Guard
from awra_desk.connectors._http.instants import instant
from awra_desk.connectors._http.policy import DEFAULT_POLICY
from awra_desk.connectors._http.reply import Reply
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import TransportError
from awra_desk.ports.system import Clock

TOKEN_POLICY = replace(DEFAULT_POLICY, attempts=3, budget=30.0, longest_wait=20.0)
"""For clients of token endpoints: whoever renews holds everybody else up, so it is over well within a lease."""
TOKEN_TIMEOUT = 20.0
_LEASE = 120.0
_LOOK_AGAIN = 0.2
_MARGIN = timedelta(seconds=60)


class RefreshingAuth:
    """Access tokens, renewed in time.

    Args:
        provider: the name people know it by.
        secret: refresh_token, and optionally access_token with expires_at (ISO instant); what else it holds is kept.
        needed: names that the secret must hold besides.
        save_secret: stores the whole secret durably before it returns; an exception from it stops the renewal.
        token_http: client of the token endpoint with `TOKEN_POLICY` and `TOKEN_TIMEOUT`, authenticated as the app.
        token_path: the endpoint's path there. in_form: whether the client proves itself in the form; else `token_http`
            does. in_json: whether the endpoint takes JSON. scheme: word before the access token in the Authorization
            header.
        guard: the connection's, so that processes renew one at a time.

    Raises:
        UsageError: a part of the secret is missing.
    """

    def __init__(  # noqa: PLR0913 -- the composition of one connection's tokens, called in one place a provider
        self,
        provider: str,
        secret: Mapping[str, Any],
        *,
        save_secret: Callable[[dict[str, Any]], None],
        token_http: Http,
        token_path: str,
        clock: Clock,
        in_form: bool = False,
        in_json: bool = False,
        scheme: str = "Bearer",
        needed: Iterable[str] = (),
        guard: Guard,
    ) -> None:
        self._sign_in = f"Sign in to {provider} again for this connection (`awra-desk connect … --authorize`)."
        names = ("client_id", *needed, "refresh_token")
        if missing := [name for name in names if not isinstance(secret.get(name), str)]:
            raise UsageError(f"the secret has no {', '.join(missing)}", record=provider, remedy=self._sign_in)
        self._secret = dict(secret)
        self._save = save_secret
        self._http = token_http
        self._path = token_path
        self._in_form = in_form
        self._in_json = in_json
        self._scheme = scheme
        self._clock = clock
        self._provider = provider
        self._lock = threading.Lock()
        self._unsaved: dict[str, Any] | None = None
        self._guard = guard.part("tokens")

    def __repr__(self) -> str:
        return f"RefreshingAuth({self._provider}, ***)"

    def headers(self) -> Mapping[str, str]:
        """The Authorization header; renews a token that is missing or about to expire.

        Raises:
            TransportError: the renewal failed; kind "auth" when a person has to sign in again.
        """
        with self._lock:
            if not self._fresh():
                self._renew("")
            return {"Authorization": self._bearer()}

    def secrets(self) -> Iterable[str]:
        """Every token it holds."""
        held = (self._secret, self._unsaved or {})
        names = ("client_secret", "refresh_token", "access_token", "id_token")
        return tuple(secret[name] for secret in held for name in names if isinstance(secret.get(name), str))

    def refresh(self, refused: Mapping[str, str]) -> bool:
        """Renew what was refused, unless another thread or process just did.

        Raises:
            TransportError: as `headers`.
        """
        with self._lock:
            if refused.get("Authorization") == self._bearer():
                self._renew(str(self._secret.get("access_token", "")))
        return True

    def _bearer(self) -> str:
        token = self._secret.get("access_token")
        return f"{self._scheme} {checked_secret(token)}" if token else ""

    def _fresh(self, refused: str = "") -> bool:
        """Whether the access token is there, not the refused one, and not about to expire."""
        try:
            expires = datetime.fromisoformat(self._secret["expires_at"])
        except (KeyError, ValueError, TypeError):
            return False
        token = self._secret.get("access_token")
        return bool(token) and token != refused and self._clock.now() + _MARGIN < expires

    def _renew(self, refused: str) -> None:
        """Fetch, store, then use. A token that could not be stored is kept to be stored first next time; it is the only
        valid one.
        """
        with self._alone():
            if self._unsaved is None:
                self._reload()
                if self._fresh(refused):
                    return
                self._unsaved = self._fetched()
            self._save(dict(self._unsaved))
            self._secret, self._unsaved = self._unsaved, None

    def _reload(self) -> None:
        stored = self._guard.load_secret()
        if stored is not None and isinstance(stored.get("refresh_token"), str):
            self._secret = dict(stored)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While no other process renews. A holder that died is waited for until its lease ends."""
        while (mine := self._guard.shared.change(self._guard.name, self._take)) is None:
            self._clock.sleep(_LOOK_AGAIN)
        try:
            yield
        finally:
            self._guard.shared.change(self._guard.name, lambda text: (_released(text, mine), None))

    def _take(self, text: str) -> tuple[str | None, int | None]:
        """The lease's number, or None while another holds it. A clock set back does not make it last longer."""
        state, now = _state(text), self._clock.now().timestamp()
        if state["held"] and 0 <= now - state["since"] < _LEASE:
            return None, None
        number = state["number"] + 1
        return json.dumps({**state, "number": number, "held": True, "since": now}), number

    def _fetched(self) -> dict[str, Any]:
        """A new secret from the provider.

        Raises:
            TransportError: kind "auth": the grant is lost, or was found lost before.
        """
        digest = _digest(self._secret["refresh_token"])
        if self._guard.shared.change(self._guard.name, lambda text: (None, _state(text)["lost"])) == digest:
            raise self._lost("does not accept the stored sign-in any more")
        self._http.hide(self.secrets())
        form = [("grant_type", "refresh_token"), ("refresh_token", self._secret["refresh_token"])]
        if self._in_form:
            form += [(name, self._secret[name]) for name in ("client_id", "client_secret") if self._secret.get(name)]
        try:
            reply = ask_for_tokens(self._http, self._path, form, in_json=self._in_json)
        except TransportError as error:
            if error.kind not in ("refused", "auth"):
                raise
            self._guard.shared.change(
                self._guard.name, lambda text: (json.dumps({**_state(text), "lost": digest}), None)
            )
            raise TransportError(error.what, kind="auth", record=error.record, remedy=self._sign_in) from None
        kept = self._secret["refresh_token"]
        return {**self._secret, **read_tokens(reply, self._clock.now(), self._provider, self._sign_in, kept=kept)}

    def _lost(self, words: str) -> TransportError:
        return TransportError(f"{self._provider} {words}", kind="auth", remedy=self._sign_in)


def read_tokens(reply: Reply, now: datetime, provider: str, remedy: str, *, kept: str | None = None) -> dict[str, Any]:
    """refresh_token, access_token, expires_at and, where it is told, scope of a token endpoint's answer.

    Args:
        kept: the refresh token that holds on when none is told: who keeps it does not repeat it.

    Raises:
        TransportError: kind "protocol"; there are no tokens in it.
    """
    body = reply.body if isinstance(reply.body, dict) else {}
    access, newest, expires = body.get("access_token"), body.get("refresh_token", kept), _expiry(body, now)
    if not isinstance(access, str) or not isinstance(newest, str) or expires is None:
        raise TransportError(f"{provider}'s token answer has no tokens in it", kind="protocol", remedy=remedy)
    found = {"refresh_token": newest, "access_token": access}
    if isinstance(body.get("scope"), str):
        found["scope"] = body["scope"]
    return {**found, "expires_at": expires.isoformat()}


def ask_for_tokens(http: Http, path: str, fields: Params, *, in_json: bool = False) -> Reply:
    """The token endpoint's answer.

    Raises:
        TransportError: as `Http.ask`.
    """
    return http.ask(path, content=json.dumps(dict(fields))) if in_json else http.ask(path, form=fields)


def _expiry(body: Mapping[str, Any], now: datetime) -> datetime | None:
    """When the access token ends: after `expires_in` seconds, or at `expires_at`; None when neither is said."""
    seconds = body.get("expires_in")
    if type(seconds) is int:
        return now + timedelta(seconds=seconds)
    try:
        return instant(body["expires_at"])
    except (KeyError, TypeError, ValueError):
        return None


def _state(text: str) -> dict[str, Any]:
    return json.loads(text) if text else {"number": 0, "held": False, "since": 0.0, "lost": ""}


def _released(text: str, mine: int) -> str | None:
    """Given back, if it is still ours."""
    state = _state(text)
    return json.dumps({**state, "held": False}) if state["number"] == mine else None


def _digest(token: str) -> str:
    """Names a refresh token without showing it."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]
