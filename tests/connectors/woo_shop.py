"""A small WooCommerce shop whose records tests change while it is being read, and sources over it."""

import random
from datetime import UTC, datetime

import httpx

from awra_desk.connectors.woocommerce import WooCommerceSource
from awra_desk.ports.connections import Connection
from awra_desk.sandbox.merchant.clock import DAY
from awra_desk.sandbox.servers.woocommerce import Money, WooCommerceApplication, WooShop
from awra_desk.sandbox.servers.woocommerce._shop import _blank
from tests.connectors.in_process import BASE_URL, transport
from tests.connectors.virtual_time import START, VirtualClock, open_guard

KEY, SECRET = "ck_0123456789abcdef", "cs_canary51H8xQ2eZvKYlo"
NOW = int(START.timestamp())
FIRST = NOW - 40 * DAY


def shop(orders=10, refunds=()):
    """Paid orders with the ids 10, 20, …, a day apart; refunds as (id, order)."""
    made = WooShop("Africa/Nairobi", NOW)
    for number in range(1, orders + 1):
        add_order(made, number * 10, FIRST + number * DAY)
    for identity, parent in refunds:
        add_refund(made, identity, parent)
    return made


def add_order(shop, identity, created, *, total="10.00", currency="USD", status="completed", paid=True, **fields):
    row = _blank(shop, identity, f"{identity:04}", currency, created)
    row |= {"status": status, "total": Money(total), "payment_method": "stripe", "transaction_id": f"ch_{identity:04}"}
    row |= shop.dates("date_paid", created if paid else None)
    shop.orders[identity] = {**row, **fields}


def add_refund(shop, identity, parent, amount="4.00", created=None, **fields):
    made = created if created is not None else FIRST + parent * DAY // 10 + DAY
    shop.refunds[identity] = {
        "id": identity,
        "parent_id": parent,
        **shop.dates("date_created", made),
        "amount": Money(amount),
        "reason": "Returned",
        "refunded_by": 1,
        "refunded_payment": True,
        "meta_data": [],
        **{name: [] for name in ("line_items", "shipping_lines", "tax_lines", "fee_lines")},
        **fields,
    }


class Watched(httpx.BaseTransport):
    """Answers as the shop does. `before` is called before each request, with its number from 1; `odd` answers are
    given first.
    """

    def __init__(self, shop, before=None):
        self.application = WooCommerceApplication(shop, key=KEY, secret=SECRET)
        self.inner, self.before = transport(self.application), before
        self.asked, self.odd = [], []

    def handle_request(self, request):
        self.asked.append(request)
        if self.before:
            self.before(len(self.asked))
        return self.odd.pop(0) if self.odd else self.inner.handle_request(request)


def source(inner, clock=None, secret=None, url=BASE_URL, name="Shop", **options):
    connection = Connection("co", name, "woocommerce", url, "Africa/Nairobi", {"page_size": "4", **options})
    secret = {"consumer_key": KEY, "consumer_secret": SECRET} if secret is None else secret
    clock = clock or VirtualClock()
    return WooCommerceSource(connection, secret, guard=open_guard(), clock=clock, rng=random.Random(1), transport=inner)


def at(instant):
    """Unix seconds as a `_gmt` stamp."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def answered(rows, total=None):
    """An answer to a list."""
    return httpx.Response(200, json=rows, headers={"X-WP-Total": str(len(rows) if total is None else total)})
