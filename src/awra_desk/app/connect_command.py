"""`awra-desk connect PROVIDER`: add or change a connection; its secret comes on stdin and goes to the keyring."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from awra_desk.app.bootstrap import ACCESS, CONTRACTS, open_desk
from awra_desk.app.output import common_options, say
from awra_desk.app.workspace import workspace_url
from awra_desk.connectors._http import check_base_url
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.ports.connections import Connection
from awra_desk.services.desk import ENGINE
from awra_desk.services.setup import put_connection
from awra_desk.system.secrets import KeyringSecrets


def add_parser(commands: Any, name: str) -> None:
    """Declare the command's arguments."""
    parser = common_options(commands.add_parser(name, help="add or change a connection"))
    parser.add_argument("provider", choices=sorted(CONTRACTS))
    parser.add_argument("--name", required=True, help="how the connection is called here")
    parser.add_argument("--base-url", required=True, help="https address of the API, or the path of a statement file")
    parser.add_argument("--zone", default="UTC", help="IANA zone of its booking days")
    parser.add_argument("--option", action="append", default=[], metavar="K=V")
    parser.add_argument("--secret-stdin", action="store_true", help="read the secret, a JSON object, from stdin")


def run(args: argparse.Namespace) -> int:
    """Store the connection and its secret."""
    options = dict(_option(text) for text in args.option)
    if args.provider != "statement":
        loopback = options.get("allow_loopback") == "true"
        check_base_url(args.base_url, allow_loopback=loopback, hosts=ACCESS[args.provider].hosts)
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


def _secret(text: str) -> dict[str, Any]:
    try:
        secret = json.loads(text)
    except ValueError:
        secret = None
    if not isinstance(secret, dict):
        raise UsageError("the secret on stdin is not a JSON object", remedy='Send something like {"key": "..."}.')
    return secret
