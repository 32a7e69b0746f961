"""What customers bought: orders with parts, customers, currencies and times. Knows no payment provider, no ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from awra_desk.domain.money import allocate
from awra_desk.sandbox.merchant.clock import Clock
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.merchant.model import MonthSpec

_PRODUCTS = (
    ("Nyeri AA 250 g", 1_850), ("Kirinyaga Peaberry 250 g", 2_125), ("Embu Espresso 1 kg", 4_890),
    ("Kiambu Natural 500 g", 3_260), ("House Blend 1 kg", 4_175), ("Decaf Meru 250 g", 1_795),
    ("Cascara Tea 200 g", 1_240), ("Dripper Set", 3_895),
    ("Hand Grinder", 7_450), ("Tasting Flight", 5_315), ("Barista Class", 11_780), ("Enamel Mug", 1_630),
)  # fmt: skip
_TAXABLE_FROM = 7  # equipment and classes; beans and tea are food
_TAX_PER_100000 = 8_875
_SHIPPING = (0, 0, 595, 795, 1_150, 1_485)
_FIRST = (
    "Wanjiru", "Achieng", "Kamau", "Otieno", "Njeri", "Mwangi", "Atieno", "Kiptoo", "Zawadi", "Baraka",
    "Amina", "Juma", "Grace", "Daniel", "Maria", "Owen", "Priya", "Lucas", "Hannah", "Samuel",
    "Elena", "Marcus", "Ruth", "Victor", "Naomi", "Felix", "Irene", "Hugo", "Clara", "Abdi",
)  # fmt: skip
_LAST = (
    "Kariuki", "Omondi", "Mutua", "Wambui", "Chebet", "Nyambura", "Okoth", "Hassan", "Rivera", "Chen",
    "Novak", "Patel", "Weber", "Rossi", "Dubois", "Okafor", "Larsen", "Silva", "Brooks", "Haddad",
    "Kim", "Moreau", "Schmidt", "Ellis", "Vargas", "Tanaka", "Bauer", "Lindqvist", "Price", "Mensah",
)  # fmt: skip
_CAFES = (
    "Juniper Cafe",
    "Third Rail Coffee Bar",
    "Harbor Bakehouse",
    "Lantern Books & Coffee",
    "Pilot Canteen",
    "Orchard Street Deli",
)

_FIRST_NUMBER = 104_200
_PERMILLE_WHOLESALE = 30
_PERMILLE_EUR = 60
_PERMILLE_GBP = 110  # cumulative: below this and not EUR
_PERMILLE_TIP = 130
_PERMILLE_GIFT_SOLD = 30
_PERMILLE_GIFT_REDEEMED = 70  # cumulative


@dataclass(frozen=True, slots=True)
class Order:
    """One paid order; amounts are minor units of `currency`.

    Attributes:
        number: position in the account's life, from 0; `name` is what people write ("KR-104217").
        day: booking day; created: unix seconds.
        wholesale: a cafe paying an invoice, else a shop sale.
        sale: goods and shipping. gift_sold adds to and gift_redeemed takes from what is charged.
        label: the first product.
    """

    number: int
    name: str
    day: date
    created: int
    customer: int
    customer_name: str
    wholesale: bool
    currency: str
    sale: int
    tax: int
    tip: int
    gift_sold: int
    gift_redeemed: int
    label: str

    @property
    def charged(self) -> int:
        """What the customer's card is charged."""
        return self.sale + self.tax + self.tip + self.gift_sold - self.gift_redeemed


def make_orders(spec: MonthSpec, clock: Clock) -> list[Order]:
    """All orders of run-up and month, oldest first; exactly `spec.orders` of them in the month."""
    weights = stream(spec.seed, "order days")
    busy = {day: 80 + 25 * (day.weekday() in {4, 5}) + weights.randrange(40) for day in clock.days}
    month = [day for day in clock.days if day >= clock.first]
    before = [day for day in clock.days if day < clock.first]
    counts = dict(zip(month, allocate(spec.orders, [busy[day] for day in month]), strict=True))
    run_up = max(28, spec.orders * len(before) // len(month))
    counts |= dict(zip(before, allocate(run_up, [busy[day] for day in before]), strict=True))
    seconds = stream(spec.seed, "order times")
    times = sorted(
        (clock.at(day, seconds.randrange(6 * 3600, 24 * 3600)), day) for day in clock.days for _ in range(counts[day])
    )
    return _Till(spec, len(times)).ring_up(times)


class _Till:
    def __init__(self, spec: MonthSpec, count: int) -> None:
        self._customers = max(40, count // 3)
        self._who = stream(spec.seed, "order customers")
        self._goods = stream(spec.seed, "order goods")
        self._wholesale = stream(spec.seed, "order wholesale")
        self._currency = stream(spec.seed, "order currencies")
        self._tips = stream(spec.seed, "order tips")
        self._gifts = stream(spec.seed, "order gift cards")

    def ring_up(self, times: list[tuple[int, date]]) -> list[Order]:
        return [self._order(number, created, day) for number, (created, day) in enumerate(times)]

    def _order(self, number: int, created: int, day: date) -> Order:
        customer = self._who.randrange(self._customers)
        wholesale = self._wholesale.randrange(1000) < _PERMILLE_WHOLESALE
        kilos, price = 18 + self._wholesale.randrange(160), 1_987 + self._wholesale.randrange(420)
        drawn = self._currency.randrange(1000)
        tip_drawn, tip_percent = self._tips.randrange(1000), 10 + self._tips.randrange(11)
        gift_drawn, gift_units = self._gifts.randrange(1000), 1 + self._gifts.randrange(4)
        goods, taxable, label = self._basket()
        order = Order(
            number=number,
            name=f"KR-{_FIRST_NUMBER + number}",
            day=day,
            created=created,
            customer=customer,
            customer_name=_name(customer),
            wholesale=wholesale,
            currency="eur" if drawn < _PERMILLE_EUR else "gbp" if drawn < _PERMILLE_GBP else "usd",
            sale=goods,
            tax=(taxable * _TAX_PER_100000 + 50_000) // 100_000,
            tip=0,
            gift_sold=0,
            gift_redeemed=0,
            label=label,
        )
        if wholesale:
            cafe = customer % len(_CAFES)
            return replace(
                order,
                customer=cafe,
                customer_name=_CAFES[cafe],
                currency="usd",
                sale=kilos * price,
                tax=0,
                label=f"{kilos} kg wholesale roast",
            )
        if order.currency != "usd":
            return replace(order, tax=0)
        tip = (goods * tip_percent + 50) // 100 if tip_drawn < _PERMILLE_TIP else 0
        sold = 2_500 * gift_units if gift_drawn < _PERMILLE_GIFT_SOLD else 0
        used = 0
        if _PERMILLE_GIFT_SOLD <= gift_drawn < _PERMILLE_GIFT_REDEEMED:
            used = min(2_500 * gift_units, goods - 500)
        return replace(order, tip=tip, gift_sold=sold, gift_redeemed=used)

    def _basket(self) -> tuple[int, int, str]:
        """Goods and shipping, the taxable part of it, and the first product's name."""
        total = taxable = 0
        label = ""
        for _ in range(1 + min(self._goods.randrange(4), self._goods.randrange(4))):
            index = self._goods.randrange(len(_PRODUCTS))
            name, price = _PRODUCTS[index]
            amount = price * (1 + self._goods.randrange(3))
            off = self._goods.randrange(10)
            amount -= amount * off // 100 if off > 6 else 0
            total += amount
            taxable += amount if index >= _TAXABLE_FROM else 0
            label = label or name
        return total + _SHIPPING[self._goods.randrange(len(_SHIPPING))], taxable, label


def _name(customer: int) -> str:
    first, last = _FIRST[customer % len(_FIRST)], _LAST[customer // len(_FIRST) % len(_LAST)]
    generation = customer // (len(_FIRST) * len(_LAST))
    return f"{first} {last}" + (f" {generation + 1}" if generation else "")
