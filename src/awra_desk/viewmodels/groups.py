"""Rows that stand together, and the slots in which they face each other.

A group is a match, a suggestion, or one open row. It takes as many slots as its longer side, so both tables always show
the same list and scroll alike. Decisions regroup rows in place; indices of rows never change until the next load.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.ports.columns import Column
from awra_desk.viewmodels.ordering import ranges
from awra_desk.viewmodels.states import Status

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
LEFT, RIGHT = 0, 1
SIDES = (LEFT, RIGHT)
FAR = np.iinfo(np.int64).max
LAST_DAY = 10**6


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """One group as a value.

    Attributes:
        rows: row indices of the source and of the ledger side. match_id: "" for open rows.
        conflict: several rows fit, none is preferred. pinned: decided by a person.
    """

    rows: tuple[tuple[int, ...], tuple[int, ...]]
    status: Status
    match_id: str = ""
    conflict: bool = False
    pinned: bool = False


@dataclass(slots=True)
class Matches:
    """Matches as columns, before they become groups.

    Attributes:
        of_row: per side, the match number of each row or -1. The others: one value per match.
    """

    of_row: tuple[Ints, Ints]
    status: NDArray[np.int8]
    match_id: Column
    conflict: Mask
    pinned: Mask
    excluded: tuple[Ints, Ints]


class Groups:
    """All groups of one reconciliation.

    Per group: `status`, `match_id`, `conflict`, `pinned`, `difference` (ledger less source, minor units), `start` and
    `size` (its slots), `first` and `count` per side, `day` (earliest booking day, as a number), `key` (its place by
    day). Per slot: `row` per
    side (index or -1), `group`. Per row: `of_row` per side.
    """

    def __init__(self, matches: Matches, days: tuple[Column, Column], minor: tuple[Ints, Ints]) -> None:
        self._days = tuple(np.where(np.isnat(day), FAR, day.astype(np.int64)) for day in days)
        self._minor = minor
        alone = tuple(np.flatnonzero(of_row < 0) for of_row in matches.of_row)
        known = len(matches.status)
        total = known + len(alone[LEFT]) + len(alone[RIGHT])
        self.of_row = tuple(of_row.copy() for of_row in matches.of_row)
        self.of_row[LEFT][alone[LEFT]] = known + np.arange(len(alone[LEFT]))
        self.of_row[RIGHT][alone[RIGHT]] = known + len(alone[LEFT]) + np.arange(len(alone[RIGHT]))
        self.status = np.zeros(total, dtype=np.int8)
        self.status[:known] = matches.status
        for side in SIDES:
            self.status[self.of_row[side][matches.excluded[side]]] = Status.EXCLUDED
        self.match_id = np.full(total, "", dtype=object)
        self.match_id[:known] = matches.match_id
        self.conflict = _padded(matches.conflict, total)
        self.pinned = _padded(matches.pinned, total)
        self.count = tuple(np.bincount(of_row, minlength=total) for of_row in self.of_row)
        self.difference = np.zeros(total, dtype=np.int64)
        np.add.at(self.difference, self.of_row[RIGHT], minor[RIGHT])
        np.subtract.at(self.difference, self.of_row[LEFT], minor[LEFT])
        self.day = np.full(total, FAR, dtype=np.int64)
        for side in SIDES:
            np.minimum.at(self.day, self.of_row[side], self._days[side])
        lead = np.full(total, FAR, dtype=np.int64)
        for side in SIDES:
            np.minimum.at(lead, self.of_row[side], self._lead(side, np.arange(len(self.of_row[side]))))
        self.key = self._key(self.day, lead)
        self.status[(self.count[LEFT] + self.count[RIGHT]) == 0] = Status.GONE
        self._lay_out()

    def _lead(self, side: int, rows: Ints) -> Ints:
        """Place of rows among all rows, the source's first."""
        return rows if side == LEFT else rows + len(self.of_row[LEFT])

    def _key(self, days: Ints, lead: Ints) -> Ints:
        """By day, then first row: of the same rows always the same, so that a decision undone stands where it stood."""
        return np.minimum(days, LAST_DAY) * (len(self.of_row[LEFT]) + len(self.of_row[RIGHT]) + 1) + lead

    def _lay_out(self) -> None:
        """Slots of all groups, by day."""
        self.size = np.maximum(*self.count)
        there = np.flatnonzero(self.status != Status.GONE)
        self.base = there[np.argsort(self.key[there], kind="stable")]
        self.start = np.zeros(len(self.size), dtype=np.int64)
        lengths = self.size[self.base]
        self.start[self.base] = np.cumsum(lengths) - lengths
        slots = int(lengths.sum())
        self.group = np.repeat(self.base, lengths)
        self.row = (np.full(slots, -1, dtype=np.int64), np.full(slots, -1, dtype=np.int64))
        self.first = (np.full(len(self.size), -1, dtype=np.int64), np.full(len(self.size), -1, dtype=np.int64))
        for side in SIDES:
            rows = np.lexsort((self._days[side], self.of_row[side]))
            groups = self.of_row[side][rows]
            edge = np.ones(len(rows), dtype=bool)
            edge[1:] = groups[1:] != groups[:-1]
            heads = np.flatnonzero(edge)
            self.first[side][groups[heads]] = rows[heads]
            place = np.arange(len(rows)) - np.repeat(heads, np.diff(np.append(heads, len(rows))))
            inset = (self.size - self.count[side]) // 2
            self.row[side][self.start[groups] + inset[groups] + place] = rows

    def __len__(self) -> int:
        return len(self.size)

    def rows(self, group: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Row indices of a group, by day."""
        slots = slice(int(self.start[group]), int(self.start[group] + self.size[group]))
        left, right = (tuple(row for row in self.row[side][slots].tolist() if row >= 0) for side in SIDES)
        return left, right

    def facts(self, group: int) -> GroupFacts:
        """A group as a value."""
        return GroupFacts(
            self.rows(group),
            Status(int(self.status[group])),
            str(self.match_id[group]),
            conflict=bool(self.conflict[group]),
            pinned=bool(self.pinned[group]),
        )

    def alive(self) -> Mask:
        """Groups that are not replaced."""
        return np.asarray(self.status != Status.GONE)

    def slots(self, groups: Ints) -> Ints:
        """Slots of these groups, in this order."""
        return ranges(self.start[groups], self.size[groups])

    def order(self, side: int, ranked: Ints) -> Ints:
        """All groups in the order of their first row on one side; those without one after them, by day.

        Args:
            ranked: that side's rows in order.
        """
        groups = self.of_row[side][ranked]
        leading = groups[self.first[side][groups] == ranked]
        return np.concatenate([leading, self.base[self.count[side][self.base] == 0]])

    def regroup(self, wanted: Sequence[GroupFacts]) -> list[GroupFacts]:
        """Let these groups take the place of all groups that share a row with them; left-over rows stand open.

        Returns the groups that were replaced: `regroup` of these puts everything back.
        """
        old = sorted({int(self.of_row[side][row]) for facts in wanted for side in SIDES for row in facts.rows[side]})
        before = [self.facts(group) for group in old]
        covered = tuple({row for facts in wanted for row in facts.rows[side]} for side in SIDES)
        left_over = [
            GroupFacts(((row,), ()) if side == LEFT else ((), (row,)), Status.OPEN)
            for facts in before
            for side in SIDES
            for row in facts.rows[side]
            if row not in covered[side]
        ]
        self.status[old] = Status.GONE
        self.base = self.base[self.status[self.base] != Status.GONE]
        self._append([*wanted, *left_over])
        return before

    def _append(self, added: Sequence[GroupFacts]) -> None:
        first_new, first_slot = len(self.size), len(self.group)
        counts = [np.array([len(facts.rows[side]) for facts in added], dtype=np.int64) for side in SIDES]
        sizes = np.maximum(*counts)
        days, leads, differences, slots = [], [], [], ([], [])  # type: ignore[var-annotated]
        for number, facts in enumerate(added):
            days.append(min(int(self._days[side][row]) for side in SIDES for row in facts.rows[side]))
            leads.append(min(int(self._lead(side, np.array([row]))[0]) for side in SIDES for row in facts.rows[side]))
            sums = [sum(int(self._minor[side][row]) for row in facts.rows[side]) for side in SIDES]
            differences.append(sums[RIGHT] - sums[LEFT])
            for side in SIDES:
                rows, size = facts.rows[side], int(sizes[number])
                inset = (size - len(rows)) // 2
                slots[side].extend([-1] * inset + list(rows) + [-1] * (size - inset - len(rows)))
                self.of_row[side][list(rows)] = first_new + number
        numbers = first_new + np.arange(len(added))
        self.status = np.append(self.status, np.array([f.status for f in added], dtype=np.int8))
        self.match_id = np.append(self.match_id, np.array([f.match_id for f in added], dtype=object))
        self.conflict = np.append(self.conflict, [f.conflict for f in added])
        self.pinned = np.append(self.pinned, [f.pinned for f in added])
        self.difference = np.append(self.difference, np.array(differences, dtype=np.int64))
        self.count = (np.append(self.count[LEFT], counts[LEFT]), np.append(self.count[RIGHT], counts[RIGHT]))
        heads = [np.array([f.rows[side][0] if f.rows[side] else -1 for f in added], dtype=np.int64) for side in SIDES]
        self.first = (np.append(self.first[LEFT], heads[LEFT]), np.append(self.first[RIGHT], heads[RIGHT]))
        self.start = np.append(self.start, first_slot + np.cumsum(sizes) - sizes)
        self.size = np.append(self.size, sizes)
        self.day = np.append(self.day, np.array(days, dtype=np.int64))
        self.key = np.append(self.key, self._key(np.array(days, dtype=np.int64), np.array(leads, dtype=np.int64)))
        self.group = np.append(self.group, np.repeat(numbers, sizes))
        self.row = (
            np.append(self.row[LEFT], np.array(slots[LEFT], dtype=np.int64)),
            np.append(self.row[RIGHT], np.array(slots[RIGHT], dtype=np.int64)),
        )
        fresh = numbers[np.argsort(self.key[numbers], kind="stable")]
        self.base = np.insert(self.base, np.searchsorted(self.key[self.base], self.key[fresh]), fresh)


def _padded(values: Mask, total: int) -> Mask:
    result = np.zeros(total, dtype=bool)
    result[: len(values)] = values
    return result
