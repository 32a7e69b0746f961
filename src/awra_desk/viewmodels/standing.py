"""Groups by record id, so that a step can be undone after the rows were read again."""

from __future__ import annotations

from dataclasses import dataclass

from awra_desk.domain.decisions import Member
from awra_desk.viewmodels.groups import LEFT, RIGHT, SIDES, GroupFacts
from awra_desk.viewmodels.loaded import Loaded
from awra_desk.viewmodels.matches import SIDE_NAMES
from awra_desk.viewmodels.states import Status


@dataclass(frozen=True, slots=True)
class Standing:
    """One group as it stands or is to stand."""

    members: tuple[Member, ...]
    status: Status
    match_id: str = ""
    conflict: bool = False
    pinned: bool = False


def standing(loaded: Loaded, facts: GroupFacts) -> Standing:
    """A group with ids in place of row indices."""
    members = tuple((SIDE_NAMES[side], str(loaded.sides[side].ids[row])) for side in SIDES for row in facts.rows[side])
    return Standing(members, facts.status, facts.match_id, facts.conflict, facts.pinned)


def replace_groups(loaded: Loaded, wanted: list[Standing]) -> list[Standing]:
    """Let these groups stand, as far as their rows are there; returns what they replaced."""
    found = [_facts(loaded, group) for group in wanted]
    before = loaded.table.regroup([facts for facts in found if facts is not None])
    return [standing(loaded, facts) for facts in before]


def _facts(loaded: Loaded, group: Standing) -> GroupFacts | None:
    rows: tuple[list[int], list[int]] = ([], [])
    for name, record in group.members:
        side = SIDE_NAMES.index(name)
        row = loaded.sides[side].index(record)
        if row is None:
            return None
        rows[side].append(row)
    ordered = [sorted(rows[side], key=lambda row, side=side: (loaded.sides[side].days[row], row)) for side in SIDES]  # type: ignore[misc]
    facts = (tuple(ordered[LEFT]), tuple(ordered[RIGHT]))
    return GroupFacts(facts, group.status, group.match_id, conflict=group.conflict, pinned=group.pinned)
