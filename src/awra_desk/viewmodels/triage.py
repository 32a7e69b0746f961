"""Triage: what is done with exceptions, one or many at a time; bulks ask once, steps are undone by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from awra_desk.domain.entries import StagedWrite
from awra_desk.domain.errors import UserError
from awra_desk.domain.exception_items import ExceptionItem, ExceptionState
from awra_desk.domain.reasons import Reason
from awra_desk.ports.schemas import SOURCE_SIDE
from awra_desk.ports.tasks import Lane
from awra_desk.services import review
from awra_desk.services.desk import Desk
from awra_desk.services.queue import CLEARS_ITSELF
from awra_desk.services.stage import MAKERS, propose, submit
from awra_desk.viewmodels import words
from awra_desk.viewmodels.entry_lines import debits_text
from awra_desk.viewmodels.exception_rows import unmapped
from awra_desk.viewmodels.history import Step
from awra_desk.viewmodels.listing import refuse
from awra_desk.viewmodels.observable import Command
from awra_desk.viewmodels.session import Changes

if TYPE_CHECKING:
    from awra_desk.viewmodels.exceptions import Exceptions

BULK = 50
CLOSED = frozenset({ExceptionState.RESOLVED})


class Triage:
    """Commands of the exception queue; they act on the checked rows, else on the one under the cursor."""

    def __init__(self, queue: Exceptions) -> None:
        self._queue = queue
        self._proposing: set[str] = set()

    def commands(self) -> tuple[tuple[str, Command], ...]:
        """Every command with whether it can be used now, else why not."""
        queue = self._queue
        rows, person, case = queue.chosen(), queue.session.state.person, queue.state.case
        states = {row.item.state for row in rows}
        barred = (person is None or not person.may(*MAKERS), "It takes an accountant or a supervisor.")
        empty = (not rows, "Nothing is selected.")
        closed = (bool(states & CLOSED), "A resolved exception is selected.")
        opened = (bool(states - CLOSED), "An open exception is selected.")
        under_way = (any(row.exception_id in self._proposing for row in rows), "Its entry is being made.")
        proposed = (ExceptionState.PROPOSED in states, "An entry for it waits already.")
        lacking = (row.item for row in rows if row.item.reason != Reason.FX_DIFFERENCE)
        foreign = any(side != SOURCE_SIDE for item in lacking for side, _ in item.members)
        booked = (foreign, "Only what the ledger lacks can be booked from here.")
        timing = (any(row.item.reason == Reason.DATE_CUTOFF for row in rows), CLEARS_ITSELF)
        refused = case.no_entry if case is not None and not queue.state.checked and case.entry is None else ""
        shown = (len(rows) != 1 or not rows[0].item.members, "Select one exception with a record.")
        mapped = (len(rows) != 1 or unmapped(rows[0].item) is None, "Select one value that is not mapped.")
        many = f" {len(rows):,}" if len(rows) > 1 else ""
        book = f"Propose {len(rows):,} entries" if many else "Propose entry"
        return (
            (
                "comment",
                Command.when("Comment", (person is None, "Nobody is signed in."), (not queue.current, empty[1])),
            ),
            ("assign", Command.when(f"Assign{many}…", barred, empty, closed)),
            ("resolve", Command.when(f"Resolve{many}…", barred, empty, closed)),
            ("reopen", Command.when(f"Reopen{many}", barred, empty, opened)),
            (
                "propose",
                Command.when(
                    book, barred, empty, closed, under_way, proposed, booked, timing, (bool(refused), refused)
                ),
            ),
            ("map", Command.when("Fix the mapping", mapped)),
            ("show", Command.when("Show in workbench", shown)),
            ("undo", queue.history.undo_command),
            ("redo", queue.history.redo_command),
        )

    def comment(self, text: str) -> None:
        """Remark on the exception under the cursor."""
        self._allow("comment")
        session, identity = self._queue.session, self._queue.current
        desk, who = session.desk, session.who
        self._store(lambda: review.comment(desk, identity, text, who=who))

    def assign(self, owner: str) -> None:
        """Give the chosen exceptions an owner (sign-in name)."""
        desk, who, items = self._begin("assign")

        def back() -> None:
            for item in items:
                review.assign(desk, item.exception_id, item.owner, who=who)

        name = next((full for short, full in self._queue.state.people if short == owner), owner)
        # Nobody is no owner that could be given back.
        undo = back if all(item.owner for item in items) else None
        self._do(
            f"assignment of {_what(items)} to {name}",
            lambda: _each(items, lambda item: review.assign(desk, item.exception_id, owner, who=who)),
            undo,
        )

    def resolve(self, reason: str) -> None:
        """Close the chosen exceptions for a reason."""
        desk, who, items = self._begin("resolve")
        if not reason.strip():
            raise UserError("a resolution needs a reason", remedy="Say in a few words why.")
        if len(items) > BULK and not self._agreed("Resolve", items, detail="You can undo this as one step."):
            return
        self._do(
            f"resolution of {_what(items)}",
            lambda: _each(items, lambda item: review.resolve(desk, item.exception_id, who=who, note=reason)),
            lambda: _each(items, lambda item: review.reopen(desk, item.exception_id, who=who)),
        )

    def reopen(self) -> None:
        """Open the chosen resolved exceptions again."""
        desk, who, items = self._begin("reopen")
        self._do(
            f"reopening of {_what(items)}",
            lambda: _each(items, lambda item: review.reopen(desk, item.exception_id, who=who)),
            lambda: _each(
                items, lambda item: review.resolve(desk, item.exception_id, who=who, note=item.resolution_note)
            ),
        )

    def propose(self) -> None:
        """Stage and submit one entry for each chosen exception; a preflight that fails leaves a draft and says why."""
        desk, who, items = self._begin("propose")
        if len(items) > 1 and not self._agreed("Propose an entry for", items, detail="Another person approves each."):
            return

        wanted = {item.exception_id for item in items}

        def work() -> tuple[list[StagedWrite], list[UserError]]:
            submitted, refused = [], []
            for item in items:
                try:
                    write = propose(desk, item.exception_id, who=who)
                    submit(desk, write.write_id, who=who)
                    submitted.append(write)
                except UserError as error:
                    refused.append(error)  # one that cannot be booked does not hold up the others
            return submitted, refused

        def done(result: tuple[list[StagedWrite], list[UserError]]) -> None:
            session, (submitted, refused) = self._queue.session, result
            self._proposing -= wanted
            for error in refused:
                session.asker.tell(error)
            if submitted:
                entries = words.count(len(submitted), "entry", "entries")
                session.asker.announce(f"{entries}, {debits_text(submitted)}, submitted for approval.")
                self._queue.go_on(wanted)
            session.publish(Changes.EXCEPTIONS | Changes.WRITES)

        # The ledger is asked meanwhile: a second press is about the same entry, not about another.
        self._proposing |= wanted
        self._queue.show_commands()
        self._queue.session.jobs.quietly(Lane.NET, work, done)

    def undo(self) -> None:
        """Take the last step back."""
        self._allow("undo")
        self._queue.history.take_back(self._queue.session.asker)

    def redo(self) -> None:
        """Do the last undone step again."""
        self._allow("redo")
        self._queue.history.do_again(self._queue.session.asker)

    def _begin(self, name: str) -> tuple[Desk, str, list[ExceptionItem]]:
        self._allow(name)
        session = self._queue.session
        return session.desk, session.who, [row.item for row in self._queue.chosen()]

    def _do(self, title: str, again: Callable[[], None], back: Callable[[], None] | None) -> None:
        queue = self._queue
        decided = {row.exception_id for row in queue.chosen()}

        def done(_: None) -> None:
            if back is not None:
                step = Step(title, queue.session.desk.now(), lambda: self._store(back), lambda: self._store(again))
                queue.history.add(step)
            queue.go_on(decided)
            undo = f"Undo {title}" if back is not None else ""
            queue.session.asker.announce(f"{title[0].upper()}{title[1:]}.", undo=undo)
            queue.session.publish(Changes.EXCEPTIONS)

        queue.session.jobs.quietly(Lane.STORE, again, done)

    def _store(self, work: Callable[[], None]) -> None:
        session = self._queue.session
        session.jobs.quietly(Lane.STORE, work, lambda _: session.publish(Changes.EXCEPTIONS))

    def _agreed(self, verb: str, items: Sequence[ExceptionItem], *, detail: str) -> bool:
        question = f"{verb} {words.count(len(items), 'exception')}, {', '.join(sums_text(items))}?"
        button = f"{verb.partition(' ')[0]} {len(items):,}"
        return self._queue.session.asker.confirm(question, detail=detail, verb=button)

    def _allow(self, name: str) -> None:
        refuse(self.commands(), name)


def sums_text(items: Sequence[ExceptionItem]) -> tuple[str, ...]:
    """One figure per currency, never a sum over them."""
    found: dict[str, int] = {}
    for item in items:
        found[item.currency] = found.get(item.currency, 0) + item.minor
    return tuple(words.money(minor, currency) for currency, minor in sorted(found.items()))


def _each(items: Sequence[ExceptionItem], act: Callable[[ExceptionItem], object]) -> None:
    for item in items:
        act(item)


def _what(items: Sequence[ExceptionItem]) -> str:
    if len(items) > 1:
        return f"{len(items):,} exceptions"
    reason = words.REASONS.get(items[0].reason, items[0].reason)
    return f"{reason[0].lower()}{reason[1:]} of {words.money(items[0].minor, items[0].currency)}"
