"""Reads OFX and QFX statements of bank and card accounts, versions 1 and 2.

What banks do wrong is taken for granted: ids (`FITID`) that several entries share, that are missing, or that are new in
every download; dates of which only the day is to be trusted; a balance that is today's under a statement of last month;
a comma in an amount. A statement states no opening balance, so what it proves is proven from one file to the next.

Source: the samples in tests/contracts/bank/ofx.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import InvalidAmount, parse
from awra_desk.files.bank import BankStatement, Entry
from awra_desk.files.bank_files import BankFiles
from awra_desk.files.ofx_tree import Node, read_tree
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

SUFFIXES = (".ofx", ".qfx", ".qbo")
_KINDS = (
    ("BANKMSGSRSV1/STMTTRNRS", "STMTRS", "BANKACCTFROM"),
    ("CREDITCARDMSGSRSV1/CCSTMTTRNRS", "CCSTMTRS", "CCACCTFROM"),
)
_REMEDY = "Download the statement again, or ask the bank."


def ofx_files(connection: Connection, *, clock: Clock) -> BankFiles:
    """The source of a connection of provider "ofx"; its option `currency` is for files that name none."""
    read = partial(read_ofx, currency=connection.options.get("currency", "").upper())
    return BankFiles(connection, clock=clock, read=read, suffixes=SUFFIXES)


def read_ofx(path: Path, data: bytes, *, currency: str = "") -> list[BankStatement]:
    """The statements of one file.

    Args:
        currency: of a statement that names none.

    Raises:
        UsageError: not OFX, cut short, an error message of the bank instead of a statement, or one without account,
            currency or days; the line is named.
    """
    root = read_tree(path, data)
    digest = hashlib.sha256(data).hexdigest()
    _refuse_errors(path, root.find("SIGNONMSGSRSV1/SONRS"))
    found = []
    for answers, statement, account in _KINDS:
        for answer in root.all(answers):
            _refuse_errors(path, answer)
            found += [_Reader(path, digest, node, account, currency).read() for node in answer.all(statement)]
    if not found:
        other = "an investment statement, which is not read" if root.find("INVSTMTMSGSRSV1") else "no statement"
        raise UsageError(
            f"it holds {other}", record=str(path), remedy="Download the statement of a bank or card account."
        )
    return found


def _refuse_errors(path: Path, answer: Node | None) -> None:
    """Raises UsageError where the bank answered with an error."""
    status = answer.find("STATUS") if answer else None
    if status is not None and status.value("SEVERITY").upper() == "ERROR":
        words = f"the bank answered with error {status.value('CODE')}: {status.value('MESSAGE') or 'it says no more'}"
        raise UsageError(words, record=f"{path}, line {status.line}", remedy="Download the statement again.")


class _Reader:
    """Reads one statement of a file."""

    def __init__(self, path: Path, digest: str, node: Node, account: str, currency: str) -> None:
        self._path = path
        self._digest = digest
        self._node = node
        self._account_tag = account
        self._currency = node.value("CURDEF").upper() or currency

    def read(self) -> BankStatement:
        """The statement."""
        if not self._currency:
            raise self._wrong("it names no currency (CURDEF)", self._node, "Give --option currency=….")
        entries = tuple(self._entries())
        closing, closing_day = self._closing()
        days = [one.day for one in entries if one.day is not None]
        start, end = self._day("BANKTRANLIST/DTSTART"), self._day("BANKTRANLIST/DTEND")
        # Nothing can be known of days after the one on which the balance was taken.
        ends = [end if closing_day is None or end is None else min(end, closing_day), *days]
        known = [day for day in ends if day is not None] or [day for day in (closing_day, start) if day is not None]
        if not known:
            raise self._wrong("it names no days: neither DTEND nor an entry nor a balance", self._node)
        last = max(known)
        return BankStatement(
            path=self._path,
            digest=self._digest,
            account=self._account(),
            currency=self._currency,
            number="",
            first=min([day for day in (start, last, *days) if day is not None]),
            last=last,
            opening=None,
            closing=closing,
            entries=entries,
            closing_day=closing_day,
        )

    def _account(self) -> str:
        found = self._node.value(f"{self._account_tag}/ACCTID")
        if not found:
            raise self._wrong("it names no account (ACCTID)", self._node)
        return found

    def _closing(self) -> tuple[int | None, date | None]:
        """LEDGERBAL with its day; nothing where the bank leaves it empty."""
        balance = self._node.find("LEDGERBAL")
        if balance is None or not balance.value("BALAMT"):
            return None, None
        day = _date(balance.value("DTASOF"))
        if day is None:
            raise self._wrong(f"its LEDGERBAL has no day: DTASOF is {balance.value('DTASOF')!r}", balance)
        try:
            return parse(_decimal(balance.value("BALAMT")), self._currency), day
        except InvalidAmount as error:
            raise self._wrong(f"its LEDGERBAL cannot be read: {error.what}", balance) from None

    def _day(self, path: str) -> date | None:
        """A day of the head; None where it is not there or cannot be read."""
        return _date(self._node.value(path))

    def _entries(self) -> Iterator[Entry]:
        for node in self._node.all("BANKTRANLIST/STMTTRN"):
            yield self._entry(node)

    def _entry(self, node: Node) -> Entry:
        tree = _tree(node)
        day, amount = _date(node.value("DTPOSTED")), _decimal(node.value("TRNAMT"))
        payload: dict[str, Any] = {
            "entry": tree,
            "day": day.isoformat() if day else node.value("DTPOSTED"),
            "amount": amount,
            "party": node.value("NAME") or node.value("PAYEE/NAME"),
        }
        words, minor = "", None
        try:
            minor = parse(amount, self._currency)
        except InvalidAmount as error:
            words = f"TRNAMT: {error.what}"
        unit = node.value("CURRENCY/CURSYM").upper() or self._currency
        if day is None:
            words = f"DTPOSTED is {node.value('DTPOSTED')!r}, no date"
        elif unit != self._currency:
            words = f"TRNAMT is in {unit}, the account in {self._currency}"
        elif node.value("CORRECTFITID"):
            words = f"it corrects entry {node.value('CORRECTFITID')}, which is not done by itself"
            payload["amount"] = f"{amount}, correcting {node.value('CORRECTFITID')}"
        fitid = node.value("FITID")
        place = f"line {node.line}" + (f" ({fitid})" if fitid else "")
        problem = f"{words}. It waits in quarantine; {_REMEDY[0].lower()}{_REMEDY[1:]}" if words else ""
        look = " ".join([str(payload["party"]), node.value("MEMO"), node.value("CHECKNUM")])
        return Entry(fitid, place, day, None if words else minor, payload, tree, problem=problem, look=look)

    def _wrong(self, what: str, node: Node, remedy: str = _REMEDY) -> UsageError:
        return UsageError(what, record=f"{self._path}, line {node.line}", remedy=remedy)


def _tree(node: Node) -> dict[str, Any]:
    """An element's values by name; OFX repeats none inside a transaction."""
    return {child.name: _tree(child) if child.children else child.text for child in node.children}


def _date(text: str) -> date | None:
    """The day of an OFX date (YYYYMMDD, then what banks disagree about)."""
    found = re.match(r"(\d{4})(\d{2})(\d{2})", text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _decimal(text: str) -> str:
    """The amount with a point: OFX lets a comma stand for it, and has no separator of thousands."""
    return text.replace(",", ".", 1) if "." not in text else text
