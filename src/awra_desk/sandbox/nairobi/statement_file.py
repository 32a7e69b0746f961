"""An M-PESA account's statement as the organisation portal gives it: CSV, newest first, its block above.

Layout: tests/contracts/mpesa/SOURCE.md.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO

from awra_desk.domain.dates import Period
from awra_desk.domain.money import to_people
from awra_desk.sandbox.nairobi.model import COMPANY, CURRENCY, Movement, Wallet

STREAM = "statement"
"""Stream name of the rows in the truth; the external id is the receipt, with ":charge" for its charge."""

_EAT = timezone(timedelta(hours=3))
_HEADING = (
    "Receipt No.", "Completion Time", "Initiation Time", "Details", "Transaction Status", "Paid In", "Withdrawn",
    "Balance", "Balance Confirmed", "Reason Type", "Other Party Info", "Linked Transaction ID", "A/C No.",
)  # fmt: skip


def render(wallet: Wallet, period: Period) -> str:
    """The file's text."""
    moved = [row.minor for row in wallet.movements if row.completed]
    out = StringIO(newline="")
    write = csv.writer(out, lineterminator="\r\n").writerow
    write(["Account Holder", COMPANY])
    write(["Short Code", wallet.short_code])
    write(["Account", wallet.account])
    write(["Time Period", "", "From", f"{period.first:%d-%m-%Y} 00:00:00", "To", f"{period.last:%d-%m-%Y} 23:59:59"])
    write(["Operator", "W KAMAU"])
    opening, closing = _money(wallet.opening), _money(wallet.closing)
    totals = sum(minor for minor in moved if minor > 0), -sum(minor for minor in moved if minor < 0)
    ends = ("Opening Balance", opening, "Closing Balance", closing, "Available Balance", closing)
    write([*ends, "Total Paid In", _money(totals[0]), "Total Withdrawn", _money(totals[1])])
    write(_HEADING)
    balance, lines = wallet.opening, []
    for row in wallet.movements:
        balance += row.minor if row.completed else 0
        lines.append(_line(row, balance))
    for line in reversed(lines):
        write(line)
    return out.getvalue()


def _line(row: Movement, balance: int) -> list[str]:
    at = f"{datetime.fromtimestamp(row.at, UTC).astimezone(_EAT):%d-%m-%Y %H:%M:%S}"
    status = "Completed" if row.completed else "Failed"
    amounts = (_money(row.minor), "") if row.minor > 0 else ("", _money(row.minor))
    return [
        row.receipt, at, at, row.details, status, *amounts, _money(balance), "true", row.reason, row.party, row.linked,
        row.account_no,
    ]  # fmt: skip


def _money(minor: int) -> str:
    return to_people(minor, CURRENCY).removesuffix(f" {CURRENCY}")
