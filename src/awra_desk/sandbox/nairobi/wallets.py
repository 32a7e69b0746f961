"""The two M-PESA accounts: payments with their charges, reversals, failures, and what is withdrawn to the bank.

Charges by the tariffs in tests/contracts/mpesa/SOURCE.md.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from awra_desk.sandbox.merchant.clock import Clock, bank_day
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.nairobi.model import Movement, Sale, Wallet

_BANDS = (1_000, 1_500, 2_500, 3_500, 5_000, 7_500, 10_000, 15_000, 20_000, 25_000, 30_000)
_CHARGES = (0, 5, 7, 9, 18, 25, 30, 39, 43, 47, 52)
"""Paybill, Mgao tariff, KES: the upper end of each band, and what the business pays."""

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STEP = 1_010_101_039  # coprime to 36**6, so that its multiples visit every tail once
_WITHDRAWN_AT = 17 * 3600
_LEFT = 2_000_000  # cents that stay in the account


@dataclass(slots=True)
class WalletHistory:
    """One account from the run-up to the month's end.

    Attributes:
        payments: (order number, receipt). reversed: the payment and the row that took it back.
        withdrawals: with the day they reach the bank.
    """

    code: str
    account: str
    rows: list[Movement] = field(default_factory=list)
    payments: dict[int, Movement] = field(default_factory=dict)
    reversed: list[tuple[Sale, Movement]] = field(default_factory=list)
    withdrawals: list[tuple[Movement, date]] = field(default_factory=list)

    def wallet(self, clock: Clock) -> Wallet:
        """What the month's statement shows."""
        before = [row for row in self.rows if row.at < clock.start]
        carried = [row for row, arrival in self.withdrawals if row.at < clock.start and arrival >= clock.first]
        month = tuple(row for row in self.rows if row.at >= clock.start)
        opening = sum(row.minor for row in before if row.completed)
        return Wallet(self.code, self.account, opening, month, carried[0] if carried else None)


def run_wallet(clock: Clock, sales: Sequence[Sale], seed: int, *, kind: str) -> WalletHistory:
    """Let the orders' payments of this kind arrive."""
    paybill = kind == "paybill"
    history = WalletHistory("600123", "Utility Account") if paybill else WalletHistory("5123456", "Merchant Account")
    draw, receipts = stream(seed, f"wallet {kind}"), Receipts(clock, seed, kind)
    due = [(sale, tender.minor) for sale in sales for tender in sale.tenders if tender.kind == kind]
    for number, (sale, minor) in enumerate(due):
        receipt = receipts.new(sale.at)
        payment = _payment(sale, minor, receipt, paybill=paybill, draw=draw)
        if number % 25 == 7:
            tried = receipts.new(sale.at - 40)
            history.rows.append(_failed(payment, tried))
        history.rows.append(payment)
        history.payments[sale.number] = payment
        charge = _paybill_charge(minor) if paybill else _till_charge(minor)
        if charge:
            words = "Pay Bill Charge" if paybill else "Pay merchant Charge"
            history.rows.append(Movement(receipt, sale.at, -charge, words, words))
        if number % 45 == 20 and len(sale.tenders) == 1 and clock.day(sale.at + 7200) <= clock.last:
            back = _reversal(payment, receipts.new(sale.at + 7200), paybill=paybill)
            history.rows.append(back)
            history.reversed.append((sale, back))
    history.rows.sort(key=lambda row: row.at)
    _withdraw(history, clock, receipts, paybill=paybill)
    return history


def _payment(sale: Sale, minor: int, receipt: str, *, paybill: bool, draw: random.Random) -> Movement:
    party = f"{sale.phone} - {sale.customer}"
    if not paybill:
        return Movement(
            receipt, sale.at, minor, f"Merchant Payment Online from {party}", "Customer Buy Goods Online", party
        )
    typed = sale.name if draw.random() < 0.9 else draw.choice(("", sale.name.lower(), sale.customer.split()[0]))
    reason = draw.choice(("Pay Bill Online", "Pay Utility", "Pay Utility with OD via STK"))
    details = f"Pay Bill from {party} Acc. {typed}".strip()
    return Movement(receipt, sale.at, minor, details, reason, party, account_no=typed)


def _failed(payment: Movement, receipt: str) -> Movement:
    return Movement(
        receipt,
        payment.at - 40,
        payment.minor,
        payment.details,
        payment.reason,
        payment.party,
        account_no=payment.account_no,
        completed=False,
    )


def _reversal(payment: Movement, receipt: str, *, paybill: bool) -> Movement:
    reason = "Pay Bill Reversal" if paybill else "Buy Goods Reversal"
    details = f"{reason} of {payment.receipt}"
    return Movement(receipt, payment.at + 7200, -payment.minor, details, reason, payment.party, payment.receipt)


def _withdraw(history: WalletHistory, clock: Clock, receipts: Receipts, *, paybill: bool) -> None:
    """On every second bank day, whole thousands of shillings above what stays."""
    words = f"{history.account} to Organization Settlement Account"
    days = [day for day in clock.days if bank_day(day) == day]
    taken = 0
    for day in days[:: 2 if paybill else 3]:
        at = clock.at(day, _WITHDRAWN_AT)
        held = sum(row.minor for row in history.rows if row.completed and row.at <= at) - taken
        minor = (held - _LEFT) // 100_000 * 100_000
        if minor > 0:
            taken += minor
            row = Movement(receipts.new(at), at, -minor, words, words)
            history.withdrawals.append((row, bank_day(day + timedelta(days=1))))
    history.rows += [row for row, _ in history.withdrawals]
    history.rows.sort(key=lambda row: row.at)


def _paybill_charge(minor: int) -> int:
    return _CHARGES[min(bisect_left(_BANDS, -(-minor // 100)), len(_CHARGES) - 1)] * 100


def _till_charge(minor: int) -> int:
    """0.55 % above KES 200, half a cent up, at most KES 200."""
    return min((minor * 55 + 5_000) // 10_000, 20_000) if minor > 20_000 else 0


class Receipts:
    """Issues receipts: year and month as letters, the day as a digit or letter, then a tail that never repeats."""

    def __init__(self, clock: Clock, seed: int, kind: str) -> None:
        self._clock = clock
        self._salt = stream(seed, f"receipts {kind}").randrange(36**6)
        self._lead = "P" if kind == "paybill" else "M"
        self._count = 0

    def new(self, at: int) -> str:
        """A receipt of the day on which `at` falls."""
        number, tail = (self._count * _STEP + self._salt) % 36**6, ""
        self._count += 1
        for _ in range(6):
            number, place = divmod(number, 36)
            tail = _LETTERS[place] + tail
        day = self._clock.day(at)
        head = f"{chr(ord('A') + day.year - 2006)}{chr(ord('A') + day.month - 1)}{_LETTERS[day.day]}"
        return f"{head}{self._lead}{tail}"
