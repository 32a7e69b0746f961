"""Signing in at a provider: OAuth 2 authorization code with PKCE S256 and `state` (RFC 6749 §4.1, RFC 7636, RFC 8252).

The browser comes back to a port of this machine; where the provider does not allow that, to an https page that the
person's own app has registered, whose address they bring here.
"""

from __future__ import annotations

import hmac
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from httpx import BaseTransport

from awra_desk.connectors._http.access import SignIn
from awra_desk.connectors._http.auth import Auth, BasicAuth, NoAuth
from awra_desk.connectors._http.bucket import MemoryState, TokenBucket
from awra_desk.connectors._http.client import Http
from awra_desk.connectors._http.guard import Guard
from awra_desk.connectors._http.loopback import LoopbackReceiver
from awra_desk.connectors._http.origin import check_base_url, is_loopback
from awra_desk.connectors._http.tokens import TOKEN_POLICY, TOKEN_TIMEOUT, ask_for_tokens, read_tokens
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.ports.connections import TransportError
from awra_desk.ports.system import Browser, Clock

_AGAIN = "Start the sign-in again."


@dataclass(frozen=True, slots=True)
class App:
    """Who asks for access: the keys of an app registered with the provider.

    Attributes:
        client_secret: "" for a public client. redirect: the https page it registered, "" for a port of this machine.
    """

    client_id: str
    client_secret: str = ""
    redirect: str = ""

    def __repr__(self) -> str:
        return f"App({self.client_id}, {self.redirect or 'loopback'})"


@dataclass(frozen=True, slots=True)
class Desktop:
    """What this machine gives: its browser, and a way to ask the person for the address their browser ended at.

    Attributes:
        ask: shows words, gives back what was entered. waiting: called now and then until the browser comes back; what
            it raises ends the sign-in.
    """

    browser: Browser
    ask: Callable[[str], str]
    clock: Clock
    transport: BaseTransport | None = None
    waiting: Callable[[], None] = lambda: None


def sign_in(
    provider: str, server: SignIn, app: App, scopes: Sequence[str], desktop: Desktop, *, allow_loopback: bool = False
) -> dict[str, Any]:
    """Have the person sign in; the new secret's parts: tokens as `read_tokens` gives them with scope, and, where the
    redirect names it, the account under `account`.

    Args:
        allow_loopback: the server is a sandbox on this machine; it sends people back to loopback, too.

    Raises:
        UsageError: an address that may not be used, or a provider that needs a redirect page and was given none.
        UserError: nobody signed in, the person said no, or the answer is not to our question.
        TransportError: the code could not be exchanged.
    """
    _check(server, allow_loopback=allow_loopback)
    if not app.redirect and not (server.loopback or allow_loopback):
        raise UsageError(
            f"{provider} sends people back to an https page only",
            remedy="Give the page that your app registered there (--redirect).",
        )
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64) if server.pkce else ""
    if app.redirect:
        check_base_url(app.redirect)
        landed = _brought(desktop, _question(server, app, scopes, state, verifier))
    else:
        with LoopbackReceiver() as receiver:
            app = replace(app, redirect=receiver.redirect_uri)
            question = _question(server, app, scopes, state, verifier)
            if not desktop.browser.open(question):
                raise UserError("no browser could be opened", remedy=f"Open this page yourself: {question}")
            landed = receiver.wait(waiting=desktop.waiting)
    code, account = _read(landed, app, state, server)
    http = _token_client(provider, server, app, desktop, allow_loopback=allow_loopback)
    found = _exchange(http, provider, server, app, code, verifier, desktop.clock)
    return {"scope": " ".join(scopes), **found, **({"account": account} if account else {})}


def _check(server: SignIn, *, allow_loopback: bool) -> None:
    for url in (server.authorize_url, server.token_url):
        parts = urlsplit(url)
        check_base_url(f"{parts.scheme}://{parts.netloc}{parts.path}", allow_loopback=allow_loopback)


def _question(server: SignIn, app: App, scopes: Sequence[str], state: str, verifier: str) -> str:
    """The page to sign in at."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # noqa: PLC0415  # half a second, seldom needed
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415

    challenge = (
        {"code_challenge": create_s256_code_challenge(verifier), "code_challenge_method": "S256"} if verifier else {}
    )
    return str(
        prepare_grant_uri(
            server.authorize_url,
            client_id=app.client_id,
            response_type="code",
            redirect_uri=app.redirect,
            scope=" ".join(scopes),
            state=state,
            **challenge,
        )
    )


def _brought(desktop: Desktop, question: str) -> str:
    opened = desktop.browser.open(question)
    words = "Sign in there" if opened else f"Open {question} and sign in"
    return desktop.ask(f"{words}, then paste the whole address your browser ended at: ").strip()


def _read(landed: str, app: App, state: str, server: SignIn) -> tuple[str, str]:
    """The code and the account of the address the browser ended at. Its text is never shown: it holds the code."""
    parts, wanted = urlsplit(landed), urlsplit(app.redirect)
    if (parts.scheme, parts.netloc, parts.path.rstrip("/")) != (
        wanted.scheme,
        wanted.netloc,
        wanted.path.rstrip("/"),
    ):
        raise UserError("this is not the address of the sign-in's last page", remedy=_AGAIN)
    values = {name: found[0] for name, found in parse_qs(parts.query).items() if len(found) == 1}
    if not hmac.compare_digest(values.get("state", "").encode(), state.encode()):
        raise UserError("the answer is not to our question (its state differs)", remedy=_AGAIN)
    if error := values.get("error", ""):
        said = "access was declined" if error == "access_denied" else f"the provider answered {error[:60]!r}"
        raise UserError(said, remedy=_AGAIN)
    if not values.get("code"):
        raise UserError("the answer holds no code", remedy=_AGAIN)
    return values["code"], values.get(server.account_parameter, "") if server.account_parameter else ""


def _token_client(provider: str, server: SignIn, app: App, desktop: Desktop, *, allow_loopback: bool) -> Http:
    parts = urlsplit(server.token_url)
    auth: Auth = BasicAuth(app.client_id, app.client_secret) if app.client_secret else NoAuth()
    return Http(
        f"{parts.scheme}://{parts.netloc}",
        provider=f"{provider}'s sign-in",
        auth=auth,
        policy=TOKEN_POLICY,
        bucket=TokenBucket(desktop.clock, per_second=1.0, burst=5),
        clock=desktop.clock,
        rng=random.Random(),  # noqa: S311  # jitter
        guard=Guard(MemoryState(), provider),  # there is no connection yet: nothing to share, and only the code is sent
        transport=desktop.transport,
        allow_loopback=allow_loopback and is_loopback(parts.hostname or ""),
        timeout=TOKEN_TIMEOUT,
    )


def _exchange(
    http: Http, provider: str, server: SignIn, app: App, code: str, verifier: str, clock: Clock
) -> dict[str, Any]:
    """The tokens for the code."""
    form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", app.redirect)]
    form += [("code_verifier", verifier)] if verifier else []
    form += [] if app.client_secret else [("client_id", app.client_id)]
    http.hide([code, verifier])
    with http:
        try:
            reply = ask_for_tokens(http, urlsplit(server.token_url).path, form, in_json=server.in_json)
        except TransportError as error:
            if error.kind != "refused":
                raise
            raise TransportError(error.what, kind="auth", record=error.record, remedy=_AGAIN) from None
        return read_tokens(reply, clock.now(), provider, _AGAIN)
