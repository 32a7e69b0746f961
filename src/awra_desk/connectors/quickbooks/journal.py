"""A balanced entry as QuickBooks' JournalEntry, and back; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from awra_desk.connectors._http import Number, Reply, dumps, out_of_order
from awra_desk.domain.entries import DocumentState, Entry, EntryLine, LedgerDocument
from awra_desk.domain.errors import UserError
from awra_desk.domain.money import to_text
from awra_desk.normalise.fields import Amount, Misfit, Scope

DOC_NUMBER_LENGTH = 21
NOTE_LENGTH = 4000
_REFERENCE = re.compile(r"\bawra:[A-Za-z0-9-]+")
_DIMENSIONS = {"class": "ClassRef", "location": "DepartmentRef"}
_SIGNED = Amount("Amount", minor=False, sign=("JournalEntryLineDetail.PostingType", {"Debit": 1, "Credit": -1}))


def doc_number(reference: str) -> str:
    """The document number that stands for our reference: QuickBooks can be asked for a DocNumber, not for a note."""
    return f"AWRA-{hashlib.sha256(reference.encode()).hexdigest()[: DOC_NUMBER_LENGTH - 5]}"


def rendered(entry: Entry, reference: str) -> str:
    """The request body, the same text for the same entry and reference.

    Raises:
        UserError: the memo is too long, or a line has a dimension QuickBooks has no place for.
    """
    note = f"{entry.memo} {reference}".strip()
    if len(note) > NOTE_LENGTH:
        raise UserError(
            f"the memo is longer than {NOTE_LENGTH} characters",
            record=reference,
            remedy="Shorten it, then stage again.",
        )
    body = {
        "TxnDate": entry.day.isoformat(),
        "DocNumber": doc_number(reference),
        "PrivateNote": note,
        "CurrencyRef": {"value": entry.currency},
        "Line": [_line(line, entry.currency, reference) for line in entry.lines],
    }
    return dumps(body)


def document(reply: Reply, body: Any) -> LedgerDocument:
    """The document of a JournalEntry that QuickBooks answered with.

    Raises:
        TransportError: kind "protocol"; a part of it is missing.
    """
    try:
        currency = body["CurrencyRef"]["value"]
        return LedgerDocument(
            document_id=body["Id"],
            number=body.get("DocNumber", ""),
            state=DocumentState.POSTED,
            day=date.fromisoformat(body["TxnDate"]),
            currency=currency,
            reference=reference_in(body.get("PrivateNote", "")),
            lines=tuple(_entry_line(line, currency) for line in body["Line"] if "JournalEntryLineDetail" in line),
        )
    except (KeyError, TypeError, ValueError, Misfit, UserError) as error:
        raise out_of_order(reply, f"a journal entry cannot be read ({type(error).__name__}: {error})") from None


def reference_in(note: str) -> str:
    """Our reference in a note, or ""."""
    found = _REFERENCE.search(note)
    return found[0] if found else ""


def _line(line: EntryLine, currency: str, reference: str) -> Mapping[str, Any]:
    detail: dict[str, Any] = {
        "PostingType": "Debit" if line.minor > 0 else "Credit",
        "AccountRef": {"value": line.account},
    }
    for name, value in line.dimensions:
        if name not in _DIMENSIONS:
            raise UserError(
                f"QuickBooks has no place for the dimension {name!r}",
                record=reference,
                remedy=f"Use {' or '.join(_DIMENSIONS)}.",
            )
        detail[_DIMENSIONS[name]] = {"value": value}
    text = {"Description": line.description[:NOTE_LENGTH]} if line.description else {}
    return {
        "Amount": Number(to_text(abs(line.minor), currency)),
        **text,
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": detail,
    }


def _entry_line(line: Mapping[str, Any], currency: str) -> EntryLine:
    detail = line["JournalEntryLineDetail"]
    return EntryLine(
        account=detail["AccountRef"]["value"],
        minor=_SIGNED.read(Scope(line), currency, {}),
        description=line.get("Description", ""),
        dimensions=tuple((name, detail[key]["value"]) for name, key in _DIMENSIONS.items() if key in detail),
    )
