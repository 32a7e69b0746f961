"""Pulls a source the way the desk does: pages with cursors, new versions kept, then interpreted by the contract."""

import random
from functools import cache
from importlib.resources import files

from awra_desk.connectors.paypal import PayPalSource
from awra_desk.connectors.paystack import PaystackSource
from awra_desk.connectors.quickbooks import QuickBooksLedger
from awra_desk.connectors.square import SquareSource
from awra_desk.connectors.stripe import StripeSource
from awra_desk.connectors.woocommerce import WooCommerceSource
from awra_desk.connectors.xero import XeroLedger
from awra_desk.normalise import interpret, load_contract
from awra_desk.ports.connections import Connection
from tests.connectors.virtual_time import VirtualClock, open_guard


@cache
def contract(provider):
    return load_contract((files(f"awra_desk.connectors.{provider}") / "contract-1.toml").read_text("utf-8"))


def connection(box, provider, **options):
    place = box[provider]
    return Connection(
        "Kilimani", provider.title(), provider, place["base_url"], box.month.spec.zone, {**place["options"], **options}
    )


def stripe(box, clock=None, **secret):
    credentials = {**box["stripe"]["credentials"], **secret}
    return StripeSource(
        connection(box, "stripe"), credentials, guard=open_guard(), clock=clock or VirtualClock(), rng=random.Random(5)
    )


def quickbooks(box, clock=None, *, keyring=None, **secret):
    """A ledger that keeps its renewed secret in `keyring` (a dict), and begins from it."""
    kept = {} if keyring is None else keyring
    credentials = {**box["quickbooks"]["credentials"], **kept, **secret}
    return QuickBooksLedger(
        connection(box, "quickbooks"),
        credentials,
        guard=open_guard(),
        clock=clock or VirtualClock(),
        rng=random.Random(5),
        save_secret=kept.update,
    )


def paypal(box, clock=None, **secret):
    credentials = {**box["paypal"]["credentials"], **secret}
    return PayPalSource(
        connection(box, "paypal"), credentials, guard=open_guard(), clock=clock or VirtualClock(), rng=random.Random(5)
    )


def paystack(box, clock=None, **secret):
    place = box["paystack"]
    zone = box.nairobi.spec.zone
    own = Connection("Kilimani", "Paystack", "paystack", place["base_url"], zone, place["options"])
    credentials = {**place["credentials"], **secret}
    return PaystackSource(own, credentials, guard=open_guard(), clock=clock or VirtualClock(), rng=random.Random(5))


def square(box, clock=None, *, keyring=None, **secret):
    """A source that keeps its renewed secret in `keyring` (a dict), and begins from it."""
    place, kept = box["square"], {} if keyring is None else keyring
    own = Connection("Kilimani", "Square", "square", place["base_url"], box.cafes.spec.zone, place["options"])
    return SquareSource(
        own,
        {**(kept or place["credentials"]), **secret},
        guard=open_guard(),
        clock=clock or VirtualClock(),
        rng=random.Random(5),
        save_secret=kept.update,
    )


def woocommerce(box, clock=None, **options):
    return WooCommerceSource(
        connection(box, "woocommerce", **options),
        box["woocommerce"]["credentials"],
        guard=open_guard(),
        clock=clock or VirtualClock(),
        rng=random.Random(5),
    )


def xero(box, clock=None, *, keyring=None, **options):
    """A ledger that keeps its renewed secret in `keyring` (a dict), and begins from it."""
    kept = {} if keyring is None else keyring
    return XeroLedger(
        connection(box, "xero", **options),
        {**box["xero"]["credentials"], **kept},
        guard=open_guard(),
        clock=clock or VirtualClock(),
        rng=random.Random(5),
        save_secret=kept.update,
    )


def spread(pages, wanted):
    """Cuts after so many of the pages, from the first to the last but one."""
    last = pages - 1
    return sorted({1 + (last - 1) * step // max(wanted - 1, 1) for step in range(min(wanted, last))} | {last})


class Shelf:
    """What a workspace keeps: cursors, and the newest version of every record."""

    def __init__(self):
        self.cursors = {}
        self.newest = {}
        self.versions = set()
        self.pages = 0

    def take(self, stream, page):
        for record in page.records:
            self.versions.add(record.raw_id)
            self.newest[stream, record.external_id] = record  # a version that comes back holds again, as in the store
        self.cursors[stream] = page.cursor
        self.pages += 1

    def pull(self, source, *, streams=(), cut_after=None):
        """Returns False when the pull was cut after so many pages."""
        taken = 0
        for stream in streams or source.streams:
            complete = False
            for page in source.pages(stream, self.cursors.get(stream)):
                assert not complete, "a page after the last one"
                self.take(stream, page)
                complete = page.complete
                taken += 1
                if taken == cut_after:
                    return False
            assert complete, f"{stream} never said that it was complete"
        return True

    def records(self, stream):
        return [record for (name, _), record in sorted(self.newest.items()) if name == stream]

    def payloads(self):
        return {key: record.payload for key, record in self.newest.items()}

    def interpret(self, provider, stream, zone="America/New_York"):
        return interpret(contract(provider), self.records(stream), company="Kilimani", zone=zone)
