"""The exception queue: listing, finding and choosing, with the evidence beside it. Deciding is in `triage`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from awra_desk.domain.errors import UserError
from awra_desk.ports.tasks import Lane
from awra_desk.services import review
from awra_desk.services.queue import Case, Queue, load_case, load_queue
from awra_desk.viewmodels import words
from awra_desk.viewmodels.empty import Empty
from awra_desk.viewmodels.exception_case import CaseView, case_view
from awra_desk.viewmodels.exception_rows import (
    KEYS,
    Cause,
    ExceptionRow,
    QueueView,
    causes,
    listed,
    matching,
    rows_of,
)
from awra_desk.viewmodels.history import History
from awra_desk.viewmodels.listing import Listing, kept
from awra_desk.viewmodels.observable import Command
from awra_desk.viewmodels.session import Changes, Session
from awra_desk.viewmodels.triage import CLOSED, Triage, sums_text


@dataclass(frozen=True, slots=True)
class QueueTotals:
    """The totals bar: counts over the whole queue, and the selection by currency ("179.10 KES")."""

    open: int = 0
    mismatch: int = 0
    expected: int = 0
    due: int = 0
    selected: int = 0
    sums: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExceptionsState:
    """What the screen shows.

    Attributes:
        rows: in listing order. cursor: position, -1 for none. checked: ids, kept over everything.
        cause: key of the root cause listed alone, or None.
        case: the exception under the cursor in full, None while it is read.
        sort: (column, descending); ("severity", False) at first.
    """

    view: QueueView = QueueView.OPEN
    counts: tuple[tuple[QueueView, int], ...] = ()
    filter: str = ""
    cause: tuple[str, str] | None = None
    causes: tuple[Cause, ...] = ()
    sort: tuple[str, bool] = ("severity", False)
    rows: tuple[ExceptionRow, ...] = ()
    cursor: int = -1
    checked: frozenset[str] = frozenset()
    case: CaseView | None = None
    people: tuple[tuple[str, str], ...] = ()
    totals: QueueTotals = field(default_factory=QueueTotals)
    empty: Empty | None = None
    loading: bool = False
    failed: UserError | None = None
    commands: tuple[tuple[str, Command], ...] = ()


class Exceptions(Listing[ExceptionsState]):
    """The queue of the company."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, ExceptionsState())
        self.history = History()
        self.triage = Triage(self)
        self._queue: Queue | None = None
        self._all: list[ExceptionRow] = []
        self._current = ""
        self._reading = ""
        session.on_changes(self._on_changes)
        self.history.subscribe(self._show)
        if session.overview is not None:
            self.reload()

    @property
    def current(self) -> str:
        """Id of the exception under the cursor, "" for none."""
        return self._current if self.state.cursor >= 0 else ""

    def reload(self) -> None:
        """Read the queue again; view, filter, cursor and checks hold."""
        self._read_list(lambda: load_queue(self.session.desk), self._loaded)

    def show_view(self, view: QueueView) -> None:
        """List mine, all open, the expected or the resolved ones."""
        self._set(replace(self.state, view=view, cause=None, cursor=-1))
        self._show()

    def set_filter(self, text: str) -> None:
        """List what holds the text."""
        self._set(replace(self.state, filter=text, cursor=-1))
        self._show()

    def show_cause(self, key: tuple[str, str]) -> None:
        """List one root cause alone; the same again lists all."""
        self._set(replace(self.state, cause=None if self.state.cause == key else key, cursor=-1))
        self._show()

    def clear_filter(self) -> None:
        """List everything of the view again."""
        self._set(replace(self.state, filter="", cause=None))
        self._show()

    def sort(self, column: str) -> None:
        """Sort by a column; the same again: the other way round."""
        now, descending = self.state.sort
        self._set(replace(self.state, sort=(column, not descending if now == column else False)))
        self._show()

    def go(self, position: int) -> None:
        """Cursor to a row; its case is read."""
        if 0 <= position < len(self.state.rows):
            self._current = self.state.rows[position].exception_id
            self._set(replace(self.state, cursor=position))
            self._show()

    def go_to(self, exception_id: str) -> None:
        """Cursor to an open exception, whatever was listed before."""
        self._current = exception_id
        self._set(replace(self.state, view=QueueView.OPEN, filter="", cause=None))
        if any(row.exception_id == exception_id for row in self._all):
            self._show()
        else:
            self.reload()  # it was opened since the queue was read

    def next_open(self, *, step: int = 1) -> None:
        """Cursor to the next (or previous) row that is not resolved; at the end it says so."""
        at = self.state.cursor + step
        while 0 <= at < len(self.state.rows) and self.state.rows[at].item.state in CLOSED:
            at += step
        if 0 <= at < len(self.state.rows):
            self.go(at)
        else:
            self.session.asker.announce("End of list." if step > 0 else "Start of list.")

    def toggle(self, position: int) -> None:
        """Check or uncheck a row."""
        if 0 <= position < len(self.state.rows):
            self._set(replace(self.state, checked=self.state.checked ^ {self.state.rows[position].exception_id}))
            self._show()

    def check_all(self) -> None:
        """Check everything listed."""
        self._set(replace(self.state, checked=frozenset(row.exception_id for row in self.state.rows)))
        self._show()

    def uncheck_all(self) -> None:
        """Check nothing."""
        self._set(replace(self.state, checked=frozenset()))
        self._show()

    def chosen(self) -> list[ExceptionRow]:
        """The checked rows, else the one under the cursor."""
        if self.state.checked:
            return [row for row in self._all if row.exception_id in self.state.checked]
        return [row for row in self._all if row.exception_id == self._current]

    # Within

    def go_on(self, decided: set[str]) -> None:
        """Cursor to the next row that was not just decided; the checks are done with."""
        rows, at = self.state.rows, max(self.state.cursor, 0)
        behind = [row for row in (*rows[at:], *reversed(rows[:at])) if row.item.state not in CLOSED]
        self._current = next((row.exception_id for row in behind if row.exception_id not in decided), self._current)
        self._set(replace(self.state, checked=frozenset()))
        self._show()

    def show_commands(self) -> None:
        """Bring what can be done now up to date."""
        self._set(replace(self.state, commands=self._commands()))

    def _commands(self) -> tuple[tuple[str, Command], ...]:
        return self.triage.commands()

    def _loaded(self, queue: Queue) -> None:
        self._queue, self._reading = queue, ""
        self._all = rows_of(queue, self.session.desk.today())
        known = {row.exception_id for row in self._all}
        people = tuple(
            (person.name, person.full_name)
            for person in sorted(queue.people.values(), key=lambda person: person.full_name)
            if person.may(*review.REVIEWERS)
        )
        self._set(replace(self.state, loading=False, people=people, checked=self.state.checked & known, case=None))
        self._show()

    def _show(self) -> None:
        person, state = self.session.state.person, self.state
        who = person.name if person else ""
        inside = listed(self._all, state.view, who)
        rows = matching(inside, state.filter)
        if state.cause is not None:
            rows = [row for row in rows if row.cause == state.cause]
        column, descending = state.sort
        rows.sort(key=KEYS[column], reverse=descending)
        cursor = kept([row.exception_id for row in rows], self._current, state.cursor)
        self._current = rows[cursor].exception_id if rows else self._current
        counts = tuple((view, len(listed(self._all, view, who))) for view in QueueView)
        self._set(
            replace(
                state,
                rows=tuple(rows),
                cursor=cursor,
                counts=counts,
                causes=causes(inside),
                totals=self._totals(),
                empty=None if rows or state.loading else self._empty(inside),
            )
        )
        self.show_commands()
        self._read_case()

    def _read_case(self) -> None:
        wanted = self.current
        if not wanted:
            self._set(replace(self.state, case=None))
            return
        shown = self.state.case
        if self._reading == wanted or (shown is not None and shown.exception_id == wanted):
            return
        self._reading = wanted
        desk = self.session.desk

        def done(case: Case) -> None:
            self._reading = ""
            if self._current == case.item.exception_id and self._queue is not None:
                self._set(replace(self.state, case=case_view(case, self._queue, desk.zone, desk.today())))
                self.show_commands()

        self._set(replace(self.state, case=None))
        self.session.jobs.quietly(Lane.STORE, lambda: load_case(desk, wanted), done)

    def _totals(self) -> QueueTotals:
        still = [row for row in self._all if row.item.state not in CLOSED]
        chosen = [row for row in self._all if row.exception_id in self.state.checked]
        expected = sum(1 for row in still if row.item.expected)
        due = sum(1 for row in still if row.urgent)
        return QueueTotals(
            len(still), len(still) - expected, expected, due, len(chosen), sums_text([r.item for r in chosen])
        )

    def _empty(self, inside: Sequence[ExceptionRow]) -> Empty:
        if inside:
            sums = ", ".join(sums_text([row.item for row in inside]))
            title = f"The filter hides all {words.count(len(inside), 'exception')}"
            return Empty("filtered", title, (f"Hidden: {sums}.",), "Clear filter", "clear_filter")
        seen = self.session.overview
        if seen is not None and not seen.pulled:
            lines = ("Exceptions are what matching leaves open.",)
            return Empty("never_pulled", "Nothing was pulled yet", lines, "Pull all systems", "pull")
        if seen is None or not seen.runs:
            lines = ("A run opens exceptions.",)
            return Empty("not_reconciled", "Nothing was reconciled yet", lines, "Reconcile", "reconcile")
        last = max(seen.runs.values(), key=lambda run: run.started_at)
        line = f"Last run {words.moment(last.started_at, self.session.desk.zone)}."
        titles = {
            QueueView.MINE: "Nothing is assigned to you",
            QueueView.OPEN: "No exception is open",
            QueueView.EXPECTED: "Nothing is expected to clear itself",
            QueueView.RESOLVED: "Nothing was resolved yet",
        }
        return Empty("all_done", titles[self.state.view], (line,))

    def _on_changes(self, changes: Changes, _initiator: object) -> None:
        if changes & Changes.PERSON:
            self.history.clear()
            self._set(replace(self.state, filter="", cause=None))
            self.uncheck_all()
        if changes & (Changes.EXCEPTIONS | Changes.MATCHES) or (self._queue is None and changes & Changes.PERIOD):
            self.reload()
