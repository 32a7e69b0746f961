"""A visible slot as ready texts and codes: all a delegate paints, and all a screen reader says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.matching import Change, change_words
from awra_desk.viewmodels import states, words
from awra_desk.viewmodels.characters import Runs, amount_runs, text_runs
from awra_desk.viewmodels.groups import LEFT, RIGHT, SIDES
from awra_desk.viewmodels.matches import SIDE_NAMES, Facts
from awra_desk.viewmodels.side_rows import SideRows
from awra_desk.viewmodels.slots import SlotTable
from awra_desk.viewmodels.states import Link, State, Status


@dataclass(frozen=True, slots=True)
class HalfSlot:
    """One side of a slot.

    Attributes:
        record_id: "" when nothing stands here; then `note` says why, or is "" where a longer group takes the room.
        texts: one per column of the side (the state column's is its glyph).
        changed: column key -> differing characters, strong, in a tinted cell; near: the same, dotted, without a tint.
        chip: short remark behind the last text, "within 0.02".
    """

    record_id: str = ""
    texts: tuple[str, ...] = ()
    state: State = states.AGREES
    changed: dict[str, Runs] = field(default_factory=dict)
    near: dict[str, Runs] = field(default_factory=dict)
    chip: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class GroupLink:
    """How the gutter joins a group; positions count from the group's first slot.

    Attributes:
        left, right: places of the rows on each side.
        chip: "6 : 1", "−0.45" or "!". words: for the accessible text, "linked to 105, suggested, 0.45 lower".
    """

    kind: Link
    left: tuple[int, ...]
    right: tuple[int, ...]
    chip: str
    pinned: bool
    words: str


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot.

    Attributes:
        group: number of its group; first, last: positions of the group's first and last slot in the list.
    """

    position: int
    group: int
    first: int
    last: int
    match_id: str
    left: HalfSlot
    right: HalfSlot
    link: GroupLink


class SlotReader:
    """Makes slots of one loaded reconciliation."""

    def __init__(self, spec: Reconciliation, table: SlotTable, facts: Facts) -> None:
        self.spec = spec
        self.table = table
        self.facts = facts
        self._cache: dict[int, Slot] = {}
        self._version = -1

    def slot(self, position: int) -> Slot:
        """The slot at a position of the list."""
        if self._version != self.table.version or len(self._cache) > 2_000:
            self._cache.clear()
            self._version = self.table.version
        if position not in self._cache:
            self._cache[position] = self._read(position)
        return self._cache[position]

    def state(self, group: int) -> State:
        """State of a group's rows."""
        groups = self.table.groups
        difference, status = int(groups.difference[group]), Status(int(groups.status[group]))
        if status == Status.EXCLUDED and not self._decided_out(group):
            return states.OUT_OF_SCOPE
        return states.state_of(
            status,
            (int(groups.count[LEFT][group]), int(groups.count[RIGHT][group])),
            difference=difference,
            tolerated=abs(difference) <= self.tolerance(group),
            conflict=bool(groups.conflict[group]),
            pinned=bool(groups.pinned[group]),
        )

    def _decided_out(self, group: int) -> bool:
        """Whether a person took the row out, rather than the reconciliation's scope."""
        rows = self.table.groups.rows(group)
        return all(bool(self.table.sides[side].side.in_scope[row]) for side in SIDES for row in rows[side])

    def tolerance(self, group: int) -> int:
        """What the reconciliation tolerates on this group, minor units."""
        side = self.table.sides[RIGHT]
        total = sum(int(side.minor[row]) for row in self.table.groups.rows(group)[RIGHT])
        return max(self.spec.tolerance_minor, int(abs(total) * self.spec.percent / 100))

    def nearest(self, side: int, record: str) -> str:
        """What came nearest to an open row, in words."""
        at = self.facts.open_at.get((SIDE_NAMES[side], record))
        if at is None:
            return ""
        row = {name: self.facts.open_items[name][at] for name in self.facts.open_items.names}
        other = self.table.sides[1 - side]
        index = other.index(str(row["nearest_id"])) if row["nearest_id"] else None
        if index is None:
            return ""
        nearest = f"Nearest: {other.label(index)}, {gate_words(str(row['failed_gate']), str(row['by_how_much']))}"
        listed = candidates_of(self.facts, side, record)
        remedy = remedy_words(self.table.sides, listed[0]) if listed and listed[0].get("then") else ""
        return f"{nearest}. {remedy}" if remedy else nearest

    def _read(self, position: int) -> Slot:
        slot = int(self.table.order[position])
        groups = self.table.groups
        group = int(groups.group[slot])
        inside = slot - int(groups.start[group])
        rows = (int(groups.row[LEFT][slot]), int(groups.row[RIGHT][slot]))
        link = self._link(group)
        halves = [self._half(side, rows, group) for side in SIDES]
        last = position - inside + int(groups.size[group]) - 1
        identity = str(groups.match_id[group])
        return Slot(position, group, position - inside, last, identity, halves[LEFT], halves[RIGHT], link)

    def _half(self, side: int, rows: tuple[int, int], group: int) -> HalfSlot:
        row, other = rows[side], rows[1 - side]
        sheet = self.table.sides[side]
        if row < 0:
            alone = int(self.table.groups.count[side][group]) == 0
            return HalfSlot(note=self._gap(side, other, group) if alone and other >= 0 else "")
        state = self.state(group)
        texts = tuple(state.glyph if c.kind == "state" else sheet.text(row, c.key) for c in sheet.columns)
        changed, near = self._differences(side, rows, group, state)
        chip = self._chip(group, state) if side == RIGHT else ""
        return HalfSlot(str(sheet.ids[row]), texts, state, changed, near, chip)

    def _differences(
        self, side: int, rows: tuple[int, int], group: int, state: State
    ) -> tuple[dict[str, Runs], dict[str, Runs]]:
        """Characters that differ, of a pair only: in a larger group no row answers for another."""
        groups = self.table.groups
        if rows[1 - side] < 0 or int(groups.size[group]) != 1:
            return {}, {}
        left, right = self.table.sides
        changed: dict[str, Runs] = {}
        near: dict[str, Runs] = {}
        if int(groups.difference[group]):
            runs = amount_runs(left.text(rows[LEFT], "amount"), right.text(rows[RIGHT], "amount"))[side]
            (near if state == states.NEAR else changed)["amount"] = runs
        days = [sheet.text(rows[at], "day") for at, sheet in enumerate(self.table.sides)]
        if days[LEFT] != days[RIGHT]:
            near["day"] = text_runs(*days)[side]
        return changed, near

    def _chip(self, group: int, state: State) -> str:
        if state == states.NEAR:
            difference = abs(int(self.table.groups.difference[group]))
            return f"within {words.amount(difference, self.spec.currency)}"
        return ""

    def _gap(self, side: int, other: int, group: int) -> str:
        """Why nothing stands opposite an open row."""
        groups = self.table.groups
        status = Status(int(groups.status[group]))
        if status == Status.EXCLUDED:
            record = str(self.table.sides[1 - side].ids[other])
            decision = self.facts.excluded.get((SIDE_NAMES[1 - side], record))
            scope = self.table.sides[1 - side].side.spec.scope
            out_of_scope = scope.words[:1].upper() + scope.words[1:] if scope else "Excluded"
            return f"Excluded by {decision.actor}: {decision.note}" if decision else out_of_scope
        if status == Status.CONFIRMED:
            return "The rows opposite cancel each other out"
        missing = "No source row." if side == LEFT else "No ledger line."
        nearest = self.nearest(1 - side, str(self.table.sides[1 - side].ids[other]))
        return f"{missing} {nearest}".strip()

    def _link(self, group: int) -> GroupLink:
        groups = self.table.groups
        start, size = int(groups.start[group]), int(groups.size[group])
        places = tuple(
            tuple(at for at, row in enumerate(groups.row[side][start : start + size].tolist()) if row >= 0)
            for side in SIDES
        )
        status, counts = Status(int(groups.status[group])), (len(places[LEFT]), len(places[RIGHT]))
        if status in (Status.OPEN, Status.EXCLUDED) or sum(counts) < 2:
            return GroupLink(Link.NONE, places[LEFT], places[RIGHT], "", pinned=False, words="")
        kind, chip = Link.CONFIRMED, ""
        difference = int(groups.difference[group]) if 0 not in counts else 0
        if status == Status.SUGGESTED:
            kind = Link.CONFLICT if groups.conflict[group] else Link.SUGGESTED
        if kind == Link.CONFLICT:
            chip = "!"
        elif difference and self.state(group) != states.NEAR:
            chip = words.signed(difference, self.spec.currency)
        elif max(counts) > 1:
            chip = f"{counts[LEFT]} : {counts[RIGHT]}"
        return GroupLink(
            kind,
            places[LEFT],
            places[RIGHT],
            chip,
            bool(groups.pinned[group]),
            self._link_words(group, kind, difference),
        )

    def _link_words(self, group: int, kind: Link, difference: int) -> str:
        rows = self.table.groups.rows(group)
        named = [_named(sheet, side) for sheet, side in zip(self.table.sides, rows, strict=True) if side]
        text = f"{' linked to '.join(named)}, {kind.value}"
        if difference:
            gap = words.amount(abs(difference), self.spec.currency)
            text += f", ledger {gap} {'higher' if difference > 0 else 'lower'}"
        return text


def gate_words(gate: str, by_how_much: str) -> str:
    """A failed gate in words: "3.20 apart", "3 days outside the window"."""
    if gate == "amount":
        return f"{Decimal(by_how_much):,} apart"
    if gate == "date":
        return f"{by_how_much} outside the window"
    if gate == "sign":
        return "opposite sign"
    return f"{gate} {by_how_much}".strip()


def remedy_words(sides: tuple[SideRows, SideRows], listed: dict[str, Any]) -> str:
    """What would have matched a candidate, rows named as people know them; "" where nothing is known."""

    def name(side: str, record: str) -> str:
        sheet = sheet_of(sides, side)
        index = sheet.index(record)
        return sheet.label(index) if index is not None else record

    changes = [Change.read(stored) for stored in listed.get("changes", ())]
    return change_words(changes, str(listed.get("then", "")), name)


def candidates_of(facts: Facts, side: int, record: str) -> list[dict[str, Any]]:
    """Ranked candidates of an open row as stored: id, score, failed_gate, by_how_much, changes, then."""
    at = facts.open_at.get((SIDE_NAMES[side], record))
    text = str(facts.open_items["candidates"][at]) if at is not None else ""
    return list(json.loads(text)) if text else []


def sheet_of(sides: tuple[SideRows, SideRows], name: str) -> SideRows:
    """The side of this name."""
    return sides[LEFT] if name == SIDE_NAMES[LEFT] else sides[RIGHT]


def _named(sheet: SideRows, rows: tuple[int, ...]) -> str:
    more = f" and {len(rows) - 1:,} more" if len(rows) > 1 else ""
    return f"{sheet.label(rows[0])}{more}"
