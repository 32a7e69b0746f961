"""Shopify, read only: orders with their transactions and refunds, and the Shopify Payments account behind them.

`ShopifySource` pulls over the GraphQL Admin API, `contract-1.toml` says what the records mean. Access scopes:
read_orders (read_all_orders for what is older than 60 days), read_shopify_payments_accounts,
read_shopify_payments_payouts, read_shopify_payments_disputes.
"""

from awra_desk.connectors.shopify.api import ACCESS
from awra_desk.connectors.shopify.source import ShopifySource

__all__ = ["ACCESS", "ShopifySource"]
