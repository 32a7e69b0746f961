"""What Xero accepts of a document that a client creates; the refusals in Xero's own words."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.servers.xero._books import XeroBooks, dated, identity, money

_JOURNAL_KEYS = frozenset({"Narration", "Date", "LineAmountTypes", "Status", "JournalLines", "Url", "HasAttachments"})
_JOURNAL_LINE = frozenset({"LineAmount", "AccountCode", "AccountID", "Description", "TaxType", "Tracking"})
_BANK_KEYS = frozenset(
    {"Type", "Contact", "BankAccount", "Date", "Reference", "CurrencyCode", "LineAmountTypes", "Status", "LineItems"}
)
_BANK_LINE = frozenset({"LineAmount", "UnitAmount", "Quantity", "AccountCode", "Description", "TaxType", "Tracking"})


class Refusal(Exception):
    """What a document is refused for, one sentence each."""

    def __init__(self, element: Json, *messages: str) -> None:
        self.element = {**element, "ValidationErrors": [{"Message": text} for text in messages]}
        super().__init__("; ".join(messages))


def create(books: XeroBooks, resource: str, element: Json, number: int) -> Json:
    """Keeps the document and gives it as Xero answers with it.

    Raises:
        Refusal: Xero would not take it.
    """
    make: Callable[[XeroBooks, Json, int], Json] = {"ManualJournals": _journal, "BankTransactions": _bank}[resource]
    return books.put(resource, make(books, element, number))


def _journal(books: XeroBooks, element: Json, number: int) -> Json:
    lines = _checked(books, element, "JournalLines", _JOURNAL_KEYS, _JOURNAL_LINE)
    held = {row["Code"]: row for row in books.accounts()}
    for line in lines:
        account = held[line["AccountCode"]]
        if account["Type"] == "BANK" or account.get("SystemAccount") in ("DEBTORS", "CREDITORS"):
            raise Refusal(element, f"Account code '{account['Code']}' cannot be used in a Manual Journal.")
    if total := sum((line["LineAmount"] for line in lines), Decimal(0)):
        raise Refusal(element, f"The total debits ({total}) must equal total credits.")
    if not element.get("Narration"):
        raise Refusal(element, "Narration is mandatory")
    return {
        **element,
        "Status": element.get("Status", "DRAFT"),
        "ManualJournalID": identity("created", number),
        "Date": dated(_day(element["Date"]))["Date"],
        "JournalLines": [{"TaxType": "NONE", "TaxAmount": money(0), "IsBlank": False, **line} for line in lines],
    }


def _bank(books: XeroBooks, element: Json, number: int) -> Json:
    lines = _checked(books, element, "LineItems", _BANK_KEYS, _BANK_LINE)
    bank = next((row for row in books.accounts() if row["AccountID"] == element["BankAccount"].get("AccountID")), None)
    if bank is None or bank["Type"] != "BANK":
        raise Refusal(element, "Invalid Bank Account")
    total = sum((line["LineAmount"] for line in lines), Decimal(0))
    if total <= 0:
        raise Refusal(element, "The document total must be greater than zero.")
    items = [{**line, "LineItemID": identity("created", number, place)} for place, line in enumerate(lines)]
    name = identity("created", number)
    made = books.bank_transaction(name, _day(element["Date"]), "bank", int(total.scaleb(2)), items)
    contact = {**element["Contact"], "ContactID": identity("contact", element["Contact"].get("Name"))}
    return {**made, "Type": element["Type"], "Contact": contact, "Reference": element.get("Reference", "")}


def _day(text: str) -> date:
    """A date as clients write it: ISO, or Xero's own milliseconds (its SDK does)."""
    found = re.fullmatch(r"/Date\((\d+)(?:[+-]\d{4})?\)/", text)
    return datetime.fromtimestamp(int(found[1]) // 1000, UTC).date() if found else date.fromisoformat(text)


def _checked(
    books: XeroBooks, element: Json, key: str, known: frozenset[str], known_line: frozenset[str]
) -> list[Json]:
    """The lines, when everything in the document is known and the day is open."""
    lines: list[Any] = element.get(key) or []
    if unknown := set(element) - known | {name for line in lines for name in set(line) - known_line}:
        raise Refusal(element, f"Unknown field {min(unknown)}")
    held = {row["Code"]: row for row in books.accounts()}
    for line in lines:
        account = held.get(line.get("AccountCode", ""))
        if account is None or account["Status"] != "ACTIVE":
            raise Refusal(element, f"Account code '{line.get('AccountCode')}' is not a valid code for this document.")
        if not isinstance(line.get("LineAmount"), Decimal | int):
            raise Refusal(element, "LineAmount must be a number")
    if books.period_lock is not None and _day(element["Date"]) <= books.period_lock:
        raise Refusal(
            element,
            "The document date cannot be before the end of year lock date or the period lock date, currently"
            f" {books.period_lock:%d %B %Y}.",
        )
    return lines
