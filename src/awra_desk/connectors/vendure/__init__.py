"""Vendure, read only: orders with their payments and refunds, as an administrator whose role may read orders.

`VendureSource` pulls over the admin API, `contract-1.toml` says what the records mean. Vendure knows no payouts, fees
or balances; those come from whoever processes its payments.
"""

from awra_desk.connectors.vendure.source import VendureSource

__all__ = ["VendureSource"]
