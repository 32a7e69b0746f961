"""Xero as a ledger: `ports.connections.Ledger`."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from awra_desk.connectors._http import BaseTransport, Guard, Reply, loads, out_of_order
from awra_desk.connectors.xero import journal, times
from awra_desk.connectors.xero.api import XeroApi, listed
from awra_desk.connectors.xero.pull import JOURNALS, STREAMS, TRANSFERS, Cursor, Puller
from awra_desk.connectors.xero.reports import trial_balance
from awra_desk.domain.controls import ReportedBalance
from awra_desk.domain.dates import booking_day
from awra_desk.domain.entries import Account, Entry, LedgerDocument
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection, OutcomeUnknown, Page, TransportError
from awra_desk.ports.system import Clock

CONTACT = "AWRA Desk"
"""Contact of the bank transactions we write, unless option `contact` names another."""

_REFERENCE = re.compile(r"awra:[A-Za-z0-9-]+")
_SYSTEM = {"receivable": "DEBTORS", "payable": "CREDITORS", "tax_account": "GST"}


class XeroLedger:
    """One organisation's books.

    Args:
        connection: see `api.XeroApi`; option `journals` ("true") to read Xero's own journals as well, where the app's
            tier may; `contact`; `post_as`: "posted" or "draft" for the manual journals we write.
        secret: see `api.XeroApi`.
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
        self._state = connection.options.get("post_as", "posted").upper()
        if self._state not in ("POSTED", "DRAFT"):
            raise UsageError("entries are posted or kept as drafts", record=connection.name,
                             remedy="Set option post_as=posted or post_as=draft.")  # fmt: skip
        self._api = XeroApi(
            connection, secret, clock=clock, rng=rng, save_secret=save_secret, transport=transport, guard=guard
        )

    @property
    def streams(self) -> tuple[str, ...]:
        """In the order of a pull."""
        return (*STREAMS, JOURNALS) if self._connection.options.get("journals") == "true" else tuple(STREAMS)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Documents changed since the cursor, deleted and voided ones included.

        Raises:
            UsageError: no such stream, or an unreadable cursor.
            TransportError: after the retries the failure policy allows; kind "rate" when the day's calls are spent.
        """
        if stream not in self.streams:
            raise UsageError(f"Xero has no stream {stream!r}", remedy=f"Use one of: {', '.join(self.streams)}.")
        start = Cursor.read(cursor)
        yield from Puller(self._api, self._connection.name, self._clock, self._envelope).pages(stream, start)

    def balances(self, days: Sequence[date]) -> list[ReportedBalance]:
        """Every account's trial balance, accrual basis, in the organisation's currency, at the end of each day.

        With no days, of today. A bank account of another currency is left out: Xero tells its balance converted.
        """
        currency = self._organisation[1]["BaseCurrency"]
        names = {identity: journal.name_of(row) for identity, row in self._chart_by_id.items()}
        foreign = {row["AccountID"] for row in self._accounts if row.get("CurrencyCode") not in (None, "", currency)}
        found = []
        for day in days or (booking_day(self._clock.now(), self._connection.zone),):
            balances = trial_balance(self._api.get("Reports/TrialBalance", (("date", day.isoformat()),)), currency)
            now = self._clock.now()
            found += [
                ReportedBalance(
                    source=self._connection.name,
                    account=names.get(account, account),
                    currency=currency,
                    minor=balances.get(account, 0),
                    day=day,
                    fetched_at=now,
                    basis="Xero TrialBalance",
                )
                for account in sorted((set(names) | set(balances)) - foreign)
            ]
        return found

    def accounts(self) -> list[Account]:
        """The chart, archived accounts included, sorted by id (the code, where there is one)."""
        for name in ("_accounts", "_chart_by_id", "_system"):
            self.__dict__.pop(name, None)
        found = [
            Account(
                account_id=journal.name_of(row),
                code=row.get("Code") or "",
                name=row.get("Name") or "",
                kind=row.get("Type") or "",
                currency=row.get("CurrencyCode") or "",
                active=row.get("Status") == "ACTIVE",
            )
            for row in self._accounts
        ]
        return sorted(found, key=lambda account: account.account_id)

    def render(self, entry: Entry, reference: str) -> str:
        """The manual journal or bank transaction to create, as JSON; our reference is in its text.

        Raises:
            UserError: Xero cannot hold the entry.
        """
        return journal.rendered(entry, reference, self._chart)

    def period_open(self, day: date) -> bool:
        """Whether the day is behind both lock dates."""
        self.__dict__.pop("_organisation", None)
        reply, organisation = self._organisation
        try:
            locks = [times.day(organisation, name) for name in ("PeriodLockDate", "EndOfYearLockDate")
                     if organisation.get(name)]  # fmt: skip
        except ValueError as error:
            raise out_of_order(reply, f"a lock date is {error}") from None
        return all(day > lock for lock in locks)

    def find(self, reference: str) -> list[LedgerDocument]:
        """Manual journals and bank transactions whose text carries the reference, drafts included, sorted by id."""
        if not _REFERENCE.fullmatch(reference):
            raise ValueError(f"{reference!r} is no reference of ours")
        found: list[LedgerDocument] = []
        for resource, field in ((journal.MANUAL_JOURNALS, "Narration"), (journal.BANK_TRANSACTIONS, "Reference")):
            where = f'{field}!=null AND {field}.Contains("{reference}")'
            reply = self._api.get(resource, (("where", where), ("page", "1")))
            found += self._documents(reply, resource)
        return sorted((item for item in found if item.reference == reference), key=lambda item: item.document_id)

    def post(self, payload: str, *, reference: str, key: str) -> LedgerDocument:
        """Create the document, with the key as Idempotency-Key. Xero forgets keys within minutes, so what carries the
        reference already is looked up first and not made a second time.

        Raises:
            PostingRefused, OutcomeUnknown, TransportError: as the port says.
        """
        if reference not in payload:
            raise ValueError("the payload does not carry the reference")
        if found := self.find(reference):
            return found[0]
        resource = journal.resource_of(loads(payload))
        reply = self._api.create(resource, payload, key)
        try:
            (document,) = self._documents(reply, resource)
        except (ValueError, TransportError):
            raise OutcomeUnknown(
                "Xero accepted the entry but its answer does not show it",
                record=reference,
                remedy="It is looked up by its reference before anything is sent again.",
            ) from None
        return document

    def read(self, document_id: str) -> LedgerDocument:
        """The document as Xero now holds it.

        Raises:
            UsageError: no such id.
        """
        if not re.fullmatch(r"[0-9A-Fa-f-]{36}", document_id):
            raise UsageError(f"{document_id!r} is no id of a Xero document", remedy="Use the id that Xero gave.")
        for resource in (journal.MANUAL_JOURNALS, journal.BANK_TRANSACTIONS):
            reply = self._api.get(f"{resource}/{document_id}", accept=(404,))
            if reply.status != 404 and (found := self._documents(reply, resource)):
                return found[0]
        raise UsageError("Xero holds no such document, or it is void", record=document_id, remedy="Pull again.")

    def _documents(self, reply: Reply, resource: str) -> list[LedgerDocument]:
        names = {identity: journal.name_of(row) for identity, row in self._chart_by_id.items()}
        return journal.documents(reply, resource, self._organisation[1]["BaseCurrency"], names)

    def _envelope(self, stream: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """What a document means without saying it."""
        facts: dict[str, Any] = {"home_currency": self._organisation[1]["BaseCurrency"], **self._system}
        if stream == TRANSFERS:
            for name in ("from", "to"):
                facts |= self._account(row, f"{name.title()}BankAccount", name)
        elif stream == "payments":
            facts |= self._account(row, "Account", "own")
        elif stream == "bank_transactions":
            facts |= self._account(row, "BankAccount", "own")
        elif stream in ("invoices", "credit_notes"):
            side = "receivable" if str(row.get("Type", "")).startswith("ACCREC") else "payable"
            facts["own_account"] = facts[side]
        return facts

    def _account(self, row: Mapping[str, Any], key: str, name: str) -> dict[str, Any]:
        """Name and currency of an account that a document points at, by its id or its code alone."""
        there = row.get(key)
        account: Mapping[str, Any] = there if isinstance(there, dict) else {}
        known = self._chart_by_id.get(str(account.get("AccountID")), account)
        shown = journal.name_of(known) if known.get("Code") or known.get("AccountID") else None
        return {f"{name}_account": shown, f"{name}_currency": known.get("CurrencyCode") or ""}

    @cached_property
    def _accounts(self) -> list[dict[str, Any]]:
        """The chart as Xero gives it, by id."""
        reply = self._api.get("Accounts")
        rows = listed(reply, "Accounts")
        if any(not isinstance(row.get("AccountID"), str) for row in rows):
            raise out_of_order(reply, "an account has no AccountID")
        return sorted(rows, key=lambda row: str(row["AccountID"]))

    @cached_property
    def _chart_by_id(self) -> dict[str, dict[str, Any]]:
        return {row["AccountID"]: row for row in self._accounts}

    @cached_property
    def _system(self) -> dict[str, str | None]:
        """Names of the accounts that documents post to without saying so."""
        by_kind = {row.get("SystemAccount"): journal.name_of(row) for row in self._accounts if row.get("SystemAccount")}
        return {name: by_kind.get(kind) for name, kind in _SYSTEM.items()}

    @property
    def _chart(self) -> journal.Chart:
        banks = {journal.name_of(row): row["AccountID"] for row in self._accounts if row.get("Type") == "BANK"}
        control = {self._system[name] for name in ("receivable", "payable")} - {None}
        return journal.Chart(
            banks=banks,
            control=frozenset(str(name) for name in control),
            currency=self._organisation[1]["BaseCurrency"],
            contact=self._connection.options.get("contact", CONTACT),
            state=self._state,
        )

    @cached_property
    def _organisation(self) -> tuple[Reply, dict[str, Any]]:
        reply = self._api.get("Organisation")
        rows = listed(reply, "Organisations")
        if len(rows) != 1 or not isinstance(rows[0].get("BaseCurrency"), str):
            raise out_of_order(reply, "there is no organisation with its currency in it")
        return reply, rows[0]
