"""QuickBooks Online as a ledger: `ports.connections.Ledger`."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from importlib.resources import files
from typing import Any

from awra_desk.connectors._http import BaseTransport, Guard, Reply, out_of_order
from awra_desk.connectors.quickbooks.api import QuickBooksApi, queried
from awra_desk.connectors.quickbooks.journal import doc_number, document, rendered
from awra_desk.connectors.quickbooks.pull import ENTITIES, Cursor, Puller
from awra_desk.connectors.quickbooks.reports import trial_balance
from awra_desk.domain.controls import ReportedBalance
from awra_desk.domain.dates import booking_day
from awra_desk.domain.entries import Account, Entry, LedgerDocument
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection, OutcomeUnknown, Page, TransportError
from awra_desk.ports.system import Clock

JOURNAL_ENTRY = "JournalEntry"


class QuickBooksLedger:
    """One company's books.

    Args:
        connection, secret: see `api.QuickBooksApi`.
        save_secret: stores a renewed secret durably before it returns.

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
        save_secret: Callable[[dict[str, Any]], None],
        transport: BaseTransport | None = None,
        guard: Guard,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._api = QuickBooksApi(
            connection, secret, clock=clock, rng=rng, save_secret=save_secret, transport=transport, guard=guard
        )

    @property
    def streams(self) -> tuple[str, ...]:
        """In the order of a pull."""
        return tuple(ENTITIES)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Documents changed since the cursor; deleted ones as `{"status": "Deleted", "Id": …}`.

        Raises:
            UsageError: no such stream, or an unreadable cursor.
            TransportError: after the retries the failure policy allows.
        """
        if stream not in ENTITIES:
            raise UsageError(f"QuickBooks has no stream {stream!r}", remedy=f"Use one of: {', '.join(ENTITIES)}.")
        start = Cursor.read(cursor)
        yield from Puller(self._api, self._connection.name, self._clock, self._envelope).pages(stream, start)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """Every account's trial balance, accrual basis, in the company's currency, at the end of each day.

        With no days, of today.
        """
        accounts = self._accounts
        found = []
        for day in days or (booking_day(self._clock.now(), self._connection.zone),):
            currency, balances = trial_balance(self._api.trial_balance(day))
            known = {account["Id"] for account in accounts} | set(balances)
            now = self._clock.now()
            found += [
                ReportedBalance(
                    source=self._connection.name,
                    account=account,
                    currency=currency,
                    minor=balances.get(account, 0),
                    day=day,
                    fetched_at=now,
                    basis="QuickBooks TrialBalance",
                )
                for account in sorted(known)
            ]
        return found

    def accounts(self) -> list[Account]:
        """The chart, inactive accounts included, sorted by id."""
        self.__dict__.pop("_accounts", None)
        return [
            Account(
                account_id=row["Id"],
                code=row.get("AcctNum", ""),
                name=row.get("FullyQualifiedName") or row.get("Name", ""),
                kind=row.get("AccountType", ""),
                currency=row.get("CurrencyRef", {}).get("value", ""),
                active=row.get("Active") is True,
            )
            for row in self._accounts
        ]

    def render(self, entry: Entry, reference: str) -> str:
        """The JournalEntry to post, as JSON; our reference is in its PrivateNote, and its DocNumber is derived from it.

        Raises:
            UserError: QuickBooks cannot hold the entry.
        """
        return rendered(entry, reference)

    def period_open(self, day: date) -> bool:
        """Whether the day is behind the closing date of the books."""
        _, preferences = self._preferences()
        closed = preferences.get("AccountingInfoPrefs", {}).get("BookCloseDate")
        return not closed or day > date.fromisoformat(closed)

    def find(self, reference: str) -> list[LedgerDocument]:
        """Journal entries with the document number that stands for our reference, sorted by id.

        QuickBooks cannot be asked for a note's text. An entry whose note was changed by hand still counts as ours.
        """
        number = doc_number(reference)  # hexadecimal, whatever the reference holds
        reply = self._api.query(f"select * from {JOURNAL_ENTRY} where DocNumber = '{number}'")  # noqa: S608
        found = [document(reply, row) for row in queried(reply, JOURNAL_ENTRY)]
        return sorted(found, key=lambda item: item.document_id)

    def post(self, payload: str, *, reference: str, key: str) -> LedgerDocument:
        """Create the journal entry, with the key as requestid.

        Raises:
            PostingRefused, OutcomeUnknown, TransportError: as the port says.
        """
        if reference not in payload:
            raise ValueError("the payload does not carry the reference")
        reply = self._api.create(JOURNAL_ENTRY, payload, key)
        try:
            return document(reply, reply.body[JOURNAL_ENTRY])
        except (KeyError, TypeError, TransportError):
            raise OutcomeUnknown(
                "QuickBooks accepted the entry but its answer does not show it",
                record=f"{reference} (request {reply.request_id})",
                remedy="It is looked up by its reference before anything is sent again.",
            ) from None

    def read(self, document_id: str) -> LedgerDocument:
        """The journal entry as QuickBooks now holds it."""
        reply = self._api.read(JOURNAL_ENTRY, document_id)
        if not isinstance(reply.body, dict) or JOURNAL_ENTRY not in reply.body:
            raise out_of_order(reply, f"there is no {JOURNAL_ENTRY} in it")
        return document(reply, reply.body[JOURNAL_ENTRY])

    @cached_property
    def _accounts(self) -> list[dict[str, Any]]:
        """The chart as QuickBooks gives it, by id."""
        rows: dict[str, dict[str, Any]] = {}
        for reply, _ in self._api.walk("Account", "Active in (true, false)"):
            for row in queried(reply, "Account"):
                if not isinstance(row, dict) or not isinstance(row.get("Id"), str):
                    raise out_of_order(reply, "an account has no Id")
                rows[row["Id"]] = row
        return [rows[identity] for identity in sorted(rows)]

    @cached_property
    def _envelope(self) -> dict[str, Any]:
        """What documents mean without saying it."""
        reply, preferences = self._preferences()
        currency = preferences.get("CurrencyPrefs", {}).get("HomeCurrency", {}).get("value")
        if not isinstance(currency, str):
            raise out_of_order(reply, "the company names no home currency")
        funds = [row["Id"] for row in self._accounts if row.get("AccountSubType") == "UndepositedFunds"]
        return {"home_currency": currency, "undeposited_funds": funds[0] if len(funds) == 1 else None}

    def _preferences(self) -> tuple[Reply, dict[str, Any]]:
        reply = self._api.query("select * from Preferences")
        rows = queried(reply, "Preferences")
        if len(rows) != 1 or not isinstance(rows[0], dict):
            raise out_of_order(reply, "there are no Preferences in it")
        return reply, rows[0]


def contract_text() -> str:
    """The contract file in force."""
    return (files(__package__) / "contract-1.toml").read_text("utf-8")
