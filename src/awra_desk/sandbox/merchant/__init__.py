"""One simulated month of one merchant, deterministic from a seed: `simulate(MonthSpec(...)) -> Month`.

Owns what happened (orders, the Stripe account, the bank) and what the bookkeeper wrote about it. Called by the
provider-shaped servers,
the demo and tests. It must not import matching: the truth is known because it was generated, not because it was found.
"""

from awra_desk.sandbox.merchant.model import (
    BANK_STATEMENT,
    OPENING_STREAM,
    RECONCILIATIONS,
    ROLES,
    STRIPE_BALANCE,
    STRIPE_PAYOUTS,
    Account,
    Books,
    Document,
    Json,
    Line,
    Month,
    MonthSpec,
    OpeningItem,
    StripeBooks,
    TakeOn,
    TakeOnBalance,
)
from awra_desk.sandbox.merchant.simulate import simulate

__all__ = [
    "BANK_STATEMENT",
    "OPENING_STREAM",
    "RECONCILIATIONS",
    "ROLES",
    "STRIPE_BALANCE",
    "STRIPE_PAYOUTS",
    "Account",
    "Books",
    "Document",
    "Json",
    "Line",
    "Month",
    "MonthSpec",
    "OpeningItem",
    "StripeBooks",
    "TakeOn",
    "TakeOnBalance",
    "simulate",
]
