"""Paystack, read only by our own doing: its secret keys have no narrower scope, so nothing here ever writes.

`PaystackSource` pulls, `contract-1.toml` says what the records mean.
"""

from awra_desk.connectors.paystack.source import ACCESS, PaystackSource

__all__ = ["ACCESS", "PaystackSource"]
