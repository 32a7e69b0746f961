"""What a compiled contract is: how one provider's raw records become transactions, as data. Read from a file by
`contract_file`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from awra_desk.domain.transactions import Kind
from awra_desk.normalise.fields import Amount, Condition, Moment, Template

NOTHING = Template(())


@dataclass(frozen=True, slots=True)
class KindRule:
    """How a leg's kind is found: `of` filled in, then looked up; the words' kinds for a positive and a negative
    amount.
    """

    of: Template
    kinds: Mapping[str, tuple[Kind, Kind]] | None


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension's text: the template, or what `words` makes of it (a word that is not there gives none)."""

    of: Template
    words: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Check:
    """Amounts that must add up to zero in the currency."""

    name: str
    currency: Template
    terms: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """One transaction of a record; attributes as `contract_file` says."""

    external_id: Template
    kind: KindRule
    occurred_at: Moment
    amount: Amount
    currency: Template
    account: Template
    each: str = ""
    when: tuple[Condition, ...] = ()
    booking_date: Moment | None = None
    settles: bool = False
    original: tuple[Amount, Template] | None = None
    home: Template = NOTHING
    fx_rate: Template = NOTHING
    fee: Amount | None = None
    tax: Amount | None = None
    net: Amount | None = None
    batch: Template = NOTHING
    references: tuple[tuple[str, ...], ...] = ()
    found_in: tuple[tuple[str, ...], ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    counterparty: Template = NOTHING
    description: Template = NOTHING
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    status: Template = NOTHING


@dataclass(frozen=True, slots=True)
class Stream:
    """How one stream is read.

    Attributes:
        evidence: why its records give no transactions, or "". dated: which day of a record decides whether this version
            of the contract reads it; None where the file has no `effective_from`.
    """

    legs: tuple[Leg, ...] = ()
    checks: tuple[Check, ...] = ()
    one_currency: tuple[str, ...] = ()
    gone: tuple[Condition, ...] = ()
    evidence: str = ""
    dated: Moment | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A compiled contract.

    Attributes:
        name: "stripe-1". digest: SHA-256 of the file, hex. exponents: currency -> decimals on the wire.
        effective_from: first booking day of the records it reads, in the connection's zone; None is the beginning.
        api_version: where a record says which version of the provider's interface wrote it, and which of them this
            contract reads whatever the day; None where records do not say.
    """

    name: str
    digest: str
    exponents: Mapping[str, int]
    streams: Mapping[str, Stream]
    effective_from: date | None = None
    api_version: Condition | None = None

    @property
    def version(self) -> str:
        """Name and digest: an edited contract is another version even if nobody renamed it."""
        return f"{self.name}@{self.digest[:12]}"
