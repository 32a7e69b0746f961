"""From the engine's members and people's decisions to matches as columns over row indices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.decisions import Decision, DecisionKind
from awra_desk.ports.columns import Table
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.services.month import MonthView
from awra_desk.viewmodels.groups import LEFT, RIGHT, SIDES, Matches
from awra_desk.viewmodels.states import Status

SIDE_NAMES = (SOURCE_SIDE, LEDGER_SIDE)
Find = Callable[[str], int | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about matches and open rows, looked up when one is shown.

    Attributes:
        members: schema MATCH_MEMBERS; at: match id -> one row of it.
        open_items: schema OPEN_ITEMS; open_at: (side, id) -> its row.
        deciders: frozenset of members -> the decision that binds them; excluded: member -> its decision.
    """

    members: Table
    at: dict[str, int]
    open_items: Table
    open_at: dict[tuple[str, str], int]
    deciders: dict[frozenset[tuple[str, str]], Decision]
    excluded: dict[tuple[str, str], Decision]


def read_facts(view: MonthView) -> Facts:
    """Index what the inspector and the notes look up."""
    ids, opened = view.members["match_id"].tolist(), view.open_items
    binding = [decision for decision in view.decisions if decision.kind == DecisionKind.MATCH]
    keys = zip(opened["side"].tolist(), opened["id"].tolist(), strict=True)
    return Facts(
        members=view.members,
        at={match: row for row, match in enumerate(ids)},
        open_items=opened,
        open_at={key: row for row, key in enumerate(keys)},
        deciders={frozenset(decision.members): decision for decision in binding},
        excluded={
            member: decision
            for decision in view.decisions
            if decision.kind == DecisionKind.EXCLUDE
            for member in decision.members
        },
    )


def read_matches(view: MonthView, facts: Facts, index: tuple[dict[str, int], dict[str, int]]) -> Matches:
    """Matches of the present rows; a row that is confirmed in one match is no member of another.

    Args:
        index: per side, record id -> row.
    """
    members = view.members
    of_row = (np.full(len(index[LEFT]), -1, dtype=np.int64), np.full(len(index[RIGHT]), -1, dtype=np.int64))
    numbers: dict[tuple[str, str], int] = {}
    columns = (members[name].tolist() for name in ("match_id", "status", "side", "id"))
    held: dict[int, set[tuple[str, str]]] = {}
    confirmed_last = sorted(zip(*columns, strict=True), key=lambda row: row[1] == "confirmed")
    pinned_ids = _pinned_ids(facts)
    for match, status, side, record in confirmed_last:
        number = numbers.setdefault((match, status), len(numbers))
        at = SIDE_NAMES.index(side)
        row = index[at].get(record)
        if row is None:
            continue
        of_row[at][row] = number
        if record in pinned_ids:
            held.setdefault(number, set()).add((side, record))
    pinned = np.zeros(len(numbers), dtype=bool)
    for number, rows in held.items():
        pinned[number] = frozenset(rows) in facts.deciders
    match_ids = np.empty(len(numbers), dtype=object)
    match_ids[:] = [match for match, _ in numbers]
    status_codes = [Status.CONFIRMED if status == "confirmed" else Status.SUGGESTED for _, status in numbers]
    excluded = [_excluded(facts, side, index[side], view) for side in SIDES]
    conflict = np.array([_is_conflict(facts, match, status) for match, status in numbers], dtype=bool)
    return Matches(
        of_row, np.array(status_codes, dtype=np.int8), match_ids, conflict, pinned, (excluded[LEFT], excluded[RIGHT])
    )


def _excluded(facts: Facts, side: int, index: dict[str, int], view: MonthView) -> NDArray[np.int64]:
    """Rows that take no part: taken out by a person, or out of the reconciliation's scope."""
    scope = np.flatnonzero(~(view.source, view.ledger)[side].in_scope)
    named = (record for name, record in facts.excluded if name == SIDE_NAMES[side])
    return np.append(scope, np.array([index[record] for record in named if record in index], dtype=np.int64))


def _pinned_ids(facts: Facts) -> set[str]:
    return {record for members in facts.deciders for _, record in members}


def _is_conflict(facts: Facts, match: str, status: str) -> bool:
    """Several rows fit equally well and none is preferred."""
    if status == "confirmed":
        return False
    explanation = str(facts.members["explanation"][facts.at[match]])
    return '"rivals"' in explanation or '"twins"' in explanation
