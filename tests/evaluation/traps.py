"""Small books, each built on one thing that tempts a matcher into a false confirmation; the truth is known.

Every principle draws its events, then lets either side miss some of them, so that the right partner of a row is often
not there and something like it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.evaluation.corpus import FIRST, Case
from tests.unit.matching.builders import item

NAMES = ("Wanjiku Kamau", "John Otieno", "Mary Wambui", "Safari Traders", "Kilimani Stores", "Blue Lake Hotel")
LAGS = (0, 0, 0, 1, 1, 2, 3)
Row = dict[str, Any]


class Trap:
    """Draws one book. ids tell nothing of what belongs together."""

    def __init__(self, name: str, seed: int) -> None:
        self.case, self.chance = Case(f"{name}-{seed}"), random.Random(f"{name} {seed}")

    def row(self, amount: int, day: int, reference: str = "", **more: Any) -> Row:
        """A row of that day, counted from the first of October."""
        name = f"{self.chance.getrandbits(40):010x}"
        return item(name, amount, reference, **more) | {"date": FIRST + timedelta(days=day)}

    def event(self, ours: Row | list[Row], theirs: Row | list[Row], both: float = 0.6) -> None:
        """Put it on both sides, or on one of them only."""
        sides = [rows if isinstance(rows, list) else [rows] for rows in (ours, theirs)]
        share = self.chance.random()
        if share < both:
            self.case.belong(sides[0], sides[1], provable=False)
        elif share < (1 + both) / 2:
            self.case.source += sides[0]
        else:
            self.case.ledger += sides[1]

    def lag(self) -> int:
        """Days by which the ledger follows."""
        return self.chance.choice(LAGS)


def round_amounts(trap: Trap) -> None:
    """Prices that everybody pays, names or none."""
    pick = trap.chance.choice
    for _ in range(trap.chance.randint(4, 25)):
        amount, day, name = pick((1000, 2000, 2500, 5000, 12_500, 999, 4999)), trap.chance.randint(0, 27), pick(NAMES)
        said = pick(({"counterparty": name}, {"description": name}, {}))
        trap.event(trap.row(amount, day, **said), trap.row(amount, day + trap.lag(), **pick((said, {}))))


def neighbouring_references(trap: Trap) -> None:
    """Numbers near each other, cut, mistyped or padded; few prices."""
    pick = trap.chance.choice
    prices = [100 * trap.chance.randint(5, 900) for _ in range(3)]
    for number in trap.chance.sample(range(10_000, 10_400), trap.chance.randint(4, 24)):
        name, amount, day = f"TX51{number}", pick(prices), trap.chance.randint(0, 27)
        spoiled = pick((name, name, name[:-2], f"000{name}", f"{name[:6]}{pick('56789')}{name[7:]}"))
        trap.event(trap.row(amount, day, name), trap.row(amount, day + trap.lag(), spoiled))


def numbers_in_texts(trap: Trap) -> None:
    """References of four or five digits beside card, table and year numbers of as many."""
    pick, draw = trap.chance.choice, trap.chance.randint
    for number in trap.chance.sample([*range(1000, 1060), *range(10_000, 10_050)], draw(5, 25)):
        amount, day = pick((1000, 2500, 999, draw(300, 40_000))), draw(0, 60)
        text = pick((f"order {number}", f"{number}", f"inv {number} paid", f"card {draw(1060, 1090)}", "rent 2026"))
        trap.event(trap.row(amount, day, str(number)), trap.row(amount, day + trap.lag(), description=text))


def monthly_accounts(trap: Trap) -> None:
    """An account number in both texts, month after month; one party shows every month on one side."""
    pick, draw = trap.chance.choice, trap.chance.randint
    form, digits = pick(("{}", "ACC{}", "A/C {}", "meter {}")), pick((6, 7, 8))
    numbers = [form.format(draw(10 ** (digits - 1), 10**digits - 1)) for _ in range(draw(2, 6))]
    for place, number in enumerate(numbers):
        amount, day = pick((2_500_000, 1500, draw(1000, 99_999))), draw(0, 25)
        for month in range(3):
            ours = trap.row(amount, day + 30 * month, description=f"rent {number} {NAMES[place]}")
            theirs = trap.row(amount, day + 30 * month + trap.lag(), description=f"EFT {number}")
            if place:
                trap.event(ours, theirs, both=0.4)
            else:
                trap.case.source.append(ours)


def payouts(trap: Trap) -> None:
    """Batches with fees and refunds, some of one sum; bank lines with or without the payout's id."""
    pick, draw = trap.chance.choice, trap.chance.randint
    sums: list[int] = []
    for number in range(draw(1, 5)):
        day, batch = draw(0, 27), f"po_{draw(100, 999)}Ab{number}"
        amounts = [pick((1000, 2000, 5000, draw(500, 30_000))) for _ in range(draw(1, 6))]
        amounts += [-(amount * 29 // 1000 + 30) for amount in amounts]
        if sums and trap.chance.random() < 0.5:
            amounts.append(pick(sums) - sum(amounts))
        sums.append(sum(amounts))
        told = pick(({"reference": batch}, {"description": f"STRIPE {batch}"}, {"description": "STRIPE PAYOUT"}))
        rows = [trap.row(amount, day, batch=batch) for amount in amounts]
        trap.event(rows, trap.row(sums[-1], day + trap.lag(), **told), both=0.8)


def charges_and_refunds(trap: Trap) -> None:
    """A refund equal to its charge, under one order or one name."""
    pick, draw = trap.chance.choice, trap.chance.randint
    for number in trap.chance.sample(range(1000, 9999), draw(3, 12)):
        amount, day = pick((1000, 2500, draw(500, 60_000))), draw(0, 20)
        said = pick(({"reference": f"SO-{number}"}, {"counterparty": pick(NAMES)}))
        paid = said | {"kind": "charge"}
        trap.event(trap.row(amount, day, **paid), trap.row(amount, day + trap.lag(), **paid), 0.8)
        if trap.chance.random() < 0.6:
            back = day + draw(0, 6)
            returned = said | {"kind": "refund"}
            trap.event(trap.row(-amount, back, **returned), trap.row(-amount, back + trap.lag(), **returned))


def one_number_two_currencies(trap: Trap) -> None:
    """The same amount under the same reference in several currencies."""
    pick, draw = trap.chance.choice, trap.chance.randint
    for number in trap.chance.sample(range(1000, 9999), draw(4, 16)):
        amount, day, name = draw(500, 90_000), draw(0, 27), pick((f"R{number}", ""))
        for currency in trap.chance.sample(("USD", "EUR", "KES"), pick((1, 2))):
            theirs = trap.row(amount, day + trap.lag(), pick((name, "")), currency=currency)
            trap.event(trap.row(amount, day, name, currency=currency), theirs)


def sums_that_are_none(trap: Trap) -> None:
    """Odd amounts on one side, others on the other: whatever adds up does so by accident. Some splits are true."""
    draw = trap.chance.randint
    for _ in range(draw(4, 24)):
        trap.case.source.append(trap.row(draw(100, 50_000), draw(0, 5)))
    for _ in range(draw(1, 9)):
        trap.case.ledger.append(trap.row(draw(2000, 90_000), draw(0, 6)))
    for _ in range(draw(0, 2)):
        parts, day = [draw(300, 50_000) for _ in range(draw(2, 4))], draw(0, 5)
        trap.event([trap.row(part, day) for part in parts], trap.row(sum(parts), day + 1), both=1.0)


def days_and_channels(trap: Trap) -> None:
    """Tills whose totals are booked on the day, on the next one, or on both."""
    pick, draw = trap.chance.choice, trap.chance.randint
    for day in range(draw(2, 6)):
        parts = [trap.row(pick((1000, 2500, draw(300, 9000))), day, channel="till 1") for _ in range(draw(2, 5))]
        total = sum(part["amount"] for part in parts)
        late = trap.chance.random() < 0.4
        trap.case.belong(parts, [trap.row(total, day + late, channel="till 1")], provable=False)
        if late and trap.chance.random() < 0.5:  # and once too often, where the key points
            trap.case.ledger.append(trap.row(total, day, channel="till 1"))


def provider_ids(trap: Trap) -> None:
    """Ids of a provider in references and texts, printed in capitals by some; equal amounts under other ids."""
    pick, draw = trap.chance.choice, trap.chance.randint
    for number in trap.chance.sample(range(100, 999), draw(3, 16)):
        name, amount, day = (
            f"{pick(('ch', 'pi', 'py'))}_3M{number}ab",
            pick((4847, 12_345, draw(100, 90_000))),
            draw(0, 9),
        )
        other = f"{name[:3]}1K{draw(1000, 9999)}xy"
        printed = [
            pick(({"reference": text}, {"reference": text.upper()}, {"description": f"Stripe {text}"}))
            for text in (name, pick((name, name, other)))
        ]
        same = name in str(printed[1]).replace(name.upper(), name)
        rows = trap.row(amount, day, **printed[0]), trap.row(amount, day + trap.lag(), **printed[1])
        if same:
            trap.event(*rows)
        else:
            trap.case.source.append(rows[0])
            trap.case.ledger.append(rows[1])


TRAPS: dict[str, Callable[[Trap], None]] = {
    principle.__name__: principle
    for principle in (
        round_amounts,
        neighbouring_references,
        numbers_in_texts,
        monthly_accounts,
        payouts,
        charges_and_refunds,
        one_number_two_currencies,
        sums_that_are_none,
        days_and_channels,
        provider_ids,
    )
}


def book(name: str, seed: int) -> Case:
    """The book of a principle."""
    trap = Trap(name, seed)
    TRAPS[name](trap)
    return trap.case
