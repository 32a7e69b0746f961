"""WooCommerce's REST API over a simulated month: the shop whose customers paid through Stripe, and the API that serves
it. Only loopback clients ever see it.
"""

from awra_desk.sandbox.servers.woocommerce._api import PARAMETERS, WooCommerceApplication
from awra_desk.sandbox.servers.woocommerce._shop import Money, WooShop, shop_of

__all__ = ["PARAMETERS", "Money", "WooCommerceApplication", "WooShop", "shop_of"]
