"""Signing secrets of events: in the keyring beside a connection's credentials, never with them.

A renewed token replaces the credentials as a whole, and a signing secret must not go with them. Two are kept, so that
one can be replaced while the provider still signs with the other.
"""

from __future__ import annotations

import json
import secrets as random_secrets

from awra_desk.domain.errors import UsageError, UserError
from awra_desk.ports.connections import Connection, Signing
from awra_desk.ports.system import SecretStore
from awra_desk.webhooks import SCHEMES

_KEPT = 2
_TOKEN_BYTES = 24


def signing_secrets(connection: Connection, keys: SecretStore) -> tuple[str, ...]:
    """Secrets that may have signed an event of this connection, newest first; none where events are not taken."""
    scheme = SCHEMES.get(connection.provider)
    if scheme is None:
        return ()
    if scheme.credential:
        own = json.loads(keys.get(connection.secret_name) or "{}").get(scheme.credential)
        return (own,) if isinstance(own, str) and own else ()
    return tuple(json.loads(keys.get(_name(connection)) or "[]"))


def signing(connection: Connection, keys: SecretStore) -> Signing | None:
    """How the connection's events are proven; None where its provider sends none that are taken."""
    scheme = SCHEMES.get(connection.provider)
    if scheme is None:
        return None
    return Signing(scheme.words, len(signing_secrets(connection, keys)), scheme.signed)


def keep_signing_secret(connection: Connection, keys: SecretStore, secret: str) -> None:
    """Put a new one in front; the one before is good until the next replaces it.

    Args:
        secret: as the provider gave it; "" makes one up, where the address itself is the secret.

    Raises:
        UsageError: its provider sends no events that are taken, signs with the credentials, or nothing was given.
        UserError: there is no keyring.
    """
    scheme = SCHEMES.get(connection.provider)
    if scheme is None:
        raise UsageError("its provider sends no events that are taken here", record=connection.name,
                         remedy="It is polled; nothing is to do.")  # fmt: skip
    if scheme.credential:
        raise UsageError(f"its events are signed with its own {scheme.credential}", record=connection.name,
                         remedy="Connect it with that; nothing else is needed.")  # fmt: skip
    if not secret and scheme.signed:
        raise UsageError("no signing secret came on stdin", record=connection.name,
                         remedy="Copy it from the provider's page of webhooks.")  # fmt: skip
    new = secret or random_secrets.token_urlsafe(_TOKEN_BYTES)
    kept = [each for each in signing_secrets(connection, keys) if each != new]
    keys.put(_name(connection), json.dumps([new, *kept][:_KEPT]))
    if notice := str(getattr(keys, "notice", "")):
        raise UserError(notice, record=connection.name, remedy="Unlock or install a keyring, then give it again.")


def forget_signing_secrets(connection: Connection, keys: SecretStore) -> None:
    """Take them out of the keyring; silent when there are none."""
    keys.delete(_name(connection))


def _name(connection: Connection) -> str:
    return f"{connection.secret_name}#events"
