"""The inspector: difference, why, why not, trace and raw of the group under the cursor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from awra_desk.domain.decisions import Member
from awra_desk.domain.errors import UserError
from awra_desk.domain.transactions import Kind
from awra_desk.matching import WaterfallRow, render_why, sentences
from awra_desk.ports.schemas import SOURCE_SIDE
from awra_desk.ports.tasks import Lane
from awra_desk.services.chain import explain
from awra_desk.services.trace import Traced, TraceStep, trace
from awra_desk.viewmodels import words
from awra_desk.viewmodels.comparing import Candidate, FieldRow, candidates, fields
from awra_desk.viewmodels.groups import LEFT
from awra_desk.viewmodels.observable import Observable
from awra_desk.viewmodels.payload import pretty
from awra_desk.viewmodels.payout import PayoutView, payout_view
from awra_desk.viewmodels.states import Status

if TYPE_CHECKING:
    from awra_desk.viewmodels.workbench import Workbench

Tabs = tuple[tuple[str, str], ...]

RECORD: Tabs = (("why_not", "Why not"), ("difference", "Record"), ("trace", "Trace"), ("raw", "Raw"))
"""Tabs of an open row: nothing stands against it, so what came nearest comes first."""
MATCH: Tabs = (("difference", "Difference"), ("why", "Why"), ("trace", "Trace"), ("raw", "Raw"))
PAYOUT = ("payout", "Payout")
"""Beside them where the row is a payout: what it is made of and where its money went."""
_BY_ROW = ("trace", "raw")
"""Tabs that show one row of the group."""
_READ = ("trace", "raw", PAYOUT[0])
"""Tabs whose contents are read when they are shown."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a match stands.

    Attributes:
        bars: waterfall, what adds up to the score. caption: the rule's sentence with what speaks against it.
        floor: confirm floor.
    """

    bars: tuple[WaterfallRow, ...] = ()
    caption: str = ""
    floor: float = 0.90


@dataclass(frozen=True, slots=True)
class InspectorState:
    """What the inspector shows.

    Attributes:
        tabs: (key, label) of those that have something to say about this group.
        subject: name of the group, "" when nothing is under the cursor. members: its rows, the source's first; member:
            whose trace and raw are shown.
        payout: of a payout, what it is made of. looking: trace and raw, or the payout, are being read.
    """

    tab: str = "difference"
    tabs: Tabs = ()
    subject: str = ""
    members: tuple[Member, ...] = ()
    member: Member | None = None
    difference: tuple[FieldRow, ...] = ()
    why: Why = Why()
    why_not: tuple[Candidate, ...] = ()
    why_not_title: str = ""
    trace: tuple[TraceStep, ...] = ()
    raw: str = ""
    payout: PayoutView | None = None
    looking: bool = False

    @property
    def place(self) -> int:
        """Which of the members is shown, from 0; -1 for none."""
        return self.members.index(self.member) if self.member in self.members else -1


class Inspector(Observable[InspectorState]):
    """Follows the workbench's cursor."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(InspectorState())
        self._workbench = workbench
        self._shown: tuple[object, int, int] | None = None
        self._traced: tuple[Member, bool] | None = None
        self._alone = False
        self._paid: Member | None = None
        self._chosen = {RECORD: RECORD[0][0], MATCH: MATCH[0][0]}

    def show_tab(self, tab: str) -> None:
        """Show another tab; what it needs is read now."""
        if tab in dict(self.state.tabs):
            # What is read is wanted of whatever comes next; the others only of its kind.
            both = (RECORD, MATCH) if tab in _READ else (RECORD,) if self._alone else (MATCH,)
            self._chosen |= dict.fromkeys(both, tab)
            self._set(replace(self.state, tab=tab))
            self._read()

    def show_member(self, member: Member) -> None:
        """Trace and raw of another row of the group."""
        if member != self.state.member:
            self._set(replace(self.state, member=member, trace=(), raw="", payout=None))
            self._read()

    def step_member(self, step: int) -> None:
        """The next row of the group, or the one before; at the end it says so.

        Raises:
            UserError: the group has but one.
        """
        members, at = self.state.members, self.state.place + step
        if len(members) < 2:
            raise UserError("It is a single row.")
        if not 0 <= at < len(members):
            self._workbench.session.asker.announce("Last row of the match." if step > 0 else "First row of the match.")
            return
        if self.state.tab not in _BY_ROW:
            self.show_tab(_BY_ROW[0])
        self.show_member(members[at])

    def member_words(self, at: int) -> str:
        """A row of the group in few words: "2 of 5: ledger SR-2234, −128.50"."""
        members = self.state.members
        side, record = members[at]
        rows = self._workbench.need().sides[0 if side == SOURCE_SIDE else 1]
        row = rows.index(record)
        if row is None:
            return f"{at + 1:,} of {len(members):,}: {side} {words.short_ids(record)}"
        name = rows.reference(row) if side == SOURCE_SIDE else rows.document(row)
        amount = words.amount(int(rows.minor[row]), rows.currency)
        return f"{at + 1:,} of {len(members):,}: {side} {words.short_ids(name)}, {amount}"

    def follow(self) -> None:
        """Show the group under the cursor."""
        workbench = self._workbench
        group, loaded = workbench.current_group(), workbench.loaded
        if loaded is None or group is None:
            self._shown = None
            self._set(InspectorState(tab=self.state.tab))
            return
        now = (loaded, loaded.table.version, group)
        if self._shown is not None and self._shown[0] is loaded and self._shown[1:] == now[1:]:
            return
        self._shown, self._traced = now, None
        facts = loaded.table.groups.facts(group)
        members = sorted(workbench.members_at(workbench.state.cursor), reverse=True)
        alone = facts.status in (Status.OPEN, Status.EXCLUDED)
        self._alone = alone
        kind = RECORD if alone else MATCH
        self._paid = next((member for member in members if self._is_payout(member)), None)
        tabs = (*kind[:2], PAYOUT, *kind[2:]) if self._paid else kind
        tab = self._chosen[kind]
        rivals = candidates(loaded, group) if alone else ()
        side = "ledger lines" if facts.rows[0] else "source rows"
        count = len(loaded.sides[1 if facts.rows[0] else 0])
        title = f"{words.count(len(rivals), 'candidate')} in {count:,} {side}. Each fails at least one gate."
        self._set(
            InspectorState(
                tab=tab if tab in dict(tabs) else kind[0][0],
                tabs=tabs,
                subject=members[0][1],
                members=tuple(members),
                member=members[0],
                difference=fields(loaded, group),
                why=self._why(facts.match_id) if not alone else Why(),
                why_not=rivals,
                why_not_title=title if rivals else "No candidate of this currency is near.",
            )
        )
        self._read()

    def _why(self, match_id: str) -> Why:
        loaded = self._workbench.need()
        at = loaded.facts.at.get(match_id)
        if at is None:
            return Why((WaterfallRow("decided by a person", "", 1.0, 1.0),), "Decided by a person.")
        explanation = str(loaded.facts.members["explanation"][at])
        caption = sentences([explanation], [""])[0]
        reason = str(loaded.facts.members["reason"][at])
        head = f"{words.REASONS.get(reason, reason)}: " if reason else ""
        return Why(tuple(render_why(explanation)), f"{head}{caption}")

    def _is_payout(self, member: Member) -> bool:
        """Whether the row on the source side is one that the provider sent to the bank."""
        side = self._workbench.need().sides[LEFT]
        row = side.index(member[1]) if member[0] == SOURCE_SIDE else None
        return row is not None and str(side.rows["kind"][row]) == Kind.PAYOUT

    def _read(self) -> None:
        """What the tab shows, unless it is here already."""
        member, paid = self.state.member, self._paid if self.state.tab == PAYOUT[0] else None
        if self.state.tab not in _READ or member is None or self._traced == (member, bool(paid)):
            return
        self._traced = (member, bool(paid))
        self._set(replace(self.state, looking=True))
        session, name = self._workbench.session, self._workbench.state.chosen
        if paid:
            period = self._workbench.need().view.period
            session.jobs.quietly(
                Lane.STORE,
                lambda: explain(session.desk, name, paid[1], period),
                lambda found: self._arrived(member, payout=payout_view(found) if found else None),
            )
        else:
            session.jobs.quietly(
                Lane.STORE, lambda: trace(session.desk, name, member), lambda traced: self._traced_to(member, traced)
            )

    def _traced_to(self, member: Member, traced: Traced) -> None:
        steps = tuple(
            replace(step, what=words.true_minus(step.what), detail=words.true_minus(step.detail))
            for step in traced.steps
        )
        self._arrived(member, trace=steps, raw=pretty(traced.payload))

    def _arrived(self, member: Member, **found: Any) -> None:
        """Show what was read, if the cursor still stands on what it is about."""
        if self.state.member == member:
            self._set(replace(self.state, looking=False, **found))
