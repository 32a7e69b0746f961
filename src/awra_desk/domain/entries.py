"""Ledger entries, staged writes and their states."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from awra_desk.domain.errors import UserError


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One line of an entry.

    Attributes:
        account: the ledger's own account id.
        minor: minor units, debit positive, credit negative, never zero.
    """

    account: str
    minor: int
    description: str
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A balanced journal entry of one currency, to be posted on a booking day of the ledger.

    Raises:
        UserError: on construction, when it has no lines, a zero line, or does not balance.
    """

    day: date
    currency: str
    memo: str
    lines: tuple[EntryLine, ...]

    def __post_init__(self) -> None:
        if len(self.lines) < 2 or any(line.minor == 0 for line in self.lines):
            raise UserError(
                "an entry needs at least two lines, none of them zero", record=self.memo, remedy="Correct the lines."
            )
        if (gap := sum(line.minor for line in self.lines)) != 0:
            raise UserError(f"debits and credits differ by {gap} minor units of {self.currency}", record=self.memo,
                            remedy="Balance the entry.")  # fmt: skip


class WriteState(StrEnum):
    """Life of a staged write (draft -> submitted -> approved -> posting -> posted -> verified)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    POSTING = "posting"
    POSTED = "posted"
    VERIFIED = "verified"
    REJECTED = "rejected"
    VOIDED = "voided"
    EXPIRED = "expired"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    REVERSED = "reversed"


S = WriteState  # short for the table below
LEGAL_TRANSITIONS: dict[WriteState, frozenset[WriteState]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.VOIDED, S.EXPIRED}),
    S.SUBMITTED: frozenset({S.APPROVED, S.REJECTED, S.DRAFT, S.VOIDED, S.EXPIRED}),
    S.APPROVED: frozenset({S.POSTING, S.DRAFT, S.VOIDED, S.EXPIRED}),
    S.POSTING: frozenset(
        {S.POSTED, S.FAILED, S.UNCERTAIN, S.APPROVED}
    ),  # back to approved only when it certainly was not sent
    S.UNCERTAIN: frozenset(
        {S.POSTED, S.APPROVED, S.FAILED}
    ),  # back to approved only after a look-up that found nothing
    S.POSTED: frozenset({S.VERIFIED, S.REVERSED}),
    S.VERIFIED: frozenset({S.REVERSED}),
    S.FAILED: frozenset({S.DRAFT, S.VOIDED}),
    S.REJECTED: frozenset({S.DRAFT, S.VOIDED}),
    S.VOIDED: frozenset(),
    S.EXPIRED: frozenset(),
    S.REVERSED: frozenset(),
}
"""From -> to. The database holds the same table; back to draft is always an edit with a new generation."""


@dataclass(frozen=True, slots=True)
class StagedWrite:
    """A proposed ledger entry with everything its approval binds to.

    Attributes:
        write_id: derived, stable ("w-" + hash of target, exceptions, generation).
        target: connection name of the ledger it goes to.
        reference: our reference inside the document ("awra:<write_id>"), by which it is found again.
        idempotency_key: deterministic UUID text of (write, generation).
        payload: the exact request body; payload_sha256: its hex digest, what an approval binds to.
        exception_ids: what it settles.
        maker, last_editor: person names. generation: 1, and one more after each edit.
        document_id, document_number: the ledger's, once known; "" before.
    """

    write_id: str
    company: str
    target: str
    entry: Entry
    reference: str
    idempotency_key: str
    payload: str
    payload_sha256: str
    state: WriteState
    maker: str
    last_editor: str
    generation: int
    mapping_version: str
    created_at: datetime
    exception_ids: tuple[str, ...] = ()
    document_id: str = ""
    document_number: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval of one exact payload."""

    write_id: str
    generation: int
    payload_sha256: str
    approver: str
    approved_at: datetime


class DocumentState(StrEnum):
    """State of a document in the ledger; a draft counts in no balance."""

    DRAFT = "draft"
    POSTED = "posted"


@dataclass(frozen=True, slots=True)
class LedgerDocument:
    """A document read back from a ledger."""

    document_id: str
    number: str
    state: DocumentState
    day: date
    currency: str
    reference: str
    lines: tuple[EntryLine, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a ledger's chart.

    Attributes:
        currency: ISO code, or "" when the ledger keeps it in its home currency without saying so.
    """

    account_id: str
    code: str
    name: str
    kind: str
    currency: str
    active: bool


@dataclass(frozen=True, slots=True)
class PreflightFact:
    """One thing checked before an entry may be submitted."""

    name: str
    holds: bool
    words: str
    details: tuple[tuple[str, str], ...] = field(default=())
