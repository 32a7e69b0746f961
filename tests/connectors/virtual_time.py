"""A clock whose time passes only by sleeping, and a client wired to a function instead of the network."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from awra_desk.connectors._http import DEFAULT_POLICY, BearerAuth, Guard, Http, MemoryState, TokenBucket

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
KEY = "rk_live_canary51H8xQ2eZvKYlo"


class VirtualClock:
    """Time passes by `sleep` alone; setting `time` is setting the machine's clock."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start
        self.passed = 0.0
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.sleeps.append(seconds)
        passed = timedelta(seconds=seconds)
        self.passed += passed.total_seconds()
        self.time += passed

    def elapsed(self) -> float:
        return self.passed


def open_guard() -> Guard:
    """The guard of a connection that may write, with limits that nobody else shares."""
    return Guard(MemoryState(), "Shop")


def client(answer: Callable[[httpx.Request], httpx.Response], clock: VirtualClock | None = None, **kwargs: Any) -> Http:
    """An Http over `answer`; keyword arguments replace the defaults."""
    clock = clock or VirtualClock()
    settings: dict[str, Any] = {
        "provider": "Shop",
        "auth": BearerAuth(KEY),
        "policy": DEFAULT_POLICY,
        "bucket": TokenBucket(clock, per_second=1000.0, burst=1000),
        "clock": clock,
        "rng": random.Random(7),
        "guard": open_guard(),
        "transport": httpx.MockTransport(answer),
    }
    return Http(settings.pop("base_url", kwargs.pop("base_url", "https://api.shop.example")), **{**settings, **kwargs})
