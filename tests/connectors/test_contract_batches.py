"""Shipped contracts read a month in batches as they read it record by record, whatever stands in it."""

import copy
import random

import pytest

from awra_desk.domain.records import RawRecord
from awra_desk.normalise import Number, dumps, loads
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.sandbox.square import CafeSpec, simulate_cafes
from tests.connectors.pulling import Shelf, contract, paypal, quickbooks, square, stripe, woocommerce, xero
from tests.connectors.small_month import small_month
from tests.soak import scaled
from tests.unit.normalise.plainly import compare

SOURCES = {
    "stripe": stripe,
    "paypal": paypal,
    "square": square,
    "quickbooks": quickbooks,
    "woocommerce": woocommerce,
    "xero": xero,
}
ODD = [
    None, True, "", " x  y ", "a| b", "\x00", "KES", "usd", "2026-02-30", "2026-10-31", "12.505", "-3.10", 0, -1, 7,
    1_790_827_200, 2**63, Number("1.10"), Number("-0"), [], {}, [None], {"id": "x"},
]  # fmt: skip


@pytest.fixture(scope="module", params=SOURCES)
def pulled(request):
    cafes = simulate_cafes(CafeSpec(orders=20))
    with running_sandbox(small_month(), cafes=cafes, providers=[request.param]) as box:
        source, shelf = SOURCES[request.param](box), Shelf()
        assert shelf.pull(source)
    return contract(request.param), [record for stream in source.streams for record in shelf.records(stream)]


def _places(value):
    """Every (container, key) in a payload."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(inner):
        yield value, key
        yield from _places(item)


def _with_oddities(record, draw):
    payload = loads(record.payload)
    for _ in range(draw.randrange(1, 3)):
        container, key = draw.choice(list(_places(payload)))
        container[key] = copy.deepcopy(draw.choice(ODD))
    return RawRecord(record.source, record.stream, record.external_id, dumps(payload), record.fetched_at)


def test_a_month_reads_the_same(pulled):
    compare(*pulled, "America/New_York")


def test_a_month_with_oddities_reads_the_same(pulled):
    """One record in eight, then all of them, somewhere another value than the provider would send."""
    mapping, records = pulled
    draw, rejected = random.Random(7), 0
    for turn in range(scaled(400)):
        share = 1.0 if turn % 4 == 3 else 0.125
        given = [_with_oddities(record, draw) if draw.random() < share else record for record in records]
        draw.shuffle(given)
        rejected += len(compare(mapping, given, "Africa/Nairobi"))
    assert rejected
