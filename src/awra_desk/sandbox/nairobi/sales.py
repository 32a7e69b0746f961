"""Who bought what and how it was paid: paybill for orders by phone, till over the counter, cards online, cash to the
courier, and now and then two of them for one order.
"""

from __future__ import annotations

from awra_desk.sandbox.merchant.clock import Clock
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.nairobi.model import NairobiSpec, Sale, Tender

_FIRST = ("WANJIRU", "OTIENO", "ACHIENG", "KAMAU", "NJERI", "MUTUA", "CHEBET", "BARASA", "AISHA", "KIPROTICH", "ATIENO")
_LAST = ("MWANGI", "ODHIAMBO", "KARIUKI", "WEKESA", "HASSAN", "KIMANI", "NDUNGU", "CHERONO", "ONYANGO", "MUTHONI")
_KINDS = {"paybill": 40, "till": 28, "card": 20, "courier": 8, "split": 4}
_OPEN, _SHUT = 7 * 3600, 21 * 3600
_WHOLE = 10_000  # cents: most prices are hundreds of shillings


def make_sales(spec: NairobiSpec, clock: Clock) -> list[Sale]:
    """The orders of run-up and month, in order of payment."""
    draw = stream(spec.seed, "nairobi sales")
    in_month = sum(day >= clock.first for day in clock.days)
    count = max(len(clock.days), spec.orders * len(clock.days) // in_month)
    moments = sorted(clock.at(draw.choice(clock.days), draw.randrange(_OPEN, _SHUT)) for _ in range(count))
    found = []
    for number, at in enumerate(moments, start=10_001):
        minor = draw.randrange(4, 90) * _WHOLE if draw.random() < 0.3 else draw.randrange(35_000, 1_200_000, 100)
        kind = draw.choices(list(_KINDS), list(_KINDS.values()))[0]
        found.append(
            Sale(
                number=number,
                name=f"KR-{number}",
                at=at,
                customer=f"{draw.choice(_FIRST)} {draw.choice(_LAST)}",
                phone=f"2547****{draw.randrange(1000):03}",
                minor=minor,
                tenders=_tenders(kind, minor, draw.randrange(2, 8)),
            )
        )
    return found


def _tenders(kind: str, minor: int, tenths: int) -> tuple[Tender, ...]:
    if kind != "split":
        return (Tender(kind, minor),)
    mobile = minor * tenths // 10 // 100 * 100
    return Tender("till", mobile), Tender("card", minor - mobile)
