"""Templates: the balanced entry that settles an exception, from its reason and kinds.

A mapping names the ledger account of each role (clearing, fees, sales, ...). A role without an account is an error that
names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from awra_desk.domain.entries import Entry, EntryLine
from awra_desk.domain.errors import UserError
from awra_desk.domain.transactions import Kind

ROLE_OF_KIND: dict[str, str] = {
    Kind.FEE: "fees",
    Kind.TAX: "fees",
    Kind.CHARGE: "sales",
    Kind.TIP: "tips",
    Kind.GIFT_CARD: "gift_cards",
    Kind.REFUND: "refunds",
    Kind.CHARGEBACK: "chargebacks",
    Kind.CHARGEBACK_REVERSAL: "chargebacks",
    Kind.RESERVE_HOLD: "reserve",
    Kind.RESERVE_RELEASE: "reserve",
    Kind.PAYOUT: "bank",
    Kind.PAYOUT_FAILURE: "bank",
    Kind.FX: "fx",
    Kind.BANK_LINE: "bank_charges",
}


@dataclass(frozen=True, slots=True)
class Booking:
    """One source record that the ledger lacks.

    Attributes:
        minor: as it moves the reconciled account, debit positive. reference: what ties the ledger line to the record.
    """

    kind: str
    minor: int
    day: date
    reference: str
    description: str


def missing_entry(
    bookings: list[Booking], *, account: str, roles: Mapping[str, str], currency: str, words: str
) -> Entry:
    """The entry that books what is missing: the reconciled account against the account of each kind's role.

    Args:
        account: the reconciled ledger account. roles: role -> ledger account id.
        words: text of the reconciled account's line when several records are booked in one sum; a single record carries
            its reference.

    Raises:
        UserError: no bookings, several days, a role without an account or with the reconciled one, or money that came
            in at the bank, which no template explains.
    """
    days = {booking.day for booking in bookings}
    if len(days) != 1:
        raise UserError("records of several days, or none, cannot become one entry", remedy="Propose one entry a day.")
    totals: dict[str, int] = {}
    for booking in bookings:
        role = ROLE_OF_KIND.get(booking.kind, "")
        if role not in roles:
            raise UserError(f"no ledger account is mapped for {role or booking.kind}", record=booking.reference,
                            remedy="Map the role in the connection's accounts.")  # fmt: skip
        if roles[role] == account:
            raise UserError("it would be booked against the reconciled account itself", record=booking.reference,
                            remedy="Match it with its counterpart, or have the ledger corrected.")  # fmt: skip
        if booking.kind == Kind.BANK_LINE and booking.minor > 0:
            raise UserError("money that came in is no bank charge", record=booking.reference,
                            remedy="Match it with its counterpart, or have the ledger corrected.")  # fmt: skip
        totals[role] = totals.get(role, 0) + booking.minor
    text = words if len(bookings) > 1 else f"{bookings[0].description} {bookings[0].reference}".strip()
    lines = [EntryLine(account, sum(totals.values()), text)]
    lines += [EntryLine(roles[role], -minor, text) for role, minor in sorted(totals.items()) if minor]
    return Entry(day=days.pop(), currency=currency, memo=text, lines=tuple(lines))
