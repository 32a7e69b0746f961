"""Tryton as a ledger: `ports.connections.Ledger`."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from awra_desk.connectors._http import BaseTransport, Guard
from awra_desk.connectors.tryton import moves, posting, pull
from awra_desk.connectors.tryton.rest import TrytonRest
from awra_desk.connectors.tryton.wire import Json, day_value
from awra_desk.domain.controls import ReportedBalance
from awra_desk.domain.entries import Account, Entry, LedgerDocument
from awra_desk.domain.errors import UserError
from awra_desk.domain.money import parse
from awra_desk.ports.connections import Connection, Page, TransportError
from awra_desk.ports.system import Clock

JOURNAL = "MISC"
"""Code of the journal our entries go to, unless option `journal` names another."""

_ACCOUNT = "account.account"
_PERIOD = "account.period"


class TrytonLedger:
    """One company's books in one Tryton database.

    Args:
        connection: see `rest.TrytonRest`; option `company`: Tryton's id of the company, needed where the key's user
            sees several; option `journal`: code of the journal for our entries.
        secret: see `rest.TrytonRest`.

    Raises:
        UsageError: the connection or its secret is incomplete.
    """

    def __init__(
        self,
        connection: Connection,
        secret: Mapping[str, Any],
        *,
        clock: Clock,
        rng: random.Random,
        transport: BaseTransport | None = None,
        guard: Guard,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._rest = TrytonRest(connection, secret, clock=clock, rng=rng, transport=transport, guard=guard)
        self._known_company: tuple[int, str] | None = None

    @property
    def streams(self) -> tuple[str, ...]:
        """One: moves."""
        return (pull.MOVES,)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Moves, drafts included, created or written since the cursor.

        Raises:
            UserError: no such stream, or an unreadable cursor.
            TransportError: after the retries the failure policy allows.
        """
        if stream != pull.MOVES:
            raise UserError(f"Tryton has no stream {stream!r}", remedy=f"Use {pull.MOVES}.")
        start = pull.Cursor.read(cursor)
        company, _ = self._company()
        yield from pull.pages(self._rest, self._connection.name, self._clock, company, start)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """Every account's posted balance, debit positive, now (all dates) and at the end of each day.

        Tryton computes them: its own debit less its own credit of the account, carried over from year to year. A day in
        no fiscal year is left out, because Tryton answers zero there.
        """
        company, _ = self._company()
        found = self._balances(company, None)
        for day in sorted(set(days)):
            if self._covering("account.fiscalyear", company, day, ("state",)):
                found += self._balances(company, day)
        return found

    def accounts(self) -> list[Account]:
        """The accounts that take postings, closed ones included, by rising id."""
        company, _ = self._company()
        fields = ("active", "closed", "code", "currency.code", "name", "second_currency.code", "type.name")
        domain = [["company", "=", company], ["type", "!=", None]]
        rows = self._rest.search(_ACCOUNT, fields, domain, context={"active_test": False, "company": company})
        return [
            Account(
                account_id=str(row["id"]),
                code=row["code"] or "",
                name=row["name"],
                kind=row["type"]["name"],
                currency=(row["second_currency"] or row["currency"])["code"],
                active=row["active"] is True and row["closed"] is False,
            )
            for row in rows
        ]

    def render(self, entry: Entry, reference: str) -> str:
        """The move to create, as JSON. Its journal and period are Tryton's ids, looked up now: what is approved is what
        is sent, to the byte.

        Raises:
            UserError: Tryton cannot hold the entry, or has no period on its day.
            TransportError: it could not be asked.
        """
        company, currency = self._company()
        periods = self._covering(_PERIOD, company, entry.day, ("state",), ["type", "=", "standard"])
        if not periods:
            raise UserError(
                f"Tryton has no period on {entry.day}", record=reference, remedy="Open a fiscal year for it in Tryton."
            )
        books = moves.Books(company, currency, self._journal(), periods[-1]["id"])
        return moves.rendered(entry, reference, books)

    def period_open(self, day: date) -> bool:
        """Whether the day lies in an open period."""
        company, _ = self._company()
        periods = self._covering(_PERIOD, company, day, ("state",), ["type", "=", "standard"])
        return any(period["state"] == "open" for period in periods)

    def find(self, reference: str) -> list[LedgerDocument]:
        """Moves whose description carries the reference, drafts included, by rising id."""
        company, _ = self._company()
        return [moves.document(move) for move in posting.with_reference(self._rest, company, reference)]

    def post(self, payload: str, *, reference: str, key: str) -> LedgerDocument:
        """Write the payload once, by look-up: Tryton has no place for an idempotency key.

        Raises:
            PostingRefused, OutcomeUnknown, TransportError: as the port says.
        """
        del key
        company, _ = self._company()
        return moves.document(posting.post(self._rest, company, payload, reference))

    def read(self, document_id: str) -> LedgerDocument:
        """The move as Tryton now holds it.

        Raises:
            TransportError: kind "refused" when there is no such move.
        """
        return moves.document(self._rest.read(moves.MODEL, int(document_id), moves.FIELDS))

    def _company(self) -> tuple[int, str]:
        """Id and currency of the company whose books these are."""
        if self._known_company is None:
            rows = self._rest.search("company.company", ("currency.code",), [])
            wanted = self._connection.options.get("company", "")
            chosen = [row for row in rows if str(row["id"]) == wanted] if wanted else rows
            if len(chosen) != 1:
                seen = ", ".join(str(row["id"]) for row in rows) or "none"
                raise UserError(
                    f"which company's books these are is not clear: the key's user sees {seen}",
                    record=self._connection.name,
                    remedy="Set option company=ID.",
                )
            self._known_company = chosen[0]["id"], chosen[0]["currency"]["code"]
        return self._known_company

    def _journal(self) -> int:
        code = self._connection.options.get("journal", JOURNAL)
        rows = self._rest.search("account.journal", ("code",), [["code", "=", code]])
        if len(rows) != 1:
            raise UserError(
                f"Tryton has {len(rows)} journals with the code {code!r}",
                record=self._connection.name,
                remedy="Set option journal=CODE.",
            )
        identity: int = rows[0]["id"]
        return identity

    def _covering(
        self, model: str, company: int, day: date, fields: Sequence[str], *more: Sequence[object]
    ) -> list[Json]:
        """Periods or fiscal years that the day lies in, by start."""
        value = day_value(day)
        domain = [["company", "=", company], ["start_date", "<=", value], ["end_date", ">=", value], *more]
        return self._rest.search(model, fields, domain, order=[["start_date", "ASC"], ["id", "ASC"]])

    def _balances(self, company: int, day: date | None) -> list[ReportedBalance]:
        """`cumulate` makes debit and credit carry over the fiscal years before; unlike the field `balance` they never
        take in an account's children.
        """
        context: Json = {"company": company, "posted": True, "cumulate": True, "active_test": False}
        if day is not None:
            context["date"] = day_value(day)
        domain = [["company", "=", company], ["type", "!=", None]]
        rows = self._rest.search(_ACCOUNT, ("currency.code", "debit", "credit"), domain, context=context)
        now = self._clock.now()
        return [
            ReportedBalance(
                source=self._connection.name,
                account=str(row["id"]),
                currency=(currency := row["currency"]["code"]),
                minor=_minor(row, "debit", currency) - _minor(row, "credit", currency),
                day=day,
                fetched_at=now,
                basis="Tryton account.account debit less credit, posted",
            )
            for row in rows
        ]


def _minor(row: Json, name: str, currency: str) -> int:
    try:
        return parse(row[name], currency)
    except UserError as error:
        raise TransportError(
            f"the {name} of account {row['id']} cannot be read: {error.what}",
            kind="protocol",
            remedy="Look at it in Tryton.",
        ) from None
