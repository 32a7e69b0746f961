"""Stripe, read only: a restricted key that may read balance, balance transactions, payouts, charges, refunds, disputes.

`StripeSource` pulls, `contract-1.toml` says what the records mean.
"""

from awra_desk.connectors.stripe.source import ACCESS, StripeSource

__all__ = ["ACCESS", "StripeSource"]
