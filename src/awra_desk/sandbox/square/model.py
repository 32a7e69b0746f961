"""What the cafés' month is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from awra_desk.domain.dates import Period
from awra_desk.sandbox.merchant import Json

ZONE = "America/New_York"
CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class CafeSpec:
    """What to simulate.

    Attributes:
        seed: same seed and size, same month, to the byte.
        orders: payments of the month; a proportional run-up of the seven days before comes on top.
        month: "YYYY-MM".
    """

    seed: int = 1
    orders: int = 600
    month: str = "2026-10"

    @property
    def zone(self) -> str:
        """Of its booking days."""
        return ZONE

    @property
    def period(self) -> Period:
        """The booking days of the month."""
        return Period.month(self.month)


@dataclass(slots=True)
class SquareBooks:
    """The seller's account: objects as the API would send them.

    Attributes:
        now: the simulation's present, unix seconds; no object is younger.
        locations: by name, the main one first in `main`.
        payout_entries: payout id -> its entries; SIMPLE payouts have none.
    """

    spec: CafeSpec
    now: int
    main: str
    locations: list[Json] = field(default_factory=list)
    payments: list[Json] = field(default_factory=list)
    refunds: list[Json] = field(default_factory=list)
    disputes: list[Json] = field(default_factory=list)
    payouts: list[Json] = field(default_factory=list)
    payout_entries: dict[str, list[Json]] = field(default_factory=dict)
