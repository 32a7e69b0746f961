"""Letting people in at providers (`ports.providers.Connecting`): addresses, declared files, sign-in, keyring.

The command `connect` and the window's Connections do the same things through here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from awra_desk.app.offers import with_access
from awra_desk.app.signing import forget_signing_secrets, keep_signing_secret
from awra_desk.connectors._http import Access, App, Desktop, SignIn, check_base_url, sign_in
from awra_desk.connectors.declared import (
    OPTION,
    declaration_text,
    earlier_texts,
    is_earlier,
    load_declaration,
)
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.normalise import versions_of
from awra_desk.ports.connections import Connection
from awra_desk.ports.progress import Progress
from awra_desk.ports.providers import Nature, Offer
from awra_desk.ports.system import Browser, Clock, SecretStore

WAITING = "waiting for the browser"


class DeskConnecting:
    """Works with the keyring and the browser of this machine.

    Args:
        access: provider -> its hosts, scopes and sign-in.
    """

    def __init__(self, keys: SecretStore, clock: Clock, browser: Browser, access: Mapping[str, Access]) -> None:
        self._keys, self._clock, self._browser, self._access = keys, clock, browser, access
        self._offers = {offer.provider: offer for offer in with_access(access)}

    def offers(self) -> tuple[Offer, ...]:
        """Everything that can be connected, by title."""
        return tuple(sorted(self._offers.values(), key=lambda offer: offer.title.casefold()))

    def notice(self) -> str:
        """Why no secret can be kept here, "" when one can."""
        self._keys.get("connecting")  # asks the keyring, so that a locked one shows
        return str(getattr(self._keys, "notice", ""))

    def prepare(self, connection: Connection) -> Connection:
        """The connection as it may be stored."""
        offer, options = self._offers[connection.provider], dict(connection.options)
        if any(each.name == "file" for each in offer.fields) or OPTION in options:
            options = with_declaration(connection)
        lacking = [each for each in offer.fields if each.required and not each.secret and each.name != "file"]
        if missing := next((each for each in lacking if not options.get(each.name)), None):
            raise UsageError(f"{missing.label} is missing", record=connection.name, remedy="Fill it in.")
        if offer.nature == Nature.FILE:
            if not Path(connection.base_url).exists():
                raise UsageError(
                    "there is no such file or folder", record=connection.base_url, remedy="Choose another."
                )
            return connection
        loopback = options.get("allow_loopback") == "true"
        hosts = self._access[connection.provider].hosts
        base_url = check_base_url(connection.base_url, allow_loopback=loopback, hosts=hosts)
        return replace(connection, base_url=base_url, options=options)

    def has_secret(self, connection: Connection) -> bool:
        """Whether the keyring holds its secret."""
        return self._keys.get(connection.secret_name) is not None

    def sign_in(
        self,
        connection: Connection,
        given: Mapping[str, str],
        *,
        redirect: str,
        ask: Callable[[str], str],
        progress: Progress,
    ) -> tuple[Mapping[str, Any], Connection]:
        """Have the person sign in in the browser; the new secret, and the connection with the account opened."""
        keys = dict(given) or json.loads(self._keys.get(connection.secret_name) or "{}")
        server = server_of(connection, self._access[connection.provider], keys)

        def still() -> None:
            progress(0, None, WAITING)

        desktop = Desktop(self._browser, ask, self._clock, waiting=still)
        return signed_in(connection, server, self._access[connection.provider], keys, redirect, desktop)

    def keep(self, connection: Connection, secret: Mapping[str, Any]) -> None:
        """Put the secret into the keyring."""
        self._keys.put(connection.secret_name, json.dumps(dict(secret)))
        if notice := str(getattr(self._keys, "notice", "")):
            raise UserError(notice, record=connection.name, remedy="Unlock or install a keyring, then connect again.")

    def keep_signing_secret(self, connection: Connection, secret: str) -> None:
        """Put the secret that signs its events into the keyring."""
        keep_signing_secret(connection, self._keys, secret)

    def forget(self, connection: Connection) -> None:
        """Take its secrets out of the keyring."""
        self._keys.delete(connection.secret_name)
        forget_signing_secrets(connection, self._keys)


def server_of(connection: Connection, access: Access, keys: Mapping[str, Any]) -> SignIn:
    """Where the person signs in.

    Raises:
        UsageError: the provider gives out keys, or the keys of the person's app lack something.
    """
    server = access.sign_in
    if server is None:
        raise UsageError(f"{connection.provider} gives out keys", remedy="Send the key with --secret-stdin.")
    wanted = ("client_id", "client_secret") if server.secret_needed else ("client_id",)
    if missing := [name for name in wanted if not isinstance(keys.get(name), str)]:
        raise UsageError(
            f"the keys of your app lack {', '.join(missing)}",
            remedy="Fill them in, or send them as a JSON object with --secret-stdin.",
        )
    options = connection.options
    if options.get("allow_loopback") != "true":
        return server
    # A sandbox has its own endpoints; elsewhere they are the provider's, whatever the options say.
    return replace(
        server,
        authorize_url=options.get("authorize_url", server.authorize_url),
        token_url=options.get("token_url", server.token_url),
    )


def signed_in(
    connection: Connection,
    server: SignIn,
    access: Access,
    keys: Mapping[str, Any],
    redirect: str,
    desktop: Desktop,
) -> tuple[dict[str, Any], Connection]:
    """The secret after a sign-in, and the connection with the account that was opened.

    Raises:
        UserError: it is another account than the connection's.
    """
    options = dict(connection.options)
    app = App(keys["client_id"], str(keys.get("client_secret", "")), redirect)
    loopback = options.get("allow_loopback") == "true"
    found = sign_in(connection.provider, server, app, access.scopes, desktop, allow_loopback=loopback)
    account = found.pop("account", "")
    if account and server.account_option:
        if options.get(server.account_option, account) != account:
            raise UserError(
                f"you signed in to {account}, not to {options[server.account_option]}",
                record=connection.name,
                remedy="Sign in to the company this connection is for.",
            )
        options[server.account_option] = account
    own = {name: value for name, value in keys.items() if name in ("client_id", "client_secret")}
    return {**own, **found}, replace(connection, options=options)


def with_declaration(connection: Connection) -> dict[str, str]:
    """The options with the declared files' texts in place of their paths, checked before anything is stored.

    Everybody who opens the workspace then has the same files, and a change of them is a change of the connection.

    Raises:
        UsageError: a file cannot be read or says nothing of use, an option that it asks for is missing, or the files do
            not follow each other.
    """
    options = dict(connection.options)
    path = options.pop("file", "")
    options |= {name: _declared_file(text) for name, text in options.items() if is_earlier(name)}
    options |= {OPTION: _declared_file(path)} if path else {}
    known = replace(connection, options=options)
    text, name = declaration_text(known)
    declared = load_declaration(text, path or name)
    for option, meaning in declared.options.items():
        if not options.get(option):
            raise UsageError(f"{meaning} is missing", record=connection.name, remedy=f"Give --option {option}=…")
    versions_of([*(load_declaration(*earlier).contract for earlier in earlier_texts(known)), declared.contract])
    return options


def _declared_file(path: str) -> str:
    """Its text; a text that was read before (a path has but one line) stays."""
    if "\n" in path:
        return path
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Give the path of a UTF-8 text file."
        raise UsageError(f"the declared file cannot be read: {error}", record=path, remedy=remedy) from None
