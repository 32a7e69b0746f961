"""Reads the body of a journal entry that a client wants to create or update, with QuickBooks' own refusals."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.servers import exact_json
from awra_desk.sandbox.servers.quickbooks import _faults
from awra_desk.sandbox.servers.quickbooks._render import currency_reference

DOC_NUMBER_LENGTH = 21
PRIVATE_NOTE_LENGTH = 4000
DESCRIPTION_LENGTH = 4000

HEAD_PROPERTIES = frozenset({
    "Adjustment", "CurrencyRef", "CustomField", "DocNumber", "ExchangeRate", "Id", "Line", "LinkedTxn", "MetaData",
    "PrivateNote", "SyncToken", "TotalAmt", "TxnDate", "TxnTaxDetail", "domain", "sparse",
})  # fmt: skip
LINE_PROPERTIES = frozenset({
    "Amount", "CustomField", "Description", "DetailType", "Id", "JournalEntryLineDetail", "LineNum", "LinkedTxn",
})  # fmt: skip
DETAIL_PROPERTIES = frozenset({
    "AccountRef", "BillableStatus", "ClassRef", "DepartmentRef", "Entity", "PostingType", "TaxAmount",
    "TaxApplicableOn", "TaxCodeRef",
})  # fmt: skip
"""Properties a request may name. The tests prove them against the provider's schema; what is not here is refused."""


def read_body(body: bytes) -> Json:
    """The JSON object of a request without its nulls.

    Raises:
        Refusal: it is none.
    """
    try:
        document = exact_json.loads(body)
    except ValueError as error:
        raise _faults.unsupported_property(f"Unable to parse the request body: {error}") from error
    if not isinstance(document, dict):
        raise _faults.unsupported_property("Unable to parse the request body: not an object")
    return {key: value for key, value in document.items() if value is not None}


def read_journal_entry(
    document: Mapping[str, Any], accounts: Mapping[str, Json], *, today: date, currency: str = "USD"
) -> Json:
    """What the company will hold of the entry, without Id, SyncToken and MetaData.

    Args:
        document: the request's object.
        accounts: account id to Account.
        today: the date of an entry that names none. currency: of the books.

    Raises:
        Refusal: with the provider's code and the property concerned.
    """
    _only_known(document, HEAD_PROPERTIES)
    lines = document.get("Line")
    if not isinstance(lines, list) or not lines:
        raise _faults.missing("Line")
    entry: Json = {"Adjustment": bool(document.get("Adjustment", False))}
    for name, length in (("DocNumber", DOC_NUMBER_LENGTH), ("PrivateNote", PRIVATE_NOTE_LENGTH)):
        text = _text(document, name, length)
        if text:
            entry[name] = text
    entry["TxnDate"] = _day(document.get("TxnDate") or today.isoformat())
    entry["CurrencyRef"] = _currency(document.get("CurrencyRef"), currency)
    entry["Line"] = [_line(line, str(place), accounts) for place, line in enumerate(lines)]
    signed = {"Debit": 1, "Credit": -1}
    total = sum(
        (signed[line["JournalEntryLineDetail"]["PostingType"]] * line["Amount"] for line in entry["Line"]), Decimal(0)
    )
    if total != 0:
        raise _faults.business("The debits and the credits of a journal entry must be equal: out of balance.")
    return entry


def _line(line: Any, identity: str, accounts: Mapping[str, Json]) -> Json:
    if not isinstance(line, dict):
        raise _faults.missing("Line")
    line = {key: value for key, value in line.items() if value is not None}
    _only_known(line, LINE_PROPERTIES)
    if line.get("DetailType") != "JournalEntryLineDetail":
        raise _faults.invalid_enumeration("DetailType", line.get("DetailType"))
    detail = line.get("JournalEntryLineDetail")
    if not isinstance(detail, dict):
        raise _faults.missing("JournalEntryLineDetail")
    detail = {key: value for key, value in detail.items() if value is not None}
    _only_known(detail, DETAIL_PROPERTIES)
    if detail.get("PostingType") not in ("Debit", "Credit"):
        raise _faults.invalid_enumeration("PostingType", detail.get("PostingType"))
    account = _account(detail.get("AccountRef"), accounts)
    if account["AccountType"] in ("Accounts Receivable", "Accounts Payable") and "Entity" not in detail:
        raise _faults.business("When you use Accounts Receivable or Payable, you must choose a name on that line.")
    kept: Json = {
        "PostingType": detail["PostingType"],
        "AccountRef": {"value": account["Id"], "name": account["Name"]},
    }
    if "Entity" in detail:
        kept["Entity"] = detail["Entity"]
    text = _text(line, "Description", DESCRIPTION_LENGTH)
    return {
        "Id": identity,
        **({"Description": text} if text else {}),
        "Amount": _amount(line.get("Amount")),
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": kept,
    }


def _only_known(document: Mapping[str, Any], known: frozenset[str]) -> None:
    for name in document:
        if name not in known:
            raise _faults.unsupported_property(name)


def _text(document: Mapping[str, Any], name: str, length: int) -> str:
    text = document.get(name, "")
    if not isinstance(text, str):
        raise _faults.unsupported_property(name)
    if len(text) > length:
        raise _faults.too_long(name, length, len(text))
    return text


def _day(text: Any) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except (TypeError, ValueError):
        raise _faults.unsupported_property("TxnDate") from None


def _currency(reference: Any, currency: str) -> dict[str, str]:
    code = reference.get("value") if isinstance(reference, dict) else None
    if reference is not None and code != currency:
        raise _faults.business(f"The company's books are kept in {currency} and do not use other currencies.")
    return currency_reference(currency)


def _account(reference: Any, accounts: Mapping[str, Json]) -> Json:
    identity = reference.get("value") if isinstance(reference, dict) else None
    if not isinstance(identity, str):
        raise _faults.missing("AccountRef")
    account = accounts.get(identity)
    if account is None:
        raise _faults.invalid_reference("Accounts", identity, "AccountRef")
    if not account["Active"]:
        raise _faults.inactive_reference("AccountRef")
    return account


def _amount(value: Any) -> Decimal:
    """Major units with exactly two decimals; numbers are exact already, and text is read as the provider does."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise _faults.missing("Amount") if value is None else _faults.invalid_number("Amount", value)
    try:
        amount = Decimal(value)
        cents = amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        raise _faults.invalid_number("Amount", value) from None
    if cents != amount:
        raise _faults.invalid_number("Amount", value)
    if amount < 0:
        raise _faults.business("Transaction amount must be 0 or greater.")
    return cents
