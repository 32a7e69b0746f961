"""Bank books whose batches nothing names: no keys, mostly no words, dense enough that many sums fit by accident.

Each kind is one way in which several entries come to be one bank line; a matcher that fits one of them alone fails the
others. Beside the batches there are single lines, some with mistaken amounts, entries booked and reversed, fees that
only the bank knows and cheques that only the ledger knows. The bank is the source side unless a kind turns it round.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from tests.evaluation.corpus import Case
from tests.evaluation.noise import Noise
from tests.unit.matching.builders import item

FIRST = date(2026, 3, 2)
Row = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """What a book is like.

    Attributes:
        gather: how the members of batches come together. daily: events of a working day. batches: share of batches.
        names: what texts say: "none", "ledger" (the ledger alone names parties) or "both" (single lines name them, a
            batch reads DEPOSIT). lags: working days until the bank follows, each as likely as it is often there.
        numbered: ledger ids count up in the order of booking, else they tell nothing. turned: the ledger is the source.
    """

    gather: str
    daily: int = 10
    batches: float = 0.25
    most: int = 6
    names: str = "none"
    lags: tuple[int, ...] = (0, 1, 1, 2)
    numbered: bool = False
    turned: bool = False


KINDS: dict[str, Kind] = {
    "scattered": Kind("scattered"),
    "scattered-named": Kind("scattered", names="ledger"),
    "scattered-said": Kind("scattered", names="both", lags=(0, 1, 1, 2, 3)),
    "scattered-thin": Kind("scattered", daily=4, batches=0.4, lags=(0, 1, 2, 3, 4)),
    "scattered-dense": Kind("scattered", daily=25, batches=0.15),
    "scattered-week": Kind("week", daily=6),
    "same-day": Kind("same day", batches=0.3, most=8),
    "same-day-dense": Kind("same day", daily=25, batches=0.2, most=5),
    "slips": Kind("same day", daily=20, batches=0.3, most=10, numbered=True),
    "party": Kind("party", daily=14, names="ledger"),
    "runs": Kind("run", daily=8, most=40),
    "runs-turned": Kind("run", daily=8, most=40, turned=True),
    "fees": Kind("fee run", daily=8, most=40),
    "instalments": Kind("scattered", daily=8, turned=True, names="both"),
}


class _Maker:
    """Draws the events of one book."""

    def __init__(self, name: str, seed: int, days: int) -> None:
        self.kind, self.days = KINDS[name], days
        self.chance = random.Random(f"{name} {seed}")
        self.noise = Noise(seed)
        self.case = Case(f"{name}-{seed}")
        self.names = self.noise.pool(60)
        self.rate, self.fixed = self.chance.choice([(250, 0), (150, 20), (290, 30), (0, 1500)])

    def day(self, number: int) -> date:
        """The working day of this number."""
        return FIRST + timedelta(days=number // 5 * 7 + number % 5)

    def amount(self) -> int:
        """Cents, some of them prices that recur."""
        if self.chance.random() < 0.08:
            return self.chance.choice([5_000, 12_500, 20_000, 49_900])
        return int(self.chance.lognormvariate(10.3, 1.0)) + 100

    def row(self, amount: int, day: int, text: str = "") -> Row:
        """A row; its id is told later."""
        return item(f"{self.chance.getrandbits(48):012x}", amount, description=text) | {"date": self.day(day)}

    def booked(self, amount: int, day: int, name: str = "") -> Row:
        """A row of the ledger."""
        who = name or self.chance.choice(self.names)
        return self.row(amount, day, "" if self.kind.names == "none" else f"{'Receipt' if amount > 0 else 'Pay'} {who}")

    def line(self, amount: int, day: int, text: str, lag: int | None = None) -> Row:
        """A row of the bank, as late as it usually is."""
        late = self.chance.choice(self.kind.lags) if lag is None else lag
        return self.row(amount, day + late, text if self.kind.names == "both" else "")


def batch_book(name: str, seed: int, days: int = 40) -> Case:
    """A book of so many working days."""
    make = _Maker(name, seed, days)
    for day in range(days):
        for _ in range(make.kind.daily):
            _event(make, day)
    GATHER[make.kind.gather](make)
    case = make.case
    if make.kind.numbered:
        _number(case)
    make.chance.shuffle(case.source)
    make.chance.shuffle(case.ledger)
    return _turned(case) if make.kind.turned else case


def _event(make: _Maker, day: int) -> None:
    """One event that is no batch."""
    fate, sign = make.chance.random(), make.chance.choice([1, 1, -1])
    amount, name = sign * make.amount(), make.chance.choice(make.names)
    if fate < make.kind.batches:
        return
    if fate > 0.97:
        make.case.source.append(make.line(-make.chance.randrange(100, 5000), day, "CHARGES"))
    elif fate > 0.94:
        make.case.ledger.append(make.booked(amount, day, name))
    elif fate > 0.92:
        make.case.belong([], [make.booked(amount, day), make.booked(-amount, day)], provable=False)
    else:
        other = amount
        if fate > 0.89:
            other = sign * (make.noise.swapped_digits(abs(amount)) if fate > 0.905 else abs(amount) + 1500)
        line = make.line(amount, day, f"{'DEPOSIT' if sign > 0 else 'CHECK'} {name.upper()}")
        make.case.belong([line], [make.booked(other, day, name)], provable=False)


def _several(make: _Maker) -> list[tuple[int, int, int]]:
    """Day, number of members and sign of each batch."""
    return [
        (day, make.chance.randint(2, make.kind.most), make.chance.choice([1, 1, 1, -1]))
        for day in range(make.days)
        for _ in range(make.kind.daily)
        if make.chance.random() < make.kind.batches * 0.6
    ]


def _batch(make: _Maker, rows: list[Row], day: int, less: int = 0) -> None:
    total = sum(row["amount"] for row in rows) - less
    make.case.belong([make.line(total, day, "DEPOSIT" if total > 0 else "BULK PAYMENT")], rows, provable=False)


def _scattered(make: _Maker) -> None:
    """Members of some days, among others that are none."""
    for day, count, sign in _several(make):
        days = [max(day - make.chance.choice([0, 0, 1, 2]), 0) for _ in range(count)]
        _batch(make, [make.booked(sign * make.amount(), when) for when in days], day)


def _week(make: _Maker) -> None:
    """Members of any day of the week before."""
    for day, count, sign in _several(make):
        days = [max(day - make.chance.randint(0, 4), 0) for _ in range(count)]
        _batch(make, [make.booked(sign * make.amount(), when) for when in days], day)


def _same_day(make: _Maker) -> None:
    """Members of one day, among others that are none."""
    for day, count, sign in _several(make):
        _batch(make, [make.booked(sign * make.amount(), day) for _ in range(count)], day)


def _party(make: _Maker) -> None:
    """Members of one party, over a few days; the bank does not name it."""
    for day, count, sign in _several(make):
        name, days = make.chance.choice(make.names), [max(day - make.chance.randint(0, 3), 0) for _ in range(count)]
        _batch(make, [make.booked(sign * make.amount(), when, name) for when in days], day)


def _runs(make: _Maker, fee: Callable[[int], int] = lambda _: 0) -> None:
    """All takings since the last deposit, less the one or two that went another way."""
    waiting: list[Row] = []
    for day in range(make.days):
        waiting += [make.booked(make.amount(), day) for _ in range(make.chance.randint(1, 6))]
        if len(waiting) < 2 or make.chance.random() < 0.4:
            continue
        for _ in range(make.chance.choice([0, 0, 1, 2]) if len(waiting) > 4 else 0):
            make.case.ledger.append(waiting.pop(make.chance.randrange(len(waiting))))
        _batch(make, waiting, day, fee(sum(row["amount"] for row in waiting)))
        waiting = []


def _fee_runs(make: _Maker) -> None:
    """As runs, less the same fee each time: a share, a sum, or both."""
    _runs(make, lambda total: (total * make.rate + 5_000) // 10_000 + make.fixed)


GATHER: dict[str, Callable[[_Maker], None]] = {
    "scattered": _scattered,
    "week": _week,
    "same day": _same_day,
    "party": _party,
    "run": _runs,
    "fee run": _fee_runs,
}


def _number(case: Case) -> None:
    """Ids of the ledger that count up by day, in the order in which the entries of a day were made."""
    ordered = sorted(range(len(case.ledger)), key=lambda at: (case.ledger[at]["date"], at))
    ids = {case.ledger[at]["id"]: f"JE-{number:05d}" for number, at in enumerate(ordered, 1)}
    for row in case.ledger:
        row["id"] = ids[row["id"]]
    case.truth = {frozenset(f"l:{ids[name[2:]]}" if name[0] == "l" else name for name in held) for held in case.truth}


def _turned(case: Case) -> Case:
    """The same book with its sides exchanged."""
    names = {"s": "l", "l": "s"}
    truth = {frozenset(names[name[0]] + name[1:] for name in held) for held in case.truth}
    return replace(case, source=case.ledger, ledger=case.source, truth=truth)
