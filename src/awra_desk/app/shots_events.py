"""Pictures of the events: none yet, an inbox at work with dead letters, a bulk to replay, and nothing left."""

from __future__ import annotations

import io
from typing import Any

from awra_desk.app import demo_books
from awra_desk.app.demo import LiveMonth
from awra_desk.app.shots_studio import Studio
from awra_desk.app.signing import keep_signing_secret, signing_secrets
from awra_desk.domain.ladder import Rung
from awra_desk.sandbox.servers.deliveries import stripe_event
from awra_desk.services.desk import Desk
from awra_desk.services.events import process_all
from awra_desk.ui.views.events import EventsView
from awra_desk.viewmodels.event_rows import InboxView
from awra_desk.webhooks import Receiver, path_of

_SENT = 60


def events_of(studio: Studio) -> EventsView:
    """The events' screen, brought up and at rest."""
    studio.frame.show_screen("events")
    view = studio.frame.screens["events"]
    assert isinstance(view, EventsView)
    studio.settle()
    studio.wait(lambda: not view.inbox.state.loading)
    studio.frame.toast.hide()
    return view


class EventPictures:
    """Sends the simulated Stripe's events to the workspace, and photographs what becomes of them."""

    def __init__(self, month: LiveMonth) -> None:
        self._month = month

    def __call__(self, studio: Studio) -> None:
        """All of them."""
        events_of(studio)
        studio.take("70-events-none")
        self._send(studio)
        view = events_of(studio)
        studio.take("71-events-waiting")
        process_all(studio.session.desk)
        self._deliver(studio.session.desk, self._month.result.month.stripe.events[_SENT : _SENT + 3])
        view.inbox.reload()
        studio.settle()
        studio.take("72-events")
        view.inbox.show_view(InboxView.DEAD)
        studio.take("73-events-dead")
        view.inbox.check_all()
        studio.take("74-events-selected")
        studio.take_dialog("75-events-replay", view.inbox.replay)
        view.inbox.uncheck_all()
        view.inbox.set_filter("nothing like it")
        studio.take("76-events-filtered")
        view.inbox.set_filter("")
        view.inbox.show_view(InboxView.ALL)

    def _send(self, studio: Studio) -> None:
        """Its signing secret, its rung, and the events of the month's end, two of which nobody understands."""
        desk, secrets = studio.session.desk, studio.desktop.secrets
        assert secrets is not None
        with desk.read() as uow:
            stripe = uow.connections.get(demo_books.STRIPE)
        keep_signing_secret(stripe, secrets, self._month.systems.stripe["signing_secret"])
        for rung in list(Rung)[list(Rung).index(stripe.rung) + 1 : list(Rung).index(Rung.EVENTS) + 1]:
            with desk.write() as uow:
                uow.connections.set_rung(stripe.name, rung)
                uow.commit()
        odd: list[dict[str, Any]] = [{"id": f"evt_odd{n}", "type": "charge.vanished", "data": {}} for n in (1, 2)]
        gone = {"object": "charge", "id": "ch_gone"}
        odd.append({"id": "evt_gone", "type": "charge.updated", "data": {"object": gone}})
        self._deliver(desk, [*self._month.result.month.stripe.events[:_SENT], *odd])

    def _deliver(self, desk: Desk, events: list[dict[str, Any]]) -> None:
        keys = self._month.secrets
        receiver = Receiver(desk, lambda connection: signing_secrets(connection, keys))
        for event in events:
            made = stripe_event(event, self._month.systems.stripe["signing_secret"], int(desk.now().timestamp()))
            environ = {
                "REQUEST_METHOD": "POST",
                "REQUEST_URI": path_of(demo_books.STRIPE),
                "CONTENT_LENGTH": str(len(made.body)),
                "HTTP_STRIPE_SIGNATURE": made.headers["Stripe-Signature"],
                "wsgi.input": io.BytesIO(made.body),
            }
            receiver(environ, lambda _status, _headers: None)
        receiver.flush()
