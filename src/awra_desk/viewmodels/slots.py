"""The list both tables show: slots, in the order of the present view, filter and sort.

A million rows a side: every step is a numpy permutation or mask, nothing is made per row.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.viewmodels.groups import FAR, LEFT, RIGHT, SIDES, GroupFacts, Groups
from awra_desk.viewmodels.side_rows import SideRows
from awra_desk.viewmodels.states import Status, View

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
STEP = 8192
MANY = 100_000
"""From so many rows on, both sides are searched at the same time."""

_OF_VIEW = {View.OPEN: (Status.OPEN,), View.SUGGESTED: (Status.SUGGESTED,), View.MATCHED: (Status.CONFIRMED,)}


@dataclass(frozen=True, slots=True)
class Sort:
    """By one column of one side; `side` "" means by day, as the rows came."""

    side: str = ""
    column: str = ""
    descending: bool = False


class SlotTable:
    """Slots in view. `order` holds slot numbers; `left_row` and `right_row` say what stands in each, or -1.

    Attributes:
        sides: rows of the source and of the ledger side.
        version: another one after every change of order or content.
    """

    def __init__(self, groups: Groups, sides: tuple[SideRows, SideRows], *, outside: Mask) -> None:
        self.groups = groups
        self.sides = sides
        self.view = View.ALL
        self.filter = ""
        self.sort = Sort()
        self.only: frozenset[tuple[str, str]] | None = None
        self.version = 0
        self._outside = outside
        self._sorted: tuple[Sort, Ints] | None = None
        self._counts: dict[View, int] | None = None
        self._refresh()

    @property
    def left_row(self) -> Ints:
        """Source row of each slot, or -1."""
        return self.groups.row[LEFT]

    @property
    def right_row(self) -> Ints:
        """Ledger row of each slot, or -1."""
        return self.groups.row[RIGHT]

    def __len__(self) -> int:
        return len(self.order)

    def show(self, view: View) -> None:
        """List the groups of another view."""
        self.view = view
        self._refresh()

    def set_filter(self, text: str) -> None:
        """List only groups with a row that holds the text."""
        self.filter = text
        self._refresh()

    def clear(self) -> None:
        """List everything of the view again."""
        self.filter, self.only = "", None
        self._refresh()

    def set_only(self, members: frozenset[tuple[str, str]] | None) -> None:
        """List only groups with one of these (side, id), whatever their state; None for all of the view."""
        self.only = members
        if members is not None:
            self.view = View.ALL
        self._refresh()

    def set_sort(self, sort: Sort) -> None:
        """List in another order."""
        self.sort = sort
        self._refresh()

    def regroup(self, wanted: list[GroupFacts]) -> list[GroupFacts]:
        """Replace groups (see `Groups.regroup`); view, filter and sort hold."""
        before = self.groups.regroup(wanted)
        self._outside = np.append(self._outside, np.zeros(len(self.groups) - len(self._outside), dtype=bool))
        self._sorted = self._counts = None
        self._refresh()
        return before

    def counts(self) -> dict[View, int]:
        """How many groups each view would list without a filter."""
        if self._counts is None:
            inside = self.groups.status[~self._outside]
            found = {view: int(np.isin(inside, kinds).sum()) for view, kinds in _OF_VIEW.items()}
            self._counts = {**found, View.ALL: int((inside != Status.GONE).sum())}
        return self._counts

    def hidden(self) -> tuple[int, int]:
        """How many groups of this view the filter hides, and the sum of what they differ by (minor units)."""
        mask = self._in_view() & ~self._passing()
        return int(mask.sum()), int(self.groups.difference[mask].sum())

    def group_at(self, position: int) -> int:
        """The group shown at a position."""
        return int(self.groups.group[self.order[position]])

    def position_of(self, group: int) -> int | None:
        """Where a group begins, or None when it is not listed."""
        at = np.flatnonzero(self.order == self.groups.start[group])
        return int(at[0]) if len(at) else None

    def next_with(self, after: int, statuses: tuple[Status, ...], *, step: int = 1) -> int | None:
        """First position behind (or, with step -1, before) `after` at which a group of these states begins."""
        wanted = np.zeros(len(Status), dtype=bool)
        wanted[list(statuses)] = True
        at = after + step
        while 0 <= at < len(self.order):
            low, high = (at, min(at + STEP, len(self.order))) if step > 0 else (max(0, at - STEP + 1), at + 1)
            slots = self.order[low:high]
            groups = self.groups.group[slots]
            hits = np.flatnonzero(wanted[self.groups.status[groups]] & (self.groups.start[groups] == slots))
            if len(hits):
                return low + int(hits[0] if step > 0 else hits[-1])
            at = high if step > 0 else low - 1
        return None

    def overview(self, buckets: int) -> NDArray[np.int8]:
        """Worst state in each of so many equal parts of the list.

        0 nothing to do, 1 suggested, 2 only in ledger, 3 only in source, 4 differs, 5 ambiguous.
        """
        result = np.zeros(buckets, dtype=np.int8)
        if not len(self.order):
            return result
        groups = self.groups
        level = np.zeros(len(groups), dtype=np.int8)
        is_open, suggested = groups.status == Status.OPEN, groups.status == Status.SUGGESTED
        level[suggested] = 1
        level[is_open & (groups.count[RIGHT] > 0)] = 2
        level[is_open & (groups.count[LEFT] > 0)] = 3
        level[suggested & (groups.difference != 0)] = 4
        level[suggested & groups.conflict] = 5
        levels = level[groups.group[self.order]]
        at = np.arange(len(self.order)) * buckets // len(self.order)
        np.maximum.at(result, at[levels > 0], levels[levels > 0])
        return result

    def _in_view(self) -> Mask:
        status = self.groups.status
        kinds = _OF_VIEW.get(self.view)
        inside = status != Status.GONE if kinds is None else np.isin(status, kinds)
        return np.asarray(inside & ~self._outside)

    def _passing(self) -> Mask:
        passing = np.ones(len(self.groups), dtype=bool)
        if self.filter.strip():
            passing[:] = False
            for side, found in zip(SIDES, self._found(), strict=True):
                passing[self.groups.of_row[side][found]] = True
        if self.only is not None:
            named = np.zeros(len(self.groups), dtype=bool)
            for name, record in self.only:
                side = LEFT if name == self.sides[LEFT].name else RIGHT
                row = self.sides[side].index(record)
                if row is not None:
                    named[self.groups.of_row[side][row]] = True
            passing &= named
        return passing

    def _found(self) -> list[Mask]:
        """Rows of each side that hold the filter's text."""
        indexes = [side.search_index() for side in self.sides]
        if max(map(len, self.sides)) < MANY:
            return [index.find(self.filter) for index in indexes]
        # numpy lets both run at once
        with ThreadPoolExecutor(len(indexes)) as pool:
            return list(pool.map(lambda index: index.find(self.filter), indexes))

    def _refresh(self) -> None:
        ordered = self._group_order()
        mask = self._in_view()
        if self.filter.strip() or self.only is not None:
            mask &= self._passing()
        self.order = self.groups.slots(ordered[mask[ordered]])
        self.version += 1

    def _group_order(self) -> Ints:
        if not self.sort.side:
            return self.groups.base
        if self._sorted is None or self._sorted[0] != self.sort:
            side = LEFT if self.sort.side == self.sides[LEFT].name else RIGHT
            ranked = self.sides[side].ranking(self.sort.column).rows(descending=self.sort.descending)
            self._sorted = (self.sort, self.groups.order(side, ranked))
        return self._sorted[1]


def outside_period(groups: Groups, sides: tuple[SideRows, SideRows], first: int, last: int) -> Mask:
    """Groups that a period does not show: all of it later, or settled wholly before.

    Args:
        first, last: the period's days as numpy day numbers.
    """
    latest = np.full(len(groups), -FAR, dtype=np.int64)
    for side in SIDES:
        days = sides[side].days
        np.maximum.at(latest, groups.of_row[side], np.where(np.isnat(days), -FAR, days.astype(np.int64)))
    settled = np.isin(groups.status, (Status.CONFIRMED, Status.EXCLUDED))
    return np.asarray((groups.day > last) | (settled & (latest < first)))
