"""The bank's statement as the CSV file a person downloads from online banking: a preamble with the balances, then the
rows.

Columns: `Date` (ISO), `Transaction ID` (unique), `Description`, `Amount` (decimal, money in is positive), `Balance`
    (after the row). The preamble
gives account, period, opening and closing balance as `name,value` lines; a blank line ends it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO

from awra_desk.domain.dates import Period
from awra_desk.domain.money import to_text

STREAM = "statement"
"""Stream name of the rows in the truth; the external id is the transaction id."""


@dataclass(frozen=True, slots=True)
class BankRow:
    """One row: `minor` in cents, money in positive."""

    id: str
    date: date
    text: str
    minor: int


@dataclass(frozen=True, slots=True)
class Account:
    """Whose statement it is."""

    bank: str
    holder: str
    number: str
    currency: str


HARBOR = Account("Harbor Community Bank", "Kilimani Roasters US Inc.", "Business Checking ****4821", "USD")


def render(rows: Sequence[BankRow], period: Period, *, opening: int, closing: int, of: Account = HARBOR) -> str:
    """The file's text, lines ending in CR LF as banks write them; opening and closing in cents."""
    out = StringIO(newline="")
    write = csv.writer(out, lineterminator="\r\n").writerow
    write([of.bank, of.holder])
    write(["Account", f"{of.number} {of.currency}"])
    write(["Statement period", f"{period.first} to {period.last}"])
    write(["Opening balance", to_text(opening, of.currency)])
    write(["Closing balance", to_text(closing, of.currency)])
    write([])
    write(["Date", "Transaction ID", "Description", "Amount", "Balance"])
    balance = opening
    for row in rows:
        balance += row.minor
        write([row.date.isoformat(), row.id, row.text, to_text(row.minor, of.currency), to_text(balance, of.currency)])
    return out.getvalue()
