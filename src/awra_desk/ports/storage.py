"""The workspace: units of work over one company's rows, in SQLite or PostgreSQL.

A write unit of work holds the write lock from its start; a command and its trail row commit together or not at all.
Nothing here is
cached between units; sessions never cross threads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from awra_desk.domain.controls import ControlTotal, ReportedBalance
from awra_desk.domain.decisions import Decision
from awra_desk.domain.drift import Drift
from awra_desk.domain.entries import Account, Approval, StagedWrite, WriteState
from awra_desk.domain.events import Event, EventState, Outcome, Witness
from awra_desk.domain.exception_items import Comment, ExceptionItem, ExceptionState
from awra_desk.domain.ladder import Rung
from awra_desk.domain.mappings import MappingRow, Said
from awra_desk.domain.people import Person
from awra_desk.domain.policies import Policy
from awra_desk.domain.reconciliations import OpeningBalance, OpeningItem, Reconciliation
from awra_desk.domain.records import RawRecord, Reject, StreamHeld
from awra_desk.domain.runs import RunSummary
from awra_desk.domain.trail import TrailEntry
from awra_desk.ports.columns import Table
from awra_desk.ports.connections import Connection
from awra_desk.ports.shared import SharedState


class Connections(Protocol):
    """Connected systems and how far each of their streams was pulled."""

    def put(self, connection: Connection) -> None:
        """Add it on the first rung, or change it; its rung stays, unless provider or address change: then it falls to
        the first.
        """

    def set_rung(self, name: str, rung: Rung) -> None:
        """Move it on the ladder.

        Raises:
            Refused: more than one rung up at once.
        """

    def get(self, name: str) -> Connection: ...  # UsageError when unknown
    def all(self) -> list[Connection]: ...
    def cursor(self, name: str, stream: str) -> str | None: ...
    def save_cursor(self, name: str, stream: str, cursor: str) -> None: ...
    def cursors(self, name: str) -> Mapping[str, str]:
        """Stream -> how far it was pulled, by stream."""

    def put_accounts(self, name: str, accounts: Sequence[Account]) -> None: ...
    def accounts(self, name: str) -> list[Account]: ...


class Records(Protocol):
    """Raw records, what they were interpreted as, and what did not fit."""

    def append(self, records: Sequence[RawRecord], witness: Witness = Witness.POLL) -> int:
        """Store new versions; an identical version of a known external id is not stored again, but that it came by
        this way, too, is.

        Returns how many were new.
        """

    def witnesses(self, raw_id: str) -> list[tuple[Witness, datetime]]:
        """By which ways a version came, each when it first did, earliest first."""

    def pending(self, source: str, stream: str, contract: str, limit: int) -> list[RawRecord]:
        """Newest version of each external id not yet interpreted with this contract version, by raw id."""

    def get(self, raw_id: str) -> RawRecord: ...

    def contract(self, source: str, stream: str) -> str | None:
        """The contract version this stream was interpreted with; None when it never was."""

    def settled(self, source: str, stream: str, *, after: str, limit: int) -> list[RawRecord]:
        """Versions that hold now and were interpreted, by raw id, from behind `after` ("" is the beginning)."""

    def interpreted(self, raw_ids: Collection[str]) -> Table:
        """Current transactions (schema TRANSACTIONS) that these raw records gave, by id."""

    def put_transactions(
        self, interpreted: Sequence[RawRecord], contract: str, transactions: Table, rejects: Sequence[Reject]
    ) -> None:
        """Store what `interpreted` gave (schema TRANSACTIONS).

        It replaces what earlier versions of the same external ids gave; those become superseded, never deleted.
        """

    def transactions(
        self,
        source: str,
        streams: Collection[str] = (),
        *,
        account: str = "",
        batch: str = "",
        ids: Collection[str] | None = None,
    ) -> Table:
        """Current transactions (schema TRANSACTIONS), by id; empty `streams`, `account` or `batch` means all."""

    def holding(self, text: str, amounts: Mapping[str, int], limit: int) -> Table:
        """Current transactions (schema TRANSACTIONS) of any source that hold the text in an id, reference, batch, name
        or description, in any case, or are of, or settled as, one of these amounts (currency -> minor units, either
        sign); that of this very id first, then the latest, at most `limit`.
        """

    def said(self, source: str, first: date, last: date) -> list[Said]:
        """What current transactions booked from `first` to `last` say in their dimensions, those that say nothing left
        out; by day and example.
        """

    def rejects(self, source: str = "") -> list[Reject]:
        """What is in quarantine now."""

    def versions(self, source: str) -> Iterator[tuple[str, bool, RawRecord]]:
        """Every raw record of this source by raw id, streamed: (the raw id it is stored under, whether it holds now and
        was interpreted, record). For whoever verifies; the id says what the payload must be.
        """

    def streams(self, source: str) -> list[str]:
        """Streams of which raw records are held, sorted."""

    def known(self, source: str, stream: str) -> int:
        """How many external ids of the stream are held."""

    def ids(self, source: str, stream: str) -> list[str]:
        """The external ids of the stream that are held, sorted."""

    def held(self, source: str) -> list[StreamHeld]:
        """What is held of each stream, by stream."""

    def counts(self, source: str) -> Mapping[str, int]:
        """Keys raw, transactions, quarantined, superseded."""


class Drifts(Protocol):
    """What the streams' payloads look like, and what about that was new."""

    def shapes(self, source: str) -> dict[str, str]:
        """Stream -> its shape as text (`normalise.shape`); a stream never interpreted is not there."""

    def put_shapes(self, source: str, shapes: Mapping[str, str]) -> None: ...
    def add(self, told: Sequence[Drift]) -> None:
        """Keep differences; one that is known already stays as it was."""

    def all(self, *, acknowledged: bool = False) -> list[Drift]:
        """By time, then id; with `acknowledged` also those that somebody has looked at."""

    def acknowledge(self, drift_id: str, *, actor: str, note: str) -> None:
        """Say that it is in order.

        Raises:
            UserError: no such drift. Refused: somebody did already.
        """


class Events(Protocol):
    """The inbox of events that providers sent; what one says is never changed."""

    def add(self, event: Event) -> bool:
        """Take it in, due at once; False when one of this source and id is there already."""

    def get(self, key: tuple[str, str]) -> Event: ...  # UsageError when unknown

    def all(self, *, source: str = "", states: Collection[EventState] = (), limit: int | None = None) -> list[Event]:
        """Latest first, then by source and id."""

    def counts(self) -> Mapping[tuple[str, EventState], int]:
        """(source, state) -> how many."""

    def claim(self, source: str, *, now: datetime, limit: int) -> list[Event]:
        """Take what is due, earliest first: each counts one more attempt and is due again only after its lease.

        Two workers never get the same; attempts tells whose it is.
        """

    def settle(self, outcome: Outcome, state: EventState, *, at: datetime, next_attempt_at: datetime | None) -> bool:
        """Keep what a try gave; False when somebody else has the event by now."""

    def again(self, keys: Collection[tuple[str, str]], *, at: datetime) -> int:
        """Make these due again, whatever became of them; how many there are."""


class Controls(Protocol):
    """Reported balances and control totals."""

    def put_balances(self, balances: Sequence[ReportedBalance]) -> None: ...
    def balance(self, source: str, account: str, currency: str, day: date | None) -> ReportedBalance | None:
        """The latest fetched balance at the end of that day (None: the latest present balance), or None."""

    def last_day(self, source: str, account: str, currency: str) -> date | None:
        """The latest day for which a dated balance is held, or None."""

    def days(self, source: str, account: str, currency: str) -> list[date]:
        """Days for which a dated balance is held, earliest first."""

    def put_totals(self, totals: Sequence[ControlTotal]) -> None: ...
    def totals(self, source: str = "") -> list[ControlTotal]:
        """The latest of each (source, name, currency), by name."""


class Reconciliations(Protocol):
    """Reconciliations, their openings and the engine's current result."""

    def put(self, reconciliation: Reconciliation) -> None: ...
    def get(self, name: str) -> Reconciliation: ...
    def all(self) -> list[Reconciliation]: ...
    def put_openings(self, balances: Sequence[OpeningBalance], items: Sequence[OpeningItem]) -> None: ...
    def opening_balances(self, name: str) -> list[OpeningBalance]: ...
    def opening_items(self, name: str) -> list[OpeningItem]: ...
    def save_run(self, run: RunSummary, members: Table, open_items: Table) -> None:
        """Replace the engine's result of this reconciliation (schemas MATCH_MEMBERS, OPEN_ITEMS).

        The run's row stays for ever.
        """

    def last_run(self, name: str) -> RunSummary | None: ...
    def members(self, name: str) -> Table: ...
    def confirmed(self, name: str) -> set[tuple[str, str]]:
        """(side, id) of the members of confirmed matches alone."""

    def open_items(self, name: str) -> Table: ...
    def add_decision(self, decision: Decision) -> None: ...
    def undo_decision(self, decision_id: str, *, actor: str, at: datetime) -> None: ...
    def decisions(self, name: str, *, undone: bool = False) -> list[Decision]:
        """By time, then id; with `undone` also those that bind no longer."""


class Policies(Protocol):
    """What people lay down as text for a subject (a reconciliation, a connection); every version for ever."""

    def add(self, policy: Policy) -> None:
        """The next version; the database refuses any other number."""

    def current(self, subject: str) -> Policy | None:
        """The version in force, None where nothing was ever laid down."""

    def history(self, subject: str) -> list[Policy]:
        """By version."""


class Mappings(Protocol):
    """The mapping tables; rows are only added."""

    def add(self, rows: Sequence[MappingRow]) -> None:
        """Record rows; the database refuses any number but the next ones."""

    def all(self) -> list[MappingRow]:
        """By number."""


class Exceptions(Protocol):
    """The exception queue."""

    def put(self, items: Sequence[ExceptionItem]) -> None: ...
    def get(self, exception_id: str) -> ExceptionItem: ...
    def all(self, *, reconciliation: str = "", states: Collection[ExceptionState] = ()) -> list[ExceptionItem]: ...
    def count(self, *, reconciliation: str = "", states: Collection[ExceptionState] = ()) -> int:
        """How many `all` would give."""

    def add_comment(self, comment: Comment) -> None: ...
    def comments(self, exception_id: str) -> list[Comment]: ...


class People(Protocol):
    """Persons and their password hashes (argon2id encoded text)."""

    def put(self, person: Person, password_hash: str) -> None: ...
    def get(self, name: str) -> Person: ...  # UsageError when unknown
    def password_hash(self, name: str) -> str: ...
    def all(self) -> list[Person]: ...


class Writes(Protocol):
    """Staged writes, approvals and the outbox.

    The database itself refuses what the rules forbid (raised as `domain.errors.Refused`).
    """

    def add(self, write: StagedWrite) -> None: ...
    def get(self, write_id: str) -> StagedWrite: ...
    def all(self, *, states: Collection[WriteState] = ()) -> list[StagedWrite]: ...
    def edit(self, write: StagedWrite) -> None:
        """Replace a draft, submitted or approved write by its next generation (state draft).

        Approvals of earlier generations are void.
        """

    def transition(
        self,
        write_id: str,
        before: WriteState,
        after: WriteState,
        *,
        document_id: str = "",
        document_number: str = "",
        note: str = "",
    ) -> None:
        """Move it on if it still is in `before`.

        Raises:
            Refused: another state by now, or an illegal transition (the database has the table of legal ones).
        """

    def approve(self, approval: Approval) -> None:
        """Record the approval, move the write to approved and put it in the outbox, all in this unit of work.

        Raises:
            Refused: by the database, when the approver is the maker or last editor, the digest or generation is not the
                current one, or the state is not submitted.
        """

    def approvals(self, write_id: str) -> list[Approval]: ...
    def outbox(self, target: str) -> list[str]:
        """Write ids that wait to be posted, settled or read back (approved to posted), oldest first."""

    def add_attempt(self, write_id: str, *, at: datetime, outcome: str, words: str) -> None: ...
    def attempts(self, write_id: str) -> list[tuple[datetime, str, str]]: ...


class Trail(Protocol):
    """The append-only, hash-chained trail of this company."""

    def append(
        self, *, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str]
    ) -> TrailEntry: ...
    def entries(self) -> Iterator[TrailEntry]:
        """In chain order."""


class UnitOfWork(AbstractContextManager["UnitOfWork"], Protocol):
    """One company's rows inside one transaction; leaving the block without `commit` rolls back."""

    company: str
    connections: Connections
    records: Records
    drifts: Drifts
    events: Events
    controls: Controls
    reconciliations: Reconciliations
    rules: Policies
    fees: Policies
    mappings: Mappings
    exceptions: Exceptions
    people: People
    writes: Writes
    trail: Trail

    def commit(self) -> None: ...


class Workspace(Protocol):
    """One workspace database."""

    def write(self, company: str) -> UnitOfWork:
        """A unit of work that holds the write lock from the start."""

    def read(self, company: str) -> UnitOfWork:
        """A consistent snapshot; its `commit` is refused."""

    def shared(self, company: str) -> SharedState:
        """What all processes over this workspace share outside units of work; never used inside a writing one."""

    def facts(self) -> Mapping[str, str]:
        """What kind of database it is: keys kind, version, journal ("" where there is none), schema, rules ("" when all
        hold).
        """

    def companies(self) -> list[str]: ...
    def add_company(self, name: str, *, at: datetime) -> None: ...
    def close(self) -> None: ...
