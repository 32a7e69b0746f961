"""One simulated month of the merchant's Nairobi entity, in KES: paybill and till, cards by Paystack, cash by courier.

Deterministic from a seed: `simulate_nairobi(NairobiSpec(...)) -> NairobiMonth`. Like `sandbox.merchant` it knows the
truth because it made it, and must not import matching.
"""

from awra_desk.sandbox.nairobi.model import (
    BANK,
    CURRENCY,
    PAYBILL,
    PAYSTACK_BALANCE,
    PAYSTACK_SETTLEMENTS,
    RECONCILIATIONS,
    ROLES,
    TILL,
    Movement,
    NairobiMonth,
    NairobiSpec,
    PaystackBooks,
    Wallet,
)
from awra_desk.sandbox.nairobi.simulate import simulate_nairobi

__all__ = [
    "BANK",
    "CURRENCY",
    "PAYBILL",
    "PAYSTACK_BALANCE",
    "PAYSTACK_SETTLEMENTS",
    "RECONCILIATIONS",
    "ROLES",
    "TILL",
    "Movement",
    "NairobiMonth",
    "NairobiSpec",
    "PaystackBooks",
    "Wallet",
    "simulate_nairobi",
]
