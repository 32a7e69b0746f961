"""Reads ISO 20022 account statements (camt.053), and beside them reports of the day (camt.052) and notifications
(camt.054), which are witnesses (`files.bank_witness`); whichever version the namespace says (02 and 08 are proven).

Each entry becomes JSON as it stands, element by element, and what the reader adds has lower-case names beside the
standard's own: on the entry's record `day`, `status`, `direction` (`CdtDbtInd` of what is booked), `party`, `charges`
(what the bank kept, in the account's currency) and `split`; on each of its transaction details `number`, `amount`,
`sign` and `party`. An entry is split into its details where these tell all of it: each has an amount in the account's
currency, and they add up to the entry.

`CdtDbtInd` is the direction on this account, of a reversal too: a credit that reverses is one with `RvslInd`.
Sources: the schemas in tests/contracts/bank/camt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import InvalidAmount, parse, to_text
from awra_desk.files.bank import BankStatement, Entry, Stated
from awra_desk.files.bank_files import BankFiles
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

SUFFIXES = (".xml", ".camt", ".c52", ".c53", ".c54")
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt."


@dataclass(frozen=True, slots=True)
class _Message:
    """One of the standard's messages: where its statements stand, and what they are if they are none."""

    path: str
    witness: str = ""


_MESSAGES = {
    "053": _Message("BkToCstmrStmt/Stmt"),
    "052": _Message("BkToCstmrAcctRpt/Rpt", "report"),
    "054": _Message("BkToCstmrDbtCdtNtfctn/Ntfctn", "notification"),
}
BOOKED, NOT_BOOKED = "BOOK", ("PDNG", "INFO", "FUTR")
_SIGNS = {"CRDT": 1, "DBIT": -1}
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_MANY = frozenset({"AdrLine", "AddtlRmtInf", "NtryDtls", "Rcrd", "RfrdDocInf", "Strd", "TxDtls", "Ustrd"})
"""Elements that are a list even when there is only one."""


def camt_files(connection: Connection, *, clock: Clock) -> BankFiles:
    """The source of a connection of provider "camt053"."""
    return BankFiles(connection, clock=clock, read=read_camt, suffixes=SUFFIXES)


def read_camt(path: Path, data: bytes) -> list[BankStatement]:
    """The statements, reports or notifications of one file.

    Raises:
        UsageError: not XML, with a document type or entities, none of these messages, or a statement without what the
            standard demands of it; it names line, or statement and element.
    """
    root, message = _root(path, data)
    found = root.findall(message.path)
    if not found:
        raise UsageError("it holds no statement", record=str(path), remedy="Download the account statement again.")
    digest = hashlib.sha256(data).hexdigest()
    return [_Reader(path, digest, one, number, message.witness).read() for number, one in enumerate(found, start=1)]


def _root(path: Path, data: bytes) -> tuple[Element, _Message]:
    """The document with its namespace taken off the names, and which message it is."""
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except ParseError as error:
        line, column = error.position
        raise UsageError(
            f"it is not sound XML: {str(error).split(':', maxsplit=1)[0]}",
            record=f"{path}, line {line}, column {column + 1}",
            remedy="Download the statement again.",
        ) from None
    except (DefusedXmlException, ValueError, LookupError) as error:
        words = "it declares a document type or entities" if isinstance(error, DefusedXmlException) else str(error)
        remedy = "A bank's statement has none: download it again from the bank."
        raise UsageError(f"it is not read: {words}", record=str(path), remedy=remedy) from None
    space, _, _ = root.tag[1:].partition("}") if root.tag.startswith("{") else ("", "", "")
    message = _MESSAGES.get(space.removeprefix(NAMESPACE).partition(".001.")[0])
    if message is None or not space.startswith(NAMESPACE):
        raise UsageError(
            f"it is no statement (camt.053), report (052) or notification (054): its namespace is {space or 'none'}",
            record=str(path),
            remedy="Download the account statement as camt.053.",
        )
    for element in root.iter():
        element.tag = element.tag.partition("}")[2] or element.tag
    return root, message


@dataclass(frozen=True, slots=True)
class _Balance:
    """A stated balance: code, minor units, currency, day."""

    code: str
    minor: int
    currency: str
    day: date


class _Reader:
    """Reads one statement of a file; of a witness only entries are asked: its balances may be those of a moment."""

    def __init__(self, path: Path, digest: str, statement: Element, number: int, witness: str) -> None:
        self._path = path
        self._digest = digest
        self._statement = statement
        self._witness = witness
        self._where = f"{path}, {witness or 'statement'} {number} ({_text(statement, 'Id')})"

    def read(self) -> BankStatement:
        """The statement."""
        opening, closing = self._whole_day() if self._witness else _ends(self._balances())
        currency = _text(self._statement, "Acct/Ccy") or next(
            (one.currency for one in (closing, opening) if one), _currency(self._statement.find("Ntry/Amt"))
        )
        for one in (opening, closing):
            if one is not None and one.currency != currency:
                raise self._wrong(f"its balance {one.code} is in {one.currency}, the account in {currency}")
        # An entry without a day is of the day on which the statement closes, or the witness speaks.
        spoken = _instant(_text(self._statement, "CreDtTm")) if self._witness else None
        default = closing.day if closing else spoken.date() if spoken else None
        entries = tuple(
            self._entry(element, currency, number, default)
            for number, element in enumerate(self._statement.findall("Ntry"), start=1)
        )
        booked = [one.day for one in entries if one.day is not None and one.booked]
        first, last = self._days(opening, closing, booked, default)
        return BankStatement(
            path=self._path,
            digest=self._digest,
            account=self._account(),
            currency=currency,
            number=self._number(),
            page=self._page(),
            first=first,
            last=last,
            opening=opening.minor if opening else None,
            closing=closing.minor if closing else None,
            entries=entries,
            stated=tuple(self._stated(entries, currency)),
            witness=self._witness,
        )

    def _account(self) -> str:
        found = _text(self._statement, "Acct/Id/IBAN") or _text(self._statement, "Acct/Id/Othr/Id")
        if not found:
            raise self._wrong("Acct has no Id")
        return found

    def _number(self) -> str:
        """The bank's own number of it; the statement's id where the bank does not number."""
        names = ("ElctrncSeqNb", "LglSeqNb", "Id")
        return next((text for name in names if (text := _text(self._statement, name))), "")

    def _page(self) -> int:
        page = _text(self._statement, "StmtPgntn/PgNb")
        return int(page) if page.isdigit() else 0

    def _balances(self) -> list[_Balance]:
        return [self._balance(element) for element in self._statement.findall("Bal")]

    def _whole_day(self) -> tuple[_Balance | None, _Balance | None]:
        """Both booked balances of a report, where it is of days that are over: some banks have no other statement."""
        try:
            balances = self._balances()
        except UsageError:
            return None, None
        opening, closing = _ends([one for one in balances if one.code in (*_OPENING, *_CLOSING)])
        agree = {one.currency for one in (opening, closing) if one} | {_text(self._statement, "Acct/Ccy")} - {""}
        return (opening, closing) if opening and closing and len(agree) == 1 else (None, None)

    def _balance(self, element: Element) -> _Balance:
        code = _text(element, "Tp/CdOrPrtry/Cd") or _text(element, "Tp/CdOrPrtry/Prtry")
        currency = _currency(element.find("Amt"))
        sign = _SIGNS.get(_text(element, "CdtDbtInd"))
        day = _day(element.find("Dt"))
        if sign is None or day is None:
            raise self._wrong(f"its balance {code} has no {'day' if sign else 'CdtDbtInd'}")
        return _Balance(code, sign * self._minor(element, "Amt", currency), currency, day)

    def _minor(self, element: Element, name: str, currency: str) -> int:
        try:
            return parse(_text(element, name), currency)
        except InvalidAmount as error:
            raise self._wrong(f"its {element.tag} cannot be read: {error.what}") from None

    def _days(
        self, opening: _Balance | None, closing: _Balance | None, booked: list[date], default: date | None
    ) -> tuple[date, date]:
        """What it covers: the days it names, those of its balances and of its entries."""
        start = _instant(_text(self._statement, "FrToDt/FrDtTm"))
        end = _instant(_text(self._statement, "FrToDt/ToDtTm"))
        # A period that ends at midnight ends with the day before.
        until = None if end is None else end.date() - timedelta(days=end.time() == time())
        lasts = [day for day in (until, closing.day if closing else None, *booked) if day is not None]
        last = max(lasts, default=start.date() if start else None) or (opening.day if opening else None)
        last = last or default
        if last is None:
            raise self._wrong("it names no days: neither FrToDt nor a balance nor an entry")
        firsts = [start.date()] if start else []
        if opening is not None and not start:
            # What was booked when the statement before ended is that statement's day, the opening balance this one's.
            firsts = [opening.day + timedelta(days=opening.code == "PRCD")]
        return min([*firsts, *booked, last]), last

    def _stated(self, entries: tuple[Entry, ...], currency: str) -> Iterator[Stated]:
        """Its own counts and sums, where all its entries are booked and readable."""
        if any(not one.booked or one.minor is None for one in entries):
            return
        minors = [one.minor or 0 for one in entries]
        for name, words, of in (
            ("TtlNtries", "entries", [abs(minor) for minor in minors]),
            ("TtlCdtNtries", "credits", [minor for minor in minors if minor > 0]),
            ("TtlDbtNtries", "debits", [-minor for minor in minors if minor < 0]),
        ):
            summary = self._statement.find(f"TxsSummry/{name}")
            if summary is None:
                continue
            if (count := _text(summary, "NbOfNtries")).isdigit() and 0 not in minors:
                yield Stated(f"number of {words}", "", int(count), len(of))
            if _text(summary, "Sum"):
                yield Stated(f"sum of {words}", currency, self._minor(summary, "Sum", currency), sum(of))

    def _entry(self, element: Element, currency: str, number: int, default: date | None) -> Entry:
        day = _day(element.find("BookgDt")) or _day(element.find("ValDt")) or default
        status = _text(element, "Sts") or _text(element, "Sts/Cd") or _text(element, "Sts/Prtry")
        booked, direction = status == BOOKED, _text(element, "CdtDbtInd")
        problem = _problem(element, status, currency)
        minor = None if problem else _SIGNS[direction] * parse(_text(element, "Amt"), currency)
        tree = _tree(element)
        split = bool(minor) and _split(element, tree, minor or 0, currency)
        payload = {
            "entry": tree,
            "day": day.isoformat() if day else "",
            "status": status,
            "direction": direction if booked else f"{direction} {status}",
            "party": _party(element.find("NtryDtls/TxDtls"), element),
            "charges": _charges(element, currency),
            "split": "true" if split else "false",
        }
        told = split or len(element.findall("NtryDtls/TxDtls")) == 1
        parts = {"entry": {"NtryDtls": tree.get("NtryDtls", [])}, "split": payload["split"], "party": payload["party"]}
        place = f"entry {number}"
        reference = _text(element, "AcctSvcrRef")
        return Entry(
            key=reference,
            place=f"{place} ({reference})" if reference else place,
            day=day,
            minor=minor if booked or minor is None else 0,
            payload=payload,
            same={name: value for name, value in tree.items() if name != "NtryRef"},
            booked=booked,
            problem=problem,
            parts=parts if told else {},
        )

    def _wrong(self, what: str) -> UsageError:
        return UsageError(what, record=self._where, remedy="Ask the bank for the statement again.")


def _ends(balances: list[_Balance]) -> tuple[_Balance | None, _Balance | None]:
    """Opening and closing balance as booked; between the pages of one statement interim ones (ITBD) stand for them."""
    opening = next((one for one in balances if one.code in _OPENING), None)
    closing = next((one for one in balances if one.code in _CLOSING), None)
    interim = [one for one in balances if one.code == "ITBD"]
    if opening is None and interim:
        opening = interim.pop(0)
    if closing is None and interim:
        closing = interim[-1]
    return opening, closing


def _problem(element: Element, status: str, currency: str) -> str:
    """What keeps the entry from being counted, with the remedy, or ""."""
    remedy = "It waits in quarantine; ask the bank for the statement again."
    try:
        parse(_text(element, "Amt"), currency)
    except InvalidAmount as error:
        return f"Amt: {error.what}. {remedy}"
    if _currency(element.find("Amt")) != currency:
        return f"Amt is in {_currency(element.find('Amt'))}, the account in {currency}. {remedy}"
    if _text(element, "CdtDbtInd") not in _SIGNS:
        return f"CdtDbtInd is {_text(element, 'CdtDbtInd')!r}, neither CRDT nor DBIT. {remedy}"
    if status != BOOKED and status not in NOT_BOOKED:
        return f"Sts is {status!r}, which says neither that it is booked nor that it is not. {remedy}"
    return ""


def _split(element: Element, tree: Mapping[str, Any], minor: int, currency: str) -> bool:
    """Whether its details tell all of the entry; gives them their numbers, amounts, signs and parties."""
    details = element.findall("NtryDtls/TxDtls")
    trees = [one for many in tree.get("NtryDtls", ()) for one in many.get("TxDtls", ())]
    total = 0
    for number, (detail, own) in enumerate(zip(details, trees, strict=True), start=1):
        amount = next((one for name in ("Amt", "AmtDtls/TxAmt/Amt") if (one := detail.find(name)) is not None), None)
        sign = _text(detail, "CdtDbtInd") or _text(element, "CdtDbtInd")
        own |= {"number": str(number), "sign": sign, "party": _party(detail, element)}
        if amount is None or _currency(amount) != currency or sign not in _SIGNS:
            return False
        try:
            total += _SIGNS[sign] * parse(amount.text or "", currency)
        except InvalidAmount:
            return False
        own["amount"] = (amount.text or "").strip()
    return len(details) > 1 and total == minor


def _charges(element: Element, currency: str) -> str:
    """What the bank kept by the entry's charge records, positive = kept; "0" where it says none in this currency."""
    records = [one for many in element.findall("Chrgs") for one in (many.findall("Rcrd") or [many])]
    kept = 0
    for record in records:
        amount = record.find("Amt")
        if amount is None or _currency(amount) != currency or _text(record, "ChrgInclInd") == "false":
            continue
        try:
            kept += -_SIGNS.get(_text(record, "CdtDbtInd"), -1) * parse(amount.text or "", currency)
        except InvalidAmount:
            return "0"
    return to_text(kept, currency)


def _party(detail: Element | None, element: Element) -> str:
    """Who stood at the other end: the debtor of money in, the creditor of money out, of a reversal the other way."""
    if detail is None:
        return ""
    sign = _text(detail, "CdtDbtInd") or _text(element, "CdtDbtInd")
    came_in = (sign == "CRDT") is not (_text(element, "RvslInd") in ("true", "1"))
    end = "Dbtr" if came_in else "Cdtr"
    names = (f"{end}/Pty/Nm", f"{end}/Nm", f"Ultmt{end}/Pty/Nm", f"Ultmt{end}/Nm", f"{end}/Agt/FinInstnId/Nm")
    return next((text for name in names if (text := _text(detail, f"RltdPties/{name}"))), "")


def _tree(element: Element) -> Any:
    """An element as JSON: its text, or its children by name; an amount is its value beside its currency."""
    if not len(element):
        if element.tag in ("NtryDtls", "TxDtls"):
            return {}
        text = (element.text or "").strip()
        return {**element.attrib, "value": text} if element.attrib else text
    found: dict[str, Any] = {}
    for child in element:
        value = _tree(child)
        if child.tag in _MANY or isinstance(found.get(child.tag), list):
            found.setdefault(child.tag, []).append(value)
        elif child.tag in found:
            found[child.tag] = [found[child.tag], value]
        else:
            found[child.tag] = value
    return found


def _text(element: Element, name: str) -> str:
    found = element.find(name)
    return "" if found is None or found.text is None else found.text.strip()


def _currency(amount: Element | None) -> str:
    return "" if amount is None else amount.get("Ccy", "")


def _day(choice: Element | None) -> date | None:
    """The day of a date-and-time choice, as the bank writes it; None where it has none that can be read."""
    if choice is None:
        return None
    found = _instant(_text(choice, "Dt") or _text(choice, "DtTm"))
    return found.date() if found else None


def _instant(text: str) -> datetime | None:
    """As written, in the bank's own time."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
