"""Control totals: what the provider itself reports, beside what our rows add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ReportedBalance:
    """A balance from the provider's own balance or trial-balance endpoint, or a statement's closing balance; never from
    our rows.

    Attributes:
        account: the provider's account id ("balance" where it has but one).
        minor: minor units, debit positive / money held positive.
        day: the booking day at whose end it holds, or None when it holds at `fetched_at`.
        basis: the endpoint or file it comes from.
        since_zero: the source hands out everything that ever moved this account, from a balance of zero on, so our rows
            of it must add up to this figure. It holds for the moment of the pull and is not stored.
        opening: with `since_zero`, where the source hands out no more than the last years: what it says the account
            held before them. Neither is this stored.
    """

    source: str
    account: str
    currency: str
    minor: int
    day: date | None
    fetched_at: datetime
    basis: str
    since_zero: bool = False
    opening: int = 0


@dataclass(frozen=True, slots=True)
class ReportedCount:
    """How many records of a stream the provider says it holds; asked of it after the pull."""

    source: str
    stream: str
    count: int


PROOF = "proof: "
"""How the names of totals begin by which a source proves itself; each is an exception of every reconciliation of it."""


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """One check of a pull: what was expected by the provider's figures and what our rows say.

    Attributes:
        name: what is checked ("balance", "payout po_1", "trial balance 35").
        currency: "" when records are counted instead of money.
        expected, actual: minor units (or records); they agree when equal.
    """

    source: str
    name: str
    currency: str
    expected: int
    actual: int
    checked_at: datetime

    @property
    def holds(self) -> bool:
        """Whether both figures are equal, to the minor unit."""
        return self.expected == self.actual

    @property
    def is_proof(self) -> bool:
        """Whether the source proves itself with it."""
        return self.name.startswith(PROOF)
