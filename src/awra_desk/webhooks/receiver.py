"""The WSGI application that takes events: `POST /events/CONNECTION` verifies, stores and answers, nothing else.

A delivery is answered with success only after its events are committed, or when they are there already. What is refused
is counted and not kept. Nothing is processed here, and no provider is asked.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from awra_desk.domain.errors import UserError
from awra_desk.domain.events import Event
from awra_desk.domain.ladder import TAKING
from awra_desk.normalise.exact_json import JsonRefused, loads
from awra_desk.ports.connections import Connection
from awra_desk.services.deliveries import Deliveries, count
from awra_desk.services.desk import Desk
from awra_desk.webhooks.schemes import SCHEMES, Scheme, Told
from awra_desk.webhooks.signatures import Delivery, Verdict

MAX_BODY = 2**20
"""Bytes of one delivery; providers send a few thousand."""
PREFIX = "/events/"
_REMEMBER = timedelta(seconds=10)
_RETRY_AFTER = "60"

Secrets = Callable[[Connection], Sequence[str]]
"""The signing secrets of a connection; several while one is being replaced."""


class Rejection(Exception):
    """Why a delivery is not taken.

    Args:
        why: as it is counted; "" is not counted.
    """

    def __init__(self, status: HTTPStatus, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of a connection for a few seconds: the keyring may be slow."""

    connection: Connection
    scheme: Scheme
    secrets: tuple[str, ...]
    until: datetime


class Receiver:
    """Takes events for one company.

    Args:
        secrets: see `Secrets`. public: where the world reaches us ("https://hooks.example.com"), "" for unknown;
            schemes that sign the address need it, unless the connection's option `events_url` says the whole of it.
    """

    def __init__(self, desk: Desk, secrets: Secrets, *, public: str = "") -> None:
        self._desk, self._secrets, self._public = desk, secrets, public.rstrip("/")
        self._known: dict[str, _Known] = {}
        self._counted: dict[str, Deliveries] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        """Answer one request; the body of an answer is always empty (Xero asks for that)."""
        name = ""
        try:
            name, token = _place(environ)
            status = self._take(name, token, environ)
        except Rejection as rejection:
            status = rejection.status
            if rejection.why:
                self._count(name, Deliveries(refused={rejection.why: 1}, refused_at=self._desk.now()))
        except UserError:  # the workspace is busy or gone; the provider sends it again
            status = HTTPStatus.SERVICE_UNAVAILABLE
        except Exception:  # noqa: BLE001 - told here, without the address: its last part may be a secret
            traceback.print_exc()
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        headers = [("Content-Length", "0")]
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append(("Retry-After", _RETRY_AFTER))
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", "POST"))
        start_response(f"{status.value} {status.phrase}", headers)
        return [b""]

    def flush(self) -> None:
        """Write down what was counted since the last time: a flood of forgeries must not become a flood of writes."""
        with self._lock:
            counted, self._counted = self._counted, {}
        for name, more in sorted(counted.items()):
            try:
                count(self._desk, name, more)
            except UserError:  # the workspace is busy; it is written down the next time
                self._count(name, more)

    def _take(self, name: str, token: str, environ: Mapping[str, Any]) -> HTTPStatus:
        if environ["REQUEST_METHOD"] != "POST":
            raise Rejection(HTTPStatus.METHOD_NOT_ALLOWED, "")
        known, now = self._of(name), self._desk.now()
        delivery = Delivery(_headers(environ), _body(environ), self._address(known.connection, token), token)
        scheme = known.scheme
        if scheme.ping and _is_form(delivery):
            return HTTPStatus.OK
        if not known.secrets:
            raise Rejection(HTTPStatus.SERVICE_UNAVAILABLE, "no signing secret")
        _check(scheme, delivery, known.secrets, now)
        told = _ours(known.connection, scheme, _told(scheme, delivery))
        events = [
            Event(name, each.event_id, each.kind, scheme.signed, each.payload or delivery.body.decode(), now)
            for each in told
        ]
        self._store(name, events, now)
        return HTTPStatus.OK

    def _store(self, name: str, events: Sequence[Event], now: datetime) -> None:
        new = 0
        with self._desk.write() as uow:
            taking = uow.connections.get(name).rung in TAKING
            if taking:
                new = sum(uow.events.add(event) for event in events)
            uow.commit()
        doubled = len(events) - new if taking else 0
        self._count(name, Deliveries(1, new, doubled, 0 if taking else len(events), proven_at=now))

    def _of(self, name: str) -> _Known:
        now = self._desk.now()
        found = self._known.get(name)
        if found is None or not now <= found.until <= now + _REMEMBER:  # a clock may be set back
            with self._desk.read() as uow:
                connection = next((one for one in uow.connections.all() if one.name == name), None)
            scheme = SCHEMES.get(connection.provider) if connection else None
            if connection is None or scheme is None:
                raise Rejection(HTTPStatus.NOT_FOUND, "")
            found = _Known(connection, scheme, tuple(self._secrets(connection)), now + _REMEMBER)
            self._known[name] = found
        return found

    def _address(self, connection: Connection, token: str) -> str:
        """What the provider signs, byte for byte as it was registered; never what the request says of itself."""
        own = connection.options.get("events_url", "")
        return own or (f"{self._public}{path_of(connection.name, token)}" if self._public else "")

    def _count(self, name: str, more: Deliveries) -> None:
        with self._lock:
            self._counted[name] = self._counted.get(name, Deliveries()) + more


def path_of(name: str, token: str = "") -> str:
    """The path of a connection's address."""
    return PREFIX + quote(name, safe="") + (f"/{quote(token, safe='')}" if token else "")


def _place(environ: Mapping[str, Any]) -> tuple[str, str]:
    """Connection and token of a path, which a slash divides; in a name it is quoted."""
    asked = str(environ.get("REQUEST_URI", "")).partition("?")[0]
    raw = asked or quote(environ.get("PATH_INFO", "").encode("latin-1"), safe="/")
    if not raw.startswith(PREFIX):
        raise Rejection(HTTPStatus.NOT_FOUND, "")
    name, _, token = raw.removeprefix(PREFIX).partition("/")
    return unquote(name), unquote(token)


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    found = {
        key.removeprefix("HTTP_").replace("_", "-").lower(): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    return {**found, "content-type": environ.get("CONTENT_TYPE", "")}


def _body(environ: Mapping[str, Any]) -> bytes:
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() not in ("", "identity"):
        raise Rejection(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "compressed")
    length = str(environ.get("CONTENT_LENGTH") or "0")
    if not length.isdigit():
        raise Rejection(HTTPStatus.BAD_REQUEST, "malformed")
    if int(length) > MAX_BODY:
        raise Rejection(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
    body: bytes = environ["wsgi.input"].read(int(length))
    return body


def _is_form(delivery: Delivery) -> bool:
    kind = delivery.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/x-www-form-urlencoded"


def _check(scheme: Scheme, delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    verdicts = [scheme.verify(delivery, secret, now) for secret in secrets]
    if Verdict.GENUINE in verdicts:
        return
    if Verdict.STALE in verdicts:
        raise Rejection(HTTPStatus.BAD_REQUEST, "too old or too early")
    raise Rejection(HTTPStatus.UNAUTHORIZED, "signature")


def _told(scheme: Scheme, delivery: Delivery) -> Sequence[Told]:
    try:
        return scheme.read(delivery, loads(delivery.body.decode()))
    except (JsonRefused, KeyError, TypeError, ValueError):  # a body of another shape, not UTF-8 among them
        raise Rejection(HTTPStatus.BAD_REQUEST, "malformed") from None


def _ours(connection: Connection, scheme: Scheme, told: Sequence[Told]) -> list[Told]:
    """Those of this connection's own account: an app's address gets what happens in all of its companies."""
    own = connection.options.get(scheme.account, "") if scheme.account else ""
    return [each for each in told if not own or each.account == own]
