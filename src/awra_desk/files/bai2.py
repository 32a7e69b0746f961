"""Reads BAI2 files (BAI's Cash Management Balance Reporting, version 2), as banks in North America send them each day.

A file holds groups of one day, a group accounts, an account its summaries and its transactions. Amounts are whole minor
units of the account's currency; the direction of a transaction is in its type code: 100 to 399 came in, 400 to 699 went
out, 920 to 959 and 960 to 999 are the bank's own of either kind. Opening and closing ledger (010, 015) are the balances
of the day; a report of a day that is not over (as-of-date modifier 1 or 3) states none that would hold, and is a
witness (`files.bank_witness`). An account that comes in several sections of one day without balances is one statement.

Sources: the files in tests/contracts/bank/bai2; BAI's reference manual of 2005; ranges of type codes as Oracle's page
"BAI2 Transaction Types" prints them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from awra_desk.domain.money import InvalidAmount, exponent
from awra_desk.files.bai2_records import Account, Fields, Group, Record, count_of, read_groups
from awra_desk.files.bank import BankStatement, Entry, Stated
from awra_desk.files.bank_files import BankFiles
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

SUFFIXES = (".bai", ".bai2", ".txt")
DEFAULT_CURRENCY = "USD"
OPENING, CLOSING, CREDITS, DEBITS = "010", "015", "100", "400"
NO_MONEY = "890"
_INTERIM = ("1", "3")
_REFUSED = {"2": "takes back what was sent before", "4": "is a test"}
_IN, _OUT = (range(100, 400), range(920, 960)), (range(400, 700), range(960, 1000))
_NAMED = re.compile(r"^([A-Z]{4}):[ \t]*(\S.*)$", re.MULTILINE)
_WHOLE = re.compile("[+-]?[0-9]{1,18}")


def bai2_files(connection: Connection, *, clock: Clock) -> BankFiles:
    """The source of a connection of provider "bai2"."""
    return BankFiles(connection, clock=clock, read=read_bai2, suffixes=SUFFIXES)


def read_bai2(path: Path, data: bytes) -> list[BankStatement]:
    """The statements of one file, one for each account and day.

    Raises:
        UsageError: it is no BAI2 file, it was cut, or what frames its transactions cannot be read; the line is named.
    """
    groups, trailer, size = read_groups(path, data)
    reader = _Reader(path, hashlib.sha256(data).hexdigest())
    of_file = reader.trailer("file", trailer, [group.trailer for group in groups], size)
    found = []
    for group in groups:
        of_group = reader.trailer("group", group.trailer, [one.trailer for one in group.accounts], group.size)
        found += [reader.statement(group, one, (*of_group, *of_file)) for one in group.accounts]
    return _joined(found)


def _joined(sections: Sequence[BankStatement]) -> list[BankStatement]:
    """The statements, sections of one account and day put together where nothing says that they overlap."""
    found: dict[tuple[str, ...], BankStatement] = {}
    for place, one in enumerate(sections):
        key = (one.account, one.currency, str(one.first), one.witness)
        before = found.get(key)
        if before is None:
            found[key] = one
        elif one.opening is None and one.closing is None:
            stated = tuple(replace(total, name=f"section {place + 1}: {total.name}") for total in one.stated)
            entries = (*before.entries, *one.entries)
            found[key] = replace(before, entries=entries, stated=(*before.stated, *stated))
        else:
            found[*key, str(place)] = one
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Summary:
    """An amount that an account's head states; `count` of items, "" where it says none."""

    code: str
    amount: int
    count: str


class _Reader:
    """Reads the accounts of one file."""

    def __init__(self, path: Path, digest: str) -> None:
        self._path = path
        self._digest = digest

    def statement(self, group: Group, account: Account, stated: tuple[Stated, ...]) -> BankStatement:
        """One account on one day."""
        day, group_currency, interim = self._group(group.head)
        fields = Fields(account.head)
        number, own_currency = fields.next(), fields.next()
        currency = (own_currency or group_currency or DEFAULT_CURRENCY).upper()
        try:
            exponent(currency)
        except InvalidAmount as error:
            raise account.head.wrong(self._path, error.what) from None
        if not number:
            raise account.head.wrong(self._path, "it names no account")
        summaries = list(self._summaries(fields, account.head))
        ends = {} if interim else {one.code: one.amount for one in summaries}
        entries = tuple(_entry(record, day) for record in account.details)
        return BankStatement(
            path=self._path,
            digest=self._digest,
            account=number,
            currency=currency,
            number="",
            first=day,
            last=day,
            opening=ends.get(OPENING),
            closing=ends.get(CLOSING),
            entries=entries,
            stated=(*_sums(summaries, entries, currency), *self._control(account, summaries), *stated),
            witness="report" if interim else "",
        )

    def trailer(
        self, of: str, trailer: Record | None, parts: Sequence[Record | None], records: int
    ) -> tuple[Stated, ...]:
        """What a trailer states of its parts: the sum of their control totals, how many they are, how many records."""
        if trailer is None:
            return ()
        fields = Fields(trailer)
        total, many, count = self._whole(fields.next(), trailer), fields.next(), fields.next()
        sums = sum(self._whole(Fields(part).next(), part) for part in parts if part is not None)
        counts = [("number of parts", many, len(parts)), ("number of records", count, records)]
        stated = [
            Stated(f"{of} {name}", "", said, actual)
            for name, text, actual in counts
            if (said := count_of(text)) is not None
        ]
        return (Stated(f"{of} control total", "", total, sums), *stated)

    def _group(self, head: Record) -> tuple[date, str, bool]:
        """Day, currency or "", and whether the day is not over."""
        fields = Fields(head)
        _, _, status, as_of, _, currency, modifier = (fields.next() for _ in range(7))
        if status in _REFUSED:
            remedy = "Take it out of the folder, and the file that it speaks of."
            raise head.wrong(self._path, f"a group {_REFUSED[status]} (status {status})", remedy)
        try:
            day = datetime.strptime(as_of, "%y%m%d").replace(tzinfo=UTC).date()
        except ValueError:
            raise head.wrong(self._path, f"its as-of date {as_of!r} is no day") from None
        return day, currency, modifier in _INTERIM

    def _summaries(self, fields: Fields, record: Record) -> Iterator[_Summary]:
        while fields:
            code, amount, count = fields.next(), fields.next(), fields.next()
            fields.funds()
            if amount:
                yield _Summary(code, self._whole(amount, record), count)

    def _control(self, account: Account, summaries: Sequence[_Summary]) -> Iterator[Stated]:
        """The account's trailer: the sum of all amounts that stand in it, and how many records it has."""
        if account.trailer is None:
            return
        fields = Fields(account.trailer)
        total, count = self._whole(fields.next(), account.trailer), fields.count()
        amounts = [text for record in account.details if _WHOLE.fullmatch(text := _head(record)[1])]
        yield Stated("control total", "", total, sum(one.amount for one in summaries) + sum(map(int, amounts)))
        if count is not None:
            yield Stated("number of records", "", count, account.size)

    def _whole(self, text: str, record: Record) -> int:
        if not _WHOLE.fullmatch(text):
            raise record.wrong(self._path, f"{text!r} is no whole number of minor units")
        return int(text)


def _head(record: Record) -> tuple[str, str]:
    """Type code and amount of a transaction, as they stand."""
    fields = Fields(record)
    return fields.next(), fields.next()


def _sums(summaries: Sequence[_Summary], entries: Sequence[Entry], currency: str) -> Iterator[Stated]:
    """What the account's head states of its credits and debits, where all of them can be read."""
    if any(one.minor is None for one in entries):
        return
    minors = [one.minor or 0 for one in entries if one.booked]
    for code, words, of in (
        (CREDITS, "credits", [minor for minor in minors if minor > 0]),
        (DEBITS, "debits", [-minor for minor in minors if minor < 0]),
    ):
        for one in summaries:
            if one.code == code:
                yield Stated(f"sum of {words}", currency, abs(one.amount), sum(of))
                count = count_of(one.count)
                if count is not None and 0 not in minors:
                    yield Stated(f"number of {words}", "", count, len(of))


def _entry(record: Record, day: date) -> Entry:
    """A transaction; one that cannot be read keeps its amount as it stands."""
    fields = Fields(record)
    code, amount, funds = fields.next(), fields.next(), fields.funds()
    bank, customer, text = fields.next(), fields.next(), fields.rest()
    named = dict(_NAMED.findall(text))
    sign = _sign(code)
    minor = int(amount) if _WHOLE.fullmatch(amount) else None
    payload: dict[str, Any] = {
        "code": code,
        "amount": amount if minor is None else minor,
        "direction": {1: "in", -1: "out"}.get(sign, code),
        "funds": funds,
        "bank_reference": bank,
        "customer_reference": customer,
        "text": text,
        "named": named,
        "party": named.get("DBNM" if sign > 0 else "CRNM", ""),
        "day": day.isoformat(),
    }
    place = f"line {record.line}"
    if code == NO_MONEY:
        return Entry(bank, place, day, 0, payload | {"direction": "none"}, booked=False)
    problem = ""
    if minor is None:
        problem = f"{amount!r} is no whole number of minor units"
    elif not sign:
        problem = f"type code {code!r} says neither that money came in nor that it went out"
    if problem:
        problem += ". It waits in quarantine; ask the bank for the file again."
    return Entry(bank, place, day, None if problem or minor is None else sign * minor, payload, problem=problem)


def _sign(code: str) -> int:
    """1 for money in, -1 for money out, 0 where the code says neither."""
    kind = count_of(code)
    return 1 if any(kind in codes for codes in _IN) else -1 if any(kind in codes for codes in _OUT) else 0
