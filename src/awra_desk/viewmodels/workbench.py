"""The workbench: two sides facing each other; choosing, finding, sorting, selecting. Deciding is in `deciding`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from awra_desk.domain.errors import UserError
from awra_desk.ports.tasks import Lane
from awra_desk.services.overview import Overview
from awra_desk.viewmodels import figures, words
from awra_desk.viewmodels.deciding import Deciding
from awra_desk.viewmodels.empty import Empty, never_pulled, workbench_empty
from awra_desk.viewmodels.figures import Figure, Totals
from awra_desk.viewmodels.groups import LEFT, RIGHT, SIDES
from awra_desk.viewmodels.history import History
from awra_desk.viewmodels.inspector import Inspector
from awra_desk.viewmodels.loaded import Loaded, load
from awra_desk.viewmodels.matches import SIDE_NAMES
from awra_desk.viewmodels.observable import Command, Observable
from awra_desk.viewmodels.session import Changes, Session
from awra_desk.viewmodels.side_rows import SheetColumn
from awra_desk.viewmodels.slot_view import Slot
from awra_desk.viewmodels.slots import SlotTable, Sort
from awra_desk.viewmodels.states import Status, View

Member = tuple[str, str]
TO_DECIDE = (Status.OPEN, Status.SUGGESTED)


@dataclass(frozen=True, slots=True)
class WorkbenchState:
    """What the screen shows.

    Attributes:
        choices: names of the reconciliations. title: "Stripe balance ↔ 1210 Stripe clearing". subtitle: zone and owner.
        counts: (view, groups) in the order of the buttons.
        version: another one whenever the list or a slot of it changed: models reset then, nothing else tells.
        rows: length of the list. cursor: position, -1 for none. selected: (side, id), kept over everything.
        only: the strip's figure whose rows alone are listed, "" for none.
        empty: why there is nothing to list, or None. loading: name of what is being read, "" when nothing is.
        pending: decisions that the last run has not seen.
        place: "1 of 9 suggestions", "" when there is nothing to decide.
    """

    choices: tuple[str, ...] = ()
    chosen: str = ""
    title: str = ""
    subtitle: str = ""
    currency: str = ""
    view: View = View.ALL
    counts: tuple[tuple[View, int], ...] = ()
    filter: str = ""
    only: str = ""
    sort: Sort = field(default_factory=Sort)
    version: int = 0
    rows: int = 0
    cursor: int = -1
    selected: frozenset[Member] = frozenset()
    strip: tuple[Figure, ...] = ()
    totals: Totals = field(default_factory=Totals)
    empty: Empty | None = None
    loading: str = ""
    failed: UserError | None = None
    pending: int = 0
    place: str = ""
    commands: tuple[tuple[str, Command], ...] = ()


class Workbench(Observable[WorkbenchState]):
    """One reconciliation side by side."""

    def __init__(self, session: Session) -> None:
        super().__init__(WorkbenchState())
        self.session = session
        self.loaded: Loaded | None = None
        self.history = History()
        self.inspector = Inspector(self)
        self.deciding = Deciding(self)
        self._cursor_member: Member | None = None
        self._opening: Member | None = None
        self._wanted = 0
        self._again = False
        session.on_changes(self._on_changes)
        self.history.subscribe(self.show)
        if session.overview is not None:
            self._on_changes(Changes.PERIOD, None)

    # Choosing and reading

    def choose(self, name: str) -> None:
        """Open a reconciliation; the cursor goes to the first group to decide."""
        self._begin(name, None)
        self.reload()

    def open_member(self, name: str, member: Member) -> None:
        """Open a reconciliation at one record, whatever was listed before."""
        if name == self.state.chosen and self.table is not None:
            self._cursor_member = self._opening = member
            self._set(replace(self.state, only=""))
            self.table.clear()
            self.table.show(View.ALL)
            self._arrive()
        else:
            self._begin(name, member)
            self.reload()

    def reload(self) -> None:
        """Read again; view, filter, sort, selection and cursor hold."""
        period, name = self.session.state.period, self.state.chosen
        if not name or period is None:
            return
        self._wanted += 1
        number = self._wanted
        self._set(replace(self.state, loading=name, failed=None))
        desk = self.session.desk
        self.session.jobs.quietly(
            Lane.STORE,
            lambda: load(desk, name, period),
            lambda loaded: self._loaded(number, loaded),
            failed=lambda error: self._load_failed(number, error),
        )

    # Listing

    @property
    def table(self) -> SlotTable | None:
        """The slots in view, None before anything is loaded."""
        return self.loaded.table if self.loaded else None

    @property
    def columns(self) -> tuple[tuple[SheetColumn, ...], tuple[SheetColumn, ...]]:
        """Columns of the source and the ledger table."""
        if self.loaded is None:
            return (), ()
        return self.loaded.sides[LEFT].columns, self.loaded.sides[RIGHT].columns

    def slot(self, position: int) -> Slot:
        """What stands at a position; cheap and cached, for visible rows."""
        return self.need().reader.slot(position)

    def show_view(self, view: View) -> None:
        """List open, suggested, matched or all groups."""
        self._change(lambda table: table.show(view), land=True)

    def set_filter(self, text: str) -> None:
        """List what holds the text, or begins with the amount."""
        self._change(lambda table: table.set_filter(text))

    def clear_filter(self) -> None:
        """List everything of the view again."""
        self._set(replace(self.state, only=""))
        self._change(lambda table: table.clear())

    def show_figure(self, label: str) -> None:
        """List only the rows a figure of the strip sums; the same again, or a balance, lists all."""
        figure = next((figure for figure in self.state.strip if figure.label == label), None)
        on = figure is not None and bool(figure.members) and self.state.only != label
        self._set(replace(self.state, only=label if on else ""))
        members = figure.members if figure is not None and on else None
        self._change(lambda table: table.set_only(members), land=True)

    def sort(self, side: str, column: str) -> None:
        """Sort by a column; again: descending; a third time: by day."""
        now = self.state.sort
        same = (now.side, now.column) == (side, column)
        wanted = Sort() if same and now.descending else Sort(side, column, descending=same)
        self._change(lambda table: table.set_sort(wanted))

    # Cursor and selection

    def go(self, position: int, *, extend: bool = False) -> None:
        """Move the cursor to a position and select its group (with `extend`: all groups on the way as well)."""
        table = self.table
        if table is None or not 0 <= position < len(table):
            return
        start = self.state.cursor if extend and self.state.cursor >= 0 else position
        low, high = sorted((start, position))
        chosen = {member for at in range(low, high + 1) for member in self.members_at(at)}
        group = table.group_at(position)
        self._cursor_member = next(iter(self._members(group)), None)
        self._set(replace(self.state, cursor=position, selected=frozenset(chosen)))
        self.show()

    def toggle(self, position: int, side: str = "") -> None:
        """Add a group to the selection or take it out; with `side` only the row standing there."""
        table = self.table
        if table is None or not 0 <= position < len(table):
            return
        members = self.members_at(position)
        if side:
            slot = self.slot(position)
            record = (slot.left if side == SIDE_NAMES[LEFT] else slot.right).record_id
            members = frozenset({(side, record)}) if record else frozenset()
        now = self.state.selected
        selected = now - members if members <= now else now | members
        self._cursor_member = next(iter(self._members(table.group_at(position))), None)
        self._set(replace(self.state, cursor=position, selected=selected))
        self.show()

    def select_all(self) -> None:
        """Select everything listed."""
        table = self.table
        if table is not None:
            found: set[Member] = set()
            for side, rows in enumerate((table.left_row, table.right_row)):
                there = rows[table.order]
                found.update((SIDE_NAMES[side], record) for record in table.sides[side].ids[there[there >= 0]].tolist())
            self._set(replace(self.state, selected=frozenset(found)))
            self.show()

    def clear_selection(self) -> None:
        """Select nothing; the cursor stays."""
        self._set(replace(self.state, selected=frozenset()))
        self.show()

    def next_to_decide(self, *, step: int = 1) -> None:
        """Cursor to the next (or previous) group that is open or suggested; at the end it says so."""
        table = self.table
        at = table.next_with(self.state.cursor, TO_DECIDE, step=step) if table is not None else None
        if at is None:
            self.session.asker.announce("End of list." if step > 0 else "Start of list.")
        else:
            self.go(at)

    def members_at(self, position: int) -> frozenset[Member]:
        """(side, id) of the group at a position."""
        table = self.table
        return self._members(table.group_at(position)) if table is not None else frozenset()

    def selected_groups(self) -> list[int]:
        """Groups with a selected row, in listing order of their days."""
        loaded = self.need()
        found = set()
        for side, record in self.state.selected:
            at = SIDE_NAMES.index(side)
            row = loaded.sides[at].index(record)
            if row is not None:
                found.add(int(loaded.table.groups.of_row[at][row]))
        return sorted(found, key=lambda group: (int(loaded.table.groups.day[group]), group))

    def current_group(self) -> int | None:
        """The group under the cursor."""
        table = self.table
        on = table is not None and 0 <= self.state.cursor < len(table)
        return table.group_at(self.state.cursor) if table is not None and on else None

    def need(self) -> Loaded:
        """What is loaded.

        Raises:
            UserError: nothing is.
        """
        if self.loaded is None:
            raise UserError("no reconciliation is open", remedy="Choose one first.")
        return self.loaded

    # What others call after they changed something

    def show(self) -> None:
        """Bring the state up to date with the table, the selection and the statement."""
        loaded = self.loaded
        if loaded is None:
            self._set(replace(self.state, commands=self.deciding.commands()))
            return
        table = loaded.table
        counts = table.counts()
        self._set(
            replace(
                self.state,
                view=table.view,
                filter=table.filter,
                sort=table.sort,
                counts=tuple((view, counts[view]) for view in (View.OPEN, View.SUGGESTED, View.MATCHED, View.ALL)),
                version=table.version,
                rows=len(table),
                strip=loaded.figures[0],
                totals=self._totals(loaded),
                empty=workbench_empty(self, loaded),
                pending=loaded.pending,
                place=self._place(loaded),
                commands=self.deciding.commands(),
            )
        )
        self.inspector.follow()

    def keep_cursor(self) -> None:
        """Find the cursor's group again after the list changed; -1 when it is not listed."""
        self._set(replace(self.state, cursor=self._position()))

    def _position(self) -> int:
        loaded = self.loaded
        position = -1
        if loaded is not None and self._cursor_member is not None:
            at = SIDE_NAMES.index(self._cursor_member[0])
            row = loaded.sides[at].index(self._cursor_member[1])
            group = int(loaded.table.groups.of_row[at][row]) if row is not None else None
            found = loaded.table.position_of(group) if group is not None else None
            position = -1 if found is None else found
        return position

    def focus(self, member: Member) -> None:
        """Cursor to the group of a record where it is listed."""
        self._cursor_member = member
        self.keep_cursor()
        if self.state.cursor >= 0:
            self.go(self.state.cursor)

    def read_again_after(self) -> None:
        """A decision is stored behind the read that is under way: what it brings is old already, so read once more."""
        self._again = bool(self.state.loading)

    def _begin(self, name: str, member: Member | None) -> None:
        self._cursor_member = self._opening = member
        self.loaded = None
        self._set(
            replace(self.state, chosen=name, cursor=-1, selected=frozenset(), filter="", only="", sort=Sort(), rows=0)
        )

    def _arrive(self) -> None:
        """Cursor to the record asked for, or to where it was, or to the first group to decide."""
        opening, self._opening = self._opening, None
        table = self.need().table
        self.keep_cursor()
        if opening is not None and self.state.cursor < 0:
            self.session.asker.announce(f"{opening[1]} is not part of {self.session.state.period_text}.")
        if opening is not None and self.state.cursor >= 0:
            self.go(self.state.cursor)
        elif self.state.cursor < 0 and (first := table.next_with(-1, TO_DECIDE)) is not None:
            self.go(first)
        else:
            self.show()

    def _change(self, change: Callable[[SlotTable], object], *, land: bool = False) -> None:
        """List otherwise. With `land` a cursor whose group is listed no more goes to the first to decide, else the
        first, unless several groups were selected by hand.
        """
        table = self.table
        if table is None:
            return
        change(table)
        # Both at once: whoever renders in between would write the filter before into the field being typed in.
        self._set(replace(self.state, filter=table.filter, cursor=self._position()))
        if land and self.state.cursor < 0 and len(table) and len(self.selected_groups()) <= 1:
            first = table.next_with(-1, TO_DECIDE)
            self.go(0 if first is None else first)
        else:
            self.show()

    def _members(self, group: int) -> frozenset[Member]:
        loaded = self.need()
        rows = loaded.table.groups.rows(group)
        return frozenset((SIDE_NAMES[s], str(loaded.sides[s].ids[row])) for s in SIDES for row in rows[s])

    def _totals(self, loaded: Loaded) -> Totals:
        counts, sums = [0, 0], [0, 0]
        for side, record in self.state.selected:
            at = SIDE_NAMES.index(side)
            row = loaded.sides[at].index(record)
            if row is not None:
                counts[at] += 1
                sums[at] += int(loaded.sides[at].minor[row])
        label, text = figures.selected((counts[0], counts[1]), (sums[0], sums[1]), loaded.view.spec.currency)
        return Totals(loaded.figures[1], label, text)

    def _place(self, loaded: Loaded) -> str:
        group = self.current_group()
        counts = loaded.table.counts()
        if group is None or Status(int(loaded.table.groups.status[group])) not in TO_DECIDE:
            return ""
        suggested = loaded.table.groups.status[group] == Status.SUGGESTED
        total = counts[View.SUGGESTED if suggested else View.OPEN]
        return f"{words.count(total, 'suggestion')} to decide" if suggested else f"{words.count(total, 'open item')}"

    def _loaded(self, number: int, loaded: Loaded) -> None:
        if number != self._wanted:
            return
        old = self.loaded.table if self.loaded else None
        if old is not None:
            loaded.table.view, loaded.table.filter, loaded.table.sort = old.view, old.filter, old.sort
            loaded.table.show(old.view)
            # One version after another, so that a view that compares them sees the change.
            loaded.table.version += old.version
        self.loaded = loaded
        spec = loaded.view.spec
        self._set(
            replace(
                self.state,
                loading="",
                only="",
                title=f"{spec.name} ↔ {loaded.account_name}",
                subtitle=" · ".join(part for part in (spec.zone, spec.owner) if part),
                currency=spec.currency,
            )
        )
        self._arrive()
        if self._again:
            self._again = False
            self.reload()

    def _load_failed(self, number: int, error: UserError) -> None:
        if number == self._wanted:
            self.loaded = None
            now = replace(self.state, loading="", rows=0, strip=(), totals=Totals())
            waits = never_pulled(self.session.overview, self.state.chosen, self.session.state.period)
            self._set(replace(now, failed=None if waits else error, empty=waits))

    def _on_changes(self, changes: Changes, initiator: object) -> None:
        seen = self.session.overview
        if changes & Changes.PERSON:
            self.history.clear()
            self.clear_selection()
            if self.loaded is not None and (self.state.filter or self.state.only):
                self.clear_filter()
        if seen is not None:
            self._set(replace(self.state, choices=tuple(spec.name for spec in seen.reconciliations)))
        if seen is not None and not self.state.chosen and self.state.choices:
            self.choose(_busiest(seen, self.state.choices))
        elif initiator is not self and changes & (Changes.RECORDS | Changes.MATCHES | Changes.PERIOD):
            self.reload()


def _busiest(seen: Overview, names: tuple[str, ...]) -> str:
    """The reconciliation with the most to decide; the first of equals."""
    left = {name: run.open_items + run.suggested for name, run in seen.runs.items()}
    return max(names, key=lambda name: left.get(name, 0))
