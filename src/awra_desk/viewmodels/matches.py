"""From the engine's members and people's decisions to matches as columns over row indices."""

from __future__ import annotations

import re
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
Ints = NDArray[np.int64]
Index = tuple[dict[str, int], dict[str, int]]


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


def read_matches(view: MonthView, facts: Facts, index: Index) -> Matches:
    """Matches of the present rows; a row that is confirmed in one match is no member of another.

    Args:
        index: per side, record id -> row.
    """
    members = view.members
    of_row = (np.full(len(index[LEFT]), -1, dtype=np.int64), np.full(len(index[RIGHT]), -1, dtype=np.int64))
    confirmed = members["status"] == "confirmed"
    # Confirmed last: a row that is also in a suggestion belongs to its confirmed match.
    names = _number(members, np.flatnonzero(~confirmed), of_row, index, first=0)
    suggested = len(names)
    names += _number(members, np.flatnonzero(confirmed), of_row, index, first=suggested)
    status = np.full(len(names), Status.CONFIRMED, dtype=np.int8)
    status[:suggested] = Status.SUGGESTED
    conflict = np.zeros(len(names), dtype=bool)
    conflict[:suggested] = [_is_conflict(facts, match) for match in names[:suggested]]
    match_ids = np.empty(len(names), dtype=object)
    match_ids[:] = names
    excluded = [_excluded(facts, side, index[side], view) for side in SIDES]
    pinned = np.zeros(len(names), dtype=bool)
    for group in facts.deciders:
        numbers = {int(of_row[at][row]) for at, row in _rows(group, index)}
        if len(numbers) == 1 and (number := numbers.pop()) >= suggested:
            pinned[number] = True
    return Matches(of_row, status, match_ids, conflict, pinned, (excluded[LEFT], excluded[RIGHT]))


def _number(members: Table, chosen: Ints, of_row: tuple[Ints, Ints], index: Index, *, first: int) -> list[str]:
    """Give each match of the chosen members a number from `first` on, in `of_row`; returns their ids by number."""
    numbers: dict[str, int] = {}
    ids = members["match_id"][chosen].tolist()
    codes = np.fromiter((numbers.setdefault(match, len(numbers)) for match in ids), dtype=np.int64, count=len(ids))
    sides = members["side"][chosen]
    for side in SIDES:
        mine = np.flatnonzero(sides == SIDE_NAMES[side])
        records, known = members["id"][chosen[mine]].tolist(), index[side]
        rows = np.fromiter((known.get(record, -1) for record in records), dtype=np.int64, count=len(records))
        there = rows >= 0
        of_row[side][rows[there]] = codes[mine[there]] + first
    return list(numbers)


def _rows(members: frozenset[tuple[str, str]], index: Index) -> list[tuple[int, int]]:
    found = ((SIDE_NAMES.index(name), record) for name, record in members)
    return [(at, index[at][record]) for at, record in found if record in index[at]]


def _excluded(facts: Facts, side: int, index: dict[str, int], view: MonthView) -> NDArray[np.int64]:
    """Rows that take no part: taken out by a person, or out of the reconciliation's scope."""
    scope = np.flatnonzero(~(view.source, view.ledger)[side].in_scope)
    named = (record for name, record in facts.excluded if name == SIDE_NAMES[side])
    return np.append(scope, np.array([index[record] for record in named if record in index], dtype=np.int64))


_TIED = re.compile(r'"blocks":\[[^]]*"(?:rivals|twins)"')


def _is_conflict(facts: Facts, match: str) -> bool:
    """Several rows fit a suggestion equally well and none is preferred."""
    explanation = str(facts.members["explanation"][facts.at[match]])
    return _TIED.search(explanation) is not None
