"""What the audit pack is made from. Filled by the export service; pure data, nothing is looked up later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from awra_desk.domain.controls import ControlTotal
from awra_desk.domain.dates import Period
from awra_desk.domain.decisions import Decision
from awra_desk.domain.entries import Account, Approval, StagedWrite
from awra_desk.domain.exception_items import Comment, ExceptionItem
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.records import Reject
from awra_desk.domain.runs import RunSummary, Statement
from awra_desk.domain.trail import TrailEntry
from awra_desk.ports.columns import Column, Table


@dataclass(frozen=True, slots=True)
class SourcePack:
    """A connected system as the cover names it.

    Attributes:
        host: host of its base URL; never a full address, never a secret.
        last_pull: aware, or None when it was never pulled.
        counts: by name, "raw", "transactions", "quarantined", "superseded".
    """

    name: str
    provider: str
    host: str
    last_pull: datetime | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SidePack:
    """One side's rows since the take-on, opening items included.

    Attributes:
        rows: schema TRANSACTIONS.
        minor: int64, minor units of the reconciliation's currency, sign applied, 0 for a row of another currency.
        opening_item: bool, the row is inside the take-on balance.
    """

    rows: Table
    minor: Column
    opening_item: Column


@dataclass(frozen=True, slots=True)
class ReconciliationPack:
    """One reconciliation at the end of the period.

    Attributes:
        members: schema MATCH_MEMBERS. open_items: schema OPEN_ITEMS.
        rules: rules in force beyond the specification's own, as (what, setting).
        explain: turns a match's `explanation` into words. remedy: turns an open item's `candidates` into what change
            would have matched it, "" where none is known.
    """

    spec: Reconciliation
    statement: Statement
    source: SidePack
    ledger: SidePack
    members: Table
    open_items: Table
    run: RunSummary
    rules: Sequence[tuple[str, str]] = ()
    explain: Callable[[str], str] = str
    remedy: Callable[[str], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to post a staged write."""

    write_id: str
    at: datetime
    outcome: str
    words: str


@dataclass(frozen=True, slots=True)
class AuditPack:
    """Everything an auditor gets for one company and one period.

    Attributes:
        zone: the company's IANA zone. prepared_by: the person.
        prepared_at: aware; also the document's date, so that equal packs give equal files.
        decisions: undone ones too. trail: in chain order, whole. digests: further (what, SHA-256 hex) for the cover.
        accounts: (target connection, account), so that entries can name their accounts.
    """

    company: str
    period: Period
    zone: str
    prepared_by: str
    prepared_at: datetime
    sources: Sequence[SourcePack]
    reconciliations: Sequence[ReconciliationPack]
    exceptions: Sequence[ExceptionItem] = ()
    comments: Sequence[Comment] = ()
    decisions: Sequence[Decision] = ()
    writes: Sequence[StagedWrite] = ()
    approvals: Sequence[Approval] = ()
    attempts: Sequence[Attempt] = ()
    control_totals: Sequence[ControlTotal] = ()
    rejects: Sequence[Reject] = ()
    trail: Sequence[TrailEntry] = ()
    accounts: Sequence[tuple[str, Account]] = ()
    digests: Sequence[tuple[str, str]] = field(default=())

    @property
    def title(self) -> str:
        """The document's title."""
        return f"Reconciliation audit pack, {self.company}, {self.period}"
