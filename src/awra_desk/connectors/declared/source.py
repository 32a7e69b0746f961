"""A declared system as `ports.connections.Source`, or as `Ledger` where its file declares how to write."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from awra_desk.connectors._http import BaseTransport, Guard, Reply, out_of_order
from awra_desk.connectors.declared.declaration import Declaration, load_declaration
from awra_desk.connectors.declared.declaration_ledger import BalanceList
from awra_desk.connectors.declared.posting import Posting, added
from awra_desk.connectors.declared.profiles import declaration_text
from awra_desk.connectors.declared.pull import Cursor, Walk
from awra_desk.connectors.declared.rest import DeclaredRest, inside, listed
from awra_desk.domain.controls import ReportedBalance
from awra_desk.domain.dates import booking_day
from awra_desk.domain.entries import Account, Entry, LedgerDocument
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.normalise.fields import Misfit, Scope, find
from awra_desk.ports.connections import Connection, Page
from awra_desk.ports.system import Clock


def open_declared(
    connection: Connection,
    secret: Mapping[str, Any],
    *,
    clock: Clock,
    rng: random.Random,
    save_secret: Callable[[dict[str, Any]], None],
    transport: BaseTransport | None = None,
    guard: Guard,
) -> DeclaredSource:
    """The connector of a connection: a `DeclaredLedger` where its file declares how to write.

    Raises:
        UsageError: the file, the connection's options or its secret will not do; the message names the place.
    """
    declared = load_declaration(*declaration_text(connection))
    rest = DeclaredRest(
        declared, connection, secret, clock=clock, rng=rng, save_secret=save_secret, transport=transport, guard=guard
    )
    kind = DeclaredSource if declared.write is None else DeclaredLedger
    return kind(connection, declared, rest, clock)


class DeclaredSource:
    """One connection to a declared system, read only."""

    def __init__(self, connection: Connection, declared: Declaration, rest: DeclaredRest, clock: Clock) -> None:
        self._connection = connection
        self._declared = declared
        self._rest = rest
        self._clock = clock

    @property
    def streams(self) -> tuple[str, ...]:
        """In the file's order."""
        return tuple(self._declared.streams)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Records changed since the cursor.

        Raises:
            UsageError: no such stream, or an unreadable cursor.
            TransportError: after the retries the failure policy allows.
        """
        if stream not in self._declared.streams:
            remedy = f"Use one of: {', '.join(self._declared.streams)}."
            raise UsageError(f"{self._declared.provider} has no stream {stream!r}", remedy=remedy)
        start = Cursor.read(cursor)
        yield from Walk(self._rest, self._connection.name, self._connection.zone, stream, self._clock).pages(start)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """At the end of each day, with none of today; nothing where the file declares no balances."""
        spec = self._declared.balances
        if spec is None:
            return []
        found: list[ReportedBalance] = []
        for day in days or (booking_day(self._clock.now(), self._connection.zone),):
            found += self._each_account(spec, day) if spec.each else self._whole(spec, day)
        return found

    def accounts(self) -> list[Account]:
        """The chart, sorted by id; empty where the file declares none."""
        spec = self._declared.accounts
        if spec is None:
            return []
        reply = self._rest.get(spec.call)
        try:
            found = [
                Account(
                    account_id=spec.identity.required(row),
                    code=spec.code.text(row),
                    name=spec.name.required(row),
                    kind=spec.kind.text(row),
                    currency=spec.currency.text(row),
                    active=spec.active is None or spec.active.holds(row),
                )
                for row in map(Scope, listed(reply, spec.call.rows))
            ]
        except Misfit as misfit:
            raise out_of_order(reply, f"an account cannot be read ({misfit})") from None
        return sorted(found, key=lambda account: account.account_id)

    def _whole(self, spec: BalanceList, day: date) -> list[ReportedBalance]:
        """One answer with every account."""
        reply = self._rest.get(spec.call, day=day.isoformat())
        rows = [Scope(row) for row in listed(reply, spec.call.rows)]
        return [self._balance(spec, reply, row, day, None) for row in rows]

    def _each_account(self, spec: BalanceList, day: date) -> list[ReportedBalance]:
        """One answer an account."""
        found = []
        for account in self.accounts():
            reply = self._rest.get(spec.call, day=day.isoformat(), account=account.account_id)
            found.append(self._balance(spec, reply, Scope(inside(reply, spec.call.rows)), day, account))
        return found

    def _balance(
        self, spec: BalanceList, reply: Reply, row: Scope, day: date, account: Account | None
    ) -> ReportedBalance:
        try:
            currency = spec.currency.text(row) or (account.currency if account else "")
            return ReportedBalance(
                source=self._connection.name,
                account=account.account_id if account else spec.account.required(row),
                currency=currency,
                minor=added(spec.amounts, row, currency),
                day=day,
                fetched_at=self._clock.now(),
                basis=f"{self._declared.provider} {''.join(map(str, spec.call.path.parts))}",
            )
        except (Misfit, UserError) as error:
            raise out_of_order(reply, f"a balance cannot be read ({error})") from None


class DeclaredLedger(DeclaredSource):
    """One connection to a declared ledger: `ports.connections.Ledger`."""

    @property
    def _posting(self) -> Posting:
        assert self._declared.write is not None  # `open_declared` chooses this class by it
        return Posting(self._rest, self._declared.write)

    def render(self, entry: Entry, reference: str) -> str:
        """The declared body.

        Raises:
            UserError: it has no place for something in the entry.
        """
        return self._posting.rendered(entry, reference)

    def period_open(self, day: date) -> bool:
        """Whether the day is behind the one up to which the books are closed; True where no such day is declared: the
        ledger itself will refuse.
        """
        assert self._declared.write is not None
        if self._declared.write.closed is None:
            return True
        call, path = self._declared.write.closed
        reply = self._rest.get(call)
        value = next(iter(find(Scope(reply.body), path)), "")
        try:
            return value == "" or day > date.fromisoformat(str(value)[:10])
        except ValueError:
            raise out_of_order(reply, f"{path} is {value!r}, which is no date") from None

    def find(self, reference: str) -> list[LedgerDocument]:
        """Documents that carry the reference, drafts included, sorted by id."""
        return self._posting.find(reference)

    def post(self, payload: str, *, reference: str, key: str) -> LedgerDocument:
        """Write the payload once.

        Raises:
            PostingRefused, OutcomeUnknown, TransportError: as the port says.
        """
        if reference not in payload:
            raise ValueError("the payload does not carry the reference")
        return self._posting.post(payload, reference, key)

    def read(self, document_id: str) -> LedgerDocument:
        """The document as the ledger now holds it.

        Raises:
            UserError: it is void, or was never there.
        """
        found = self._posting.read(document_id)
        if not found:
            raise UserError(
                "the document is void there", record=document_id, remedy="Pull again, then look at it there."
            )
        return found[0]
