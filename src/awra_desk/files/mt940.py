"""Reads SWIFT MT940 statements.

The grammar of the fields is mt-940's, and so are the sub-fields of a structured `:86:`; the file is cut into fields
here, because a field that cannot be read must be named with its line while the rest goes on, and that library stops at
the first one. `RC` is a credit taken back, so money out, `RD` the opposite. A statement that a bank sends in several
messages (`:28C:` number/sequence, `:62M:` to `:60M:`) becomes one again in `bank`.

Sources: SWIFT's field list as the samples in tests/contracts/bank/mt940 show it; dates like 30 February, which banks
with a month of 30 days write, are the month's last day.
"""

from __future__ import annotations

import calendar
import codecs
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from mt940 import models, options, processors, tags

from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import InvalidAmount, parse
from awra_desk.files.bank import BankStatement, Entry
from awra_desk.files.bank_files import BankFiles
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

SUFFIXES = (".sta", ".mt940", ".940", ".swi", ".txt")
SIGNS = {"C": 1, "D": -1, "RC": -1, "RD": 1}
NO_REFERENCE = "NONREF"
_FIELD = re.compile(r":(\d{2}[A-Z]?|NS):")
_LINES = (tags.Statement(), tags.StatementGLS(), tags.StatementASNB())
"""Ways of writing a `:61:`: SWIFT's own first, then those of banks with longer references."""
_BALANCE = tags.BalanceBase()
_NUMBER = tags.StatementNumber()
_DETAILS = tags.TransactionDetails()


def mt940_files(connection: Connection, *, clock: Clock) -> BankFiles:
    """The source of a connection of provider "mt940"; its option `encoding` is for files that are not UTF-8 or Latin-1.

    Raises:
        UsageError: there is no such encoding.
    """
    encoding = connection.options.get("encoding", "")
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError:
        remedy = "Give --option encoding=… like cp1250."
        raise UsageError(f"there is no encoding {encoding!r}", record=connection.name, remedy=remedy) from None
    return BankFiles(connection, clock=clock, read=partial(read_mt940, encoding=encoding), suffixes=SUFFIXES)


def read_mt940(path: Path, data: bytes, *, encoding: str = "") -> list[BankStatement]:
    """The statements of one file, each message by itself.

    Raises:
        UsageError: it holds none, or one lacks its account, currency or balances; the line is named.
    """
    digest = hashlib.sha256(data).hexdigest()
    messages = list(_messages(_fields(_decoded(path, data, encoding))))
    if not messages:
        remedy = "Download the statement again, as MT940."
        raise UsageError("it holds no statement: no line begins with :20:", record=str(path), remedy=remedy)
    return [_Reader(path, digest, fields).read() for fields in messages]


@dataclass(frozen=True, slots=True)
class _Field:
    """A field: its tag without colons, its text, the line it begins on."""

    tag: str
    text: str
    line: int


def _decoded(path: Path, data: bytes, encoding: str) -> str:
    if encoding:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            words = f"byte 0x{data[error.start]:02x} is not {encoding}"
            line = data.count(b"\n", 0, error.start) + 1
            raise UsageError(words, record=f"{path}, line {line}", remedy="Correct --option encoding.") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _fields(text: str) -> Iterator[_Field]:
    """The fields in order; what stands between messages (headers, "-") belongs to none."""
    present: _Field | None = None
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        bare = line.rstrip()
        found = _FIELD.match(bare)
        if found:
            if present is not None:
                yield present
            present = _Field(found[1], bare[found.end() :], number)
        elif bare.strip() in ("-", "-}") or bare.startswith(("{", "-}")):
            if present is not None:
                yield present
            present = None
        elif present is not None and bare.strip():
            present = replace(present, text=f"{present.text}\n{bare}")
    if present is not None:
        yield present


def _messages(fields: Iterator[_Field]) -> Iterator[list[_Field]]:
    """Each statement's fields: from one `:20:` to the next."""
    present: list[_Field] = []
    for field in fields:
        if field.tag == "20":
            if present:
                yield present
            present = []
        if present or field.tag == "20":
            present.append(field)
    if present:
        yield present


@dataclass(frozen=True, slots=True)
class _Balance:
    """A stated balance."""

    minor: int
    currency: str
    day: date


class _Reader:
    """Reads one message of a file."""

    def __init__(self, path: Path, digest: str, fields: Sequence[_Field]) -> None:
        self._path = path
        self._digest = digest
        self._fields = fields

    def read(self) -> BankStatement:
        """The statement."""
        opening, closing = self._balance("60F", "60M"), self._balance("62F", "62M")
        if opening.currency != closing.currency:
            raise self._wrong(f"it opens in {opening.currency} and closes in {closing.currency}", "62")
        entries = tuple(self._entries(opening.currency))
        days = [one.day for one in entries if one.day is not None]
        last = max([closing.day, *days])
        # The opening balance carries the day on which the statement before it closed; a part's carries its own.
        eve = 1 if any(field.tag == "60F" for field in self._fields) else 0
        number, page = self._number()
        return BankStatement(
            path=self._path,
            digest=self._digest,
            account=self._account(),
            currency=opening.currency,
            number=number,
            page=page,
            first=min([opening.day + timedelta(days=eve), last, *days]),
            last=last,
            opening=opening.minor,
            closing=closing.minor,
            entries=entries,
        )

    def _account(self) -> str:
        field = self._field("25", "25P")
        found = field.text.split("\n")[0].strip() if field else ""
        if not found:
            raise self._wrong("it names no account (:25:)", "20")
        return found

    def _number(self) -> tuple[str, int]:
        """Statement number and sequence; the reference of the message where the bank does not number."""
        field = self._field("28C", "28")
        found = _NUMBER.re.match(field.text.strip()) if field else None
        if found is None:
            return self._fields[0].text.strip(), 0
        return found["statement_number"].lstrip("0") or "0", int(found["sequence_number"] or 0)

    def _balance(self, *names: str) -> _Balance:
        field = self._field(*names)
        if field is None:
            words = f"it has no {'opening' if names[0] == '60F' else 'closing'} balance (:{names[0]}:)"
            if self._field("34F", "13D") is not None:
                words += "; it is an interim report (MT942), no statement"
            raise self._wrong(words, "20")
        found = _BALANCE.re.match(field.text.strip())
        try:
            if found is None:
                raise self._wrong(f"its balance {field.text!r} cannot be read", field.tag)
            minor = SIGNS[found["status"].upper()] * parse(_decimal(found["amount"]), found["currency"].upper())
            return _Balance(minor, found["currency"].upper(), _date(found["year"], found["month"], found["day"]))
        except (InvalidAmount, ValueError) as error:
            what = error.what if isinstance(error, InvalidAmount) else "there is no such day"
            raise self._wrong(f"its balance {field.text!r} cannot be read: {what}", field.tag) from None

    def _entries(self, currency: str) -> Iterator[Entry]:
        for place, field in enumerate(self._fields):
            if field.tag != "61":
                continue
            about = []
            for other in self._fields[place + 1 :]:
                if other.tag not in ("86", "NS"):
                    break
                about.append(other)
            yield _entry(field, about, currency)

    def _field(self, *names: str) -> _Field | None:
        return next((field for field in self._fields if field.tag in names), None)

    def _wrong(self, what: str, tag: str) -> UsageError:
        line = next((field.line for field in self._fields if field.tag.startswith(tag)), self._fields[0].line)
        return UsageError(what, record=f"{self._path}, line {line}", remedy="Ask the bank for the statement again.")


def _entry(field: _Field, about: Sequence[_Field], currency: str) -> Entry:
    """A `:61:` with the fields that explain it; one that cannot be read keeps its text where the amount should be."""
    payload: dict[str, Any] = {"field_61": field.text, "amount": field.text, "mark": "", "day": ""}
    payload |= _explained([other.text for other in about if other.tag == "86"])
    payload |= {f"field_{other.tag}": other.text for other in about}
    place, words, minor = f"line {field.line}", "", None
    try:
        found = next((match for way in _LINES if (match := way.re.match(field.text)) and _is_line(match)), None)
        if found is None:
            words = f"{field.text!r} is no statement line"
        else:
            payload |= _line(found.groupdict())
            minor = SIGNS[payload["mark"]] * parse(payload["amount"], currency)
    except InvalidAmount as error:
        words = error.what
    except (KeyError, ValueError):
        words = f"{field.text!r} has a mark or a date that does not exist"
    if words:
        remedy = "It waits in quarantine; ask the bank for the statement again."
        return Entry("", place, None, None, payload, problem=f":61: {words}. {remedy}")
    reference = str(payload["bank_reference"])
    key = "" if reference in ("", NO_REFERENCE) else reference
    return Entry(key, place, date.fromisoformat(payload["day"]), minor, payload)


def _is_line(match: re.Match[str]) -> bool:
    """Whether the amount ends where it should: with its comma, or before a type (S, N or F and three more).

    The grammars take less; "25O,00NTRF" would be 25.
    """
    return "," in match["amount"] or (match["id"] or "").startswith(("S", "N", "F"))


def _line(groups: Mapping[str, str | None]) -> dict[str, str]:
    """The parts of a `:61:` under our names; raises ValueError where a day does not exist."""
    part = {name: (text or "").strip() for name, text in groups.items()}
    value = _date(part["year"], part["month"], part["day"])
    day = value
    if part["entry_month"] and part["entry_day"]:
        # The entry date has no year: it is the one next to the value date.
        near = [_date(str(value.year + years), part["entry_month"], part["entry_day"]) for years in (-1, 0, 1)]
        day = min(near, key=lambda one: abs(one - value))
    return {
        "value_date": value.isoformat(),
        "day": day.isoformat(),
        "mark": part["status"].upper(),
        "amount": _decimal(part["amount"]),
        "type": part.get("id", ""),
        "customer_reference": part["customer_reference"],
        "bank_reference": part["bank_reference"],
        "supplementary": part["extra_details"],
    }


def _explained(texts: Sequence[str]) -> dict[str, str]:
    """What `:86:` tells, in one spelling: the sub-fields of a structured one, else its text."""
    text = "\n".join(texts)
    result: dict[str, Any] = {"transaction_details": text}
    collection = models.Transactions(options=options.Options.all())
    processors.transaction_details_post_processor(collection, _DETAILS, {"transaction_details": text}, result)
    found = {name: " ".join(str(value).split()) for name, value in result.items() if value}
    # A full line of 65 characters goes on in the next one, a shorter one ends a word.
    plain = "".join(line if len(line) >= 65 else f"{line} " for line in text.split("\n"))
    return {"details": " ".join(plain.split())} | {
        name: value for name, value in found.items() if name != "transaction_details"
    }


def _decimal(text: str) -> str:
    """SWIFT's decimal comma as a point: "6800," is 6800."""
    return text.replace(",", ".", 1).removesuffix(".")


def _date(year: str, month: str, day: str) -> date:
    """A date of two or four digits of year; a day beyond the month's end is its last one."""
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 80 else 2000)
    at = int(day)
    return date(full, int(month), min(at, calendar.monthrange(full, int(month))[1]) if 28 < at <= 31 else at)
