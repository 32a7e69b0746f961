"""What the cafés sold, and how it was paid."""

from __future__ import annotations

import random
from dataclasses import dataclass

from awra_desk.sandbox.merchant.clock import Clock
from awra_desk.sandbox.merchant.ids import base62, stream
from awra_desk.sandbox.square.model import CafeSpec
from awra_desk.sandbox.square.objects import Cafe

CARD, WALLET, LATER, GIFT, CASH, EXTERNAL = "CARD", "WALLET", "BUY_NOW_PAY_LATER", "GIFT", "CASH", "EXTERNAL"
_TENDERS = {CARD: 62, WALLET: 5, LATER: 3, GIFT: 6, CASH: 20, EXTERNAL: 4}
_OPEN, _SHUT = 6 * 3600, 20 * 3600
_ALPHABET = "ABCDEFGHJKLMNPQRSTVWXYZ0123456789"
CAFES = 3


@dataclass(frozen=True, slots=True)
class Sale:
    """One payment over the counter or online.

    Attributes:
        id: of the payment; order: of its order. at: unix seconds.
        amount, tip: minor units. failed: the card was turned down.
    """

    number: int
    id: str
    order: str
    cafe: Cafe
    at: int
    tender: str
    amount: int
    tip: int
    online: bool
    failed: bool


def make_cafes(spec: CafeSpec) -> tuple[Cafe, ...]:
    """Two that are open, and one that closed when the month began."""
    draw = stream(spec.seed, "cafes")
    names = ("Cobble Hill", "Astoria", "Harlem pop-up")
    ids = ["L" + "".join(draw.choices(_ALPHABET, k=12)) for _ in names]
    return tuple(Cafe(identity, name, open=name != names[-1]) for identity, name in zip(ids, names, strict=True))


def make_sales(spec: CafeSpec, clock: Clock, cafes: tuple[Cafe, ...]) -> list[Sale]:
    """All payments of run-up and month, oldest first."""
    draw = stream(spec.seed, "cafe sales")
    in_month = sum(day >= clock.first for day in clock.days)
    count = max(len(clock.days), spec.orders * len(clock.days) // in_month)
    moments = sorted(clock.at(draw.choice(clock.days), draw.randrange(_OPEN, _SHUT)) for _ in range(count))
    return [_sale(draw, number, at, clock, cafes) for number, at in enumerate(moments)]


def _sale(draw: random.Random, number: int, at: int, clock: Clock, cafes: tuple[Cafe, ...]) -> Sale:
    identity, order = new_id(draw, 29), new_id(draw, 27)
    cafe = cafes[draw.choices(range(CAFES), (55, 35, 10))[0]]
    if not cafe.open and clock.in_month(at):
        cafe = cafes[0]
    tender = draw.choices(list(_TENDERS), list(_TENDERS.values()))[0]
    amount = draw.randrange(350, 6_800)
    tipped, percent, online, failed = draw.random(), draw.randrange(10, 26), draw.random(), draw.random()
    tip = amount * percent // 100 if tipped < 0.35 and tender in (CARD, CASH) else 0
    return Sale(
        number, identity, order, cafe, at, tender, amount, tip, online < 0.2 and tender == CARD,
        failed < 0.02 and tender == CARD,
    )  # fmt: skip


def new_id(draw: random.Random, length: int) -> str:
    """An id of letters and digits."""
    even = length + length % 2
    return base62(draw.randrange(62**length), even)[-length:]
