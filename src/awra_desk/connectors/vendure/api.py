"""Vendure's admin API (GraphQL, 3.x): a question in, the answer's `data` out; signs in by itself. Knows no orders."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from awra_desk.connectors._http import (
    DEFAULT_POLICY,
    Access,
    Action,
    BaseTransport,
    Guard,
    Http,
    NoAuth,
    Reply,
    Rule,
    TokenBucket,
    Trouble,
    Written,
    checked_secret,
    dumps,
    is_loopback,
    out_of_order,
)
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.ports.system import Clock

ACCESS = Access(scopes=("ReadOrder",))

_LOGIN = """
mutation Login($username: String!, $password: String!) {
  login(username: $username, password: $password) {
    __typename
    ... on CurrentUser { id }
    ... on ErrorResult { errorCode message }
  }
}"""
_TOKEN_HEADER = "vendure-auth-token"  # noqa: S105 -- the name of a header
_SIGN_IN = "Store the name and password of an administrator whose role has the permission ReadOrder."

# Vendure answers 200 to what it refuses, and 400 only to a question it cannot parse.
POLICY = DEFAULT_POLICY.adding(
    {
        "FORBIDDEN": Rule(Action.REFRESH, "auth", Written.NO, "does not allow this to the administrator", _SIGN_IN),
        "USER_INPUT_ERROR": Rule(
            Action.FAIL, "refused", Written.REFUSED, "refused the question", "Set option page_size to what it allows."
        ),
        "INTERNAL_SERVER_ERROR": Rule(
            Action.RETRY, "unavailable", Written.UNKNOWN, "has trouble of its own", "Try again later."
        ),
        "errors": Rule(
            Action.FAIL, "protocol", Written.UNKNOWN, "could not answer the question", "Look for a newer AWRA Desk."
        ),
    }
)


class VendureApi:
    """One server, as the administrator sees it.

    Args:
        connection: its base URL ends with the admin API's path; options `channel` (a channel's token; default: the
            server's default channel) and `allow_loopback` ("true") for tests.
        secret: {"username": "…", "password": "…"}.

    Raises:
        UsageError: the base URL may not be used, or the secret is not whole.
    """

    def __init__(
        self,
        connection: Connection,
        secret: Mapping[str, Any],
        *,
        clock: Clock,
        rng: random.Random,
        transport: BaseTransport | None = None,
        guard: Guard,
    ) -> None:
        name, password = secret.get("username"), secret.get("password")
        if not isinstance(name, str) or not isinstance(password, str):
            raise UsageError("the secret has no username and password", record=connection.name, remedy=_SIGN_IN)
        address = urlsplit(connection.base_url)
        if not address.path.strip("/"):
            raise UsageError(
                "the base URL names no API",
                record=connection.name,
                remedy="Write it like https://shop.example.com/admin-api.",
            )
        per_second = 1000.0 if is_loopback(address.hostname or "") else 10.0  # customers shop on that server too
        channel = connection.options.get("channel")
        common: dict[str, Any] = {
            "provider": "Vendure",
            "policy": POLICY,
            "bucket": TokenBucket(clock, per_second=per_second, burst=int(per_second)),
            "clock": clock,
            "rng": rng,
            "transport": transport,
            "redact": (password,),
            "inspect": inspect,
            "headers": {"vendure-token": channel} if channel else {},
            "guard": guard,
            "allow_loopback": connection.options.get("allow_loopback") == "true",
        }
        login = Http(connection.base_url, auth=NoAuth(), **common)
        self._http = Http(connection.base_url, auth=_Session(login, name, password), **common)

    def ask(self, query: str, variables: Mapping[str, Any]) -> Reply:
        """The answer.

        Raises:
            TransportError: refused, unreachable, or an answer without data.
        """
        reply = self._http.ask("/", content=_content(query, variables))
        _data(reply)
        return reply


def inspect(reply: Reply) -> Trouble | None:
    """The trouble that `errors` in an answer mean, whatever its status; None when there are none."""
    errors = reply.body.get("errors") if isinstance(reply.body, dict) else None
    if not isinstance(errors, list) or not errors:
        return None
    first = errors[0] if isinstance(errors[0], dict) else {}
    extensions = first.get("extensions")
    code = str(extensions.get("code", "")) if isinstance(extensions, dict) else ""
    words = " ".join(str(first.get("message", "")).split()).rstrip(". ")
    return Trouble(code if code in POLICY.rules else "errors", words)


def _content(query: str, variables: Mapping[str, Any]) -> str:
    return dumps({"query": query, "variables": dict(variables)})


def _data(reply: Reply) -> dict[str, Any]:
    data = reply.body.get("data") if isinstance(reply.body, dict) else None
    if not isinstance(data, dict):
        raise out_of_order(reply, "there is no data in it")
    return data


class _Session:
    """A session's bearer token, which comes in a header of the answer to the login and is renewed when refused."""

    def __init__(self, http: Http, name: str, password: str) -> None:
        self._http = http
        self._name = name
        self._password = password
        self._token = ""
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "_Session(***)"

    def headers(self) -> Mapping[str, str]:
        """The Authorization header; signs in the first time.

        Raises:
            TransportError: the server cannot be reached, or does not know the administrator.
        """
        with self._lock:
            if not self._token:
                self._sign_in()
            return {"Authorization": f"Bearer {self._token}"}

    def secrets(self) -> tuple[str, ...]:
        """Password and token."""
        return (self._password, self._token)

    def refresh(self, refused: Mapping[str, str]) -> bool:
        """Sign in anew, unless another thread just did.

        Raises:
            TransportError: as for `headers`.
        """
        with self._lock:
            if refused.get("Authorization") == f"Bearer {self._token}":
                self._sign_in()
        return True

    def _sign_in(self) -> None:
        self._token = ""
        reply = self._http.ask("/", content=_content(_LOGIN, {"username": self._name, "password": self._password}))
        result = _data(reply).get("login")
        told = result if isinstance(result, dict) else {}
        if told.get("__typename") != "CurrentUser":
            words = str(told.get("message") or told.get("errorCode") or "it gives no reason")
            raise TransportError(
                f"Vendure does not let the administrator in: {words}", kind="auth", record="login", remedy=_SIGN_IN
            )
        self._token = checked_secret(reply.headers.get(_TOKEN_HEADER, ""))
