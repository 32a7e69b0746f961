"""Connect: add a connection, change it, give it new credentials or take them away; secrets go to the keyring only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awra_desk.domain.errors import Refused, UserError
from awra_desk.ports.connections import Connection
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.providers import SIGNING_SECRET, Connecting, Filled
from awra_desk.services.desk import Desk, owner
from awra_desk.services.setup import put_connection


def connect(
    desk: Desk, filled: Filled, *, who: str, ask: Callable[[str], str], progress: Progress = silent
) -> Connection:
    """Add a connection, or change the one of that name; its secret is in the keyring before the workspace names it.

    Options that are not filled in stay as they were.

    Args:
        who: as for `ladder.climb`. ask: shows words, gives back the address that the browser ended at.

    Raises:
        Refused: the person may not, or the name is taken.
        UsageError: an address or option that cannot be used.
        UserError: no keyring, no secret, or nobody signed in.
    """
    connecting = connecting_of(desk)
    with desk.read() as uow:
        owner(uow, who)
        known = {connection.name: connection for connection in uow.connections.all()}
    before = known.get(filled.name)
    if not filled.name.strip():
        raise UserError("the connection has no name", remedy="Name it, so that people know it again.")
    if filled.new and before is not None:
        raise Refused("this name is taken", record=filled.name, remedy="Choose another name.")
    kept = before.options if before is not None else {}
    options = {**kept, **{name: value for name, value in filled.options.items() if value}}
    connection = connecting.prepare(
        Connection(desk.company, filled.name, filled.provider, filled.base_url, filled.zone, options)
    )
    secret: dict[str, Any] = {name: value for name, value in filled.secret.items() if value}
    signing = secret.pop(SIGNING_SECRET, "")
    if (secret or signing or filled.sign_in) and (notice := connecting.notice()):
        raise UserError(notice, record=filled.name)
    signed_in = ""
    if filled.sign_in:
        found, connection = connecting.sign_in(connection, secret, redirect=filled.redirect, ask=ask, progress=progress)
        secret, signed_in = dict(found), str(found.get("scope", ""))
    if secret:
        connecting.keep(connection, secret)
    if signing:
        connecting.keep_signing_secret(connection, signing)
    put_connection(desk, connection, by=who, signed_in=signed_in)
    return connection


def forget_secret(desk: Desk, name: str, *, who: str) -> None:
    """Take a connection's credentials out of the keyring; what was pulled stays. One trail row.

    Raises:
        Refused: the person may not.
    """
    connecting = connecting_of(desk)
    with desk.write() as uow:
        owner(uow, who)
        connection = uow.connections.get(name)
        uow.trail.append(at=desk.now(), actor=who, action="connection.forget", subject=name, detail={})
        connecting.forget(connection)
        uow.commit()


def connecting_of(desk: Desk) -> Connecting:
    """What lets people in.

    Raises:
        Refused: systems are never added at this desk.
    """
    if desk.connecting is None:
        raise Refused("no system can be connected here", remedy="Open the workspace with the desktop.")
    return desk.connecting
