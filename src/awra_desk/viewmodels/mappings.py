"""Mapping tables: what is in force on a day, what the period misses, the history of a value; set, end, undo, files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from awra_desk.domain.errors import UserError
from awra_desk.ports.mapping_files import MappingFiles
from awra_desk.ports.tasks import Lane
from awra_desk.services import mappings as service
from awra_desk.services.mapping_case import MappingTables, load_mappings
from awra_desk.services.mappings import COLUMNS, KEEPERS, NEEDED, Change, Effect, Plan, Wanted
from awra_desk.viewmodels import words
from awra_desk.viewmodels.empty import Empty
from awra_desk.viewmodels.listing import Listing
from awra_desk.viewmodels.mapping_rows import (
    HistoryLine,
    MappingLine,
    Subject,
    history_of,
    in_force_lines,
    matching,
    missing_lines,
)
from awra_desk.viewmodels.observable import Command
from awra_desk.viewmodels.session import Changes, Session

SHOWN = 6  # changes and problems of a file that the question names; the command line lists all


class MappingsTab(StrEnum):
    """Which list is up."""

    IN_FORCE = "in_force"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class MappingsState:
    """What the screen shows.

    Attributes:
        day: the day whose mappings are listed; None before a period is known. rows: of the tab, filtered.
        cursor: position, -1 for none. history: of the value under the cursor, the last row first.
        open: how many values leave something open. done: how many commands were recorded from here.
    """

    tab: MappingsTab = MappingsTab.IN_FORCE
    day: date | None = None
    filter: str = ""
    counts: tuple[tuple[MappingsTab, int], ...] = ()
    rows: tuple[MappingLine, ...] = ()
    cursor: int = -1
    history: tuple[HistoryLine, ...] = ()
    ledgers: tuple[str, ...] = ()
    open: int = 0
    done: int = 0
    empty: Empty | None = None
    loading: bool = False
    failed: UserError | None = None
    commands: tuple[tuple[str, Command], ...] = ()


class Mappings(Listing[MappingsState]):
    """The mapping tables of the company.

    Args:
        files: reads and writes them as files.
    """

    def __init__(self, session: Session, files: MappingFiles) -> None:
        super().__init__(session, MappingsState())
        self._files = files
        self._tables: MappingTables | None = None
        self._current: Subject | None = None
        self._sought = False  # the cursor goes to a value once it is read
        session.on_changes(self._on_changes)
        if session.overview is not None:
            self.reload()

    def reload(self) -> None:
        """Read the tables again; tab, day, filter and cursor hold."""
        desk, period = self.session.desk, self.session.state.period
        self._read_list(lambda: load_mappings(desk, period), self._loaded)

    def show_tab(self, tab: MappingsTab) -> None:
        """List what is in force, or what is missing."""
        self._set(replace(self.state, tab=tab))
        self._show()

    def show_day(self, text: str) -> None:
        """List what is in force on a day, written like 2026-10-01.

        Raises:
            UserError: that is no day.
        """
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            raise UserError(f"{text.strip()!r} is no day", remedy="Write it like 2026-10-01.") from None
        self._set(replace(self.state, day=day))
        self._show()

    def set_filter(self, text: str) -> None:
        """List what holds the text."""
        self._set(replace(self.state, filter=text))
        self._show()

    def go(self, position: int) -> None:
        """Cursor to a row; the history is its value's."""
        if 0 <= position < len(self.state.rows):
            self._current = self.state.rows[position].subject
            self._set(replace(self.state, cursor=position))
            self._show()

    def go_to(self, subject: Subject) -> None:
        """Cursor to a value, whatever was listed before: among what is missing, or what is in force by now."""
        self._current, self._sought = subject, True
        self._set(replace(self.state, tab=MappingsTab.MISSING, filter=""))
        self.reload()

    def line(self) -> MappingLine | None:
        """The row under the cursor."""
        return self.state.rows[self.state.cursor] if 0 <= self.state.cursor < len(self.state.rows) else None

    # Commands

    def set(self, cells: Mapping[str, str]) -> None:
        """Record a row; texts by `services.mappings.COLUMNS`, an empty target ends the mapping."""
        self.require("set")
        self._record(lambda who: service.set_row(self.session.desk, cells, who=who))

    def undo(self) -> None:
        """Take back the last row of the value shown that still counts."""
        self.require("undo")
        number = self._undoable()
        self._record(lambda who: service.undo(self.session.desk, number, who=who))

    def import_file(self, path: Path) -> None:
        """Read a file, say what it would change, and record it when the person agrees."""
        self.require("import")
        desk, who = self.session.desk, self.session.who

        def read() -> tuple[list[Wanted], Plan]:
            wanted = [Wanted(place, cells) for place, cells in self._files.read(path, NEEDED)]
            return wanted, service.preview(desk, wanted, who=who)

        self.session.jobs.quietly(Lane.STORE, read, lambda found: self._asked(path, *found))

    def export_file(self, path: Path, *, whole: bool) -> None:
        """Write the mappings of the day shown, or of all days."""
        self.require("export")
        desk, day = self.session.desk, None if whole else self.state.day

        def write() -> int:
            rows = service.exported(desk, day)
            self._files.write(path, COLUMNS, rows, at=desk.now())
            return len(rows)

        def done(count: int) -> None:
            self.session.asker.announce(f"Wrote {path.name}: {words.count(count, 'mapping')}.")

        self.session.jobs.quietly(Lane.STORE, write, done)

    # Within

    def _record(self, act: Callable[[str], Change]) -> None:
        who = self.session.who
        self.session.jobs.quietly(Lane.STORE, lambda: act(who), lambda change: self._done(_said(change)))

    def _asked(self, path: Path, wanted: list[Wanted], plan: Plan) -> None:
        lines = [each.row.words for each in plan.changes if each.effect is not Effect.SAME]
        told = _some(lines) + _some([f"{p.place}, {p.column}: {p.words}. {p.remedy}" for p in plan.problems])
        if not lines:
            left = f" {words.count(len(plan.problems), 'row')} cannot be taken." if plan.problems else ""
            self.session.asker.tell(UserError(f"{path.name} changes nothing.{left}", remedy=" ".join(told)))
            return
        left = f", leave out {len(plan.problems):,}" if plan.problems else ""
        question = f"Record {words.count(len(lines), 'mapping')} of {path.name}{left}?"
        if not self.session.asker.confirm(question, detail="\n".join(told), verb=f"Record {len(lines):,}"):
            return
        desk, who = self.session.desk, self.session.who
        self.session.jobs.quietly(
            Lane.STORE,
            lambda: service.record(desk, wanted, who=who, file=path.name),
            lambda done: self._done(f"{words.count(len(done.added), 'mapping')} recorded from {path.name}."),
        )

    def _done(self, text: str) -> None:
        self.session.asker.announce(text)
        self._set(replace(self.state, done=self.state.done + 1))
        self.reload()
        self.session.publish(Changes.EXCEPTIONS | Changes.WRITES, self)

    def _undoable(self) -> int:
        """Number of the last row of the value that no later one replaced, 0 for none."""
        return next((line.number for line in self.state.history if line.state != "replaced"), 0)

    def _commands(self) -> tuple[tuple[str, Command], ...]:
        person, line = self.session.state.person, self.line()
        barred = (person is None or not person.may(*KEEPERS), "It takes an accountant or the integration owner.")
        none = (line is None, "Select a value.")
        no_ledger = (not self.state.ledgers, "No reconciliation has a ledger yet.")
        missing = (self.state.tab is MappingsTab.MISSING, "Nothing is in force for it.")
        number = self._undoable()
        empty = (self._tables is None or not self._tables.rows, "Nothing was recorded yet.")
        return (
            ("set", Command.when("Set", barred, no_ledger)),
            ("end", Command.when("End it", barred, none, missing)),
            (
                "undo",
                Command.when(f"Undo row {number}" if number else "Undo", barred, (not number, "Nothing is to undo.")),
            ),
            ("import", Command.when("Import…", barred, no_ledger)),
            ("export", Command.when("Export…", empty)),
        )

    def _loaded(self, tables: MappingTables) -> None:
        self._tables = tables
        period = self.session.state.period
        day = self.state.day or (period.last if period else self.session.desk.today())
        self._set(replace(self.state, loading=False, day=day, ledgers=tables.ledgers))
        if self._sought and self._current is not None:
            lines = missing_lines(tables.missing)
            here = any(line.subject.key == self._current.key for line in lines)
            self._set(replace(self.state, tab=MappingsTab.MISSING if here else MappingsTab.IN_FORCE))
            self._sought = False
        self._show()

    def _show(self) -> None:
        tables, state = self._tables, self.state
        if tables is None or state.day is None:
            return
        lists = {
            MappingsTab.IN_FORCE: in_force_lines(tables, state.day),
            MappingsTab.MISSING: missing_lines(tables.missing),
        }
        rows = matching(lists[state.tab], state.filter)
        wanted = self._current.key if self._current else None
        same = [at for at, row in enumerate(rows) if row.subject.key == wanted]
        cursor = state.cursor if state.cursor in same else next(iter(same), min(max(state.cursor, 0), len(rows) - 1))
        self._current = rows[cursor].subject if rows else None
        shown = history_of(tables, self._current, state.day, self.session.desk.zone) if self._current else ()
        self._set(
            replace(
                state,
                counts=tuple((tab, len(lines)) for tab, lines in lists.items()),
                rows=tuple(rows),
                cursor=cursor,
                history=shown,
                open=sum(bool(each.open) for each in tables.missing),
                empty=None if rows else self._empty(len(lists[state.tab])),
            )
        )
        self._set(replace(self.state, commands=self._commands()))

    def _empty(self, hidden: int) -> Empty:
        if hidden:
            return Empty(
                "filtered", f"The filter hides {words.count(hidden, 'row')}", (), "Clear filter", "clear_filter"
            )
        if self.state.tab is MappingsTab.MISSING:
            period = self.session.state.period
            month = words.month(period) if period else "The period"
            return Empty("all_done", f"Nothing of {month} is missing", ("Every value its records say is mapped.",))
        lines = ("It says which account, branch or class", "a gateway, location, SKU or tax means.")
        return Empty("nothing", f"No mapping is in force on {words.full_day(self.state.day)}", lines)

    def _on_changes(self, changes: Changes, initiator: object) -> None:
        if changes & Changes.PERSON:
            self._set(replace(self.state, filter=""))
        if changes & Changes.PERIOD:
            self._set(replace(self.state, day=None))
        if initiator is not self and changes & (Changes.RECORDS | Changes.PERIOD | Changes.PERSON):
            self.reload()


def _said(change: Change) -> str:
    before = f" Before: {change.before.words}." if change.before else ""
    return f"Recorded: {change.row.words}.{before}"


def _some(lines: list[str]) -> list[str]:
    more = [f"… and {len(lines) - SHOWN:,} more"] if len(lines) > SHOWN else []
    return [*lines[:SHOWN], *more]
