"""The bank account of the Nairobi entity: withdrawals and settlements that arrive, the courier's remittances, rent,
wages, and the bank's own charges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from awra_desk.sandbox.bank_file import STREAM, BankRow
from awra_desk.sandbox.merchant.clock import Clock, bank_day
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.nairobi.model import Sale
from awra_desk.sandbox.nairobi.paystack import PaystackAccount
from awra_desk.sandbox.nairobi.wallets import WalletHistory
from awra_desk.sandbox.truth import SourceRef

_COMMISSION = 3  # per cent, kept by the courier
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Arrival:
    """Money that reaches the bank, or leaves it (negative).

    Attributes:
        key: what it is: a receipt, a settlement's id, "cod 2026-10-09", "rent", …
    """

    key: str
    day: date
    minor: int
    text: str


@dataclass(frozen=True, slots=True)
class Remittance:
    """A week's cash from the courier: `gross` was collected from customers up to the day before."""

    day: date
    gross: int
    commission: int


class NairobiBank:
    """The month at the bank.

    Attributes:
        rows: the statement's, by date. row_of: an arrival's key -> the row's name.
        remittances: of the courier. opening, closing: balances in cents.
    """

    def __init__(
        self,
        clock: Clock,
        sales: Sequence[Sale],
        wallets: Sequence[WalletHistory],
        account: PaystackAccount,
        seed: int,
    ) -> None:
        draw = stream(seed, "nairobi bank")
        self.remittances = _remittances(clock, sales)
        seen = [
            Arrival(row.receipt, day, -row.minor, f"MPESA {history.code} {row.receipt}")
            for history in wallets
            for row, day in history.withdrawals
        ]
        for number, paid in enumerate(account.settled):
            text = "PAYSTACK PAYMENTS KE" if number % 3 == 2 else f"PAYSTACK PAYMENTS KE {paid.settlement['id']}"
            seen.append(Arrival(str(paid.settlement["id"]), paid.arrival, paid.minor, text))
        for one_week in self.remittances:
            minor = one_week.gross - one_week.commission
            seen.append(Arrival(f"cod {one_week.day}", one_week.day, minor, f"PIKI COURIERS COD {one_week.day:%d%m}"))
        income = sum(one.minor for one in seen if clock.first <= one.day <= clock.last)
        rent, wages = 8_500_000 + draw.randrange(40) * 25_000, max(income * 3 // 10, 1_000_000) // 100 * 100
        seen.append(Arrival("rent", bank_day(clock.first + timedelta(days=1)), -rent, "STANDING ORDER RENT KILIMANI"))
        seen.append(Arrival("wages", bank_day(clock.last - timedelta(days=5)), -wages, f"PAYROLL {clock.last:%m%Y}"))
        seen.append(Arrival("charges", clock.last, -(35_000 + draw.randrange(20_000)), "LEDGER FEES AND EXCISE DUTY"))
        inside = sorted(
            (one for one in seen if clock.first <= one.day <= clock.last), key=lambda one: (one.day, one.key)
        )
        self.rows: list[BankRow] = []
        self.row_of: dict[str, SourceRef] = {}
        self.minor_of = {one.key: one.minor for one in inside}
        for number, one in enumerate(inside, start=1):
            row = BankRow(f"S{one.day:%y%m%d}{number:04d}", one.day, one.text, one.minor)
            self.rows.append(row)
            self.row_of[one.key] = (STREAM, row.id)
        self.opening = 32_000_000 + draw.randrange(9_000_000)
        self.closing = self.opening + sum(row.minor for row in self.rows)


def _remittances(clock: Clock, sales: Sequence[Sale]) -> list[Remittance]:
    """On every Friday of the month, the cash of the orders delivered since the Friday before."""
    found = []
    cash = [(clock.day(sale.at), sale.minor) for sale in sales if sale.tenders[0].kind == "courier"]
    fridays = [day for day in clock.days if day.weekday() == _FRIDAY and day >= clock.first]
    since = clock.first
    for friday in fridays:
        gross = sum(minor for day, minor in cash if since <= day < friday)
        if gross:
            found.append(Remittance(friday, gross, gross * _COMMISSION // 100))
        since = friday
    return found
