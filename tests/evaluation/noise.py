"""How two systems come to write one payment differently: small, seeded distortions of texts, amounts and dates.

Nothing here knows the matcher; each model is a way in which bookkeepers, banks and shops are known to differ.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

SYLLABLES = [
    "ba",
    "be",
    "bo",
    "chi",
    "da",
    "do",
    "fa",
    "ga",
    "gi",
    "ha",
    "ja",
    "ka",
    "ki",
    "ko",
    "la",
    "li",
    "lo",
    "ma",
    "me",
    "mi",
    "mo",
    "na",
    "ne",
    "nge",
    "njo",
    "o",
    "pa",
    "ra",
    "ri",
    "ru",
    "sa",
    "se",
    "shi",
    "ta",
    "te",
    "to",
    "u",
    "va",
    "wa",
    "we",
    "ya",
    "zi",
    "zo",
]
TRADES = [
    "Coffee",
    "Motors",
    "Pharmacy",
    "Bakery",
    "Supplies",
    "Logistics",
    "Foods",
    "Hardware",
    "Textiles",
    "Energy",
    "Media",
    "Labs",
    "Farms",
    "Books",
    "Tools",
]
FORMS = ("Ltd", "Limited", "Inc", "LLC", "GmbH", "SA", "PLC", "")
PURPOSES = [
    "payment",
    "rent",
    "invoice",
    "salary",
    "donation",
    "gift",
    "subscription",
    "deposit",
    "refund",
    "loan",
    "fees",
    "tuition",
    "holiday",
    "groceries",
]
CITIES = ["NAIROBI", "KAMPALA", "LAGOS", "LONDON", "BERLIN", "DURBAN", "MOMBASA", "ACCRA", "PARIS", "LEEDS"]
SHORT = {
    "Limited": "Ltd",
    "Company": "Co",
    "Supplies": "Supp",
    "Logistics": "Log",
    "Pharmacy": "Pharm",
    "payment": "pmt",
    "invoice": "inv",
}


class Noise:
    """Seeded distortions."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def word(self, least: int = 2, most: int = 4) -> str:
        """A name nobody has."""
        return "".join(self.chance.choices(SYLLABLES, k=self.chance.randint(least, most))).capitalize()

    def pool(self, size: int) -> list[str]:
        """Distinct names."""
        found: dict[str, None] = {}
        while len(found) < size:
            found[self.word()] = None
        return list(found)

    def skewed(self, pool: Sequence[str]) -> str:
        """A name of the pool, the first ones far more often."""
        return pool[min(int(len(pool) * self.chance.random() ** 2.5), len(pool) - 1)]

    def truncated(self, text: str, least: int, most: int) -> str:
        """The text as a narrow field keeps it."""
        return text[: self.chance.randint(least, most)].rstrip()

    def typo(self, text: str) -> str:
        """One slip of the keyboard."""
        if len(text) < 4:
            return text
        place = self.chance.randrange(1, len(text) - 1)
        kind = self.chance.randrange(3)
        if kind == 0:
            return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if kind == 1:
            return text[:place] + text[place + 1 :]
        return text[:place] + self.chance.choice("aeiourstn") + text[place + 1 :]

    def dropped(self, text: str) -> str:
        """The text less one word."""
        words = text.split()
        if len(words) > 1:
            words.pop(self.chance.randrange(len(words)))
        return " ".join(words)

    def reordered(self, text: str) -> str:
        """The same words in another order."""
        words = text.split()
        self.chance.shuffle(words)
        return " ".join(words)

    def abbreviated(self, text: str) -> str:
        """Common words shortened."""
        return " ".join(SHORT.get(word, word) for word in text.split())

    def cents(self, amount: int, most: int = 5) -> int:
        """A rounding difference."""
        return amount + self.chance.choice([-1, 1]) * self.chance.randint(1, most)

    def fee(self, amount: int) -> int:
        """The amount less a fee, flat or a share."""
        if self.chance.random() < 0.4:
            return max(amount - self.chance.choice([25, 50, 100, 250, 500, 1500]), 1)
        return max(amount - int(amount * self.chance.uniform(0.003, 0.035)), 1)

    def drifted(self, amount: int, spread: float) -> int:
        """The amount after an exchange there and back."""
        return max(int(amount * (1 + self.chance.gauss(0, spread))), 1)

    def swapped_digits(self, amount: int) -> int:
        """Two neighbouring digits exchanged."""
        digits = list(str(amount))
        places = [at for at in range(len(digits) - 1) if digits[at] != digits[at + 1] and (at or digits[1] != "0")]
        if not places:
            return amount + 9
        at = self.chance.choice(places)
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
        return int("".join(digits))

    def lag(self, decay: float, most: int) -> int:
        """Days of delay: fewer more often."""
        days = 0
        while days < most and self.chance.random() < decay:
            days += 1
        return days

    def price(self) -> int:
        """An amount: round ones often, odd ones otherwise."""
        if self.chance.random() < 0.15:
            return self.chance.choice([1000, 2000, 2500, 5000, 6000, 6000, 7500, 10000, 15000, 50000])
        return max(int(self.chance.lognormvariate(8.6, 1.1)), 50)
