"""Events as a list shows them: each state with its glyph and word, and one event in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from awra_desk.domain.events import DUE, Event, EventState
from awra_desk.services.inbox import Sender
from awra_desk.viewmodels import words
from awra_desk.viewmodels.payload import pretty


class InboxView(StrEnum):
    """Which events are listed."""

    ALL = "all"
    WAITING = "waiting"
    DEAD = "dead"
    PROCESSED = "processed"


STATES_OF = {
    InboxView.ALL: frozenset(EventState),
    InboxView.WAITING: DUE,
    InboxView.DEAD: frozenset({EventState.DEAD}),
    InboxView.PROCESSED: frozenset({EventState.PROCESSED}),
}
SIGNS = {
    EventState.RECEIVED: ("•", "Received", "info"),
    EventState.FAILED: ("!", "Failed", "warning"),
    EventState.DEAD: ("×", "Dead", "danger"),
    EventState.PROCESSED: ("✓", "Processed", "ok"),
}
"""State -> glyph, word, tone."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line; texts as they are shown.

    Attributes:
        next_try: when it is tried again, "" when never by itself. brought: "" before it was processed.
    """

    event: Event
    glyph: str
    state: str
    tone: str
    source: str
    kind: str
    event_id: str
    received: str
    tries: str
    next_try: str
    brought: str
    error: str

    @property
    def key(self) -> tuple[str, str]:
        """Of its event."""
        return self.event.key


@dataclass(frozen=True, slots=True)
class EventDetail:
    """One event in full.

    Attributes:
        facts: (name, text). trouble: why the last try failed, "" for none; remedy: what to do about it.
        payload: laid out for reading.
    """

    heading: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    trouble: str
    remedy: str
    payload: str


def row_of(event: Event, zone: str, now: datetime) -> EventRow:
    """The line of an event."""
    glyph, word, tone = SIGNS[event.state]
    return EventRow(
        event=event,
        glyph=glyph,
        state=word,
        tone=tone,
        source=event.source,
        kind=event.kind or "–",
        event_id=event.event_id,
        received=words.moment(event.received_at, zone),
        tries=f"{event.attempts:,}" if event.attempts else "",
        next_try=_next(event, zone, now),
        brought=f"{event.brought:,}" if event.state is EventState.PROCESSED else "",
        error=event.last_error,
    )


def _next(event: Event, zone: str, now: datetime) -> str:
    if event.next_attempt_at is None:
        return ""
    return "Now" if event.next_attempt_at <= now else words.moment(event.next_attempt_at, zone)


def matching(rows: Sequence[EventRow], text: str) -> list[EventRow]:
    """Rows that hold the text in a connection, kind, id or trouble, in any case."""
    wanted = text.strip().casefold()
    if not wanted:
        return list(rows)
    return [
        row
        for row in rows
        if any(wanted in part.casefold() for part in (row.source, row.kind, row.event_id, row.error))
    ]


def detail_of(row: EventRow, zone: str) -> EventDetail:
    """The panel of an event."""
    event = row.event
    signed = "Checked, and right" if event.verified else "None: a witness, which proves nothing"
    facts = [
        ("State", row.state),
        ("Received", row.received),
        ("Signature", signed),
        ("Tries", f"{event.attempts:,}"),
        ("New versions of records", f"{event.brought:,}"),
    ]
    if event.done_at is not None:
        facts.append(("Done with", words.moment(event.done_at, zone)))
    if row.next_try:
        facts.append(("Next try", row.next_try))
    remedy = ""
    if event.state is EventState.DEAD:
        remedy = "It is not tried again by itself. Mend the cause, then replay it; a pull reads what it named, too."
    elif event.state is EventState.FAILED:
        remedy = "It is tried again by itself, later after each try."
    return EventDetail(
        heading=event.kind or "Event",
        subtitle=f"{event.source} · {event.event_id}",
        facts=tuple(facts),
        trouble=event.last_error if event.state in (EventState.FAILED, EventState.DEAD) else "",
        remedy=remedy,
        payload=pretty(event.payload),
    )


def sender_words(sender: Sender, zone: str) -> str:
    """What a connection's events wait for, or when the last came: "Stripe: no signing secret yet"."""
    name, told = sender.connection.name, sender.told
    if not sender.signing.secrets:
        return f"{name}: no signing secret yet (Connections, credentials)."
    if not told.proven:
        return (
            f"{name}: no signed delivery yet. Register its address with the provider while `awra-desk webhooks` runs."
        )
    if not sender.taking:
        return (
            f"{name}: delivers, but is on rung {sender.connection.rung.words}. Open the rung for events (Connections)."
        )
    return f"{name}: last delivery {words.moment(told.proven_at, zone)}."
