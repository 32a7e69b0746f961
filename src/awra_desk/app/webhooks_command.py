"""`awra-desk webhooks`: take the events that providers send, until stopped; and keep the secrets that sign them."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.output import common_options, say
from awra_desk.app.signing import keep_signing_secret, signing_secrets
from awra_desk.app.stopping import stop_signal
from awra_desk.app.workspace import workspace_url
from awra_desk.domain.ladder import TAKING
from awra_desk.ports.system import SecretStore
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.system.secrets import KeyringSecrets
from awra_desk.webhooks import SCHEMES, Receiver, path_of
from awra_desk.webhooks.serving import serving

PORT = 8765


def add_parser(commands: Any, name: str) -> None:
    """Declare the arguments."""
    parser = common_options(commands.add_parser(name, help="take the events that providers send, until stopped"))
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (default: this machine only, behind a tunnel or proxy)",
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"0 lets the system choose (default {PORT})")
    parser.add_argument("--public", default="", metavar="URL", help="https address by which the providers reach it")
    parser.add_argument(
        "--signing-secret", default="", metavar="NAME", help="only keep a connection's signing secret, read from stdin"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; one JSON line says when and where it is ready."""
    keys = KeyringSecrets()
    with open_desk(workspace_url(args.workspace), company=args.company, secrets=keys) as desk:
        if args.signing_secret:
            return _keep(desk, args, keys)
        receiver = Receiver(desk, lambda connection: signing_secrets(connection, keys), public=args.public)
        with stop_signal() as stopped, serving(receiver, host=args.host, port=args.port) as server:
            print(json.dumps(_addresses(desk, keys, server.base, args.public)), flush=True)
            server.run(stopped)
    return 0


def _keep(desk: Desk, args: argparse.Namespace, keys: SecretStore) -> int:
    """Keep it, and say the address to register; of one that is itself the secret only here, once."""
    with desk.read() as uow:
        connection = uow.connections.get(args.signing_secret)
    keep_signing_secret(connection, keys, sys.stdin.read().strip())
    with desk.write() as uow:
        uow.trail.append(
            at=desk.now(), actor=ENGINE, action="connection.signing_secret", subject=connection.name, detail={}
        )
        uow.commit()
    token = "" if SCHEMES[connection.provider].signed else signing_secrets(connection, keys)[0]
    address = (args.public or "https://YOUR-ADDRESS").rstrip("/") + path_of(connection.name, token)
    text = f"Kept. Register this address with the provider: {address}"
    say({"name": connection.name, "url": address}, text=text, as_json=args.json)
    return 0


def _addresses(desk: Desk, keys: SecretStore, base: str, public: str) -> dict[str, Any]:
    """Where it listens, and the address of each connection whose provider sends events."""
    with desk.read() as uow:
        known = [connection for connection in uow.connections.all() if connection.provider in SCHEMES]
    return {
        "listening": base,
        "connections": {
            connection.name: {
                "url": connection.options.get("events_url") or (public or base).rstrip("/") + path_of(connection.name),
                "signed_by": SCHEMES[connection.provider].words,
                "signing_secrets": len(signing_secrets(connection, keys)),
                "taken": connection.rung in TAKING,
            }
            for connection in known
        },
    }
