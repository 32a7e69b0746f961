"""How the bookkeeper enters sales: one document per order, with most of its references, some days as one summary, some
wrong.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta

from awra_desk.sandbox.merchant.charges import Sale
from awra_desk.sandbox.merchant.clock import Clock
from awra_desk.sandbox.merchant.draft import Draft, Posting
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.merchant.model import STRIPE_BALANCE
from awra_desk.sandbox.merchant.movements import cost_legs, gross_ref
from awra_desk.sandbox.merchant.plan import Plan
from awra_desk.sandbox.merchant.slips import mistype, mistype_reference, transpose
from awra_desk.sandbox.truth import AnomalyKind, LedgerRef

_PERMILLE_FULL = 700  # order number and charge id
_PERMILLE_ORDER = 930  # cumulative: only the order number; above it nothing but amount and date
_PERMILLE_WHOLESALE_FULL = 550
_PERMILLE_WHOLESALE_ORDER = 700


class SalesBook:
    """Books the month's sales and notes the truth about them."""

    def __init__(self, draft: Draft, plan: Plan, clock: Clock, seed: int) -> None:
        self._draft = draft
        self._plan = plan
        self._clock = clock
        self._style = stream(seed, "reference style")
        self._slip = stream(seed, "sale slips")
        self._halves: defaultdict[AnomalyKind, int] = defaultdict(int)
        self._twin: Sale | None = None

    def enter(self, sales: list[Sale]) -> None:
        """Enter the month's sales, day by day as they came."""
        summaries: dict[date, list[Sale]] = {day: [] for day in self._plan.summary_days}
        for sale in sales:
            style = self._style_of(sale)
            if sale.order.day in summaries:
                summaries[sale.order.day].append(sale)
            else:
                self._enter(sale, style, self._plan.errors.get(sale.order.number))
        for day, members in summaries.items():
            self._summary(day, members)

    def _style_of(self, sale: Sale) -> str:
        drawn = self._style.randrange(1000)
        full = _PERMILLE_WHOLESALE_FULL if sale.order.wholesale else _PERMILLE_FULL
        order = _PERMILLE_WHOLESALE_ORDER if sale.order.wholesale else _PERMILLE_ORDER
        return "full" if drawn < full else "order" if drawn < order else "none"

    def _enter(self, sale: Sale, style: str, error: AnomalyKind | None) -> None:
        if error is None:
            self._true(sale, self._document(sale, style))
        elif error is AnomalyKind.MISSING:
            self._missing(sale, error, "never booked")
        elif error in {AnomalyKind.TWINS_BOTH, AnomalyKind.TWINS_ONE}:
            self._twins(sale, error)
        elif error is AnomalyKind.DOUBLED:
            self._doubled(sale, style)
        elif error is AnomalyKind.MISTYPED_REFERENCE:
            self._mistyped_reference(sale)
        elif error in {AnomalyKind.MISDATED, AnomalyKind.CUTOFF}:
            self._misdated(sale, style, error)
        else:
            self._wrong_amount(sale, "full" if style == "none" else style, error)

    def _true(self, sale: Sale, *lines: LedgerRef, provable: bool = True) -> None:
        self._draft.group(STRIPE_BALANCE, "charge", [gross_ref(sale.transaction)], lines, provable=provable)

    def _missing(self, sale: Sale, kind: AnomalyKind, words: str) -> None:
        self._draft.wrong(
            kind,
            STRIPE_BALANCE,
            source=[gross_ref(sale.transaction)],
            difference=-sale.usd,
            note=f"Order {sale.order.name}: {words}.",
        )

    def _twins(self, sale: Sale, kind: AnomalyKind) -> None:
        if self._twin is None:
            self._twin = sale
            return
        first, self._twin = self._twin, None
        lines = [self._document(first, "none")]
        self._true(first, lines[0])
        source = [gross_ref(first.transaction), gross_ref(sale.transaction)]
        words = f"Orders {first.order.name} and {sale.order.name} are alike"
        if kind is AnomalyKind.TWINS_BOTH:
            lines.append(self._document(sale, "none"))
            self._true(sale, lines[1])
            self._draft.wrong(
                kind, STRIPE_BALANCE, source=source, ledger=lines, note=f"{words}; both booked without reference."
            )
        else:
            note = f"{words}; only the first is booked, without reference."
            self._draft.wrong(kind, STRIPE_BALANCE, source=source, ledger=lines, difference=-sale.usd, note=note)

    def _doubled(self, sale: Sale, style: str) -> None:
        later = timedelta(days=self._alternate(AnomalyKind.DOUBLED))
        again = min(sale.order.day + later, self._clock.last)
        lines = (self._document(sale, style), self._document(sale, style, day=again))
        self._true(sale, *lines, provable=False)
        note = f"Order {sale.order.name}: booked twice, the second time on {again}."
        source = [gross_ref(sale.transaction)]
        self._draft.wrong(
            AnomalyKind.DOUBLED, STRIPE_BALANCE, source=source, ledger=lines, difference=sale.usd, note=note
        )

    def _mistyped_reference(self, sale: Sale) -> None:
        kind = AnomalyKind.MISTYPED_REFERENCE
        if self._alternate(kind):
            line = self._document(sale, "order", name=mistype_reference(sale.order.name, self._slip))
        else:
            line = self._document(sale, "charge", charge=mistype_reference(sale.charge["id"], self._slip))
        self._true(sale, line, provable=False)
        note = f"Order {sale.order.name}: booked under a reference with a wrong character."
        self._draft.wrong(kind, STRIPE_BALANCE, source=[gross_ref(sale.transaction)], ledger=[line], note=note)

    def _misdated(self, sale: Sale, style: str, kind: AnomalyKind) -> None:
        cutoff = kind is AnomalyKind.CUTOFF
        day = _other_day(sale.order.day, self._clock, self._slip, cutoff=cutoff)
        line = self._document(sale, style, day=day)
        # A line dated after the month need not be among the rows a desk pulls for it.
        self._true(sale, line, provable=not cutoff)
        note = f"Order {sale.order.name} of {sale.order.day}: dated {day}."
        difference = -sale.usd if cutoff else 0
        self._draft.wrong(
            kind, STRIPE_BALANCE, source=[gross_ref(sale.transaction)], ledger=[line], difference=difference, note=note
        )

    def _wrong_amount(self, sale: Sale, style: str, kind: AnomalyKind) -> None:
        typed = self._typed(sale, kind)
        line = self._document(sale, style, typed=typed)
        self._true(sale, line, provable=False)
        gross = gross_ref(sale.transaction)
        if kind is AnomalyKind.NET_FOR_GROSS:
            legs = [ref for ref, _ in cost_legs(sale.transaction)]
            self._draft.group(STRIPE_BALANCE, "net", [gross, *legs], [line], provable=False)
        note = f"Order {sale.order.name}: {typed} booked for {sale.usd} (minor units)."
        self._draft.wrong(kind, STRIPE_BALANCE, source=[gross], ledger=[line], difference=typed - sale.usd, note=note)

    def _typed(self, sale: Sale, kind: AnomalyKind) -> int:
        if kind is AnomalyKind.MISTYPED_AMOUNT:
            return mistype(sale.usd, self._slip)
        if kind is AnomalyKind.TRANSPOSED:
            return transpose(sale.usd, self._slip)
        if kind is AnomalyKind.NET_FOR_GROSS:
            return int(sale.transaction["net"])
        # The bookkeeper's own rate: off by three to twelve per mille, either way.
        shift = (3 + self._slip.randrange(10)) * (1 if self._slip.randrange(2) else -1)
        return sale.usd + (sale.usd * shift // 1000 or 1)

    def _alternate(self, kind: AnomalyKind) -> int:
        """0, 1, 0, 1, … for each kind."""
        self._halves[kind] += 1
        return (self._halves[kind] - 1) % 2

    def _document(
        self,
        sale: Sale,
        style: str,
        *,
        typed: int | None = None,
        day: date | None = None,
        name: str = "",
        charge: str = "",
    ) -> LedgerRef:
        """Book one sale; `style`: "full", "order", "charge" (only the charge id) or "none". `name`, `charge`:
        references as mistyped.
        """
        order = sale.order
        amount = sale.usd if typed is None else typed
        number = name or order.name if style in {"full", "order"} else ""
        memo = {
            "full": f"Stripe {sale.charge['id']}",
            "charge": f"Stripe {charge}",
            "order": "Online order",
            "none": "Card sale",
        }[style]
        text = f"Order {number}" if number else "Card sale"
        if order.wholesale:
            postings = [("stripe_clearing", amount, text), ("receivables", -amount, text)]
        elif typed is None:
            postings = [("stripe_clearing", amount, text), *_parts(sale)]
        else:
            postings = [("stripe_clearing", amount, text), ("sales", -amount, order.label)]
        entity = "Payment" if order.wholesale else "SalesReceipt"
        key = self._draft.book(
            entity, day or order.day, postings, number=number, memo=memo, counterparty=order.customer_name
        )
        return key, 0

    def _summary(self, day: date, members: list[Sale]) -> None:
        """One journal entry for the day; on the short day the sale in the middle is forgotten."""
        if not members:
            return
        forgotten = members[len(members) // 2] if day == self._plan.short_day and len(members) > 1 else None
        counted = [sale for sale in members if sale is not forgotten]
        text = f"Stripe sales summary {day}"
        sums: defaultdict[str, int] = defaultdict(int)
        for sale in counted:
            for role, minor, _ in _parts(sale):
                sums[role] += minor
        postings = [
            ("stripe_clearing", sum(sale.usd for sale in counted), text),
            *((role, sums[role], text) for role in sorted(sums)),
        ]
        line = (self._draft.book("JournalEntry", day, postings, number=f"SALES {day}", memo=text), 1)
        source = [gross_ref(sale.transaction) for sale in counted]
        self._draft.group(STRIPE_BALANCE, "sales_day", source, [line], provable=forgotten is None)
        if forgotten is not None:
            self._draft.wrong(
                AnomalyKind.SUMMARY_SHORT, STRIPE_BALANCE, source=[gross_ref(forgotten.transaction)], ledger=[line],
                difference=-forgotten.usd, note=f"The summary of {day} lacks order {forgotten.order.name}.",
            )  # fmt: skip


def _parts(sale: Sale) -> list[Posting]:
    """What a sale is made of, as credits (a redeemed gift card is a debit); the exchange difference falls to sales."""
    order = sale.order
    if order.wholesale:
        return [("sales", -sale.usd, order.label)]
    rest = sale.usd - order.tax - order.tip - order.gift_sold + order.gift_redeemed
    return [
        ("sales", -rest, order.label),
        ("sales_tax", -order.tax, "Sales tax"),
        ("tips", -order.tip, "Tip"),
        ("gift_cards", -order.gift_sold, "Gift card sold"),
        ("gift_cards", order.gift_redeemed, "Gift card redeemed"),
    ]


def _other_day(day: date, clock: Clock, draw: random.Random, *, cutoff: bool) -> date:
    """Another day of the month, four to nine days away; for a cut-off error one of the first two days of the next
    month.
    """
    if cutoff:
        return clock.last + timedelta(days=1 + draw.randrange(2))
    away = timedelta(days=4 + draw.randrange(6))
    return day - away if day - away >= clock.first else day + away
