"""What every connector offers to the services, and what can go wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, runtime_checkable

from awra_desk.domain.controls import ControlTotal, ReportedBalance, ReportedCount
from awra_desk.domain.entries import Account, Entry, LedgerDocument
from awra_desk.domain.errors import UserError
from awra_desk.domain.events import Event
from awra_desk.domain.ladder import Rung
from awra_desk.domain.records import RawRecord


@dataclass(frozen=True, slots=True)
class Connection:
    """A connected system as the workspace knows it; its secret is in the keyring under `secret_name`.

    Attributes:
        rung: how far it is trusted. Storing a connection never raises it: `Connections.set_rung` does.
    """

    company: str
    name: str
    provider: str
    base_url: str
    zone: str
    options: Mapping[str, str] = field(default_factory=dict)
    rung: Rung = Rung.READ_ONLY

    @property
    def secret_name(self) -> str:
        """Name under which the keyring holds this connection's secret (a JSON object)."""
        return f"{self.company}/{self.name}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a connection stands with its provider, as all processes together know it.

    Attributes:
        asked: the least scopes that are asked for; granted: what the provider said it granted, "" when it does not say.
        reads_alone: reading can be granted without writing; if not, only our ladder keeps the connection from writing.
        limits: in words, "" before the first request. at_once: requests that may go at once, None before the first
            request; free: how many of these may go now. used_today: requests of the last 24 hours; left_today: None
            without a day budget. retries_left: of these five minutes.
        stopped_until: nobody asks before, or None. skew: seconds by which the provider's clock is ahead, or None.
    """

    asked: tuple[str, ...] = ()
    granted: str = ""
    reads_alone: bool = True
    limits: str = ""
    at_once: int | None = None
    free: int = 0
    used_today: int = 0
    left_today: int | None = None
    retries_left: int = 0
    stopped_until: datetime | None = None
    skew: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some raw records, and the cursor to commit together with them.

    Attributes:
        cursor: opaque text; handing it to `Source.pages` goes on behind this page.
        complete: True on the last page of this pull.
    """

    records: Sequence[RawRecord]
    cursor: str
    complete: bool


class TransportError(UserError):
    """The provider could not be reached or answered out of order; nothing was changed there by a read.

    Attributes:
        kind: "auth" | "rate" | "refused" | "unavailable" | "protocol".
        not_before: aware UTC instant until which asking again is of no use, or None when nobody said one.
    """

    def __init__(
        self, what: str, *, kind: str, record: str = "", remedy: str = "", not_before: datetime | None = None
    ) -> None:
        self.kind = kind
        self.not_before = not_before
        super().__init__(what, record=record, remedy=remedy)


class PostingRefused(UserError):
    """The ledger answered and refused the entry; it did not act. Final for this payload."""


class OutcomeUnknown(UserError):
    """The answer to a write was lost: the ledger may or may not have acted.

    Only a look-up by our reference settles it.
    """


class Source(Protocol):
    """A system that transactions are pulled from."""

    @property
    def streams(self) -> tuple[str, ...]:
        """Streams in the order in which they are pulled."""

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Raw records changed since the cursor (None: from the beginning), with a look-back overlap.

        Raises:
            TransportError: after the retries the failure policy allows; pages already yielded stay good.
        """

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """Balances from the provider's own endpoint.

        At the end of each of these days where it can say so, else the present one.
        """


@dataclass(frozen=True, slots=True)
class Hint:
    """What an event makes worth reading: one record of a stream, or the stream itself.

    Attributes:
        external_id: the record, "" to pull the stream on from where it was pulled last.
    """

    stream: str
    external_id: str = ""


@runtime_checkable
class Hinted(Source, Protocol):
    """A source that knows what its events speak of, so that little is read for each.

    Of any other source everything is pulled on when an event comes.
    """

    def hints(self, event: Event) -> Sequence[Hint]:
        """What to read for an event; nothing when it speaks of nothing that is pulled.

        Once all of it was read, the source's balances agree with what is held.

        Raises:
            UsageError: it cannot be understood, however often it is tried.
        """

    def fetch(self, stream: str, external_id: str) -> RawRecord:
        """That record as the provider has it now, in the same form as a pull gives it.

        Raises:
            TransportError: after the retries the failure policy allows.
        """


@dataclass(frozen=True, slots=True)
class Signing:
    """How a connection's events are proven to be the provider's.

    Attributes:
        scheme: in words. secrets: how many signing secrets the keyring holds for it; several while one is replaced.
        signed: False where the provider signs nothing, so that an event is a witness and no more.
    """

    scheme: str
    secrets: int
    signed: bool = True


@runtime_checkable
class Counting(Source, Protocol):
    """A source that says how many records it holds, for want of a balance that would prove them."""

    def counts(self) -> list[ReportedCount]:
        """Its own figure for each stream it can count.

        Raises:
            TransportError: after the retries the failure policy allows.
        """


@runtime_checkable
class Vanishing(Counting, Protocol):
    """A counting source whose records may be deleted without a trace, and that can say of each whether it is there."""

    def vanished(self, stream: str, known: Sequence[str]) -> Page:
        """Records that say which of these, by their external ids, are no more; with the stream's cursor.

        Raises:
            TransportError: after the retries the failure policy allows.
        """


@runtime_checkable
class SelfProving(Source, Protocol):
    """A source whose own figures prove more than its balance: a statement's running balance, a settlement's total."""

    def proofs(self) -> list[ControlTotal]:
        """Its control totals as of the last pull, all of them; what it does not give any more is withdrawn."""


@runtime_checkable
class Noticing(Source, Protocol):
    """A source whose files people bring: they come twice, overlap, and some cannot be read."""

    def notices(self) -> list[str]:
        """What people should know about what is there now, a sentence each; known before anything is stored."""

    def files(self) -> list[str]:
        """The files that are there now, each with the digest of its bytes."""


@runtime_checkable
class Ledger(Source, Protocol):
    """A source that can also be written to."""

    def accounts(self) -> list[Account]:
        """The chart of accounts, sorted by id."""

    def render(self, entry: Entry, reference: str) -> str:
        """The exact request body this entry becomes, deterministic; what an approval binds to."""

    def period_open(self, day: date) -> bool:
        """Whether the ledger takes postings on this day."""

    def find(self, reference: str) -> list[LedgerDocument]:
        """Documents that carry our reference, drafts included, sorted by id.

        Reads until the ledger has answered for certain.
        """

    def post(self, payload: str, *, reference: str, key: str) -> LedgerDocument:
        """Write the rendered payload once: by the idempotency key where the ledger has one, else by look-up first.

        Raises:
            PostingRefused: it answered and refused.
            OutcomeUnknown: the answer was lost.
            TransportError: it was not reached, so certainly nothing was written.
        """

    def read(self, document_id: str) -> LedgerDocument:
        """The document as the ledger now holds it."""
