"""What a reconciliation run leaves behind, and the statement it proves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from awra_desk.domain.dates import Period


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One engine run: counts and digests, enough to prove that the same input gave the same books."""

    company: str
    reconciliation: str
    period: str
    started_at: datetime
    inputs_digest: str
    matches_digest: str
    rule_version: str
    confirmed: int
    suggested: int
    open_items: int


class ItemCategory(StrEnum):
    """Why an item stands between the two closing balances."""

    IN_TRANSIT = "in transit"
    CUT_OFF = "cut-off"
    MISSING_IN_LEDGER = "missing in ledger"
    MISSING_IN_SOURCE = "missing in source"
    MATCHED_DIFFERENCE = "difference within a match"
    SUGGESTED = "suggested, not confirmed"
    EXCLUDED = "excluded with a reason"
    OUT_OF_SCOPE = "out of scope"
    OPENING = "opening item"


@dataclass(frozen=True, slots=True)
class ReconcilingItem:
    """One named open thing.

    Attributes:
        minor: its effect on (ledger closing - source closing), minor units: + for a ledger row, - for a source row.
    """

    category: ItemCategory
    side: str
    record_id: str
    day: date
    minor: int
    words: str


@dataclass(frozen=True, slots=True)
class SideTotals:
    """One side of a statement, minor units with the side's sign applied.

    Attributes:
        opening: take-on or last signed closing. movements: sum of this side's rows of the period.
        closing: as the provider or the ledger reports it for the end of the period.
    """

    opening: int
    movements: int
    closing: int

    @property
    def gap(self) -> int:
        """Reported closing less (opening + movements); not zero means that rows are missing or too many."""
        return self.closing - self.opening - self.movements


@dataclass(frozen=True, slots=True)
class Statement:
    """A reconciliation statement: what is proven, and what is left."""

    company: str
    reconciliation: str
    currency: str
    period: Period
    source: SideTotals
    ledger: SideTotals
    items: tuple[ReconcilingItem, ...]

    @property
    def reconciling(self) -> int:
        """Sum of the named items."""
        return total(self.items)

    @property
    def unexplained(self) -> int:
        """(ledger closing - source closing) - reconciling items; must be zero."""
        return self.ledger.closing - self.source.closing - self.reconciling


def total(items: Iterable[ReconcilingItem]) -> int:
    """Sum of the items' minor units."""
    return sum(item.minor for item in items)
