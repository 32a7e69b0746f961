"""Connections: every connected system with its evidence; testing, pulling, climbing, and reading again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from awra_desk.domain.errors import UserError
from awra_desk.domain.people import Person, Role
from awra_desk.ports.connections import Connection
from awra_desk.ports.providers import Offer
from awra_desk.ports.tasks import Lane
from awra_desk.services.connect import forget_secret
from awra_desk.services.connection_case import (
    ConnectionCase,
    ConnectionFact,
    ConnectionList,
    load_connection,
    load_connections,
)
from awra_desk.services.drift import acknowledge
from awra_desk.services.health import UNTESTED, Health
from awra_desk.services.jobs import ClimbJob, ProbeJob
from awra_desk.services.ladder import descend
from awra_desk.viewmodels import words
from awra_desk.viewmodels.connection_view import ConnectionView, connection_view, merged, place, title_of
from awra_desk.viewmodels.empty import Empty
from awra_desk.viewmodels.listing import Listing, kept
from awra_desk.viewmodels.observable import Command
from awra_desk.viewmodels.rereading import Rereading
from awra_desk.viewmodels.session import PULL, STALE_HOURS, Changes, Session

TEST, CLIMB = "Test", "Open a rung"
READERS = (Role.OWNER, Role.ACCOUNTANT, Role.SUPERVISOR)
"""Who may say that a drift is in order."""


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One row of the list. tone: "ok", "warning", "danger" or "muted"; state says the same in a word."""

    name: str
    where: str
    nature: str
    glyph: str
    tone: str
    age: str
    state: str
    rung: str


@dataclass(frozen=True, slots=True)
class ConnectionsState:
    """What the screen shows.

    Attributes:
        rows: by name. shown: the connection under the cursor, None while it is read; unread: why it cannot be.
        testing: name of the connection that is being tested, "" for none.
    """

    rows: tuple[ConnectionRow, ...] = ()
    cursor: int = -1
    shown: ConnectionView | None = None
    unread: UserError | None = None
    testing: str = ""
    empty: Empty | None = None
    loading: bool = False
    failed: UserError | None = None
    commands: tuple[tuple[str, Command], ...] = ()


class Connections(Listing[ConnectionsState]):
    """The company's connections."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, ConnectionsState())
        self.rereading = Rereading(self)
        self._list: ConnectionList | None = None
        self._case: ConnectionCase | None = None
        self._current = ""
        self._reading = ""
        self._tested: dict[str, tuple[Health, datetime]] = {}
        connecting = session.desk.connecting
        self.offers: dict[str, Offer] = {offer.provider: offer for offer in connecting.offers()} if connecting else {}
        session.on_changes(self._on_changes)
        session.jobs.subscribe(self.refresh_commands)
        if session.overview is not None:
            self.reload()

    def reload(self) -> None:
        """Read the list again; the cursor holds."""
        self._read_list(lambda: load_connections(self.session.desk), self._loaded)

    def go(self, position: int) -> None:
        """Cursor to a connection; it is read."""
        if 0 <= position < len(self.state.rows):
            self._current = self.state.rows[position].name
            self._show()

    def go_to(self, name: str) -> None:
        """Cursor to the connection of this name, once it is listed."""
        self._current = name
        self._show()

    def current(self) -> Connection | None:
        """The one under the cursor."""
        facts = self._list.facts if self._list else ()
        return next((fact.connection for fact in facts if fact.connection.name == self._current), None)

    # Commands

    def test(self) -> None:
        """Ask the provider now; ends within a second of a cancel."""
        connection = self._allowed("test")
        name = connection.name
        self._set(replace(self.state, testing=name))

        def done(health: Health) -> None:
            self._tested[name] = (health, self.session.desk.now())
            answer = next(check for check in health.checks if check.name == UNTESTED.name)
            head = f"{name} answered" if answer.holds else f"{name} did not answer: {answer.words.rstrip('.')}"
            more = "every check holds" if health.sound else "some checks do not hold"
            self.session.asker.announce(f"{head}; {more}." if answer.holds else f"{head}.")
            self._ended()

        job = ProbeJob(name)
        self.session.jobs.in_process(TEST, job, done, kept="Nothing was changed there.", failed=self._ended)

    def pull(self) -> None:
        """Bring this one up to date."""
        self.session.pull((self._allowed("pull").name,))

    def climb(self) -> None:
        """Open the next rung: everything it needs is looked at again first."""
        connection = self._allowed("climb")
        above = connection.rung.above
        assert above is not None  # the command is refused on the last rung
        question = f"Open the rung “{above.words}” for {connection.name}?"
        detail = "Every check it needs is made again first. You can step down at any time."
        if not self.session.asker.confirm(question, detail=detail, verb="Open it"):
            return

        def done(_: object) -> None:
            self.session.asker.announce(f"{connection.name} is on rung {above.words} now.")
            self.session.publish(Changes.CONNECTIONS)

        job = ClimbJob(connection.name, self.session.who)
        self.session.jobs.in_process(CLIMB, job, done, kept="The rung stays shut.", failed=self._ended)

    def descend(self, reason: str) -> None:
        """Go one rung down, for a reason."""
        connection = self._allowed("descend")
        if not reason.strip():
            raise UserError("going down needs a reason", record=connection.name, remedy="Say in a few words why.")
        desk, who, name = self.session.desk, self.session.who, connection.name
        self._store(
            lambda: descend(desk, name, who=who, reason=reason), lambda rung: f"{name} is on rung {rung.words} now."
        )

    def acknowledge(self, drift_id: str, note: str) -> None:
        """Say that a difference at the source is in order, and why."""
        self._allowed("acknowledge")
        if not note.strip():
            raise UserError("it needs a note", remedy="Say in a few words why it is in order.")
        desk, who = self.session.desk, self.session.who
        self._store(lambda: acknowledge(desk, drift_id, who=who, note=note), lambda _: "Acknowledged.")

    def forget(self) -> None:
        """Take its credentials out of the keyring, after a question; what was pulled stays."""
        connection = self._allowed("forget")
        question = f"Remove the credentials of {connection.name}?"
        detail = "What was pulled stays. Nothing is pulled or posted until new ones are entered."
        if not self.session.asker.confirm(question, detail=detail, verb="Remove them"):
            return
        desk, who, name = self.session.desk, self.session.who, connection.name
        self._tested.pop(name, None)
        self._store(
            lambda: forget_secret(desk, name, who=who), lambda _: f"The keyring holds no credentials of {name} now."
        )

    # Within

    def refresh_commands(self) -> None:
        """What can be done now may have changed."""
        self._set(replace(self.state, commands=self._commands()))

    def connected(self, name: str) -> None:
        """A connection was added or changed: what was tested before says nothing of it."""
        self._tested.pop(name, None)
        self._current = name
        self.session.publish(Changes.CONNECTIONS)

    def _store(self, work: Callable[[], object], said: Callable[..., str]) -> None:
        def done(result: object) -> None:
            self.session.asker.announce(said(result))
            self.session.publish(Changes.CONNECTIONS)

        self.session.jobs.quietly(Lane.STORE, work, done)

    def _allowed(self, name: str) -> Connection:
        self.require(name)
        connection = self.current()
        if connection is None:
            raise UserError("no connection is selected")
        return connection

    def _ended(self) -> None:
        self._set(replace(self.state, testing=""))
        self._read(again=True)

    def _commands(self) -> tuple[tuple[str, Command], ...]:
        connection, person, jobs = self.current(), self.session.state.person, self.session.jobs
        none = (connection is None, "Select a connection.")
        owner = (not self._owns(person), "It takes an integration owner.")
        keys = (self.session.desk.connecting is None, "No system can be connected here.")
        above = connection.rung.above if connection else None
        top = (connection is not None and above is None, "It is on the last rung.")
        bottom = (connection is not None and connection.rung.below is None, "It is on the first rung.")
        climbing = (jobs.running(CLIMB), "A rung is being opened.")
        offer = self.offers.get(connection.provider) if connection else None
        no_keys = (offer is not None and not offer.secrets, "It needs no credentials.")
        lost = (self.state.shown is not None and self.state.shown.lost_secret, "The keyring holds none.")
        readers = (person is None or not person.may(*READERS), "It takes somebody who answers for the books.")
        pulling = dict(self.session.state.commands).get("pull")
        refused = (pulling is not None and not pulling.enabled, pulling.reason if pulling else "")
        up = f"Open {above.words.partition(' (')[0]}" if above else "Open next rung"
        return (
            ("test", Command.when(TEST, none, (jobs.running(TEST), "A test is under way."))),
            ("pull", Command.when("Pull now", none, refused, (jobs.running(PULL), "A pull is under way."))),
            ("climb", Command.when(up, none, owner, top, self._shut(), climbing)),
            ("descend", Command.when("Step down…", none, owner, bottom, climbing)),
            ("acknowledge", Command.when("In order…", none, readers)),
            ("connect", Command.when("Connect…", owner, keys)),
            ("credentials", Command.when("Credentials…", none, owner, keys)),
            ("forget", Command.when("Remove credentials", none, owner, keys, no_keys, lost)),
            *self.rereading.commands(connection, person),
        )

    def _owns(self, person: Person | None) -> bool:
        """As the services decide: an integration owner; while there is none, anybody."""
        people = self._list.people.values() if self._list else ()
        if person is None:
            return False
        return person.may(Role.OWNER) or not any(known.may(Role.OWNER) for known in people)

    def _shut(self) -> tuple[bool, str]:
        """Whether the next rung stays shut; a test that was not made yet is made by opening it."""
        if self._case is None or self._case.health.connection.name != self._current:
            return False, ""
        health = merged(self._case.health, self._tested.get(self._current))
        untested = UNTESTED in health.checks
        lacking = [name for name in health.lacking if not (untested and name == UNTESTED.name)]
        return bool(lacking), f"Needs first: {', '.join(lacking)}."

    def _loaded(self, found: ConnectionList) -> None:
        self._list = found
        self._set(replace(self.state, loading=False))
        self._show(again=True)

    def _show(self, *, again: bool = False) -> None:
        if self._list is None:
            return
        now = self.session.desk.now()
        rows = tuple(self._row(fact, now) for fact in self._list.facts)
        cursor = kept([row.name for row in rows], self._current, self.state.cursor)
        self._current = rows[cursor].name if rows else self._current
        empty = None if rows else _nothing()
        self._set(replace(self.state, rows=rows, cursor=cursor, empty=empty))
        self._read(again=again)

    def _row(self, fact: ConnectionFact, now: datetime) -> ConnectionRow:
        connection = fact.connection
        offer = self.offers.get(connection.provider)
        glyph, tone, state = self._sign(fact, now)
        age = words.ago((now - fact.pulled).total_seconds()) if fact.pulled else "never"
        where = f"{title_of(connection, offer)}, {place(connection, offer)}"
        rung = connection.rung.words.partition(" (")[0].capitalize()
        return ConnectionRow(connection.name, where, offer.nature.value if offer else "", glyph, tone, age, state, rung)

    def _sign(self, fact: ConnectionFact, now: datetime) -> tuple[str, str, str]:
        tested = self._tested.get(fact.connection.name)
        if tested and any(check.name == UNTESTED.name and not check.holds for check in tested[0].checks):
            return "×", "danger", "does not answer"
        if fact.broken:
            return "≠", "danger", f"{words.count(fact.broken, 'control total')} off"
        if fact.drifted:
            return "!", "warning", "looks otherwise than before"
        if fact.pulled is None:
            return "–", "muted", "never pulled"
        stale = (now - fact.pulled).total_seconds() > STALE_HOURS * 3600
        return ("▲", "warning", "not pulled for a day") if stale else ("✓", "ok", "up to date")

    def _read(self, *, again: bool = False) -> None:
        wanted, shown = self._current, self.state.shown
        if not wanted:
            self._case = None
            self._set(replace(self.state, shown=None, unread=None, commands=self._commands()))
            return
        if not again and (self._reading == wanted or (shown is not None and shown.name == wanted)):
            self.refresh_commands()
            return
        self._reading = wanted
        self.rereading.look_at(wanted)
        if shown is not None and shown.name != wanted:
            self._set(replace(self.state, shown=None))
        self.refresh_commands()
        # The keyring is asked, too, which may take its time: not on the lane where everything else waits.
        desk = self.session.desk
        self.session.jobs.quietly(
            Lane.NET, lambda: load_connection(desk, wanted), self._read_done, failed=self._read_failed
        )

    def _read_done(self, case: ConnectionCase) -> None:
        connection, desk = case.health.connection, self.session.desk
        if self._current != connection.name:
            return
        self._reading, self._case = "", case
        tested = self._tested.get(connection.name)
        shown = connection_view(case, self.offers.get(connection.provider), desk.zone, desk.now(), tested)
        self._set(replace(self.state, shown=shown, unread=None))
        if self._list is not None:
            rows = tuple(self._row(fact, desk.now()) for fact in self._list.facts)
            self._set(replace(self.state, rows=rows))
        self.refresh_commands()

    def _read_failed(self, error: UserError) -> None:
        self._reading = ""
        self._set(replace(self.state, shown=None, unread=error))

    def _on_changes(self, changes: Changes, _initiator: object) -> None:
        if changes & Changes.PERSON:
            self.refresh_commands()
        seen = Changes.RECORDS | Changes.CONNECTIONS | Changes.EXCEPTIONS | Changes.WRITES
        if changes & seen or (self._list is None and changes):
            self.reload()


def _nothing() -> Empty:
    lines = (
        "Connect the shop, the payment provider, the bank's statements and the ledger.",
        "Each begins by reading only; its credentials go to this system's keyring.",
    )
    return Empty("never_pulled", "Nothing is connected yet", lines, "Connect…", "connect")
