"""The Shopify connector over a shop in this process."""

import random

from awra_desk.connectors.shopify import ShopifySource
from awra_desk.ports.connections import Connection
from tests.connectors.shopify_shop import TOKEN
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.simulation.in_process import InProcess

URL = "https://kilimani.myshopify.com"
ZONE = "America/New_York"


def connect(transport, clock=None, token=TOKEN, url=URL, **options):
    connection = Connection("Kilimani", "Shopify", "shopify", url, ZONE, options)
    clock = clock or VirtualClock()
    return ShopifySource(
        connection, {"access_token": token}, guard=open_guard(), clock=clock, rng=random.Random(5), transport=transport
    )


def source(shop, **more):
    return connect(InProcess(shop), shop.clock, **more)
