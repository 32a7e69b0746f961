"""A bank account against its ledger without keys: batches, offsetting entries, mistaken amounts, mangled names.

The ledger is written when the accountant knows, the bank when money moves, some working days later. A deposit may be
several receipts, of one customer or of many; a payment run may be one line. Entries booked in error and reversed have
no bank line. Fees and interest are at the bank only, cheques not yet cashed in the ledger only.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.evaluation.corpus import Case
from tests.evaluation.noise import FORMS, TRADES, Noise
from tests.unit.matching.builders import item

FIRST = date(2026, 1, 5)
Row = dict[str, Any]
RECEIVED, PAID = ("DEPOSIT", "BATCH DEPOSIT", "COUNTER CREDIT"), ("BULK PAYMENT", "ACH BATCH")


class _Account:
    """Draws the events of one account."""

    def __init__(self, seed: int, days: int) -> None:
        self.noise, self.days = Noise(seed), days
        self.chance = self.noise.chance
        self.names = [
            f"{name} {self.chance.choice(TRADES)} {self.chance.choice(FORMS)}".strip() for name in self.noise.pool(90)
        ]

    def day(self) -> date:
        """A working day."""
        while (found := FIRST + timedelta(days=self.chance.randrange(self.days))).weekday() > 4:
            pass
        return found

    def cleared(self, day: date) -> date:
        """When the bank follows: up to five working days later."""
        for _ in range(self.noise.lag(0.55, 5)):
            day += timedelta(days=1)
            while day.weekday() > 4:
                day += timedelta(days=1)
        return day

    def amount(self) -> int:
        """Cents, some of them prices that recur."""
        if self.chance.random() < 0.1:
            return self.chance.choice([50_000, 120_000, 250_000, 99_900])
        return int(self.chance.lognormvariate(11.5, 1.1)) + 100

    def row(self, amount: int, text: str, day: date) -> Row:
        """A row whose id tells nothing."""
        return item(f"{self.chance.getrandbits(48):012x}", amount, description=text) | {"date": day}

    def at_bank(self, name: str, verb: str) -> str:
        """A name as bank statements have it."""
        text = name.upper()
        for change, share in ((self.noise.typo, 0.15), (self.noise.dropped, 0.2), (self.noise.abbreviated, 0.2)):
            if self.chance.random() < share:
                text = change(text)
        if self.chance.random() < 0.3:
            text = self.noise.truncated(text, 7, 12)
        return f"{verb} {text}" if self.chance.random() < 0.8 else text


def bank_month(seed: int, events: int = 800, days: int = 90) -> Case:
    """A case of about so many bank lines; the bank is the source side."""
    account, case = _Account(seed, days), Case(f"bank-{seed}")
    for _ in range(events):
        fate = account.chance.random()
        if fate < 0.72:
            _single(account, case)
        elif fate < 0.80:
            _batch(account, case)
        elif fate < 0.84:
            _offset(account, case)
        elif fate < 0.88:
            case.source.append(account.row(-account.chance.randrange(100, 6000), "SERVICE CHARGE", account.day()))
        elif fate < 0.94:
            case.ledger.append(
                account.row(-account.amount(), f"Cheque {account.chance.choice(account.names)}", account.day())
            )
        else:
            _mistaken(account, case)
    return case


def _single(account: _Account, case: Case) -> None:
    """One entry, one line."""
    name, day, sign = account.chance.choice(account.names), account.day(), account.chance.choice([1, -1])
    amount = sign * account.amount()
    verbs = ("ACH CREDIT", "DEPOSIT", "WIRE IN") if sign > 0 else ("ACH DEBIT", "CHECK", "POS", "WIRE OUT")
    booked = account.row(amount, f"{'Receipt from' if sign > 0 else 'Payment to'} {name}", day)
    line = account.row(amount, account.at_bank(name, account.chance.choice(verbs)), account.cleared(day))
    case.belong([line], [booked], provable=False)


def _batch(account: _Account, case: Case) -> None:
    """Several entries, one line: one customer's or many customers'."""
    day, sign, several = account.day(), account.chance.choice([1, 1, -1]), account.chance.randint(2, 6)
    one = account.chance.random() < 0.4
    name = account.chance.choice(account.names)
    names = [name if one else account.chance.choice(account.names) for _ in range(several)]
    verb = "Receipt from" if sign > 0 else "Payment to"
    booked = [account.row(sign * account.amount(), f"{verb} {who}", day) for who in names]
    plain = account.chance.choice(RECEIVED if sign > 0 else PAID)
    text = account.at_bank(name, plain) if one else plain
    line = account.row(sum(row["amount"] for row in booked), text, account.cleared(day))
    case.belong([line], booked, provable=False)


def _offset(account: _Account, case: Case) -> None:
    """Booked in error and reversed."""
    day, amount, name = account.day(), account.amount(), account.chance.choice(account.names)
    rows = [account.row(amount, f"Receipt from {name}", day), account.row(-amount, f"Reversal {name}", day)]
    case.belong([], rows, provable=False)


def _mistaken(account: _Account, case: Case) -> None:
    """The ledger has another amount: digits exchanged, or a fee that the bank kept."""
    name, day, amount = account.chance.choice(account.names), account.day(), account.amount()
    other = (
        account.noise.swapped_digits(amount)
        if account.chance.random() < 0.5
        else amount - account.chance.choice([1500, 2500, 3500])
    )
    booked = account.row(amount, f"Receipt from {name}", day)
    line = account.row(max(other, 1), account.at_bank(name, "WIRE IN"), account.cleared(day))
    case.belong([line], [booked], provable=False)
