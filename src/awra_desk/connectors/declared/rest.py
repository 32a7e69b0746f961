"""A declared system's requests: the address, the credentials, the system's own words of a failure."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from awra_desk.connectors._http import (
    DEFAULT_POLICY,
    Action,
    Auth,
    BaseTransport,
    BasicAuth,
    BearerAuth,
    Guard,
    Http,
    NoAuth,
    Params,
    RefreshingAuth,
    Reply,
    Rule,
    TokenBucket,
    Trouble,
    Written,
    is_loopback,
    out_of_order,
)
from awra_desk.connectors.declared.declaration import AuthKind, Declaration
from awra_desk.connectors.declared.declaration_ledger import Call
from awra_desk.connectors.declared.words import Filled
from awra_desk.domain.errors import UsageError
from awra_desk.normalise.fields import Misfit, Scope, find
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.ports.system import Clock

POLICY = DEFAULT_POLICY.adding(
    {
        "fault": Rule(
            Action.FAIL, "refused", Written.UNKNOWN, "answered with a fault", "Check the connection's settings."
        )
    }
)


class DeclaredRest:
    """One connection to a declared system.

    Args:
        connection: options as the declaration asks for them; `allow_loopback` ("true") for tests, `token_url` instead
            of the declared one (a region's).
        secret: the parts that the declared credentials name.

    Raises:
        UsageError: an option or a part of the secret is missing, or the base URL may not be used.
    """

    def __init__(
        self,
        declared: Declaration,
        connection: Connection,
        secret: Mapping[str, Any],
        *,
        clock: Clock,
        rng: random.Random,
        save_secret: Callable[[dict[str, Any]], None],
        transport: BaseTransport | None = None,
        guard: Guard,
    ) -> None:
        self.declared = declared
        self._options = {f"option.{name}": value for name, value in connection.options.items()}
        for name, meaning in declared.options.items():
            if not connection.options.get(name):
                raise UsageError(f"{meaning} is missing", record=connection.name, remedy=f"Give --option {name}=…")
        loopback = connection.options.get("allow_loopback") == "true"
        address = urlsplit(connection.base_url)
        per_second = 1000.0 if is_loopback(address.hostname or "") else declared.per_minute / 60

        def client(base_url: str, auth: Auth, hosts: tuple[str, ...], part: Guard) -> Http:
            return Http(
                base_url,
                provider=declared.provider,
                auth=auth,
                policy=POLICY,
                bucket=TokenBucket(clock, per_second=per_second, burst=max(1, int(per_second))),
                clock=clock,
                rng=rng,
                transport=transport,
                inspect=self._inspect,
                headers={name: filled.text(self._options) for name, filled in declared.headers},
                allow_loopback=loopback,
                hosts=hosts,
                guard=part,
            )

        if declared.auth.kind is AuthKind.OAUTH2:
            token = urlsplit(connection.options.get("token_url") or declared.auth.token_url)
            sign_in = guard.part("sign-in")
            auth: Auth = RefreshingAuth(
                declared.provider,
                secret,
                save_secret=save_secret,
                token_http=client(f"{token.scheme}://{token.netloc}", NoAuth(), _token_hosts(declared), sign_in),
                token_path=token.path,
                clock=clock,
                in_form=True,
                scheme=declared.auth.scheme,
                guard=guard,
            )
        else:
            auth = _auth(declared, connection, secret)
        self.http = client(connection.base_url, auth, declared.hosts, guard)

    def words(self, **values: str) -> dict[str, str]:
        """These words and the connection's options."""
        return {**self._options, **values}

    def get(self, call: Call, **values: str) -> Reply:
        """The answer to a declared request."""
        words = self.words(**values)
        return self.http.get(call.path.path(words), params=self.params(call, words))

    def params(self, call: Call, words: Mapping[str, str]) -> Params:
        """The request's parameters; one whose words are all empty is left out."""
        filled = ((name, text.value(words)) for name, text in call.params)
        return [(name, str(value)) for name, value in filled if value is not None]

    def headers(self, headers: tuple[tuple[str, Filled], ...], words: Mapping[str, str]) -> dict[str, str]:
        """A request's own headers."""
        return {name: filled.text(words) for name, filled in headers}

    def _inspect(self, reply: Reply) -> Trouble | None:
        """A fault in a success, and the system's own words of a failure."""
        success = reply.status < 300
        fault = self.declared.fault
        try:
            if success and (fault is None or not isinstance(reply.body, dict) or not fault.holds(Scope(reply.body))):
                return None
            words = self.declared.words.text(Scope(reply.body))
        except Misfit:
            words = ""
        if success:
            return Trouble("fault", words)
        return Trouble(str(reply.status), words) if words else None


def listed(reply: Reply, rows: str) -> list[Any]:
    """The list that stands at a path of the answer.

    Raises:
        TransportError: kind "protocol"; there is none.
    """
    found = inside(reply, rows)
    if not isinstance(found, list):
        raise out_of_order(reply, f"there is no list at {rows or 'its top'!r}")
    return found


def inside(reply: Reply, path: str) -> Any:
    """What stands at a path of the answer, None when nothing does."""
    return next(iter(find(Scope(reply.body), path)), None) if path else reply.body


def _token_hosts(declared: Declaration) -> tuple[str, ...]:
    """The hosts the sign-in may be at: that of the declared address, and the declared hosts (a region's own)."""
    return (urlsplit(declared.auth.token_url).netloc, *declared.hosts)


def _auth(declared: Declaration, connection: Connection, secret: Mapping[str, Any]) -> Auth:
    def part(name: str) -> str:
        value = secret.get(name)
        if not isinstance(value, str):
            remedy = "Give it in the JSON object of --secret-stdin."
            raise UsageError(f"the secret has no {name}", record=connection.name, remedy=remedy)
        return value

    match declared.auth.kind:
        case AuthKind.BEARER:
            return BearerAuth(part("key"))
        case AuthKind.BASIC:
            return BasicAuth(part("user"), part("password"))
        case AuthKind.HEADER:
            value = declared.auth.value
            return HeaderAuth(declared.auth.name, value, {word: part(word) for word in value.words})
        case _:
            return NoAuth()


class HeaderAuth(NoAuth):
    """A header made of parts of the secret, such as `token key:secret`.

    Raises:
        TransportError: a part is empty or holds characters no header may hold.
    """

    def __init__(self, name: str, value: Filled, parts: Mapping[str, str]) -> None:
        self._name = name
        self._parts = tuple(parts.values())
        if not all(part and part.isascii() and part.isprintable() for part in self._parts):
            words = "a part of the stored secret is empty or holds characters no header may hold"
            raise TransportError(words, kind="auth", remedy="Enter it again.")
        self._text = value.text(parts)

    def __repr__(self) -> str:
        return "HeaderAuth(***)"

    def headers(self) -> Mapping[str, str]:
        """The header."""
        return {self._name: self._text}

    def secrets(self) -> tuple[str, ...]:
        """Its parts, and the whole."""
        return (*self._parts, self._text)
