"""WooCommerce, read only: orders and refunds of a shop by its REST API (wc/v3), with a key that may only read.

`WooCommerceSource` pulls, `contract-1.toml` says what the records mean. A shop holds no money: its gateways' fees are
known as far as their plugins note them on the order, payouts and balances come from the gateways themselves.
"""

from awra_desk.connectors.woocommerce.api import ACCESS
from awra_desk.connectors.woocommerce.source import WooCommerceSource

__all__ = ["ACCESS", "WooCommerceSource"]
