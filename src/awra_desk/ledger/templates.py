"""Templates: the balanced entry that settles an exception, from what its records are, coded by `coding`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from awra_desk.domain.entries import Entry, EntryLine
from awra_desk.domain.errors import UserError
from awra_desk.domain.mappings import MappingRow, Values
from awra_desk.domain.transactions import Kind
from awra_desk.ledger.coding import ROLE_OF_KIND, Coder


@dataclass(frozen=True, slots=True)
class Booking:
    """One source record that the ledger lacks.

    Attributes:
        minor: as it moves the reconciled account, debit positive. reference: what ties the ledger line to the record.
        values: what it says for the mapping tables.
    """

    kind: str
    minor: int
    day: date
    reference: str
    description: str
    values: Values = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry that would settle something.

    Attributes:
        mappings: the mapping rows that chose accounts and dimensions of it, by number.
    """

    entry: Entry
    mappings: tuple[MappingRow, ...]


def missing_entry(bookings: list[Booking], *, account: str, coder: Coder, currency: str, words: str) -> Proposal:
    """The entry that books what is missing: the reconciled account against what each booking is coded to.

    Args:
        account: the reconciled ledger account.
        words: text of the reconciled account's line when several records are booked in one sum; a single record carries
            its reference.

    Raises:
        UserError: no bookings, several days, a booking without an account or with the reconciled one, mapping tables
            that disagree, or money that came in at the bank, which no template explains.
    """
    days = {booking.day for booking in bookings}
    if len(days) != 1:
        raise UserError("records of several days, or none, cannot become one entry", remedy="Propose one entry a day.")
    totals: dict[tuple[str, str, tuple[tuple[str, str], ...]], int] = {}
    rows: dict[int, MappingRow] = {}
    for booking in bookings:
        coding = coder.code(booking.kind, booking.values, booking.day, booking.reference)
        if coding.account == account:
            raise UserError("it would be booked against the reconciled account itself", record=booking.reference,
                            remedy="Match it with its counterpart, or have the ledger corrected.")  # fmt: skip
        if booking.kind == Kind.BANK_LINE and booking.minor > 0:
            raise UserError("money that came in is no bank charge", record=booking.reference,
                            remedy="Match it with its counterpart, or have the ledger corrected.")  # fmt: skip
        line = (ROLE_OF_KIND[booking.kind], coding.account, coding.dimensions)
        totals[line] = totals.get(line, 0) + booking.minor
        rows |= {row.number: row for row in coding.rows}
    text = words if len(bookings) > 1 else f"{bookings[0].description} {bookings[0].reference}".strip()
    lines = [EntryLine(account, sum(totals.values()), text)]
    lines += [
        EntryLine(target, -minor, text, dimensions)
        for (_, target, dimensions), minor in sorted(totals.items())
        if minor
    ]
    entry = Entry(day=days.pop(), currency=currency, memo=text, lines=tuple(lines))
    return Proposal(entry, tuple(rows[number] for number in sorted(rows)))


def exchange_entry(booking: Booking, *, account: str, coder: Coder, currency: str) -> Proposal:
    """The entry that books a realised exchange gain or loss: what the reconciled account lacks of the settled amount,
    against the account of the role "fx". No write-off: it says by its own account what it is.

    Args:
        booking: kind FX; minor: the settled amount less the booked one, as the reconciled account lacks it.
        account: the reconciled ledger account.

    Raises:
        UserError: no account is named for exchange differences, it is the reconciled one, or nothing is to be booked.
    """
    coding = coder.code(Kind.FX, booking.values, booking.day, booking.reference)
    if coding.account == account:
        raise UserError("exchange differences would be booked on the reconciled account itself",
                        record=booking.reference, remedy="Map the role fx to another account.")  # fmt: skip
    if not booking.minor:
        raise UserError("both sides say the same amount", record=booking.reference, remedy="Reconcile again.")
    text = f"{booking.description} {booking.reference}".strip()
    lines = (
        EntryLine(account, booking.minor, text),
        EntryLine(coding.account, -booking.minor, text, coding.dimensions),
    )
    return Proposal(Entry(day=booking.day, currency=currency, memo=text, lines=lines), coding.rows)
