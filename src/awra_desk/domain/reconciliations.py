"""What is reconciled with what: two sides, their filters, zone, tolerances and rules in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class ClosingBasis(StrEnum):
    """Where a side's closing balance comes from; never from the side's own rows."""

    REPORTED = "reported"  # the provider's balance or trial-balance endpoint, or the statement's closing balance
    BALANCE_FLOW = "balance_flow"  # paid out = opening balance + all other movements of the balance - reported balance


@dataclass(frozen=True, slots=True)
class Scope:
    """A rule that keeps rows of an account out of a reconciliation; they stay in its statement as a named item.

    Attributes:
        contains: the row is in scope only if its text holds this (case-insensitive).
        words: how the statement names what is out of scope.
    """

    contains: str
    words: str


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """Rows whose description begins so, or whose kind is among these.

    Belong to this channel (daily summaries meet their items by it).
    """

    channel: str
    begins: str = ""
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SideSpec:
    """One side of a reconciliation.

    Attributes:
        source: connection name. streams: its streams; empty means all that post to `account`.
        account: the provider's account id whose rows and balance count; "" means all rows of the streams.
        sign: 1 or -1, multiplied into each amount and balance.
    """

    source: str
    streams: tuple[str, ...]
    account: str
    sign: int = 1
    closing: ClosingBasis = ClosingBasis.REPORTED
    scope: Scope | None = None
    channels: tuple[ChannelRule, ...] = ()

    def reads(self, source: str, stream: str, account: str) -> bool:
        """Whether transactions of this source, stream and account are rows of the side."""
        return self.reads_stream(source, stream) and self.account in ("", account)

    def reads_stream(self, source: str, stream: str) -> bool:
        """Whether any transactions of this source and stream may be rows of the side."""
        return self.source == source and (not self.streams or stream in self.streams)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One account, one currency, one company.

    Attributes:
        zone: IANA zone of its booking days. before_days, after_days: the ledger date may precede or follow by so many
            days.
        tolerance_minor: absolute tolerance, minor units. materiality_minor: from here on an exception is at least high.
    """

    company: str
    name: str
    currency: str
    zone: str
    source: SideSpec
    ledger: SideSpec
    before_days: int = 1
    after_days: int = 3
    tolerance_minor: int = 0
    percent: Decimal = Decimal(0)
    materiality_minor: int = 100_000
    owner: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class OpeningItem:
    """An item of one side that was open when the first period began; it is inside that side's opening balance.

    Attributes:
        record_id: derived id of the record where its source serves it again (a look-back pull meets it), else any text
            unique on this side.
        minor: minor units with the side's sign applied.
    """

    reconciliation: str
    side: str
    record_id: str
    day: date
    minor: int
    reference: str
    description: str


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """A side's take-on balance at the end of `day` (the day before the first period), as imported.

    Minor units with the side's sign applied.
    """

    reconciliation: str
    side: str
    day: date
    minor: int
