"""The bank account: what the bank saw (payouts, rent, wages, postage, transfers, its own charges) and how the
bookkeeper entered it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from awra_desk.sandbox.bank_file import STREAM, BankRow
from awra_desk.sandbox.merchant.clock import Clock, bank_day
from awra_desk.sandbox.merchant.draft import Draft
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.merchant.model import BANK_STATEMENT, OPENING_STREAM, MonthSpec, OpeningItem
from awra_desk.sandbox.merchant.payouts import PaidOut
from awra_desk.sandbox.merchant.slips import transpose
from awra_desk.sandbox.truth import AnomalyKind, LedgerRef, SourceRef

_FRIDAY = 4
_OPENING_CHECK = "opening-check-10398"


@dataclass(frozen=True, slots=True)
class _Spending:
    """Money that leaves the account.

    Attributes:
        booked, cleared: the bookkeeper's day and the bank's; None where one of them never saw it (in the month).
        minor: positive. typed: what the bookkeeper wrote. times: how often.
    """

    booked: date | None
    cleared: date | None
    role: str
    minor: int
    ledger_text: str
    bank_text: str
    typed: int = 0
    times: int = 1
    anomaly: AnomalyKind | None = None
    opening: bool = False


class Bank:
    """The month at the bank.

    Attributes:
        rows: the statement's rows by date. payout_rows: payout id -> the row's name.
        opening, closing: the statement's balances, minor units.
        books_opening: the account's balance in the books at the start: the outstanding check is already gone there.
        opening_item: that check.
    """

    def __init__(self, spec: MonthSpec, clock: Clock, arrived: list[PaidOut]) -> None:
        self._clock = clock
        draw = stream(spec.seed, "bank")
        self._spendings = _spendings(spec, clock, draw, sum(paid.minor for paid in arrived))
        self._row_of: dict[int, SourceRef] = {}
        self.payout_rows: dict[str, SourceRef] = {}
        self.rows = self._statement(arrived)
        self.opening = 4_800_000 + draw.randrange(1_500_000)
        self.closing = self.opening + sum(row.minor for row in self.rows)
        check = next(one for one in self._spendings if one.opening)
        self.books_opening = self.opening - check.minor
        eve = clock.first - timedelta(days=3)
        self.opening_item = OpeningItem(
            BANK_STATEMENT,
            "ledger",
            OPENING_STREAM,
            _OPENING_CHECK,
            eve,
            -check.minor,
            "CHECK 10398",
            check.ledger_text,
        )

    def _statement(self, arrived: list[PaidOut]) -> list[BankRow]:
        """Rows in order of date; their ids number them, as the bank's do."""
        seen: list[tuple[date, int, str, str | int]] = []
        for number, paid in enumerate(arrived):
            payout_id = paid.payout["id"]
            text = "STRIPE TRANSFER" if number % 3 == 2 else f"STRIPE TRANSFER {payout_id}"
            seen.append((paid.arrival, paid.minor, text, payout_id))
        seen += [
            (one.cleared, -one.minor, one.bank_text, number)
            for number, one in enumerate(self._spendings)
            if one.cleared is not None
        ]
        seen.sort(key=lambda row: row[:3])
        rows = []
        for number, (day, minor, text, owner) in enumerate(seen, start=1):
            row = BankRow(f"T{day:%y%m%d}{number:05d}", day, text, minor)
            rows.append(row)
            if isinstance(owner, str):
                self.payout_rows[owner] = (STREAM, row.id)
            else:
                self._row_of[owner] = (STREAM, row.id)
        return rows

    def enter(self, draft: Draft) -> None:
        """Book the spending and note the truth about it."""
        for number, one in enumerate(self._spendings):
            row = self._row_of.get(number)
            lines = [(_OPENING_CHECK, 0)] if one.opening else self._book(draft, one)
            if row is not None and lines:
                draft.group(BANK_STATEMENT, "bank", [row], lines, provable=one.typed == one.minor and len(lines) == 1)
            if one.anomaly is not None:
                booked = -one.typed * len(lines)
                seen = -one.minor if row is not None else 0
                source = [row] if row is not None else []
                note = f"{one.ledger_text or one.bank_text}: books {booked}, bank {seen} (minor units)."
                draft.wrong(
                    one.anomaly, BANK_STATEMENT, source=source, ledger=lines, difference=booked - seen, note=note
                )

    @staticmethod
    def _book(draft: Draft, one: _Spending) -> list[LedgerRef]:
        if one.booked is None:
            return []
        postings = [(one.role, one.typed, one.ledger_text), ("bank", -one.typed, one.ledger_text)]
        return [(draft.book("JournalEntry", one.booked, postings, memo=one.ledger_text), 2) for _ in range(one.times)]


def _spendings(spec: MonthSpec, clock: Clock, draw: random.Random, income: int) -> list[_Spending]:
    first, last = clock.first, clock.last
    rent_day, reference = bank_day(first), 80_000_000 + draw.randrange(10_000_000)
    check = 41_300 + draw.randrange(9_000)
    found = [
        _same(
            rent_day, "rent", 450_000, f"Rent Hudson Lofts LLC {reference}", f"ACH DEBIT HUDSON LOFTS LLC {reference}"
        ),
        _Spending(
            None,
            bank_day(first + timedelta(days=2)),
            "postage",
            check,
            "Check 10398 Bright Signs",
            "CHECK 10398",
            check,
            opening=True,
        ),
    ]
    for day in clock.days:
        if day >= first and day.weekday() == _FRIDAY:
            pay = 180_000 + spec.orders * 120 + draw.randrange(35_000)
            found.append(_same(day, "wages", pay, f"Wages week ending {day}", "ACH DEBIT GUSTO PAYROLL"))
    for day in (first + timedelta(days=9), first + timedelta(days=22)):
        amount, wire = max(income // 4 // 100_000 * 100_000, 100_000), f"WT{draw.randrange(10**9):09d}"
        day_at_bank = bank_day(day)
        found.append(
            _same(
                day_at_bank,
                "transfers",
                amount,
                f"Transfer to Nairobi {wire}",
                f"WIRE OUT KILIMANI ROASTERS NAIROBI {wire}",
            )
        )
        found.append(_charge(day_at_bank, 2_500, "OUTGOING WIRE FEE"))
    found.append(_charge(bank_day(last - timedelta(days=2)), 1_500, "MONTHLY SERVICE CHARGE"))
    unpaid = 22_000 + draw.randrange(31_000)
    late = AnomalyKind.OUTSTANDING
    words = "Check 10417 Atlas Packaging"
    found.append(_Spending(last - timedelta(days=1), None, "postage", unpaid, words, "", unpaid, anomaly=late))
    return found + _postage(spec, clock, draw)


def _same(day: date, role: str, minor: int, ledger_text: str, bank_text: str) -> _Spending:
    """Booked rightly, on the bank's day."""
    return _Spending(day, day, role, minor, ledger_text, bank_text, minor)


def _charge(day: date, minor: int, text: str) -> _Spending:
    """The bank's own charge, which nobody booked."""
    return _Spending(None, day, "bank_fees", minor, "", text, minor, anomaly=AnomalyKind.BANK_FEE_UNBOOKED)


def _postage(spec: MonthSpec, clock: Clock, draw: random.Random) -> list[_Spending]:
    """Parcels, half with a receipt number; among them one never booked, one twice, one with digits swapped, one on a
    wrong day.
    """
    errors = {
        2: AnomalyKind.MISSING,
        5: AnomalyKind.DOUBLED,
        8: AnomalyKind.TRANSPOSED,
        11: AnomalyKind.MISDATED,
    }
    days = (clock.last - clock.first).days + 1
    found = []
    for number in range(max(14, spec.orders // 130)):
        cleared = bank_day(clock.first + timedelta(days=draw.randrange(days - 3)))
        minor = 610 + draw.randrange(9_400)
        receipt = f"{90_000_000 + draw.randrange(10_000_000)}"
        error = errors.get(number)
        with_receipt = number % 2 == 0 or error is AnomalyKind.MISDATED
        ledger_text = f"Postage USPS receipt {receipt}" if with_receipt else "Postage USPS"
        booked: date | None = max(clock.first, cleared - timedelta(days=draw.randrange(2)))
        if error is AnomalyKind.MISSING:
            booked = None
        elif error is AnomalyKind.MISDATED:
            booked = cleared + timedelta(days=6) if cleared.day < 15 else cleared - timedelta(days=6)
        typed = transpose(minor, draw) if error is AnomalyKind.TRANSPOSED else minor
        times = 2 if error is AnomalyKind.DOUBLED else 1
        text = f"POS PURCHASE USPS {receipt}" if with_receipt else "POS PURCHASE USPS"
        found.append(_Spending(booked, cleared, "postage", minor, ledger_text, text, typed, times, error))
    return found
