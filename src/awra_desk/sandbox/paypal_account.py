"""The US merchant's PayPal account, in three currencies: sales, refunds, disputes, conversions, holds and withdrawals.

Deterministic from a seed. Nothing of it is in the merchant's other books: its sales are its own, beside those through
Stripe. Objects have the fields of PayPal's documents (tests/contracts/paypal); rates are PayPal's in the United States.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from awra_desk.domain.money import to_text
from awra_desk.sandbox.merchant.clock import DAY, Clock
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.merchant.model import Json, MonthSpec

HOME, EURO, YEN = "USD", "EUR", "JPY"
SHARE = 8
"""One of so many of the merchant's orders is paid through PayPal."""

_LEAST = 24
_FIXED = {HOME: 49, EURO: 39, YEN: 40}
_PERCENT = 349  # of ten thousand
_CENTS_PER_EURO = 108
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_OF_MOVED = ("done", "identity", "fee", "holds", "affects", "denied", "reference", "payer")
_FIRST = ("Alice", "Ben", "Chloe", "Daniel", "Emma", "Felix", "Grace", "Henry")
_LAST = ("Ames", "Brown", "Clark", "Dubois", "Evans", "Fischer", "Grant", "Hayashi")


@dataclass(frozen=True, slots=True)
class Moved:
    """One transaction.

    Attributes:
        at: when it began, unix seconds; done: when it moves the balance, or the hold, None for never.
        minor, fee: minor units, signed; a fee is negative. holds: whether it only holds back, or releases.
        affects: whether PayPal counts it among those that affect balances. denied: it came to nothing.
        fields: what else PayPal says of it.
    """

    at: int
    done: int | None
    identity: str
    code: str
    currency: str
    minor: int
    fee: int = 0
    holds: bool = False
    affects: bool = True
    denied: bool = False
    reference: str = ""
    payer: str = ""
    fields: Json = field(default_factory=dict)

    def status(self, now: int) -> str:
        """PayPal's letter for how it stands."""
        if self.denied:
            return "D"
        return "S" if self.done is None or self.done <= now else "P"


@dataclass(frozen=True, slots=True)
class PayPalBooks:
    """What the account's API knows.

    Attributes:
        account: the account's id. opened, now: unix seconds. moved: oldest first.
        disputes: as the API gives them, oldest first. disputed: dispute id -> id of the transaction.
    """

    account: str
    opened: int
    now: int
    moved: list[Moved]
    disputes: list[Json]
    disputed: dict[str, str]


class History:
    """What the account held at any instant."""

    def __init__(self, moved: Iterable[Moved]) -> None:
        self._steps: dict[str, tuple[list[int], list[tuple[int, int]]]] = {}
        done = [(one.done, one) for one in moved if one.done is not None and one.affects and not one.denied]
        for at, one in sorted(done, key=lambda pair: pair[0]):
            times, held = self._steps.setdefault(one.currency, ([], []))
            total, withheld = held[-1] if held else (0, 0)
            times.append(at)
            held.append((total, withheld - one.minor) if one.holds else (total + one.minor + one.fee, withheld))

    def held(self, at: int) -> dict[str, tuple[int, int]]:
        """Currency -> balance and what of it is held back (positive), at the end of a second."""
        places = {code: bisect_right(times, at) for code, (times, _) in sorted(self._steps.items())}
        return {code: self._steps[code][1][place - 1] for code, place in places.items() if place}


def simulate_paypal(spec: MonthSpec) -> PayPalBooks:
    """The month of the account, with its run-up."""
    clock = Clock(spec.period, spec.zone)
    story = _Story(clock, stream(spec.seed, "paypal"))
    opened = clock.at(clock.birth, 8 * 3600)
    story.add(opened, "T0300", HOME, 50_000, subject="Opening transfer", bank_reference_id=story.bank_reference())
    sales = story.sales(max(spec.orders // SHARE, _LEAST))
    story.refunds(sales)
    story.disputes_of(sales)
    story.held_back(sales)
    story.unfinished()
    story.week_ends()
    moved = sorted(story.moved, key=lambda one: (one.at, one.identity, one.code, one.currency))
    return PayPalBooks(story.identity()[:13], opened, clock.now, moved, story.disputes, story.disputed)


class _Story:
    """What happens, in the order in which it is thought of."""

    def __init__(self, clock: Clock, draw: random.Random) -> None:
        self._clock = clock
        self._draw = draw
        self._orders = count(70_001)
        self.moved: list[Moved] = []
        self.disputes: list[Json] = []
        self.disputed: dict[str, str] = {}

    def identity(self) -> str:
        """A transaction id: seventeen digits and capitals."""
        return "".join(self._draw.choice(_LETTERS) for _ in range(17))

    def bank_reference(self) -> str:
        """What the bank prints beside a transfer."""
        return f"YYW{self._draw.randrange(10**13):013}"

    def add(self, at: int, code: str, currency: str, minor: int, *, subject: str = "", **more: Any) -> Moved:
        """A transaction; further keywords are attributes of `Moved`, or fields as PayPal names them."""
        known = {name: more.pop(name) for name in _OF_MOVED if name in more}
        whole = {"done": at, "identity": known.get("identity") or self.identity(), **known}
        said = {**({"transaction_subject": subject} if subject else {}), **more}
        one = Moved(at, code=code, currency=currency, minor=minor, fields=said, **whole)
        self.moved.append(one)
        return one

    def sales(self, number: int) -> list[Moved]:
        """Paid by checkout, over the whole time; each tenth was authorised first."""
        begin, end = self._clock.at(self._clock.birth, 9 * 3600), self._clock.now - 3600
        found = []
        for at in sorted(self._draw.randrange(begin, end) for _ in range(number)):
            order = next(self._orders)
            currency = YEN if order % 11 == 3 else EURO if order % 4 == 1 else HOME
            minor = self._draw.randrange(1_800, 14_000)
            fee = -((minor * _PERCENT + 5_000) // 10_000 + _FIXED[currency])
            name = f"{self._draw.choice(_FIRST)} {self._draw.choice(_LAST)}"
            told = {"invoice_id": f"PP-{order}", "custom_field": f"cart {order}", "subject": f"Order PP-{order}"}
            one = self.add(at, "T0006", currency, minor, fee=fee, payer=name, **told)
            if order % 10 == 0:
                self.add(at - 600, "T1300", currency, minor, affects=False, payer=name, identity=one.identity, **told)
            found.append(one)
        return found

    def refunds(self, sales: list[Moved]) -> None:
        """Each ninth is given back, every third of them in half; PayPal keeps its fee."""
        for number, sale in enumerate(sales[4::9]):
            at = sale.at + 2 * DAY + 1_200
            minor = sale.minor // 2 if number % 3 == 2 else sale.minor
            if at < self._clock.now:
                told = {"invoice_id": sale.fields["invoice_id"]}
                self.add(at, "T1107", sale.currency, -minor, reference=sale.identity, payer=sale.payer, **told)

    def disputes_of(self, sales: list[Moved]) -> None:
        """One is lost, one won, one still open when the month ends; while they last their money is held back."""
        for number, outcome in ((2, "lost"), (6, "won"), (len(sales) - 3, "open")):
            sale, days = sales[number], 1 if outcome == "open" else 3
            at = min(sale.at + days * DAY, self._clock.now - 6 * 3600)
            link = {"reference": sale.identity, "payer": sale.payer}
            hold = self.add(at, "T1110", sale.currency, -sale.minor, holds=True, **link)
            decided = at + 5 * DAY
            if outcome != "open":
                self.add(decided, "T1111", sale.currency, sale.minor, holds=True, identity=hold.identity, **link)
            if outcome == "lost":
                self.add(decided + 1, "T1201", sale.currency, -sale.minor, **link)
                self.add(decided + 2, "T0106", HOME, -2_000, reference=sale.identity)
            dispute = _dispute(number, sale, at, decided if outcome != "open" else at, outcome)
            self.disputes.append(dispute)
            self.disputed[dispute["dispute_id"]] = sale.identity
        self.disputes.sort(key=lambda one: (one["create_time"], one["dispute_id"]))

    def held_back(self, sales: list[Moved]) -> None:
        """A payment under review for a day, and a reserve that is released after ten; the next reserve lasts on."""
        review = sales[8]
        told = {"reference": review.identity}
        hold = self.add(review.at + 30, "T2105", review.currency, -review.minor, holds=True, **told)
        end = min(review.at + DAY, self._clock.now - 5 * 3600)
        self.add(end, "T2106", review.currency, review.minor, holds=True, identity=hold.identity, **told)
        for at, released in ((self._clock.start + 2 * DAY, True), (self._clock.start + 20 * DAY, False)):
            reserve = self.add(at, "T2103", HOME, -6_000, holds=True)
            if released:
                self.add(at + 10 * DAY, "T2104", HOME, 6_000, holds=True, identity=reserve.identity)

    def unfinished(self) -> None:
        """A bank payment that takes four days, one that is on its way when the month ends, and one that was denied."""
        for at in (self._clock.start + 5 * DAY, self._clock.now - DAY):
            order = next(self._orders)
            told = {"invoice_id": f"PP-{order}", "instrument_type": "BANK", "payer": "Ida Jensen"}
            self.add(at, "T0006", HOME, 8_800, fee=-356, done=at + 4 * DAY, **told)
        self.add(self._clock.start + 7 * DAY, "T0006", HOME, 9_900, done=None, denied=True, payer="Noor Malik")
        self.add(self._clock.start + 9 * DAY, "T0100", HOME, -500, subject="Account service")

    def week_ends(self) -> None:
        """On Fridays euros are converted and most of the dollars go to the bank; the bank once sends them back."""
        for number, friday in enumerate(self._fridays()):
            euros = self._available(EURO, friday)
            if euros > 2_000:
                identity, link = self.identity(), self.identity()
                legs = ((EURO, -euros), (HOME, euros * _CENTS_PER_EURO // 100))
                for currency, minor in legs:
                    self.add(friday, "T0200", currency, minor, identity=identity, reference=link)
            dollars = self._available(HOME, friday) - 10_000
            if dollars <= 0:
                continue
            told = {"bank_reference_id": self.bank_reference()}
            gone = self.add(friday + 60, "T0400", HOME, -dollars, **told)
            if number == 2:
                self.add(friday + 3 * DAY, "T1101", HOME, dollars, reference=gone.identity, **told)

    def _fridays(self) -> Iterator[int]:
        return (self._clock.at(day, 17 * 3600) for day in self._clock.days if day.weekday() == 4)

    def _available(self, currency: str, at: int) -> int:
        """The balance less what is held back."""
        done = [one for one in self.moved if one.currency == currency and one.affects and not one.denied]
        return sum(one.minor + one.fee for one in done if one.done is not None and one.done <= at)


def moment(at: int) -> str:
    """An instant as PayPal's documents have it."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def money(currency: str, minor: int) -> Json:
    """An amount as PayPal writes it."""
    return {"currency_code": currency, "value": to_text(minor, currency)}


def _dispute(number: int, sale: Moved, opened: int, changed: int, outcome: str) -> Json:
    state = {"lost": "RESOLVED", "won": "RESOLVED", "open": "REQUIRED_ACTION"}[outcome]
    status = "WAITING_FOR_SELLER_RESPONSE" if outcome == "open" else "RESOLVED"
    due = datetime.fromtimestamp(opened, UTC) + timedelta(days=10)
    return {
        "dispute_id": f"PP-D-{71_000 + number}",
        "create_time": moment(opened),
        "update_time": moment(changed),
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": status,
        "dispute_state": state,
        "dispute_amount": money(sale.currency, sale.minor),
        "dispute_life_cycle_stage": "CHARGEBACK",
        "dispute_channel": "INTERNAL",
        **({"seller_response_due_date": f"{due:%Y-%m-%dT%H:%M:%SZ}"} if outcome == "open" else {}),
    }
