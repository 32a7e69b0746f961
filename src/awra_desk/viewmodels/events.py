"""The inbox of events: what came, what waits, what is dead; replaying one or many, and processing what is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from awra_desk.domain.errors import UserError
from awra_desk.domain.events import EventState
from awra_desk.services.events import Processed
from awra_desk.services.inbox import Inbox, load_inbox
from awra_desk.services.jobs import EventsJob
from awra_desk.viewmodels import words
from awra_desk.viewmodels.empty import Empty
from awra_desk.viewmodels.event_rows import (
    STATES_OF,
    EventDetail,
    EventRow,
    InboxView,
    detail_of,
    matching,
    row_of,
    sender_words,
)
from awra_desk.viewmodels.listing import Listing, kept
from awra_desk.viewmodels.observable import Command
from awra_desk.viewmodels.session import Changes, Session

PROCESS = "Process events"
OPEN, CONNECTIONS = "Open Connections", "connections"
_KEPT = "What was processed is kept; the rest is tried again."


@dataclass(frozen=True, slots=True)
class EventsState:
    """What the screen shows.

    Attributes:
        counts: of every event that ever came. rows: of the view, filtered, latest first. cursor: position, -1 for none.
        checked: keys, kept over everything. more: events that are not listed because others are later.
        refused: deliveries refused so far, over all connections.
    """

    view: InboxView = InboxView.ALL
    counts: tuple[tuple[InboxView, int], ...] = ()
    filter: str = ""
    rows: tuple[EventRow, ...] = ()
    cursor: int = -1
    checked: frozenset[tuple[str, str]] = frozenset()
    detail: EventDetail | None = None
    more: int = 0
    refused: int = 0
    empty: Empty | None = None
    loading: bool = False
    failed: UserError | None = None
    commands: tuple[tuple[str, Command], ...] = ()


class Events(Listing[EventsState]):
    """The inbox of the company."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, EventsState())
        self._inbox: Inbox | None = None
        self._all: tuple[EventRow, ...] = ()
        self._current: tuple[str, str] | None = None
        session.on_changes(self._on_changes)
        session.jobs.subscribe(self._refresh_commands)
        if session.overview is not None:
            self.reload()

    def reload(self) -> None:
        """Read the inbox again; view, filter, cursor and checks hold."""
        if not self.state.loading:
            self._read_list(lambda: load_inbox(self.session.desk), self._loaded)

    def show_view(self, view: InboxView) -> None:
        """List all, those that wait, the dead letters, or those that are done with."""
        self._set(replace(self.state, view=view, cursor=-1))
        self._show()

    def set_filter(self, text: str) -> None:
        """List what holds the text."""
        self._set(replace(self.state, filter=text))
        self._show()

    def go(self, position: int) -> None:
        """Cursor to a row."""
        if 0 <= position < len(self.state.rows):
            self._current = self.state.rows[position].key
            self._set(replace(self.state, cursor=position))
            self._show()

    def toggle(self, position: int) -> None:
        """Add a row to the selection, or take it out."""
        if 0 <= position < len(self.state.rows):
            self._check(self.state.checked ^ {self.state.rows[position].key})

    def check_all(self) -> None:
        """Select all rows listed."""
        self._check(self.state.checked | {row.key for row in self.state.rows})

    def uncheck_all(self) -> None:
        """Select nothing."""
        self._check(frozenset())

    def chosen(self) -> tuple[EventRow, ...]:
        """The selected rows, else the one under the cursor."""
        if self.state.checked:
            return tuple(row for row in self._all if row.key in self.state.checked)
        return self.state.rows[self.state.cursor : self.state.cursor + 1] if self.state.cursor >= 0 else ()

    # Commands

    def replay(self) -> None:
        """Process the chosen events again; several are asked about first."""
        self.require("replay")
        self._replay(self.chosen())

    def replay_dead(self) -> None:
        """Process all dead letters again, after asking."""
        self.require("replay_dead")
        self._replay([row for row in self._all if row.event.state is EventState.DEAD])

    def process(self) -> None:
        """Process what is due now."""
        self.require("process")
        self._run(())

    # Within

    def _replay(self, rows: Sequence[EventRow]) -> None:
        if len(rows) > 1:
            question = f"Replay {words.count(len(rows), 'event')}?"
            if not self.session.asker.confirm(question, detail=preview(rows), verb=f"Replay {len(rows):,}"):
                return
        self._run(tuple(sorted(row.key for row in rows)))

    def _run(self, keys: tuple[tuple[str, str], ...]) -> None:
        job = EventsJob(keys, self.session.who)
        self.session.jobs.in_process(PROCESS, job, self._done, kept=_KEPT, failed=self._changed)

    def _done(self, found: tuple[Processed, ...]) -> None:
        self.session.asker.announce(said(found))
        self._set(replace(self.state, checked=frozenset()))
        self._changed()

    def _changed(self) -> None:
        self.reload()
        self.session.publish(Changes.RECORDS | Changes.EXCEPTIONS | Changes.CONNECTIONS, self)

    def _check(self, keys: frozenset[tuple[str, str]]) -> None:
        self._set(replace(self.state, checked=keys))
        self._show()

    def _commands(self) -> tuple[tuple[str, Command], ...]:
        rows, inbox = self.chosen(), self._inbox
        taking = {sender.connection.name for sender in inbox.senders if sender.taking} if inbox else set()
        counts = inbox.counts if inbox else {}
        dead, due = counts.get(EventState.DEAD, 0), sum(bool(row.next_try) for row in self._all)
        nobody = (self.session.state.person is None, "Nobody is signed in.")
        busy = (self.session.jobs.running(PROCESS), "Events are being processed.")
        low = next((row.source for row in rows if row.source not in taking), "")
        below = (bool(low), f"{low} is below the rung for events.")
        many = f"Replay {len(rows):,} events" if len(rows) > 1 else "Replay"
        return (
            ("replay", Command.when(many, nobody, (not rows, "Select an event."), busy, below)),
            (
                "replay_dead",
                Command.when(
                    f"Replay {words.count(dead, 'dead letter')}", nobody, (not dead, "No dead letters."), busy
                ),
            ),
            ("process", Command.when("Process due", nobody, (not due, "Nothing waits."), busy)),
        )

    def _loaded(self, inbox: Inbox) -> None:
        self._inbox = inbox
        desk = self.session.desk
        now = desk.now()
        self._all = tuple(row_of(event, desk.zone, now) for event in inbox.events)
        known = frozenset(row.key for row in self._all)
        self._set(replace(self.state, loading=False, checked=self.state.checked & known))
        self._show()

    def _show(self) -> None:
        inbox, state = self._inbox, self.state
        if inbox is None:
            return
        listed = [row for row in self._all if row.event.state in STATES_OF[state.view]]
        rows = matching(listed, state.filter)
        cursor = kept([row.key for row in rows], self._current, state.cursor)
        self._current = rows[cursor].key if rows else None
        counts = {view: sum(inbox.counts[each] for each in states) for view, states in STATES_OF.items()}
        self._set(
            replace(
                state,
                counts=tuple(counts.items()),
                rows=tuple(rows),
                cursor=cursor,
                detail=detail_of(rows[cursor], self.session.desk.zone) if rows else None,
                more=max(0, counts[state.view] - len(listed)),
                refused=sum(sum(sender.told.refused.values()) for sender in inbox.senders),
                empty=None if rows else self._empty(inbox, len(listed)),
            )
        )
        self._refresh_commands()

    def _refresh_commands(self) -> None:
        if self._inbox is not None:
            self._set(replace(self.state, commands=self._commands()))

    def _empty(self, inbox: Inbox, hidden: int) -> Empty:
        if hidden:
            title = f"The filter hides {words.count(hidden, 'event')}"
            return Empty("filtered", title, (), "Clear filter", "clear_filter")
        if not inbox.senders:
            told = "Stripe, Shopify, Paystack, QuickBooks, Xero and others say at once what changed."
            return Empty("never_pulled", "No connected system sends events", (told,), OPEN, CONNECTIONS)
        lines = tuple(sender_words(sender, self.session.desk.zone) for sender in inbox.senders)
        if not any(inbox.counts.values()):
            return Empty("never_pulled", "No event came yet", lines, OPEN, CONNECTIONS)
        if self.state.view is InboxView.DEAD:
            return Empty("all_done", "No dead letters", ("Every event was processed, or is tried again.",))
        if self.state.view is InboxView.WAITING:
            return Empty("all_done", "Nothing waits", lines)
        return Empty("nothing", "None was processed yet", lines)

    def _on_changes(self, changes: Changes, initiator: object) -> None:
        if changes & Changes.PERSON:
            self._set(replace(self.state, filter="", checked=frozenset()))
        if initiator is not self and changes & (Changes.RECORDS | Changes.CONNECTIONS | Changes.PERSON):
            self.reload()


def preview(rows: Sequence[EventRow]) -> str:
    """What a bulk would replay: how many of which connection and kind, those with the most first."""
    counted = Counter((row.source, row.kind) for row in rows)
    lines = [
        f"{source}: {number:,} × {kind}"
        for (source, kind), number in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]
    more = [f"… and {len(lines) - 8:,} kinds more"] if len(lines) > 8 else []
    return "\n".join([*lines[:8], *more, "", "What they name is read again; nothing is counted twice."])


def said(found: Sequence[Processed]) -> str:
    """What processing gave, for the notice."""
    if not found:
        return "Nothing was due."
    new, failed, dead = (sum(getattr(each, name) for each in found) for name in ("new", "failed", "dead"))
    parts = [f"{words.count(sum(each.processed for each in found), 'event')} processed"]
    parts += [f"{words.count(new, 'new version')} of records"]
    parts += [f"{failed:,} failed and tried again later"] if failed else []
    parts += [f"{dead:,} dead"] if dead else []
    errors = sorted({error for each in found for error in each.errors})
    return " ".join([f"{', '.join(parts)}.", *errors[:1]])
