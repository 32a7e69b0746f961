"""An entry as Tryton's account move, and back; pure.

What is rendered is the very body of the request that creates the move: a draft with its company, journal and period as
Tryton's own ids, and our reference at the end of its description.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from awra_desk.connectors._http import JsonRefused, dumps, loads
from awra_desk.connectors.tryton.wire import Json, day_value, money_value, plain
from awra_desk.domain.entries import DocumentState, Entry, EntryLine, LedgerDocument
from awra_desk.domain.errors import UserError
from awra_desk.domain.money import parse
from awra_desk.ports.connections import PostingRefused, TransportError

MODEL = "account.move"
FIELDS = (
    "company.currency.code",
    "create_date",
    "date",
    "description",
    "journal.code",
    "lines.account.code",
    "lines.amount_second_currency",
    "lines.credit",
    "lines.debit",
    "lines.description",
    "lines.party.name",
    "lines.second_currency.code",
    "number",
    "origin",
    "period.name",
    "post_date",
    "state",
    "write_date",
)
"""What is read of each move; the pull keeps all of it."""

_REFERENCE = re.compile(r"\bawra:[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Books:
    """Where an entry goes: Tryton's ids, and the company's currency."""

    company: int
    currency: str
    journal: int
    period: int


def rendered(entry: Entry, reference: str, books: Books) -> str:
    """The request body, the same text for the same entry, reference and books.

    Raises:
        UserError: Tryton's accounting module has no place for something in it.
    """
    if entry.currency != books.currency:
        raise UserError(
            f"the entry is in {entry.currency}, the company keeps its books in {books.currency}",
            record=reference,
            remedy=f"Book it in {books.currency}.",
        )
    body = {
        "company": books.company,
        "journal": books.journal,
        "period": books.period,
        "date": day_value(entry.day),
        "description": _one_line(f"{entry.memo} {reference}"),
        "lines": [["create", [_line(line, entry.currency, reference) for line in entry.lines]]],
    }
    return dumps(body)


def approved(payload: str, reference: str) -> Json:
    """What the payload says, in the form of `content`.

    Raises:
        PostingRefused: it does not balance, does not carry the reference, or is no move at all. Tryton on SQLite would
            post an unbalanced one, so we never leave that to it.
    """
    try:
        body = plain(loads(payload))
        ((verb, lines),) = body["lines"]
        gap = sum(_exact(line) for line in lines)
        sound = verb == "create" and bool(lines) and gap == 0 and reference_in(body["description"]) == reference
        found = _content(body, body["journal"], lines)
    except (JsonRefused, KeyError, TypeError, ValueError, ArithmeticError):
        sound, found = False, {}
    if not sound:
        raise PostingRefused(
            "the payload is not a balanced move that carries its reference", record=reference, remedy="Stage it again."
        )
    return found


def content(move: Mapping[str, Any]) -> Json:
    """What must be as approved before a draft is posted: day, text, journal, and lines in any order."""
    lines = [{**line, "account": line["account"]["id"]} for line in move["lines"]]
    return _content(move, move["journal"]["id"], lines)


def document(move: Mapping[str, Any]) -> LedgerDocument:
    """The move as a ledger document.

    Raises:
        TransportError: kind "protocol"; a part of it is missing or unreadable.
    """
    try:
        currency = move["company"]["currency"]["code"]
        return LedgerDocument(
            document_id=str(move["id"]),
            number=move["number"] or "",
            state=DocumentState(move["state"]),
            day=date.fromisoformat(move["date"]),
            currency=currency,
            reference=reference_in(move["description"]),
            lines=tuple(_entry_line(line, currency) for line in move["lines"]),
        )
    except (KeyError, TypeError, ValueError, UserError) as error:
        raise TransportError(
            f"a move of Tryton cannot be read ({type(error).__name__}: {error})",
            kind="protocol",
            record=f"move {move.get('id')}",
            remedy="Look at it in Tryton.",
        ) from None


def reference_in(text: str | None) -> str:
    """Our reference in a description, or ""."""
    found = _REFERENCE.search(text or "")
    return found[0] if found else ""


def is_reference(text: str) -> bool:
    """Whether this is a reference as we write them; only then is it safe inside a LIKE pattern."""
    return _REFERENCE.fullmatch(text) is not None


def _line(line: EntryLine, currency: str, reference: str) -> Json:
    if line.dimensions:
        raise UserError(
            f"Tryton's accounting module has no place for the dimension {line.dimensions[0][0]!r}",
            record=reference,
            remedy="Leave it out of the entry.",
        )
    if not line.account.isdecimal():
        raise UserError(
            f"{line.account!r} is no account id of Tryton", record=reference, remedy="Correct the account mapping."
        )
    return {
        "account": int(line.account),
        "debit": money_value(max(line.minor, 0), currency),
        "credit": money_value(max(-line.minor, 0), currency),
        "description": _one_line(line.description),
    }


def _content(move: Mapping[str, Any], journal: int, lines: list[Json]) -> Json:
    rows = [(line["account"], _exact(line), line["description"] or "") for line in lines]
    return {"date": move["date"], "description": move["description"], "journal": journal, "lines": sorted(rows)}


def _entry_line(line: Mapping[str, Any], currency: str) -> EntryLine:
    minor = parse(line["debit"], currency) - parse(line["credit"], currency)
    return EntryLine(str(line["account"]["id"]), minor, line["description"] or "")


def _exact(line: Mapping[str, Any]) -> Decimal:
    return Decimal(line["debit"]) - Decimal(line["credit"])


def _one_line(text: str) -> str:
    """As a field of one line holds it; Tryton would strip the ends, and then it would not read back as approved."""
    return " ".join(text.split())
