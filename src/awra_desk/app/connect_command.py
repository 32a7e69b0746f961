"""`awra-desk connect PROVIDER`: add or change a connection; its secret comes on stdin and goes to the keyring."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from awra_desk.app.bootstrap import DECLARED, FILES, PROVIDERS, open_desk
from awra_desk.app.output import common_options, say
from awra_desk.app.workspace import workspace_url
from awra_desk.connectors.declared import OPTION, declaration_text, load_declaration
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.ports.connections import Connection
from awra_desk.services.desk import ENGINE
from awra_desk.services.setup import put_connection
from awra_desk.system.secrets import KeyringSecrets

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def add_parser(commands: Any, name: str) -> None:
    """Declare the command's arguments."""
    parser = common_options(commands.add_parser(name, help="add or change a connection"))
    parser.add_argument("provider", choices=sorted(PROVIDERS))
    parser.add_argument("--name", required=True, help="how the connection is called here")
    parser.add_argument(
        "--base-url", required=True, help="https address of the API, or the path of a statement file or folder"
    )
    parser.add_argument("--zone", default="UTC", help="IANA zone of its booking days")
    parser.add_argument("--option", action="append", default=[], metavar="K=V")
    parser.add_argument("--secret-stdin", action="store_true", help="read the secret, a JSON object, from stdin")


def run(args: argparse.Namespace) -> int:
    """Store the connection and its secret."""
    options = dict(_option(text) for text in args.option)
    if args.provider in DECLARED:
        options = _with_declaration(args, options)
    if args.provider not in FILES:
        _check_address(args.base_url, options)
    with open_desk(workspace_url(args.workspace), company=args.company, create=True) as desk:
        connection = Connection(desk.company, args.name, args.provider, args.base_url, args.zone, options)
        if args.secret_stdin:
            keys = KeyringSecrets()
            keys.put(connection.secret_name, json.dumps(_secret(sys.stdin.read())))
            if keys.notice:
                raise UserError(
                    keys.notice, record=args.name, remedy="Unlock or install a keyring, then connect again."
                )
        put_connection(desk, connection, by=ENGINE)
    say(
        {"name": args.name, "provider": args.provider, "base_url": args.base_url},
        text=f"Connected {args.name}.",
        as_json=args.json,
    )
    return 0


def _option(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if any(word in key for word in ("secret", "password", "api_key", "refresh_token", "access_token")):
        raise UsageError(f"option {key!r} looks like a secret", remedy="Send secrets as JSON with --secret-stdin.")
    if not equals or not key:
        raise UsageError(f"option {text!r} is not KEY=VALUE", remedy="Write it like --option allow_loopback=true.")
    return key, value


def _with_declaration(args: argparse.Namespace, options: dict[str, str]) -> dict[str, str]:
    """The options with the declared file's text in place of its path, checked before anything is stored.

    Everybody who opens the workspace then has the same file, and a change of it is a change of the connection.
    """
    if path := options.pop("file", ""):
        try:
            options[OPTION] = Path(path).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            remedy = "Give the path of a UTF-8 text file."
            raise UsageError(f"the declared file cannot be read: {error}", record=path, remedy=remedy) from None
    connection = Connection("", args.name, args.provider, args.base_url, args.zone, options)
    text, name = declaration_text(connection)
    for option, meaning in load_declaration(text, path or name).options.items():
        if not options.get(option):
            raise UsageError(f"{meaning} is missing", record=args.name, remedy=f"Give --option {option}=…")
    return options


def _check_address(address: str, options: dict[str, str]) -> None:
    """Https only, except loopback when it is asked for."""
    parts = urlsplit(address)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError("an address holds no user, password or query", remedy="Send secrets with --secret-stdin.")
    if parts.hostname in LOOPBACK:
        if options.get("allow_loopback") != "true":
            raise UsageError(f"{address} is this machine", remedy="Give --option allow_loopback=true if you mean it.")
    elif parts.scheme != "https":
        raise UsageError(f"{address} is not an https address", remedy="Give the provider's https address.")


def _secret(text: str) -> dict[str, Any]:
    try:
        secret = json.loads(text)
    except ValueError:
        secret = None
    if not isinstance(secret, dict):
        raise UsageError("the secret on stdin is not a JSON object", remedy='Send something like {"key": "..."}.')
    return secret
