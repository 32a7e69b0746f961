"""The frame of a BAI2 file: its records with their continuations, and the groups and accounts that they make.

`files.bai2` reads what they mean. Some banks end no record with a slash, some write several on a line, and some break a
text without a record 88; all of that is taken. Source: the files in tests/contracts/bank/bai2, and the record layouts
in BAI's reference manual of 2005.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from awra_desk.domain.errors import UsageError

_CODES = "01|02|03|16|49|88|98|99"
_RECORD = re.compile(rf"\s*({_CODES}),(.*)", re.DOTALL)
_NEXT = re.compile(rf"/[ \t]+(?=(?:{_CODES}),)")
_NUMBER = re.compile("[0-9]{1,18}")
_FUNDS = {"S": 3, "V": 2}
"""Funds type -> how many fields behind it say when the money is available; D says it itself."""
AGAIN = "Ask the bank for the file again."


@dataclass(frozen=True, slots=True)
class Record:
    """A record with its continuations.

    Attributes:
        parts: what stands behind the code, of each physical record. line: where it begins, from 1.
    """

    code: str
    parts: tuple[str, ...]
    line: int

    def wrong(self, path: Path, what: str, remedy: str = AGAIN) -> UsageError:
        """An error that names it."""
        return UsageError(what, record=f"{path}, line {self.line}", remedy=remedy)


@dataclass(slots=True)
class Account:
    """What a file says of one account on one day: records 03, 16 and 49."""

    head: Record
    details: list[Record] = field(default_factory=list)
    trailer: Record | None = None

    @property
    def size(self) -> int:
        """Its physical records, the trailer included."""
        return sum(len(one.parts) for one in (self.head, *self.details)) + 1


@dataclass(slots=True)
class Group:
    """What a file says of one day: records 02, its accounts, and 98."""

    head: Record
    accounts: list[Account] = field(default_factory=list)
    trailer: Record | None = None

    @property
    def size(self) -> int:
        """Its physical records, header and trailer included."""
        return len(self.head.parts) + sum(one.size for one in self.accounts) + 1


class Fields:
    """The fields of a record one after the other, and the text that ends it."""

    def __init__(self, record: Record) -> None:
        self._parts = record.parts
        self._part = self._at = 0  # the next field begins there; never copied, as a head may have thousands of fields

    def next(self) -> str:
        """The next field, "" when there is none."""
        if not self:
            return ""
        text = self._parts[self._part]
        comma = text.find(",", self._at)
        field_ = text[self._at : comma] if comma >= 0 else text[self._at :]
        self._part, self._at = (self._part, comma + 1) if comma >= 0 else (self._part + 1, 0)
        return field_.strip()

    def count(self) -> int | None:
        """The next field, a number of things; None where it is none."""
        return count_of(self.next())

    def funds(self) -> str:
        """The funds type; what it says of availability is passed over."""
        kind = self.next()
        left = 2 * (self.count() or 0) if kind == "D" else _FUNDS.get(kind, 0)
        while left and self:
            self.next()
            left -= 1
        return kind

    def rest(self) -> str:
        """What is left, a line for each physical record."""
        if not self:
            return ""
        left = (self._parts[self._part][self._at :], *self._parts[self._part + 1 :])
        return "\n".join(part.strip() for part in left if part.strip())

    def __bool__(self) -> bool:
        return self._part < len(self._parts)


def count_of(text: str) -> int | None:
    """A number of things or a code; None where it is none."""
    return int(text) if _NUMBER.fullmatch(text) else None


def read_groups(path: Path, data: bytes) -> tuple[list[Group], Record, int]:
    """The groups of a file, its trailer, and how many physical records it has.

    Raises:
        UsageError: it is no BAI2 file, it was cut, or a record stands where it may not stand; the line is named.
    """
    records = list(_records(_decoded(data)))
    if not records or records[0].code != "01":
        remedy = "Download the statement again, as BAI2."
        raise UsageError("it is no BAI2 file: it does not begin with a record 01", record=str(path), remedy=remedy)
    if records[-1].code != "99":
        raise records[-1].wrong(path, "it ends without its trailer (record 99), so something of it is missing")
    groups = list(_groups(path, records[1:-1]))
    if not any(group.accounts for group in groups):
        raise records[0].wrong(path, "it holds no account (record 03)")
    return groups, records[-1], sum(len(record.parts) for record in records)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _records(text: str) -> Iterator[Record]:
    """Logical records; a line without a code goes on with the text before it."""
    code, parts, begun = "", [""], 0
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        for piece in _NEXT.split(line):
            found = _RECORD.match(piece)
            body = (found[2] if found else piece).strip().removesuffix("/").rstrip()
            if found and found[1] == "88":
                parts.append(body)
            elif found:
                if begun:
                    yield Record(code, tuple(parts), begun)
                code, parts, begun = found[1], [body], number
            elif body:
                parts[-1] = f"{parts[-1]} {body}".strip()
                begun = begun or number
    if begun:
        yield Record(code, tuple(parts), begun)


def _groups(path: Path, records: Sequence[Record]) -> Iterator[Group]:
    group: Group | None = None
    account: Account | None = None
    for record in records:
        match record.code:
            case "02" if group is None:
                group = Group(record)
            case "03" if group is not None and account is None:
                account = Account(record)
            case "16" if account is not None:
                account.details.append(record)
            case "49" if group is not None and account is not None:
                account.trailer = record
                group.accounts.append(account)
                account = None
            case "98" if group is not None and account is None:
                group.trailer = record
                yield group
                group = None
            case _:
                raise record.wrong(path, f"a record {record.code} stands where none may stand")
    if group is not None:
        raise group.head.wrong(path, "the group that begins here has no trailer (record 98)")
