"""What every use case gets: the workspace, the time, and the way to connectors.

Built by `app.bootstrap` and by tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from awra_desk.domain.dates import booking_day
from awra_desk.domain.drift import Drift
from awra_desk.domain.errors import Refused, UserError
from awra_desk.domain.people import Person, Role
from awra_desk.domain.records import RawRecord, Reject
from awra_desk.ports.columns import Table
from awra_desk.ports.connections import Connection, Ledger, Signing, Source, Standing
from awra_desk.ports.providers import Connecting
from awra_desk.ports.storage import UnitOfWork, Workspace
from awra_desk.ports.system import Clock

ENGINE = "engine"
"""Actor of what no person did."""


class Interpreted(Protocol):
    """What normalising some raw records gave."""

    @property
    def table(self) -> Table:
        """Schema TRANSACTIONS."""

    @property
    def rejects(self) -> Sequence[Reject]:
        """What did not fit."""


Read = Callable[[RawRecord], Any]
"""Gives the payload of a record that is interpreted."""
KnownShapes = dict[str, str]
"""Stream -> its shape as text."""


class Sentinel(Protocol):
    """Watches for payloads that look otherwise than before."""

    def read(self, record: RawRecord) -> Any:
        """One record's payload, looked at."""

    def told(self) -> Sequence[Drift]:
        """What was new."""

    def shapes(self) -> KnownShapes:
        """What is known now."""


@dataclass(frozen=True, slots=True)
class InForce:
    """One version of a contract; `effective_from` is the first booking day of what it reads, None the beginning."""

    version: str
    effective_from: date | None


@dataclass(frozen=True, slots=True)
class Mapping:
    """A connection's contract, ready to use.

    Attributes:
        version: contract id with its digest; a new one makes all raw records pending again.
        interpret: raw records of the connection, and who reads their payloads (None: nobody in particular) ->
            transactions and rejects.
        sentinel: what is known of each stream's shape, and the time now -> who watches for what is new.
        versions: those that share the work, each in force until the next one is.
    """

    version: str
    interpret: Callable[[Sequence[RawRecord], Read | None], Interpreted]
    sentinel: Callable[[KnownShapes, datetime], Sentinel]
    versions: tuple[InForce, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """One company's desk.

    Attributes:
        zone: the company's IANA zone; "today" is a day there.
        source, ledger: open a connection for reading, for writing.
        mapping: the contract in force for a connection.
        standing: how a connection stands with its provider.
        connecting: lets people in at providers; None where no system is ever added.
        signing: how a connection's events are proven; None where its provider sends none.
        hash_password, check_password: argon2id; `check_password(hash, password)`.
    """

    workspace: Workspace
    company: str
    zone: str
    clock: Clock
    source: Callable[[Connection], Source]
    ledger: Callable[[Connection], Ledger]
    mapping: Callable[[Connection], Mapping]
    hash_password: Callable[[str], str]
    check_password: Callable[[str, str], bool]
    standing: Callable[[Connection], Standing] = lambda _: Standing()
    connecting: Connecting | None = None
    signing: Callable[[Connection], Signing | None] = lambda _: None

    def now(self) -> datetime:
        """Aware UTC instant."""
        return self.clock.now()

    def today(self) -> date:
        """The company's booking day now."""
        return booking_day(self.clock.now(), self.zone)

    def write(self) -> UnitOfWork:
        """A unit of work that may change things."""
        return self.workspace.write(self.company)

    def read(self) -> UnitOfWork:
        """A consistent snapshot."""
        return self.workspace.read(self.company)


def owner(uow: UnitOfWork, name: str) -> None:
    """Whoever changes connections: an integration owner; while the company has none, anybody who sets it up.

    Raises:
        Refused: there is an owner, and this person is none.
    """
    if any(known.may(Role.OWNER) for known in uow.people.all()):
        actor(uow, name, Role.OWNER)


def actor(uow: UnitOfWork, name: str, *roles: Role) -> Person:
    """The person acting, who must be active and hold one of the roles.

    Raises:
        Refused: no such person, or no such role.
    """
    try:
        person = uow.people.get(name)
    except UserError as error:
        raise Refused(f"there is no person {name!r} here", remedy="Sign in as somebody who is.") from error
    if not person.may(*roles):
        raise Refused(f"{person.full_name} may not do this", remedy=f"It takes one of: {', '.join(sorted(roles))}.")
    return person
