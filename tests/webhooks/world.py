"""A desk whose Stripe account is simulated, its receiver, and deliveries handed to it as a server would."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from awra_desk.app.bootstrap import mapping
from awra_desk.connectors.stripe import StripeSource
from awra_desk.domain.ladder import Rung
from awra_desk.ports.connections import Connection, Signing
from awra_desk.sandbox.servers.deliveries import SignedEvent
from awra_desk.sandbox.servers.stripe import StripeApplication
from awra_desk.services.desk import Desk
from awra_desk.services.setup import put_connection
from awra_desk.store import open_workspace
from awra_desk.webhooks import Receiver
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.simulation.in_process import InProcess

KEY = "rk_test_events"
NAME = "Stripe"


@dataclass
class World:
    """One desk with one Stripe connection.

    Attributes:
        secrets: signing secrets as the keyring holds them.
    """

    desk: Desk
    clock: VirtualClock
    stripe: StripeApplication
    secrets: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secrets = self.secrets or [self.stripe.signing_secret]
        self.receiver = Receiver(self.desk, lambda connection: self.secrets, public="https://hooks.example.com")

    def deliver(self, delivery: SignedEvent, *, name: str = NAME) -> int:
        """Hand one delivery to the receiver; the status of its answer."""
        return send(self.receiver, f"/events/{name}", delivery.body, delivery.headers)

    def deliver_all(self, ids: list[str] | None = None) -> list[int]:
        """The account's events, signed now."""
        at = int(self.clock.now().timestamp())
        return [self.deliver(each) for each in self.stripe.deliveries(ids, at)]

    def events(self) -> list[Any]:
        """The inbox, latest first."""
        with self.desk.read() as uow:
            return uow.events.all()

    def books(self) -> list[dict[str, Any]]:
        """Current transactions, without what says when and from which version they came."""
        with self.desk.read() as uow:
            return [
                {key: value for key, value in row.items() if key != "raw_id"}
                for row in uow.records.transactions(NAME).dicts()
            ]


def send(receiver: Receiver, path: str, body: bytes, headers: dict[str, str], *, method: str = "POST") -> int:
    """One request as a WSGI server hands it over; the status of the answer, whose body must be empty."""
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote(path),
        "REQUEST_URI": path,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **{f"HTTP_{key.upper().replace('-', '_')}": value for key, value in headers.items()},
    }
    if "Content-Type" in headers:
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE")
    answer = receiver(environ, lambda status, _headers: told.append(status))
    assert b"".join(answer) == b""
    return int(told[0].partition(" ")[0])


def climb_to(desk: Desk, name: str, rung: Rung) -> None:
    """Put a connection on a rung, step by step as the database asks."""
    for step in list(Rung)[1 : list(Rung).index(rung) + 1]:
        with desk.write() as uow:
            uow.connections.set_rung(name, step)
            uow.commit()


@contextmanager
def world(place: str, stripe_books: Any, *, rung: Rung = Rung.EVENTS) -> Iterator[World]:
    """A desk in this workspace (path or URL)."""
    stripe, clock = StripeApplication(stripe_books, api_key=KEY), VirtualClock()
    workspace = open_workspace(place)
    workspace.add_company("co", at=clock.now())

    def source(connection: Connection) -> StripeSource:
        return StripeSource(
            connection, {"api_key": KEY}, guard=open_guard(), clock=clock, rng=random.Random(5),
            transport=InProcess(stripe),
        )  # fmt: skip

    desk = Desk(
        workspace=workspace, company="co", zone="UTC", clock=clock, source=source, ledger=source, mapping=mapping,
        hash_password=str, check_password=lambda stored, given: stored == given,
        signing=lambda _: Signing("Stripe-Signature", 1),
    )  # fmt: skip
    put_connection(desk, Connection("co", NAME, "stripe", "https://api.stripe.com", "UTC"), by="engine")
    climb_to(desk, NAME, rung)
    try:
        yield World(desk, clock, stripe)
    finally:
        workspace.close()
