"""`awra-desk connect PROVIDER`: add or change a connection.

Its secret comes on stdin, or from a sign-in in the browser, and goes to the keyring.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from awra_desk.app.bootstrap import ACCESS, DECLARED, FILES, PROVIDERS, open_desk
from awra_desk.app.connecting import server_of, signed_in, with_declaration
from awra_desk.app.output import common_options, say
from awra_desk.app.signing import keep_signing_secret
from awra_desk.app.workspace import workspace_url
from awra_desk.connectors._http import Access, Desktop, check_base_url
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.files.mapping import OPTION, TABLE
from awra_desk.ports.connections import Connection
from awra_desk.ports.providers import SIGNING_SECRET
from awra_desk.ports.system import SecretStore
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.setup import put_connection
from awra_desk.system.browser import SystemBrowser
from awra_desk.system.clock import SystemClock
from awra_desk.system.secrets import KeyringSecrets


def add_parser(commands: Any, name: str) -> None:
    """Declare the command's arguments."""
    parser = common_options(commands.add_parser(name, help="add or change a connection"))
    parser.add_argument("provider", choices=sorted(PROVIDERS))
    parser.add_argument("--name", required=True, help="how the connection is called here")
    parser.add_argument(
        "--base-url", required=True, help="https address of the API, or the path of a statement file or folder"
    )
    parser.add_argument("--zone", default="UTC", help="IANA zone of its booking days")
    parser.add_argument(
        "--option", action="append", default=[], metavar="K=V", help="what its provider needs besides; may be repeated"
    )
    parser.add_argument("--authorize", action="store_true", help="sign in at the provider in the browser")
    parser.add_argument(
        "--redirect", default="", metavar="URL", help="https page your app registered, where loopback is not allowed"
    )
    parser.add_argument("--secret-stdin", action="store_true", help="read the secret, a JSON object, from stdin")


def run(args: argparse.Namespace) -> int:
    """Store the connection and its secret."""
    options = dict(_option(text) for text in args.option)
    access = ACCESS[args.provider]
    if args.provider in DECLARED:
        given = Connection("", args.name, args.provider, args.base_url, args.zone, options)
        options = with_declaration(given)
    if args.provider not in FILES:
        loopback = options.get("allow_loopback") == "true"
        check_base_url(args.base_url, allow_loopback=loopback, hosts=access.hosts)
    with open_desk(workspace_url(args.workspace), company=args.company, create=True) as desk:
        options = _with_mapping(desk, args, options)
        connection = Connection(desk.company, args.name, args.provider, args.base_url, args.zone, options)
        keys = KeyringSecrets()
        secret = _given(args) if args.secret_stdin else None
        signing = str((secret or {}).pop(SIGNING_SECRET, ""))
        if args.authorize:
            secret, connection = _signed_in(args, connection, access, secret or _kept(connection, keys))
        if secret:
            keys.put(connection.secret_name, json.dumps(secret))
        if signing:
            keep_signing_secret(connection, keys, signing)
        if secret is not None and keys.notice:
            raise UserError(keys.notice, record=args.name, remedy="Unlock or install a keyring, then connect again.")
        signed_in = str(secret.get("scope", "")) if args.authorize and secret else ""
        put_connection(desk, connection, by=ENGINE, signed_in=signed_in)
        with desk.read() as uow:
            rung = uow.connections.get(args.name).rung
    say(
        {"name": args.name, "provider": args.provider, "base_url": args.base_url, "scopes": list(access.scopes)},
        text=f"Connected {args.name}, on rung {rung.words}.",
        as_json=args.json,
    )
    return 0


def _signed_in(
    args: argparse.Namespace, connection: Connection, access: Access, keys: dict[str, Any]
) -> tuple[dict[str, Any], Connection]:
    """The secret after a sign-in, and the connection with the account that was opened."""
    server = server_of(connection, access, keys)
    alone = "" if access.reads_alone else " (it cannot be asked to let us read only; the ladder keeps us from writing)"
    print(f"{args.provider} will be asked for: {', '.join(access.scopes)}{alone}", file=sys.stderr)
    desktop = Desktop(SystemBrowser(), _ask, SystemClock())
    return signed_in(connection, server, access, keys, args.redirect, desktop)


def _kept(connection: Connection, keys: SecretStore) -> dict[str, Any]:
    """What the keyring holds for it: whoever signs in again brings no app keys."""
    return dict(json.loads(keys.get(connection.secret_name) or "{}"))


def _ask(words: str) -> str:
    print(words, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()


def _given(args: argparse.Namespace) -> dict[str, Any]:
    """The secret on stdin; its first line only when a person answers there as well."""
    return _secret(sys.stdin.readline() if args.authorize else sys.stdin.read())


def _with_mapping(desk: Desk, args: argparse.Namespace, options: dict[str, str]) -> dict[str, str]:
    """The options with the saved mapping of these tables: only `mapping` changes that."""
    with desk.read() as uow:
        known = {one.name: one for one in uow.connections.all() if one.provider == args.provider == TABLE}
    saved = known[args.name].options.get(OPTION, "") if args.name in known else ""
    return {**options, OPTION: saved} if saved else options


def _option(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if any(word in key for word in ("secret", "password", "api_key", "refresh_token", "access_token")):
        raise UsageError(f"option {key!r} looks like a secret", remedy="Send secrets as JSON with --secret-stdin.")
    if not equals or not key:
        raise UsageError(f"option {text!r} is not KEY=VALUE", remedy="Write it like --option allow_loopback=true.")
    return key, value


def _secret(text: str) -> dict[str, Any]:
    try:
        secret = json.loads(text)
    except ValueError:
        secret = None
    if not isinstance(secret, dict):
        raise UsageError("the secret on stdin is not a JSON object", remedy='Send something like {"key": "..."}.')
    return secret
