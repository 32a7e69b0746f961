"""Deciding on the workbench: each command is allowed or says why not, shows at once, and can be undone by name.

The list is regrouped first and the decision stored behind it, in the order of the keys; a refusal puts the list back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from awra_desk.domain.decisions import Decision, Member
from awra_desk.domain.errors import UserError
from awra_desk.domain.runs import Statement
from awra_desk.ports.tasks import Lane
from awra_desk.services import review
from awra_desk.services.month import restated
from awra_desk.viewmodels import words
from awra_desk.viewmodels.groups import LEFT, RIGHT, SIDES
from awra_desk.viewmodels.history import Step
from awra_desk.viewmodels.loaded import Loaded, Proven
from awra_desk.viewmodels.observable import Command
from awra_desk.viewmodels.session import Changes
from awra_desk.viewmodels.standing import Standing, replace_groups, standing
from awra_desk.viewmodels.states import Status

if TYPE_CHECKING:
    from awra_desk.viewmodels.workbench import Workbench

BULK = 50
"""From more groups on, a bulk is asked for once, with count and sum."""
NOTHING = "Nothing is selected."

Decide = Callable[[bool], Sequence[str]]
"""Stores the decisions and returns their ids; True when it is done again after an undo."""


class Deciding:
    """Commands of the workbench. `loaded` rows never leave the main thread; services run on the store lane."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._restating = 0

    def commands(self) -> tuple[tuple[str, Command], ...]:
        """Every command with whether it can be used now, else why not."""
        workbench = self._workbench
        if workbench.loaded is None:
            return ()
        table = workbench.loaded.table
        groups = workbench.selected_groups()
        selected = len(workbench.state.selected)
        states = {Status(status) for status in table.groups.status[groups].tolist()} if groups else set()
        person = workbench.session.state.person
        barred = (person is None or not person.may(*review.REVIEWERS), "It takes an accountant or a supervisor.")
        empty = (not groups, NOTHING)
        suggested = (states != {Status.SUGGESTED}, "Only suggestions can be accepted or rejected.")
        tie = (
            bool(groups) and bool(table.groups.conflict[groups].any()),
            "Several rows fit: Ctrl-click one on each side, then match them.",
        )
        bound = (Status.CONFIRMED in states, "Matched rows are selected: unmatch them first.")
        out = (Status.EXCLUDED in states, "A row that takes no part is selected.")
        single = (states != {Status.OPEN}, "Only open rows can be excluded.")
        alone = (states != {Status.OPEN} or len(groups) != 1, "Select one open row.")
        quiet = (not self._exceptions(), "No exception concerns the selected rows.")
        return (
            ("accept", Command.when("Accept", barred, empty, suggested, tie)),
            ("reject", Command.when("Reject", barred, empty, suggested)),
            ("match", Command.when("Match", barred, empty, bound, out, (selected < 2, "Select at least two rows."))),
            ("unmatch", Command.when("Unmatch", barred, empty, (states != {Status.CONFIRMED}, "Select a match."))),
            ("find", Command.when("Find match", empty, alone)),
            ("note", Command.when("Note…", (person is None, "Nobody is signed in."), empty, quiet)),
            ("exclude", Command.when("Exclude…", barred, empty, single)),
            ("undo", workbench.history.undo_command),
            ("redo", workbench.history.redo_command),
        )

    def accept(self) -> None:
        """Confirm the selected suggestions as they stand, in one step."""
        self._allow("accept")
        groups = self._selected()
        if len(groups) > BULK and not self._agreed("Accept", groups):
            return
        name, who, desk = self._workbench.state.chosen, self._workbench.session.who, self._workbench.session.desk

        def decide(again: bool) -> list[str]:  # noqa: FBT001 - it is the one thing to say
            if again:
                note = "accepted again"
                made = [review.match_by_hand(desk, name, group.members, who=who, note=note) for group in groups]
            else:
                made = [review.accept(desk, name, group.match_id, who=who) for group in groups]
            return _ids(made)

        wanted = [Standing(group.members, Status.CONFIRMED, group.match_id, pinned=True) for group in groups]
        self._do(f"accept of {self._label(groups)}", wanted, decide)

    def reject(self) -> None:
        """Say that the selected suggestions' members do not belong together."""
        self._allow("reject")
        groups = self._selected()
        if len(groups) > BULK and not self._agreed("Reject", groups):
            return
        name, who, desk = self._workbench.state.chosen, self._workbench.session.who, self._workbench.session.desk
        wanted = [Standing((member,), Status.OPEN) for group in groups for member in group.members]
        self._do(
            f"reject of {self._label(groups)}",
            wanted,
            lambda _: _ids([review.reject(desk, name, group.match_id, who=who) for group in groups]),
        )

    def match(self) -> None:
        """Match the selected rows with each other."""
        self._allow("match")
        self._match(tuple(sorted(self._workbench.state.selected)))

    def match_with(self, candidate: Member) -> None:
        """Match the row under the cursor with a candidate of the inspector."""
        self._allow("find")
        group = self._selected()[0]
        self._match(tuple(sorted({*group.members, candidate})))

    def unmatch(self) -> None:
        """Take the selected matches apart: a person's decision is undone, the engine's match is rejected."""
        self._allow("unmatch")
        loaded, groups = self._need(), self._selected()
        name, who, desk = self._workbench.state.chosen, self._workbench.session.who, self._workbench.session.desk
        if any(group.pinned for group in groups) and len(groups) > 1:
            raise UserError("a match made by a person is taken apart alone", remedy="Select just that one.")
        wanted = [Standing((member,), Status.OPEN) for group in groups for member in group.members]
        title = f"unmatch of {self._label(groups)}"
        bound = loaded.facts.deciders.get(frozenset(groups[0].members)) if groups[0].pinned else None
        if groups[0].pinned and bound is None:
            raise UserError("this match was made in this session", remedy="Undo it (Ctrl+Z), or refresh first.")
        if bound is None:
            self._do(
                title,
                wanted,
                lambda _: _ids([review.unmatch(desk, name, group.match_id, who=who) for group in groups]),
            )
            return
        members, note, rebound = bound.members, bound.note, [bound.decision_id]

        def release(_: object) -> list[str]:
            review.undo(desk, name, rebound[-1], who=who)
            return []

        def restore() -> None:
            rebound.append(review.match_by_hand(desk, name, members, who=who, note=note).decision_id)

        self._do(title, wanted, release, take_back=restore)

    def exclude(self, reason: str) -> None:
        """Take the selected open rows out of matching; they stay named in the statement."""
        self._allow("exclude")
        groups = self._selected()
        if not reason.strip():
            raise UserError("an exclusion needs a reason", remedy="Say in a few words why.")
        name, who, desk = self._workbench.state.chosen, self._workbench.session.who, self._workbench.session.desk
        members = [member for group in groups for member in group.members]
        self._do(
            f"exclusion of {self._label(groups)}",
            [Standing((member,), Status.EXCLUDED) for member in members],
            lambda _: _ids([review.exclude(desk, name, member, who=who, note=reason) for member in members]),
        )

    def note(self, text: str) -> None:
        """Remark on the exceptions that concern the selected rows."""
        self._allow("note")
        session, found = self._workbench.session, self._exceptions()
        who, desk = session.who, session.desk

        def store() -> None:
            for exception_id in found:
                review.comment(desk, exception_id, text, who=who)

        def done(_: None) -> None:
            session.asker.announce(f"Noted on {words.count(len(found), 'exception')}.")
            session.publish(Changes.EXCEPTIONS, self._workbench)

        session.jobs.quietly(Lane.STORE, store, done)

    def find(self) -> None:
        """Show the candidates of the open row under the cursor."""
        self._allow("find")
        self._workbench.inspector.show_tab("why_not")

    def undo(self) -> None:
        """Take the last step back."""
        self._allow("undo")
        self._workbench.history.take_back(self._workbench.session.asker)

    def redo(self) -> None:
        """Do the last undone step again."""
        self._allow("redo")
        self._workbench.history.do_again(self._workbench.session.asker)

    def _match(self, members: tuple[Member, ...]) -> None:
        name, who, desk = self._workbench.state.chosen, self._workbench.session.who, self._workbench.session.desk
        wanted = Standing(members, Status.CONFIRMED, pinned=True)
        title = f"match of {self._label([wanted])}"
        self._do(title, [wanted], lambda _: _ids([review.match_by_hand(desk, name, members, who=who)]))

    def _do(
        self, title: str, wanted: list[Standing], decide: Decide, *, take_back: Callable[[], None] | None = None
    ) -> None:
        """Show it, store it, remember it; then the cursor goes on."""
        workbench = self._workbench
        name, who, desk = workbench.state.chosen, workbench.session.who, workbench.session.desk
        position, made = workbench.state.cursor, list[str]()
        before = replace_groups(self._need(), wanted)

        def back() -> None:
            if take_back is not None:
                take_back()
            for identity in reversed(made):
                review.undo(desk, name, identity, who=who)

        def again() -> None:
            made[:] = decide(True)

        def first() -> None:
            made[:] = decide(False)

        step = Step(
            title,
            desk.now(),
            undo=lambda: self._take_back(name, before, back, lambda: self._regroup(name, wanted)),
            redo=lambda: self._replay(name, wanted, again, lambda: self._regroup(name, before)),
        )

        def refused() -> None:
            self._regroup(name, before)
            workbench.history.drop(step)

        workbench.history.add(step)
        workbench.read_again_after()
        self._go_on(position, {member for group in wanted for member in group.members})
        self._store(name, first, refused)
        workbench.session.asker.announce(f"{title[0].upper()}{title[1:]}.", undo=workbench.history.undo_command.text)

    def _take_back(
        self, name: str, groups: list[Standing], work: Callable[[], None], revert: Callable[[], None]
    ) -> None:
        """As it stood, with the cursor on it: it is to be decided again."""
        self._replay(name, groups, work, revert)
        if self._workbench.state.chosen == name and groups:
            self._workbench.focus(groups[0].members[0])

    def _replay(self, name: str, groups: list[Standing], work: Callable[[], None], revert: Callable[[], None]) -> None:
        self._regroup(name, groups)
        self._workbench.read_again_after()
        self._store(name, work, revert)

    def _regroup(self, name: str, groups: list[Standing]) -> None:
        workbench = self._workbench
        if workbench.loaded is not None and workbench.state.chosen == name:
            replace_groups(workbench.loaded, groups)
            workbench.keep_cursor()
            workbench.show()

    def _store(self, name: str, work: Callable[[], None], refused: Callable[[], None]) -> None:
        session = self._workbench.session

        def failed(error: UserError) -> None:
            refused()
            session.asker.tell(error)

        def done(_: None) -> None:
            self._restate(name)
            session.publish(Changes.MATCHES | Changes.EXCEPTIONS, self._workbench)

        session.jobs.quietly(Lane.STORE, work, done, failed=failed)

    def _restate(self, name: str) -> None:
        """Prove the balances again under the decisions; only the last of several keystrokes does it."""
        workbench = self._workbench
        loaded = workbench.loaded
        if loaded is None or workbench.state.chosen != name:
            return
        self._restating += 1
        number, view, desk = self._restating, loaded.view, workbench.session.desk

        def work() -> tuple[Statement, int, Proven] | None:
            if number != self._restating:
                return None
            statement, pending = restated(desk, name, view.period, view.source, view.ledger)
            return statement, pending, loaded.prove(statement)

        def done(result: tuple[Statement, int, Proven] | None) -> None:
            if result is not None and workbench.loaded is loaded:
                loaded.statement, loaded.pending, loaded.figures = result
                workbench.show()

        workbench.session.jobs.quietly(Lane.STORE, work, done)

    def _go_on(self, position: int, decided: set[Member]) -> None:
        """Cursor to the next group to decide behind the one just decided."""
        workbench = self._workbench
        table = self._need().table
        at = table.next_with(position - 1, (Status.OPEN, Status.SUGGESTED))
        while at is not None and workbench.members_at(at) & decided:
            at = table.next_with(at, (Status.OPEN, Status.SUGGESTED))
        if at is not None:
            workbench.go(at)
            return
        workbench.clear_selection()
        workbench.keep_cursor()
        workbench.show()
        workbench.session.asker.announce("End of list.")

    def _allow(self, name: str) -> None:
        command = dict(self.commands()).get(name, Command(name, enabled=False, reason="No reconciliation is open."))
        if not command.enabled:
            raise UserError(command.reason)

    def _need(self) -> Loaded:
        return self._workbench.need()

    def _selected(self) -> list[Standing]:
        loaded = self._need()
        return [standing(loaded, loaded.table.groups.facts(group)) for group in self._workbench.selected_groups()]

    def _exceptions(self) -> list[str]:
        chosen = self._workbench.state.selected
        return [item.exception_id for item in self._need().view.exceptions if chosen & set(item.members)]

    def _agreed(self, verb: str, groups: list[Standing]) -> bool:
        loaded, total = self._need(), 0
        for side in SIDES:
            sheet = loaded.sides[side]
            if side == LEFT or not total:
                found = (
                    sheet.index(record) for group in groups for name, record in group.members if name == sheet.name
                )
                total = sum(int(sheet.minor[row]) for row in found if row is not None)
        question = f"{verb} {words.count(len(groups), 'suggestion')}, {words.money(total, loaded.view.spec.currency)}?"
        detail = "You can undo this as one step."
        return self._workbench.session.asker.confirm(question, detail=detail, verb=f"{verb} {len(groups):,}")

    def _label(self, groups: Sequence[Standing]) -> str:
        """What menus and news call these groups."""
        if len(groups) > 1:
            return f"{len(groups):,} groups"
        loaded, member = self._need(), groups[0].members[-1]
        sheet = loaded.sides[LEFT] if member[0] == loaded.sides[LEFT].name else loaded.sides[RIGHT]
        row = sheet.index(member[1])
        return sheet.label(row) if row is not None else member[1]


def _ids(decisions: Sequence[Decision]) -> list[str]:
    return [decision.decision_id for decision in decisions]
