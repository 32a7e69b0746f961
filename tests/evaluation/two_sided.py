"""Two sides of the same payments without a shared reference: three ways of being noisy, each with distractors.

`transfers`: truncated memos, fees and exchange, long tails of delay, every row has a partner. `cards`: merchants with
store numbers and cities, tips and cents, strangers on both sides. `invoices`: company names mistyped, shortened and
reordered, discounts, strangers on both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.evaluation.corpus import Case
from tests.evaluation.noise import CITIES, FORMS, PURPOSES, TRADES, Noise
from tests.unit.matching.builders import item

FIRST = date(2026, 3, 1)
Row = dict[str, Any]
Maker = Callable[[Noise, list[str], list[str]], tuple[int, str, int, str, int]]


def two_sided(model: str, seed: int, rows: int) -> Case:
    """A case of so many payments."""
    noise = Noise(seed)
    make, days, strangers = MODELS[model]
    first, last = noise.pool(max(rows // 60, 40)), noise.pool(max(rows // 12, 80))
    case = Case(f"{model}-{seed}")
    for _ in range(rows):
        amount, ours, other, theirs, lag = make(noise, first, last)
        day = FIRST + timedelta(days=int(days * noise.chance.random() ** 0.7))
        fate = noise.chance.random()
        left = _row(noise, amount, ours, day)
        right = _row(noise, other, theirs, day + timedelta(days=lag))
        if fate >= strangers:
            case.belong([left], [right], provable=False)
        elif fate < strangers / 2:
            case.source.append(left)
        else:
            case.ledger.append(right)
    return case


def _row(noise: Noise, amount: int, text: str, day: date) -> Row:
    """A row whose id tells nothing."""
    return item(f"{noise.chance.getrandbits(48):012x}", amount, description=text) | {"date": day}


def _transfers(noise: Noise, first: list[str], last: list[str]) -> tuple[int, str, int, str, int]:
    chance, amount = noise.chance, noise.price()
    given, family = noise.skewed(first), noise.skewed(last)
    name = chance.choice([f"{given} {family[0]}", f"{given[0]} {family}", f"{given} {family}", family]).upper()
    purpose = chance.choice(PURPOSES) if chance.random() < 0.75 else ""
    full = f"{name} {purpose}".strip()
    ours = noise.truncated(full, 11, 18) if chance.random() < 0.7 else full
    theirs = f"{name} {purpose if chance.random() < 0.5 else ''}".strip()
    theirs += chance.choice([" BGC", " FP", " BACS", "", " TFR"])
    if chance.random() < 0.04:
        theirs = chance.choice(["", "BGC", purpose])
    if chance.random() < 0.04:
        ours = chance.choice(["", purpose])
    fate = chance.random()
    other = amount if fate < 0.7 else noise.fee(amount) if fate < 0.85 else noise.drifted(amount, 0.02)
    return amount, ours, other, theirs, noise.lag(0.6, 20)


def _cards(noise: Noise, first: list[str], last: list[str]) -> tuple[int, str, int, str, int]:
    chance, amount = noise.chance, noise.price()
    merchant = f"{noise.skewed(last)} {TRADES[sum(map(ord, noise.skewed(first))) % len(TRADES)]}"
    store, city = f"{chance.randrange(1, 400):04d}", chance.choice(CITIES)
    ours = f"{merchant} {city.title()}" if chance.random() < 0.7 else merchant
    theirs = f"POS {merchant.upper().replace(' ', '*', 1)} #{store} {city}"
    theirs = noise.truncated(theirs, 16, 30) if chance.random() < 0.6 else theirs
    theirs = noise.typo(theirs) if chance.random() < 0.1 else theirs
    fate = chance.random()
    other = amount
    if fate < 0.05:
        other = noise.cents(amount)
    elif fate < 0.12:
        other = amount + amount * chance.choice([5, 10, 15, 18, 20]) // 100
    return amount, ours, other, theirs, noise.lag(0.55, 5)


def _invoices(noise: Noise, first: list[str], last: list[str]) -> tuple[int, str, int, str, int]:
    chance, amount = noise.chance, int(noise.chance.lognormvariate(11, 1.2)) + 100
    company = f"{noise.skewed(last)} {noise.skewed(first)} {chance.choice(TRADES)} {chance.choice(FORMS)}".strip()
    ours = f"{company} invoice {chance.randrange(10**5):05d}"
    theirs = company
    for change, share in ((noise.typo, 0.2), (noise.dropped, 0.2), (noise.reordered, 0.15), (noise.abbreviated, 0.4)):
        if chance.random() < share:
            theirs = change(theirs)
    theirs = f"{chance.choice(['', 'CREDIT ', 'TRF FROM '])}{theirs}"
    fate = chance.random()
    other = amount
    if fate < 0.05:
        other = amount - amount * 2 // 100
    elif fate < 0.1:
        other = noise.cents(amount, 99)
    elif fate < 0.12:
        other = noise.swapped_digits(amount)
    return amount, ours, other, theirs, noise.lag(0.5, 8)


MODELS: dict[str, tuple[Maker, int, float]] = {
    "transfers": (_transfers, 150, 0.0),
    "cards": (_cards, 90, 0.08),
    "invoices": (_invoices, 90, 0.06),
}
