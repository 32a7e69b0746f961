"""A balanced entry as the Xero document that can hold it, and back; pure.

A manual journal holds everything but bank accounts and the control accounts of debtors and creditors. An entry that
touches one bank account becomes a bank transaction of that account instead, its other lines as items; what neither can
hold is refused. Xero writes a journal's credits as negative amounts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awra_desk.connectors._http import Number, Reply, dumps, out_of_order
from awra_desk.connectors.xero import times
from awra_desk.domain.entries import DocumentState, Entry, EntryLine, LedgerDocument
from awra_desk.domain.errors import UserError
from awra_desk.domain.money import to_text
from awra_desk.normalise.fields import Amount, Misfit, Scope

MANUAL_JOURNALS = "ManualJournals"
BANK_TRANSACTIONS = "BankTransactions"
TRACKING = 2
"""Tracking categories a line may have."""

_REFERENCE = re.compile(r"\bawra:[A-Za-z0-9-]+")
_AMOUNT = Amount("LineAmount", minor=False)
_GONE = frozenset({"DELETED", "VOIDED", "ARCHIVED"})


@dataclass(frozen=True, slots=True)
class Chart:
    """What the rendering must know of the organisation.

    Attributes:
        banks: accounts of type BANK -> their AccountID. control: debtors' and creditors' accounts. currency: its own.
        contact: name for bank transactions, which need one. state: "POSTED" or "DRAFT" for manual journals.
    """

    banks: Mapping[str, str]
    control: frozenset[str]
    currency: str
    contact: str
    state: str


def name_of(account: Mapping[str, Any]) -> str:
    """How an account is named here: its code, or its id where it has none."""
    return str(account.get("Code") or account.get("AccountCode") or account["AccountID"])


def rendered(entry: Entry, reference: str, chart: Chart) -> str:
    """The request body, the same text for the same entry, reference and chart.

    Raises:
        UserError: no document of Xero's can hold the entry.
    """
    accounts = [line.account for line in entry.lines]
    if control := sorted(set(accounts) & chart.control):
        words = f"Xero lets nobody but its own invoices and payments post to {control[0]}"
        raise UserError(words, record=reference, remedy="Enter an invoice, a credit note or a payment in Xero.")
    banks = [line for line in entry.lines if line.account in chart.banks]
    if len(banks) > 1:
        raise UserError("the entry touches bank accounts in several lines", record=reference,
                        remedy="Enter a bank transfer in Xero, or propose one entry for each.")  # fmt: skip
    if banks:
        return _bank_transaction(entry, banks[0], reference, chart)
    if entry.currency != chart.currency:
        words = f"a manual journal is kept in {chart.currency}, the entry is in {entry.currency}"
        raise UserError(words, record=reference, remedy=f"Book it in {chart.currency}.")
    body = {
        "Narration": f"{entry.memo} {reference}".strip(),
        "Date": entry.day.isoformat(),
        "LineAmountTypes": "NoTax",
        "Status": chart.state,
        "JournalLines": [_line(line, line.minor, entry.currency, reference) for line in entry.lines],
    }
    return dumps({MANUAL_JOURNALS: [body]})


def resource_of(payload: Mapping[str, Any]) -> str:
    """Where a rendered body goes."""
    return MANUAL_JOURNALS if MANUAL_JOURNALS in payload else BANK_TRANSACTIONS


def documents(reply: Reply, resource: str, currency: str, names: Mapping[str, str]) -> list[LedgerDocument]:
    """The documents of an answer that count or may come to count; deleted and voided ones are gone.

    Args:
        currency: the organisation's. names: AccountID -> how the account is named here.

    Raises:
        TransportError: kind "protocol"; a part of one is missing.
    """
    try:
        rows = [row for row in reply.body[resource] if row.get("Status") not in _GONE]
        read = _journal if resource == MANUAL_JOURNALS else _transaction
        return [read(row, currency, names) for row in rows]
    except (KeyError, TypeError, ValueError, Misfit, UserError) as error:
        raise out_of_order(reply, f"a document cannot be read ({type(error).__name__}: {error})") from None


def _bank_transaction(entry: Entry, bank: EntryLine, reference: str, chart: Chart) -> str:
    sign = 1 if bank.minor > 0 else -1
    # Money received is made of credits, money spent of debits; what goes the other way is negative.
    items = [_line(line, -sign * line.minor, entry.currency, reference) for line in entry.lines if line is not bank]
    body = {
        "Type": "RECEIVE" if sign > 0 else "SPEND",
        "Contact": {"Name": chart.contact},
        "BankAccount": {"AccountID": chart.banks[bank.account]},
        "Date": entry.day.isoformat(),
        "Reference": f"{entry.memo} {reference}".strip(),
        "CurrencyCode": entry.currency,
        "LineAmountTypes": "NoTax",
        "Status": "AUTHORISED",
        "LineItems": [{**item, "Quantity": 1, "UnitAmount": item["LineAmount"]} for item in items],
    }
    return dumps({BANK_TRANSACTIONS: [body]})


def _line(line: EntryLine, minor: int, currency: str, reference: str) -> dict[str, Any]:
    if len(line.dimensions) > TRACKING:
        raise UserError(f"a line of Xero has {TRACKING} tracking categories at most", record=reference,
                        remedy="Leave the others out.")  # fmt: skip
    tracking = [{"Name": name, "Option": value} for name, value in line.dimensions]
    return {
        "LineAmount": Number(to_text(minor, currency)),
        "AccountCode": line.account,
        **({"Description": line.description} if line.description else {}),
        **({"Tracking": tracking} if tracking else {}),
    }


def _journal(row: Mapping[str, Any], currency: str, names: Mapping[str, str]) -> LedgerDocument:
    del names
    lines = [_entry_line(line, 1, currency) for line in row["JournalLines"]]
    state = {"POSTED": DocumentState.POSTED, "DRAFT": DocumentState.DRAFT}[row["Status"]]
    return _document(row, row["ManualJournalID"], state, row["Narration"], currency, lines)


def _transaction(row: Mapping[str, Any], currency: str, names: Mapping[str, str]) -> LedgerDocument:
    used = row.get("CurrencyCode") or currency
    sign = {"RECEIVE": 1, "SPEND": -1}[row["Type"]]
    total = Amount("Total", minor=False).read(Scope(row), used, {})
    account = row["BankAccount"]
    bank = EntryLine(names.get(account["AccountID"]) or name_of(account), sign * total, "")
    lines = [bank, *(_entry_line(line, -sign, used) for line in row["LineItems"])]
    state = {"AUTHORISED": DocumentState.POSTED}[row["Status"]]
    return _document(row, row["BankTransactionID"], state, row.get("Reference") or "", used, lines)


def _document(
    row: Mapping[str, Any], identity: str, state: DocumentState, text: str, currency: str, lines: list[EntryLine]
) -> LedgerDocument:
    found = _REFERENCE.search(text)
    return LedgerDocument(
        document_id=identity,
        number="",
        state=state,
        day=times.day(row),
        currency=currency,
        reference=found[0] if found else "",
        lines=tuple(lines),
    )


def _entry_line(line: Mapping[str, Any], sign: int, currency: str) -> EntryLine:
    minor = sign * _AMOUNT.read(Scope(line), currency, {})
    return EntryLine(name_of(line), minor, line.get("Description") or "")
