"""Reads one organisation statement as the M-PESA organisation portal gives it, CSV or XLSX.

Layout: a block of `label, value` cells (Account Holder, Short Code, Account, Time Period, Operator; Opening and Closing
Balance, Total Paid In and Total Withdrawn on one row), then the heading that begins with "Receipt No.", then a row per
movement of the account, newest first. Times are East Africa Time (UTC+3) without a zone, amounts have thousands
separators, what is withdrawn may carry a minus or not, and rows that did not complete stand among the others with their
amount. The files say no more than that; older downloads lack the balances in the block, so both ends then follow from
the rows. Sources: tests/contracts/mpesa/SOURCE.md.
"""

from __future__ import annotations

import csv
import hashlib
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from pathlib import Path

from awra_desk.domain.errors import UsageError
from awra_desk.files.cells import cell_text

EAT = timezone(timedelta(hours=3), "EAT")
CURRENCY = "KES"
COMPLETED = "Completed"

HEADING = "receipt no"
COLUMNS = {
    "receipt": "receipt no",
    "completed": "completion time",
    "initiated": "initiation time",
    "details": "details",
    "status": "transaction status",
    "paid_in": "paid in",
    "withdrawn": "withdrawn",
    "balance": "balance",
    "balance_confirmed": "balance confirmed",
    "reason": "reason type",
    "party": "other party info",
    "linked": "linked transaction id",
    "account_no": "a/c no",
}
"""Our name -> the portal's heading, folded (lower case, no point at its end)."""

_REQUIRED = ("receipt", "completed", "details", "status", "paid_in", "withdrawn", "balance")
_TIMES = ("%d-%m-%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_DAY = re.compile(r"\d{2}-\d{2}-\d{4}|\d{4}-\d{2}-\d{2}|\d{2}/\d{2}/\d{4}")
_CENT = Decimal("0.01")
_FLOAT_NOISE = Decimal("0.000001")
_WORKBOOKS = (".xlsx", ".xlsm")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the statement.

    Attributes:
        record: the cells under our names, in one spelling whatever the format, with what is derived from them:
            `external_id`, `amount` (signed decimal), `completed_at` and `initiated_at` (ISO with offset), `type` (the
            reason, folded), `is_charge`, and `charge` (what a payment cost). A cell that cannot be read stays as it is.
        minor: what it moved, in cents; 0 if it did not complete, None if it cannot be read.
        balance: stated after it, in cents; None if it states none. day: its booking day; None if it cannot be read.
    """

    record: Mapping[str, str]
    minor: int | None
    balance: int | None
    day: date | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement file, read; balances and totals in cents.

    Attributes:
        first, last: its days, inclusive. rows: oldest first.
        paid_in, withdrawn: as the block states them, both positive; None where it does not.
    """

    path: Path
    digest: str
    account: str
    first: date
    last: date
    opening: int
    closing: int
    paid_in: int | None
    withdrawn: int | None
    rows: tuple[Row, ...]


def read_statement(path: Path) -> Statement:
    """Read a statement file.

    Raises:
        UsageError: missing, not a statement, without a needed column, or without any balance.
    """
    grid = _grid(path)
    place = next((index for index, cells in enumerate(grid) if cells and _folded(cells[0]) == HEADING), None)
    if place is None:
        raise _wrong(path, 'no row begins with "Receipt No."', "Download an organisation statement, CSV or XLSX.")
    block = _Block(path, grid[:place])
    rows = _ordered(_rows(path, grid, place))
    days = [row.day for row in rows if row.day is not None]
    period = block.period() or ((days[0], days[-1]) if days else None)
    opening, closing = block.money("opening balance"), block.money("closing balance")
    opening = _before(rows) if opening is None else opening
    closing = _after(rows) if closing is None else closing
    if period is None or opening is None or closing is None:
        raise _wrong(path, "it states no period and no balances", "Download it again with its heading block.")
    return Statement(
        path=path,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        account=block.account(),
        first=period[0],
        last=period[1],
        opening=opening,
        closing=closing,
        paid_in=block.money("total paid in"),
        withdrawn=block.money("total withdrawn"),
        rows=rows,
    )


def running_balance(opening: int, rows: Sequence[Row]) -> Iterator[tuple[Row, int, int]]:
    """Each row with the balance it states and the one that follows from the row before it."""
    balance = opening
    for row in rows:
        follows = balance + (row.minor or 0)
        balance = follows if row.balance is None else row.balance
        yield row, balance, follows


class _Block:
    """The cells above the heading."""

    def __init__(self, path: Path, rows: Sequence[Sequence[str]]) -> None:
        self._path = path
        self._rows = rows

    def account(self) -> str:
        """Short code and account ("600123 Utility Account"), "" if the block names none."""
        code = self._value("short code") or self._value("paybill") or self._value("till")
        return f"{code} {self._value('account')}".strip()

    def period(self) -> tuple[date, date] | None:
        """The days of the time period, if it is stated."""
        for cells in self._rows:
            if cells and _folded(cells[0]) in ("time period", "statement period"):
                found = [_instant(text) for cell in cells for text in _DAY.findall(cell)]
                days = [instant.astimezone(EAT).date() for instant in found if instant is not None]
                if days:
                    return days[0], days[-1]
        return None

    def money(self, label: str) -> int | None:
        """The amount beside a label, in cents.

        Raises:
            UsageError: it is no amount.
        """
        text = self._value(label)
        if not text:
            return None
        amount = _decimal(text)
        if amount is None:
            raise _wrong(self._path, f"{label} {text!r} is no amount", "Download the statement again.")
        return _cents(amount)

    def _value(self, label: str) -> str:
        for cells in self._rows:
            for index, cell in enumerate(cells):
                if _folded(cell) == label:
                    return next((text for text in cells[index + 1 :] if text), "")
        return ""


def _grid(path: Path) -> list[list[str]]:
    try:
        if path.suffix.lower() in _WORKBOOKS:
            return _sheet(path)
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise _wrong(path, "the file is not there", "Download the statement again, or correct the path.") from None
    except UnicodeDecodeError as error:
        raise _wrong(path, f"byte {error.start} is not UTF-8", "Download it again, as CSV or XLSX.") from None
    return [[" ".join(cell.split()) for cell in cells] for cells in csv.reader(text.splitlines())]


def _sheet(path: Path) -> list[list[str]]:
    import openpyxl  # noqa: PLC0415 - slow to import
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError):
        raise _wrong(path, "it is not a workbook", "Download it again, as CSV or XLSX.") from None
    try:
        cells = book.worksheets[0].iter_rows(values_only=True)
        return [[" ".join(cell_text(cell).split()) for cell in row] for row in cells]
    finally:
        book.close()


def _rows(path: Path, grid: list[list[str]], place: int) -> list[Row]:
    """The rows below the heading, in file order; a row of totals, which has neither receipt nor time, is none."""
    heading = [_folded(cell) for cell in grid[place]]
    missing = [COLUMNS[name] for name in _REQUIRED if COLUMNS[name] not in heading]
    if missing:
        raise _wrong(path, f"column {missing[0]!r} is missing", "Download the statement again with all its columns.")
    places = {name: heading.index(theirs) for name, theirs in COLUMNS.items() if theirs in heading}
    found = []
    for number, cells in enumerate(grid[place + 1 :], start=place + 2):
        if len(cells) > len(heading) and any(cells[len(heading) :]):
            raise _wrong(path, f"row {number} has more cells than the heading", "A comma in a text needs quotes.")
        row = {name: cells[at] if at < len(cells) else "" for name, at in places.items()}
        if row["receipt"] or row["completed"]:
            found.append(_row(row))
    return found


def _row(cells: Mapping[str, str]) -> Row:
    """One row, without its external id, which depends on the others."""
    amount, completed = _movement(cells), _instant(cells["completed"])
    balance = _decimal(cells["balance"])
    initiated = _instant(cells.get("initiated", ""))
    reason = cells.get("reason") or re.split(r" (?:from|to|-) ", cells["details"])[0]
    kind = " ".join(reason.casefold().split())
    record = {
        **cells,
        "receipt": cells["receipt"].upper(),
        "status": cells["status"].capitalize(),
        "paid_in": _spelled(cells["paid_in"]),
        "withdrawn": _spelled(cells["withdrawn"]),
        "balance": _spelled(cells["balance"]),
        "balance_confirmed": cells.get("balance_confirmed", "").casefold(),
        "amount": f"{cells['paid_in']} {cells['withdrawn']}".strip() if amount is None else format(amount, "f"),
        "completed": "" if completed else cells["completed"],
        "completed_at": completed.isoformat() if completed else cells["completed"],
        "initiated": "" if initiated else cells.get("initiated", ""),
        "initiated_at": initiated.isoformat() if initiated else "",
        "type": kind,
        "is_charge": "true" if kind.endswith("charge") else "false",
    }
    moved = record["status"] == COMPLETED
    return Row(
        record=record,
        minor=0 if not moved else None if amount is None else _cents(amount),
        balance=None if balance is None else _cents(balance),
        day=None if completed is None else completed.date(),
    )


def _ordered(rows: list[Row]) -> tuple[Row, ...]:
    """Oldest first, with their external ids.

    The portal lists newest first, but people sort; the order in which the balances follow from each other is the true
    one, and where both do as well, the times decide.
    """
    backwards = rows[::-1]
    times = [row.record["completed_at"] for row in rows if row.day is not None]
    falling = bool(times) and times[0] > times[-1]
    breaks = {id(way): _breaks(way) for way in (rows, backwards)}
    flipped = breaks[id(backwards)] < breaks[id(rows)] or (breaks[id(backwards)] == breaks[id(rows)] and falling)
    seen: Counter[str] = Counter()
    found = []
    for row in backwards if flipped else rows:
        base = row.record["receipt"] or f"row:{row.record['completed_at']}"
        identity = f"{base}:charge" if row.record["is_charge"] == "true" else base
        seen[identity] += 1
        external = identity if seen[identity] == 1 else f"{identity}#{seen[identity]}"
        found.append(replace(row, record={**row.record, "external_id": external}))
    return tuple(_with_charges(found))


def _with_charges(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows; each payment knows the charge for it, whose row has its receipt or is linked to it."""
    charges: Counter[str] = Counter()
    for row in rows:
        if row.record["is_charge"] == "true":
            charges[row.record.get("linked") or row.record["receipt"]] -= row.minor or 0
    for row in rows:
        cents = charges.pop(row.record["receipt"], 0) if row.record["is_charge"] == "false" else 0
        yield replace(row, record={**row.record, "charge": format(Decimal(cents).scaleb(-2), "f")})


def _breaks(rows: Sequence[Row]) -> int:
    opening = _before(rows)
    return sum(stated != follows for _, stated, follows in running_balance(opening or 0, rows))


def _before(rows: Sequence[Row]) -> int | None:
    """The balance before the first of the rows."""
    moved = 0
    for row in rows:
        moved += row.minor or 0
        if row.balance is not None:
            return row.balance - moved
    return None


def _after(rows: Sequence[Row]) -> int | None:
    """The balance the last row states, and what moved after it."""
    moved = 0
    for row in reversed(rows):
        if row.balance is not None:
            return row.balance + moved
        moved += row.minor or 0
    return None


def _movement(cells: Mapping[str, str]) -> Decimal | None:
    """Paid in, or what was withdrawn as a negative; None unless exactly one of them is there."""
    paid_in, withdrawn = cells["paid_in"], cells["withdrawn"]
    into, out = (_decimal(text) if text else Decimal(0) for text in (paid_in, withdrawn))
    if into is None or out is None or bool(into) is bool(out):
        return None
    return into or -abs(out)


def _decimal(text: str) -> Decimal | None:
    """The amount of a cell; binary noise of a spreadsheet beyond the cent is dropped, anything else unreadable is
    None.
    """
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 15:
        return None
    rounded = amount.quantize(_CENT)
    return rounded if abs(rounded - amount) <= _FLOAT_NOISE else None


def _spelled(text: str) -> str:
    amount = _decimal(text) if text else None
    return text if amount is None else format(amount, "f")


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))


def _instant(text: str) -> datetime | None:
    """The aware instant, East Africa Time."""
    plain = text.replace("T", " ").strip()
    for form in (*_TIMES, "%d-%m-%Y", "%d/%m/%Y"):
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC).replace(tzinfo=EAT)
        except ValueError:
            continue
    return None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".:").strip()


def _wrong(path: Path, what: str, remedy: str) -> UsageError:
    return UsageError(what, record=str(path), remedy=remedy)
