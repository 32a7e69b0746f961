"""A month of two books with known truth and every distractor we know of; deterministic from a seed, independent of the
sandbox.

The truth is decided here, by construction: which rows belong together, and which of those a careful matcher can prove
(a shared unique key
with agreeing amounts, a complete group, or a rare exact amount alone within the gates). Rows equal in every compared
field are one class.
"""

from __future__ import annotations

import random
import string
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from awra_desk.matching import MatchConfig, MatchResult, match
from tests.unit.matching.builders import item, side

FIRST = date(2026, 10, 1)
PRICES = [1200, 1450, 1800, 1800, 2400, 3600, 4999, 9900]
NAMES = ["Achieng", "Kamau", "Wanjiru", "Otieno", "Mwangi", "Njeri", "Kiptoo", "Hassan", "Auma", "Barasa"]
WORDS = ["beans", "espresso", "filter", "grinder", "cups", "subscription", "Kericho", "Nyeri"]


@dataclass
class Case:
    """Two sides and what is true of them.

    Attributes:
        truth: member sets (s:… and l:… ids). provable: those a careful matcher should confirm.
    """

    name: str
    source: list[dict[str, Any]] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    truth: set[frozenset[str]] = field(default_factory=set)
    provable: set[frozenset[str]] = field(default_factory=set)

    def belong(self, ours: list[dict[str, Any]], theirs: list[dict[str, Any]], *, provable: bool) -> None:
        """Add rows that belong together."""
        self.source += ours
        self.ledger += theirs
        members = frozenset([*(f"s:{row['id']}" for row in ours), *(f"l:{row['id']}" for row in theirs)])
        self.truth.add(members)
        if provable:
            self.provable.add(members)


class Maker:
    """Draws rows; ids count up so that they tell nothing."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._number = 0

    def name(self) -> str:
        """A fresh id without meaning."""
        self._number += 1
        return f"{self.chance.randrange(10**6):06d}-{self._number}"

    def charge_id(self) -> str:
        """An id such as a provider gives."""
        return "ch_" + "".join(self.chance.choices(string.ascii_letters + string.digits, k=16))

    def row(self, amount: int, reference: str = "", *, day: date | None = None, **more: Any) -> dict[str, Any]:
        """A row on some day of the month."""
        when = day or FIRST + timedelta(days=self.chance.randrange(28))
        return item(self.name(), amount, reference, **{"description": self.text(), **more}) | {"date": when}

    def text(self) -> str:
        """A line as tills and bookkeepers write it."""
        return " ".join(self.chance.sample(WORDS, 2))

    def price(self) -> int:
        """A common price."""
        return self.chance.choice(PRICES)

    def rare(self) -> int:
        """An amount worth noticing."""
        return self.chance.randrange(200_000, 900_000) * 10 + self.chance.randrange(1, 10)

    def later(self, row: dict[str, Any], most: int = 2) -> date:
        """A day on which the books follow."""
        found: date = row["date"] + timedelta(days=self.chance.randrange(most + 1))
        return found

    def slip(self, reference: str) -> str:
        """One slip of the keyboard, in the middle of an id."""
        place = self.chance.randrange(6, len(reference) - 3)
        kind = self.chance.choice(("swap", "change", "drop"))
        if kind == "swap" and reference[place].lower() != reference[place + 1].lower():
            return reference[:place] + reference[place + 1] + reference[place] + reference[place + 2 :]
        if kind == "drop":
            return reference[:place] + reference[place + 1 :]
        other = self.chance.choice([sign for sign in "xyzqw" if sign != reference[place].lower()])
        return reference[:place] + other + reference[place + 1 :]


def month(seed: int, orders: int = 300) -> Case:
    """A month in which everything happens."""
    make, case = Maker(seed), Case(f"month-{seed}")
    for _ in range(orders):
        _order(make, case)
    _extras(make, case)
    make.chance.shuffle(case.source)
    make.chance.shuffle(case.ledger)
    return case


def _order(make: Maker, case: Case) -> None:  # noqa: C901 - one branch per fate
    """One sale, booked rightly or in one of the wrong ways."""
    reference, amount = make.charge_id(), make.price()
    sale = make.row(amount, reference)
    booked = make.row(amount, reference, day=make.later(sale))
    fate = make.chance.random()
    if fate < 0.70:
        case.belong([sale], [booked], provable=True)
    elif fate < 0.75:
        case.belong([sale], [booked | {"references": "", "description": f"Sale {reference} shop"}], provable=True)
    elif fate < 0.79:
        case.belong([sale], [booked | {"references": make.slip(reference)}], provable=False)
    elif fate < 0.83:
        case.source.append(sale)  # missing in the ledger
    elif fate < 0.87:
        case.ledger.append(booked)  # missing in the source
    elif fate < 0.89:
        case.belong([sale], [booked | {"references": ""}], provable=False)  # a common price without a reference
    elif fate < 0.91:
        case.belong([sale], [booked | {"amount": amount - amount * 3 // 100}], provable=False)  # net instead of gross
    elif fate < 0.93:
        case.source.append(sale)  # booked twice: nobody can say which is the copy
        case.ledger += [booked, make.row(amount, reference, day=make.later(sale))]
    elif fate < 0.95:
        parts = [amount // 3, amount - amount // 3]
        case.belong([sale], [make.row(part, reference, day=make.later(sale)) for part in parts], provable=True)
    elif fate < 0.97:
        refund = make.row(-amount, reference, day=make.later(sale, 5))
        case.belong([sale], [booked], provable=True)
        case.belong([refund], [make.row(-amount, reference, day=make.later(refund))], provable=True)
    else:
        case.belong([sale], [booked], provable=True)
        common = make.chance.random() < 0.5  # a price that some other row could be the partner of
        value, voucher = amount if common else make.rare(), f"JE-{make.chance.randrange(10**8):08d}"
        case.belong([], [make.row(value, voucher), make.row(-value, voucher)], provable=not common)


def _extras(make: Maker, case: Case) -> None:
    """Rare amounts, payouts, daily fees, sums, twins, and strangers that look alike."""
    for _ in range(6):
        paid = make.row(make.rare())
        case.belong([paid], [make.row(paid["amount"], day=make.later(paid))], provable=True)
        stray = make.row(make.rare(), make.charge_id())
        case.source.append(stray)  # the same rare amount under another identifier is another payment
        case.ledger.append(make.row(stray["amount"], make.charge_id(), day=make.later(stray)))
    for number in range(4):
        batch = f"po_{number}{make.charge_id()[3:]}"
        inside = [make.row(make.chance.randrange(500, 20_000), make.charge_id(), batch=batch) for _ in range(9)]
        payout = make.row(
            sum(row["amount"] for row in inside), "", day=make.later(inside[0]), description=f"PAYOUT {batch}"
        )
        case.belong(inside, [payout], provable=True)
    for number in range(20):
        day = FIRST + timedelta(days=number)
        fees = [make.row(-make.chance.randrange(40, 300), channel="fees", day=day) for _ in range(8)]
        total = sum(row["amount"] for row in fees)
        if number % 7 == 3:
            case.source += fees  # the day's line is wrong
            case.ledger.append(make.row(total - 55, channel="fees", day=day))
        else:
            case.belong(fees, [make.row(total, channel="fees", day=day)], provable=True)
    for _ in range(4):
        twin = make.row(make.rare())
        pairs = [(twin | {"id": make.name()}, {**twin, "id": make.name(), "description": "sale"}) for _ in range(2)]
        for ours, theirs in pairs:
            case.belong([ours], [theirs], provable=True)
    for _ in range(5):  # running numbers: neighbours of one price are two invoices
        number, price = make.chance.randrange(10_000, 90_000), make.price()
        case.source.append(make.row(price, f"INV-{number}"))
        case.ledger.append(make.row(price, f"INV-{number + 1}", day=make.later(case.source[-1])))


@dataclass(frozen=True)
class Score:
    """How a run did. false: confirmed matches that are not true. recall: share of the provable ones confirmed."""

    confirmed: int
    false: int
    provable: int
    recall: float
    wrong: tuple[str, ...] = ()


def evaluate(case: Case, config: MatchConfig | None = None) -> Score:
    """Match a case and hold it to its truth."""
    result = match(side(case.source), side(case.ledger), config or MatchConfig(), salt=case.name)
    found = _confirmed(result)
    classes = _classes(case)
    truth = Counter(_folded(members, classes) for members in case.truth)
    provable = Counter(_folded(members, classes) for members in case.provable)
    got = Counter(_folded(members, classes) for members in found)
    wrong = got - truth
    hits = sum((got & provable).values())
    total = sum(provable.values())
    return Score(len(found), sum(wrong.values()), total, round(hits / total, 4), tuple(sorted(map(str, wrong))))


def _confirmed(result: MatchResult) -> list[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for row in result.members.rows():
        if row[5] == "confirmed":
            groups.setdefault(row[0], set()).add(f"{row[1][0]}:{row[2]}")
    return [frozenset(members) for members in groups.values()]


def _classes(case: Case) -> dict[str, str]:
    """Row -> its class: rows of one side equal in every compared field."""
    names = {}
    for letter, rows in (("s", case.source), ("l", case.ledger)):
        seen: dict[tuple[str, ...], str] = {}
        for row in sorted(rows, key=lambda row: str(row["id"])):
            fields = tuple(str(value) for name, value in sorted(row.items()) if name not in ("id", "kind"))
            name = f"{letter}:{row['id']}"
            names[name] = seen.setdefault(fields, name)
    return names


def _folded(members: frozenset[str], classes: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted(classes[name] for name in members))
