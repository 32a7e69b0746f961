"""Pulls that are killed, after any page and in the middle of any request; only what is on the shelf survives."""

import random

import httpx

from tests.connectors.pulling import Shelf, spread
from tests.soak import scaled


class Killed(Exception):
    """The process died here."""


class Wrapped(httpx.BaseTransport):
    """Passes requests on."""

    def __init__(self, inner):
        self.inner = inner

    def handle_request(self, request):
        return self.inner.handle_request(request)

    def close(self):
        self.inner.close()


class Mortal(Wrapped):
    """Passes requests on until `last`, then dies, before or after the provider acted on it."""

    def __init__(self, inner, last, *, after):
        super().__init__(inner)
        self.left, self.after = last, after

    def handle_request(self, request):
        self.left -= 1
        if self.left < 0 and not self.after:
            raise Killed
        answer = super().handle_request(request)
        if self.left < 0:
            answer.close()
            raise Killed
        return answer


class Counted(Wrapped):
    """Passes requests on and counts them."""

    count = 0

    def handle_request(self, request):
        self.count += 1
        return super().handle_request(request)


def whole_pull(make, inner):
    """An uninterrupted pull, and how many requests it took.

    Args:
        make: builds a source over a transport, as after a restart of the program.
    """
    shelf, counted = Shelf(), Counted(inner())
    assert shelf.pull(make(counted))
    return shelf, counted.count


def check_every_page(make, inner, whole, wanted=500):
    """Killed after a page, restarted: the same records and cursors. Every page, or `wanted` of them evenly."""
    for cut in spread(whole.pages, wanted):
        shelf = Shelf()
        assert not shelf.pull(make(inner()), cut_after=cut)
        assert shelf.pull(make(inner()))
        assert shelf.payloads() == whole.payloads(), f"cut after page {cut}"
        assert shelf.cursors == whole.cursors, f"cut after page {cut}"


def check_random_steps(make, inner, whole, requests):
    """500 (in CI 25) pulls, each killed in the middle of one or two random requests."""
    draw = random.Random(41)
    for step in range(scaled(500)):
        shelf, deaths = Shelf(), draw.randrange(1, 3)
        while deaths:
            deaths -= 1
            transport = Mortal(inner(), draw.randrange(requests), after=draw.random() < 0.5)
            try:
                if shelf.pull(make(transport)):
                    break
            except Killed:
                continue
        assert shelf.pull(make(inner()))
        assert shelf.payloads() == whole.payloads(), f"step {step}"
        assert shelf.cursors == whole.cursors, f"step {step}"
