"""The inbox with what a screen says about it: events, and how each connection that could send some stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awra_desk.domain.events import DUE, Event, EventState
from awra_desk.domain.ladder import TAKING
from awra_desk.ports.connections import Connection, Signing
from awra_desk.services.deliveries import Deliveries, deliveries
from awra_desk.services.desk import Desk

LATEST = 2_000
"""So many of the latest events are given; those that wait or are dead are given all."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A connection whose provider can send events.

    Attributes:
        taking: it is on a rung on which they are taken.
    """

    connection: Connection
    signing: Signing
    told: Deliveries

    @property
    def taking(self) -> bool:
        """Whether its events are taken in."""
        return self.connection.rung in TAKING


@dataclass(frozen=True, slots=True)
class Inbox:
    """All of it.

    Attributes:
        events: latest first. counts: of every event that ever came, by state. senders: by connection name.
    """

    events: tuple[Event, ...]
    counts: Mapping[EventState, int]
    senders: tuple[Sender, ...]


def load_inbox(desk: Desk) -> Inbox:
    """Read it."""
    with desk.read() as uow:
        known = uow.connections.all()
        latest = uow.events.all(limit=LATEST)
        open_ = uow.events.all(states={*DUE, EventState.DEAD})
        counts = uow.events.counts()
    found = {event.key: event for event in (*latest, *open_)}
    ordered = sorted(found.values(), key=lambda event: event.key)
    ordered.sort(key=lambda event: event.received_at, reverse=True)
    senders = ((one, desk.signing(one)) for one in known)
    return Inbox(
        events=tuple(ordered),
        counts={state: sum(n for (_, each), n in counts.items() if each is state) for state in EventState},
        senders=tuple(Sender(one, how, deliveries(desk, one.name)) for one, how in senders if how is not None),
    )
