"""The inspector: difference, why, why not, trace and raw of the group under the cursor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awra_desk.domain.decisions import Member
from awra_desk.matching import WaterfallRow, render_why, sentences
from awra_desk.ports.tasks import Lane
from awra_desk.services.trace import Traced, TraceStep, trace
from awra_desk.viewmodels import words
from awra_desk.viewmodels.comparing import Candidate, FieldRow, candidates, fields
from awra_desk.viewmodels.observable import Observable
from awra_desk.viewmodels.payload import pretty
from awra_desk.viewmodels.states import Status

if TYPE_CHECKING:
    from awra_desk.viewmodels.workbench import Workbench

Tabs = tuple[tuple[str, str], ...]

RECORD: Tabs = (("why_not", "Why not"), ("difference", "Record"), ("trace", "Trace"), ("raw", "Raw"))
"""Tabs of an open row: nothing stands against it, so what came nearest comes first."""
MATCH: Tabs = (("difference", "Difference"), ("why", "Why"), ("trace", "Trace"), ("raw", "Raw"))


@dataclass(frozen=True, slots=True)
class Why:
    """Why a match stands.

    Attributes:
        bars: waterfall, score last. caption: the rule's sentence with what speaks against it. floor: confirm floor.
    """

    bars: tuple[WaterfallRow, ...] = ()
    caption: str = ""
    floor: float = 0.90


@dataclass(frozen=True, slots=True)
class InspectorState:
    """What the inspector shows.

    Attributes:
        tabs: (key, label) of those that have something to say about this group.
        subject: name of the group, "" when nothing is under the cursor. member: whose trace and raw are shown.
        looking: trace and raw are being read.
    """

    tab: str = "difference"
    tabs: Tabs = ()
    subject: str = ""
    member: Member | None = None
    difference: tuple[FieldRow, ...] = ()
    why: Why = Why()
    why_not: tuple[Candidate, ...] = ()
    why_not_title: str = ""
    trace: tuple[TraceStep, ...] = ()
    raw: str = ""
    looking: bool = False


class Inspector(Observable[InspectorState]):
    """Follows the workbench's cursor."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(InspectorState())
        self._workbench = workbench
        self._shown: tuple[object, int, int] | None = None
        self._traced: Member | None = None
        self._chosen = {RECORD: RECORD[0][0], MATCH: MATCH[0][0]}

    def show_tab(self, tab: str) -> None:
        """Show another tab; what it needs is read now."""
        if tab in dict(self.state.tabs):
            # Trace and raw are wanted of whatever comes next; the others only of its kind.
            both = (RECORD, MATCH) if tab in ("trace", "raw") else (self.state.tabs,)
            self._chosen |= dict.fromkeys(both, tab)
            self._set(replace(self.state, tab=tab))
            self._read()

    def show_member(self, member: Member) -> None:
        """Trace and raw of another row of the group."""
        self._set(replace(self.state, member=member, trace=(), raw=""))
        self._read()

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
        tabs = RECORD if alone else MATCH
        rivals = candidates(loaded, group) if alone else ()
        side = "ledger lines" if facts.rows[0] else "source rows"
        count = len(loaded.sides[1 if facts.rows[0] else 0])
        title = f"{words.count(len(rivals), 'candidate')} in {count:,} {side}. Each fails at least one gate."
        self._set(
            InspectorState(
                tab=self._chosen[tabs],
                tabs=tabs,
                subject=members[0][1],
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

    def _read(self) -> None:
        member = self.state.member
        if self.state.tab not in ("trace", "raw") or member is None or self._traced == member:
            return
        self._traced = member
        self._set(replace(self.state, looking=True))
        session, name = self._workbench.session, self._workbench.state.chosen

        def done(traced: Traced) -> None:
            if self.state.member == member:
                steps = tuple(replace(step, what=words.true_minus(step.what), detail=words.true_minus(step.detail))
                              for step in traced.steps)  # fmt: skip
                self._set(replace(self.state, looking=False, trace=steps, raw=pretty(traced.payload)))

        session.jobs.quietly(Lane.STORE, lambda: trace(session.desk, name, member), done)
