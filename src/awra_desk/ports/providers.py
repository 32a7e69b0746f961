"""What can be connected, what people fill in for it, and how they are let in. Made by the composition root.

A secret passes through here on its way to the keyring; it is never kept anywhere else and never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from awra_desk.ports.connections import Connection
from awra_desk.ports.progress import Progress

SIGNING_SECRET = "signing_secret"  # noqa: S105 - its name, not the secret
"""The part of what is filled in as secret that signs events; it is kept apart from the credentials."""


class Nature(StrEnum):
    """What kind of system it is."""

    PAYMENTS = "payments"
    SHOP = "shop"
    LEDGER = "ledger"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Field:
    """Something that is filled in for a connection.

    Attributes:
        name: key of the option or of the secret's part. label: for people. secret: it goes to the keyring.
        required: nothing works without it. path: it names a file on this machine. hint: an example.
    """

    name: str
    label: str
    secret: bool = False
    required: bool = True
    path: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider that can be connected.

    Attributes:
        address: proposed base URL, "" where everybody has their own. address_label: "Address", or what the path names.
        scopes: the least that is asked for. reads_alone: reading can be granted without writing.
        signs_in: people sign in in their browser. page_needed: they come back to an https page of their own app, whose
            address they bring here.
    """

    provider: str
    title: str
    nature: Nature
    address: str = ""
    address_label: str = "Address"
    fields: tuple[Field, ...] = ()
    scopes: tuple[str, ...] = ()
    reads_alone: bool = True
    signs_in: bool = False
    page_needed: bool = False

    @property
    def secrets(self) -> tuple[Field, ...]:
        """Parts of the secret."""
        return tuple(each for each in self.fields if each.secret)


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody filled in.

    Attributes:
        secret: parts of the secret by name; empty keeps the one that the keyring holds.
        redirect: the https page that the person's own app registered, "" for a port of this machine.
        sign_in: sign in in the browser. new: it is to be added, so the name must be free.
    """

    provider: str
    name: str
    base_url: str
    zone: str
    options: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)
    redirect: str = ""
    sign_in: bool = False
    new: bool = True


class Connecting(Protocol):
    """Lets people in at providers, and keeps their secrets."""

    def offers(self) -> tuple[Offer, ...]:
        """Everything that can be connected, by title."""

    def notice(self) -> str:
        """Why no secret can be kept here, "" when one can; asks the keyring, which may ask the person."""

    def prepare(self, connection: Connection) -> Connection:
        """The connection as it may be stored.

        Raises:
            UsageError: an address that is not the provider's, a missing option, or an unusable declared file.
        """

    def has_secret(self, connection: Connection) -> bool:
        """Whether the keyring holds its secret."""

    def sign_in(
        self,
        connection: Connection,
        given: Mapping[str, str],
        *,
        redirect: str,
        ask: Callable[[str], str],
        progress: Progress,
    ) -> tuple[Mapping[str, Any], Connection]:
        """Have the person sign in in the browser; the new secret, and the connection with the account that was opened.

        Args:
            given: the keys of the person's own app; empty takes those that the keyring holds.
            ask: shows words, gives back the address that the browser ended at. progress: asked while waiting.

        Raises:
            UserError: nobody signed in, or they said no. TransportError: the code could not be exchanged.
        """

    def keep(self, connection: Connection, secret: Mapping[str, Any]) -> None:
        """Put the secret into the keyring.

        Raises:
            UserError: there is none.
        """

    def keep_signing_secret(self, connection: Connection, secret: str) -> None:
        """Put the secret that signs the connection's events into the keyring; the one before is still good.

        Raises:
            UsageError: its events are not signed with a secret of their own. UserError: there is no keyring.
        """

    def forget(self, connection: Connection) -> None:
        """Take the secret out of the keyring; silent when there is none."""
