"""What the passes have found so far: confirmed matches (they consume rows) and suggestions (they consume nothing)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.book import Book, Rows
from awra_desk.ports.schemas import SOURCE_SIDE

ONE, MANY, ONE_MANY, MANY_ONE, CONTRA = "1:1", "N:M", "1:N", "N:1", "contra"
# Which suggestion a row shows when several hold it: the earlier word wins.
PRIORITY = ("keys", "batch", "fuzzy", "contra", "tolerance", "groups")


@dataclass(frozen=True, slots=True)
class PairBlock:
    """Many 1:1 matches of one rule; arrays of equal length. allocated_*: minor units. reasons: "" where confirmed."""

    source: Rows
    ledger: Rows
    score: NDArray[np.float64]
    rule: str
    explanations: list[str]
    allocated_source: NDArray[np.int64]
    allocated_ledger: NDArray[np.int64]
    reasons: list[str] | None = None

    def take(self, chosen: NDArray[np.int64]) -> PairBlock:
        """The chosen pairs."""
        return PairBlock(
            self.source[chosen],
            self.ledger[chosen],
            self.score[chosen],
            self.rule,
            [self.explanations[place] for place in chosen.tolist()],
            self.allocated_source[chosen],
            self.allocated_ledger[chosen],
            None if self.reasons is None else [self.reasons[place] for place in chosen.tolist()],
        )


@dataclass(frozen=True, slots=True)
class Group:
    """One match of any shape; rows ascending. allocated: row -> minor units where it is not the full amount. weak:
    a suggestion that gives way to any other.
    """

    rows: tuple[int, ...]
    score: float
    rule: str
    reason: str
    explanation: str
    confirmed: bool
    allocated: dict[int, int] = field(default_factory=dict)
    weak: bool = False


@dataclass(slots=True)
class Found:
    """Collects the outcome of all passes over one book.

    Attributes:
        proposed: suggested pairs in blocks, no row twice.
        residual: row -> minor units left open by a partial allocation.
        proofs: zero-sum proofs: side, batch, currency, members, sum, holds.
        tied: rows that others fit as well, where nothing tells which: open, unless somebody suggests them.
        ranks: names of further rules than PRIORITY's -> place before or among them; a lower one wins.
    """

    book: Book
    pairs: list[PairBlock] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    suggestions: list[Group] = field(default_factory=list)
    proposed: list[PairBlock] = field(default_factory=list)
    residual: dict[int, int] = field(default_factory=dict)
    proofs: list[tuple[str, str, str, int, int, bool]] = field(default_factory=list)
    tied: set[int] = field(default_factory=set)
    ranks: dict[str, int] = field(default_factory=dict)

    def confirm_pairs(self, block: PairBlock) -> None:
        """Consume the rows of many pairs."""
        if not len(block.source):
            return
        self.pairs.append(block)
        self.book.open[block.source] = False
        self.book.open[block.ledger] = False
        for rows, allocated in ((block.source, block.allocated_source), (block.ledger, block.allocated_ledger)):
            left = self.book.amount[rows] - allocated
            for place in np.flatnonzero(left).tolist():
                self.residual[rows[place].item()] = left[place].item()

    def confirm(self, group: Group) -> None:
        """Consume the rows of one match."""
        self.groups.append(group)
        self.book.open[list(group.rows)] = False
        for row, allocated in group.allocated.items():
            left = self.book.amount[row].item() - allocated
            if left:
                self.residual[row] = left

    def suggest(self, group: Group) -> None:
        """Note a suggestion; a later pass may still confirm its rows. What a person refused is not noted again."""
        if not self.book.refused(group.rows):
            self.suggestions.append(group)

    def settled_suggestions(self) -> tuple[list[Group], list[PairBlock]]:
        """Suggestions that lost no member, each row in at most one: by rule, then score, then canonical order."""
        rank = {rule: place for place, rule in enumerate(PRIORITY)} | self.ranks
        alive = [group for group in self.suggestions if self.book.open[list(group.rows)].all()]
        alive.sort(key=lambda group: (group.weak, rank[group.rule], -group.score, group.rows))
        taken = ~self.book.open
        kept: list[Group] = []
        blocks: list[PairBlock] = []
        waiting = list(self.proposed)
        for group in alive:
            while waiting and (group.weak or rank[waiting[0].rule] <= rank[group.rule]):
                blocks.append(_still(waiting.pop(0), taken))
            if not taken[list(group.rows)].any():
                taken[list(group.rows)] = True
                kept.append(group)
        return kept, [*blocks, *(_still(block, taken) for block in waiting)]


def _still(block: PairBlock, taken: NDArray[np.bool_]) -> PairBlock:
    """What nobody has taken of a block; it is taken now."""
    kept = block.take(np.flatnonzero(~taken[block.source] & ~taken[block.ledger]))
    taken[kept.source] = taken[kept.ledger] = True
    return kept


def shape(book: Book, rows: tuple[int, ...]) -> str:
    """The shape's name: source members to ledger members."""
    source = sum(1 for row in rows if book.side_of(row) == SOURCE_SIDE)
    ledger = len(rows) - source
    if not source or not ledger:
        return CONTRA
    if source == 1:
        return ONE if ledger == 1 else ONE_MANY
    return MANY_ONE if ledger == 1 else MANY
