"""A payout explained for people: what it is made of, with its proof, and each leg of its way."""

from __future__ import annotations

from dataclasses import dataclass

from awra_desk.domain.transactions import Kind
from awra_desk.services.chain import Leg, Payout
from awra_desk.viewmodels import words

_PARTS = {
    Kind.CHARGE: "Charges", Kind.REFUND: "Refunds", Kind.FEE: "Fees", Kind.TAX: "Tax on fees",
    Kind.CHARGEBACK: "Chargebacks", Kind.CHARGEBACK_REVERSAL: "Chargebacks won back",
    Kind.RESERVE_HOLD: "Held in reserve", Kind.RESERVE_RELEASE: "Released from reserve",
    Kind.PAYOUT_FAILURE: "Failed payouts", Kind.ADJUSTMENT: "Adjustments", Kind.FX: "Currency exchange",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PayoutPart:
    """A line of the sum; `strong` for its result."""

    label: str
    rows: str
    amount: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class PayoutLeg:
    """A leg of the way. mark: "✓" holds, "×" does not, "…" may still come. remark: why it does not hold, in money."""

    mark: str
    label: str
    remark: str


@dataclass(frozen=True, slots=True)
class PayoutView:
    """What the inspector shows of a payout.

    Attributes:
        parts: (label, rows, amount) of the sum, the payout last; empty where the provider tells no members.
        verdict: one line: whether the members add up and the money arrived.
    """

    verdict: str
    parts: tuple[PayoutPart, ...]
    legs: tuple[PayoutLeg, ...]


def payout_view(found: Payout) -> PayoutView:
    """The explanation in words; amounts carry their sign at the provider, the payout itself what the bank gets."""
    chain = found.chain
    parts = [
        PayoutPart(_PARTS.get(Kind(part.kind), part.kind.replace("_", " ").capitalize()), f"{part.rows:,}",
                   words.amount(part.minor, chain.currency))
        for part in found.parts
    ]  # fmt: skip
    if parts:
        rows = sum(part.rows for part in found.parts)
        parts.append(PayoutPart("Paid out", f"{rows:,}", words.amount(chain.minor, chain.currency), strong=True))
    legs = tuple(_leg(leg, chain.currency) for leg in chain.legs)
    return PayoutView(_verdict(found), tuple(parts), legs)


def _leg(leg: Leg, currency: str) -> PayoutLeg:
    label = f"{leg.name[:1].upper()}{leg.name[1:]}"
    if leg.holds:
        return PayoutLeg("✓", label, "Holds")
    open_ = words.count(len(leg.records), "row") + " open" if leg.records else ""
    gap = f"{words.money(abs(leg.gap), currency)} apart" if leg.gap else ""
    told = ", ".join(part for part in (gap, open_) if part)
    return PayoutLeg("…", label, f"May still come: {told}") if leg.waiting else PayoutLeg("×", label, told)


def _verdict(found: Payout) -> str:
    chain = found.chain
    paid = words.money(chain.minor, chain.currency)
    if not found.parts:
        return f"The provider does not tell what {paid} is made of."
    rows = words.count(sum(part.rows for part in found.parts), "row")
    total = sum(part.minor for part in found.parts)
    if total != chain.minor:
        return f"{rows} make {words.money(total, chain.currency)}, not {paid}."
    if chain.broken is None:
        return f"{rows} make {paid}; its way is proven as far as it got."
    return f"{rows} make {paid}. First leg that does not hold: {chain.broken.name}."
