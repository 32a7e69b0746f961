"""Approvals: staged entries, what each does, and another person's yes or no to exactly these bytes; then posting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from awra_desk.domain.entries import PreflightFact, StagedWrite, WriteState
from awra_desk.domain.errors import UserError
from awra_desk.domain.people import Person, Role
from awra_desk.ports.tasks import Lane
from awra_desk.services.approve import approve, reject
from awra_desk.services.post import Drained, drain
from awra_desk.services.stage import MAKERS, submit
from awra_desk.services.write_case import WriteCase, WriteList, load_write, load_writes, preflight
from awra_desk.viewmodels import words
from awra_desk.viewmodels.empty import Empty
from awra_desk.viewmodels.entry_lines import debits, debits_text
from awra_desk.viewmodels.exception_rows import short_name
from awra_desk.viewmodels.listing import Listing, kept
from awra_desk.viewmodels.observable import Command
from awra_desk.viewmodels.session import Changes, Session
from awra_desk.viewmodels.write_view import TONES, WriteView, write_view

POST = "Post"
CHECKED = (WriteState.DRAFT, WriteState.SUBMITTED, WriteState.APPROVED)
"""States in which the ledger is asked whether the entry still holds."""


class WritesView(StrEnum):
    """Which writes are listed."""

    WAITING = "waiting"
    MINE = "mine"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class WriteRow:
    """One row of the list; waiting: it waits for an approval."""

    write_id: str
    title: str
    amount: str
    currency: str
    maker: str
    at: str
    glyph: str
    tone: str
    state: str
    document: str
    waiting: bool


@dataclass(frozen=True, slots=True)
class ApprovalsState:
    """What the screen shows.

    Attributes:
        rows: those that wait first, then by time. shown: the write under the cursor, None while it is read.
        preflight: facts as the ledger answered; checking: it is being asked; unchecked: why it could not be asked.
        authority: "You may approve up to 50,000.00 USD", "" for who may not approve.
        outbox: how many approved entries wait to be posted.
    """

    view: WritesView = WritesView.WAITING
    counts: tuple[tuple[WritesView, int], ...] = ()
    rows: tuple[WriteRow, ...] = ()
    cursor: int = -1
    shown: WriteView | None = None
    preflight: tuple[PreflightFact, ...] = ()
    checking: bool = False
    unchecked: str = ""
    authority: str = ""
    outbox: int = 0
    uncertain: int = 0
    empty: Empty | None = None
    loading: bool = False
    failed: UserError | None = None
    commands: tuple[tuple[str, Command], ...] = ()


class Approvals(Listing[ApprovalsState]):
    """Staged writes of the company."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, ApprovalsState())
        self._list: WriteList | None = None
        self._current = ""
        self._reading = ""
        session.on_changes(self._on_changes)
        session.jobs.subscribe(self._show)
        if session.overview is not None:
            self.reload()

    def reload(self) -> None:
        """Read the list again; view and cursor hold."""
        self._read_list(lambda: load_writes(self.session.desk), self._loaded)

    def show_view(self, view: WritesView) -> None:
        """List what waits, what I made, or everything."""
        self._set(replace(self.state, view=view))
        self._show()

    def go(self, position: int) -> None:
        """Cursor to a write; it is read and the ledger is asked."""
        if 0 <= position < len(self.state.rows):
            self._current = self.state.rows[position].write_id
            self._show()

    def current(self) -> StagedWrite | None:
        """The write under the cursor."""
        writes = self._list.writes if self._list else ()
        return next((write for write in writes if write.write_id == self._current), None)

    def check(self) -> None:
        """Ask the ledger again whether the entry holds."""
        write = self.current()
        if write is None or write.state not in CHECKED:
            self._set(replace(self.state, preflight=(), checking=False, unchecked=""))
            return
        desk, identity = self.session.desk, write.write_id
        self._set(replace(self.state, preflight=(), checking=True, unchecked=""))

        def done(facts: tuple[PreflightFact, ...]) -> None:
            if self._current == identity:
                self._set(replace(self.state, preflight=facts, checking=False))

        def failed(error: UserError) -> None:
            if self._current == identity:
                self._set(replace(self.state, checking=False, unchecked=error.text))

        self.session.jobs.quietly(Lane.NET, lambda: preflight(desk, identity), done, failed=failed)

    # Commands

    def approve(self, password: str) -> None:
        """Approve the payload shown, with the password of the person signed in."""
        write = self._allowed("approve")
        shown = self.state.shown
        if shown is None or shown.write.write_id != write.write_id:
            raise UserError(
                "the entry is still being read", record=write.write_id, remedy="Look at it, then approve it."
            )
        if not password:
            raise UserError("approving takes your password", record=write.write_id, remedy="Type it, then approve.")
        desk, who, seen = self.session.desk, self.session.who, shown.digest
        self.session.jobs.quietly(
            Lane.STORE,
            lambda: approve(desk, write.write_id, who=who, password=password, seen_sha256=seen),
            lambda _: self._decided(f"{self._money(write)} approved. It waits to be posted."),
        )

    def reject(self, reason: str) -> None:
        """Send the entry back with a reason; its exceptions are open again."""
        write = self._allowed("reject")
        if not reason.strip():
            raise UserError("a rejection needs a reason", record=write.write_id, remedy="Say in a few words why.")
        desk, who = self.session.desk, self.session.who
        self.session.jobs.quietly(
            Lane.STORE,
            lambda: reject(desk, write.write_id, who=who, reason=reason),
            lambda _: self._decided(f"{self._money(write)} rejected. Its exceptions are open again."),
        )

    def submit(self) -> None:
        """Run the preflight on a draft again and submit it."""
        write = self._allowed("submit")
        desk, who = self.session.desk, self.session.who
        self.session.jobs.quietly(
            Lane.NET,
            lambda: submit(desk, write.write_id, who=who),
            lambda facts: self._decided(f"Submitted, {len(facts)} of {len(facts)} facts hold."),
        )

    def post(self) -> None:
        """Post every approved entry, ledger by ledger, oldest first; asks once, with count and sum."""
        self.require("post")
        waiting = self._waiting()
        by_id = {write.write_id: write for write in (self._list.writes if self._list else ())}
        writes = [by_id[identity] for ids in waiting.values() for identity in ids]
        entries = words.count(len(writes), "entry", "entries")
        question = f"Post {entries}, {debits_text(writes)}, to {', '.join(sorted(waiting))}?"
        detail = "What is posted is not undone: it is reversed by another entry."
        if not self.session.asker.confirm(question, detail=detail, verb=f"Post {len(writes):,}"):
            return
        desk, targets = self.session.desk, sorted(waiting)
        self.session.jobs.on_thread(
            Lane.NET,
            POST,
            lambda progress: [drain(desk, target, progress=progress) for target in targets],
            self._posted,
            kept="What was sent is settled by the next posting; nothing is sent twice.",
            failed=lambda: self.session.publish(Changes.WRITES | Changes.EXCEPTIONS),
        )

    # Within

    def _commands(self) -> tuple[tuple[str, Command], ...]:
        write, person = self.current(), self.session.state.person
        none = (write is None, "Select an entry.")
        state = write.state if write else WriteState.DRAFT
        words_of = words.WRITE_STATES[state].lower()
        waits = (state != WriteState.SUBMITTED, f"It is {words_of}." if write else "")
        supervisor = (
            person is None or not person.may(Role.SUPERVISOR),
            "You may propose entries; a supervisor approves them.",
        )
        maker = (person is None or not person.may(*MAKERS), "It takes an accountant or a supervisor.")
        running = (self.session.jobs.running(POST), "Posting is under way.")
        label = f"Approve {self._money(write)}" if write else "Approve"
        count = sum(len(ids) for ids in self._waiting().values())
        post = f"Post {count:,}" if count else POST
        return (
            ("approve", Command.when(label, none, waits, supervisor, self._own(write, person), _beyond(write, person))),
            ("reject", Command.when("Reject", none, waits, supervisor)),
            ("submit", Command.when("Submit", none, (state != WriteState.DRAFT, "Only a draft is submitted."), maker)),
            ("post", Command.when(post, (not count, "No approved entry waits."), maker, running)),
        )

    def _own(self, write: StagedWrite | None, person: Person | None) -> tuple[bool, str]:
        """Whoever made or last edited it cannot approve it; the words name who may."""
        if write is None or person is None or person.name not in (write.maker, write.last_editor):
            return False, ""
        people = self._list.people.values() if self._list else ()
        others = [p for p in people if p.may(Role.SUPERVISOR) and p.name not in (write.maker, write.last_editor)]
        able = [p.full_name for p in others if not _beyond(write, p)[0]]
        verb = "made" if person.name == write.maker else "edited"
        who = f" {' or '.join(sorted(able))} may." if able else ""
        return True, f"You {verb} this entry, so another person approves it.{who}"

    def _waiting(self) -> dict[str, tuple[str, ...]]:
        return {target: ids for target, ids in (self._list.waiting.items() if self._list else ()) if ids}

    def _money(self, write: StagedWrite) -> str:
        return words.money(debits(write.entry), write.entry.currency)

    def _posted(self, results: list[Drained]) -> None:
        verified = sum(len(result.verified) for result in results)
        parts = [f"{words.count(verified, 'entry', 'entries')} posted and read back"]
        parts += [f"{count} {name}" for name, count in (
            ("refused", sum(len(result.failed) for result in results)),
            ("uncertain: the next posting looks them up first", sum(len(result.uncertain) for result in results)),
            ("waiting", sum(len(result.waiting) for result in results)),
        ) if count]  # fmt: skip
        self.session.asker.announce(f"{', '.join(parts)}.")
        self.session.publish(Changes.WRITES | Changes.EXCEPTIONS)

    def _decided(self, text: str) -> None:
        self.session.asker.announce(text)
        self.session.publish(Changes.WRITES | Changes.EXCEPTIONS)

    def _allowed(self, name: str) -> StagedWrite:
        self.require(name)
        write = self.current()
        if write is None:
            raise UserError("no entry is selected")
        return write

    def _loaded(self, found: WriteList) -> None:
        self._list, self._reading = found, ""
        self._set(replace(self.state, loading=False, shown=None))
        self._show()

    def _show(self) -> None:
        found, person = self._list, self.session.state.person
        if found is None:
            return
        who = person.name if person else ""
        rows = tuple(_row(write, found, self.session.desk.zone) for write in self._listed(found, self.state.view, who))
        cursor = kept([row.write_id for row in rows], self._current, self.state.cursor)
        self._current = rows[cursor].write_id if rows else ""
        self._set(
            replace(
                self.state,
                counts=tuple((view, len(self._listed(found, view, who))) for view in WritesView),
                rows=rows,
                cursor=cursor,
                authority=_authority(person),
                outbox=sum(len(ids) for ids in self._waiting().values()),
                uncertain=sum(1 for write in found.writes if write.state == WriteState.UNCERTAIN),
                empty=None if rows else _empty(self.state.view),
                commands=self._commands(),
            )
        )
        self._read()

    def _read(self) -> None:
        wanted, shown = self._current, self.state.shown
        if not wanted:
            self._set(replace(self.state, shown=None, preflight=(), checking=False, unchecked=""))
            return
        if self._reading == wanted or (shown is not None and shown.write.write_id == wanted):
            return
        self._reading = wanted
        desk, period = self.session.desk, self.session.state.period

        def done(case: WriteCase) -> None:
            self._reading = ""
            if self._current == case.write.write_id and self._list is not None:
                self._set(replace(self.state, shown=write_view(case, self._list.people, desk.zone)))
                self._set(replace(self.state, commands=self._commands()))

        self._set(replace(self.state, shown=None))
        self.session.jobs.quietly(Lane.STORE, lambda: load_write(desk, wanted, period), done)
        self.check()

    @staticmethod
    def _listed(found: WriteList, view: WritesView, who: str) -> list[StagedWrite]:
        waiting = [write for write in found.writes if write.state == WriteState.SUBMITTED]
        if view == WritesView.WAITING:
            return waiting
        others = [write for write in found.writes if write.state != WriteState.SUBMITTED]
        return [write for write in (*waiting, *others) if view == WritesView.ALL or write.maker == who]

    def _on_changes(self, changes: Changes, _initiator: object) -> None:
        if changes & (Changes.WRITES | Changes.PERIOD) or (self._list is None and changes):
            self.reload()


def _beyond(write: StagedWrite | None, person: Person | None) -> tuple[bool, str]:
    """Whether the amount is beyond the person's authority."""
    if write is None or person is None or person.approval_limit_minor is None:
        return False, ""
    limit = words.money(person.approval_limit_minor, person.limit_currency)
    if write.entry.currency != person.limit_currency:
        return True, f"Your authority is in {person.limit_currency}: {limit}."
    return debits(write.entry) > person.approval_limit_minor, f"Your authority ends at {limit}."


def _authority(person: Person | None) -> str:
    if person is None or not person.may(Role.SUPERVISOR):
        return ""
    limit = person.approval_limit_minor
    amount = f"up to {words.money(limit, person.limit_currency)}" if limit is not None else "any amount"
    return f"You may approve {amount}."


def _row(write: StagedWrite, found: WriteList, zone: str) -> WriteRow:
    glyph, tone = TONES[write.state]
    person = found.people.get(write.maker)
    return WriteRow(
        write_id=write.write_id,
        title=words.short_ids(write.entry.memo),
        amount=words.amount(debits(write.entry), write.entry.currency),
        currency=write.entry.currency,
        maker=short_name(person.full_name) if person else write.maker,
        at=words.moment(write.created_at, zone),
        glyph=glyph,
        tone=tone,
        state=words.WRITE_STATES[write.state],
        document=write.document_number or write.document_id,
        waiting=write.state == WriteState.SUBMITTED,
    )


def _empty(view: WritesView) -> Empty:
    titles = {
        WritesView.WAITING: "No entry waits for an approval",
        WritesView.MINE: "You made no entry yet",
        WritesView.ALL: "No entry was proposed yet",
    }
    return Empty("all_done", titles[view], ("Entries are proposed from exceptions.",))
