"""PayPal, read only: what moved a business account's balances, what is held back of them, and its disputes.

`PayPalSource` pulls, `contract-1.toml` says what the records mean.
"""

from awra_desk.connectors.paypal.api import ACCESS
from awra_desk.connectors.paypal.source import PayPalSource

__all__ = ["ACCESS", "PayPalSource"]
