"""A token bucket: keeps one provider's requests below its documented rate."""

from __future__ import annotations

import threading
from datetime import timedelta

from awra_desk.ports.system import Clock


class TokenBucket:
    """Lets `burst` requests pass at once and `per_second` in the long run; later ones wait. Shared by the threads of
    one process.

    Args:
        per_second: tokens a second, above 0.
        burst: most tokens held, at least 1.
    """

    def __init__(self, clock: Clock, *, per_second: float, burst: int) -> None:
        if per_second <= 0 or burst < 1:
            raise ValueError("a bucket needs a positive rate and at least one token")
        self._clock = clock
        self._per_second = per_second
        self._burst = burst
        self._tokens = float(burst)
        self._counted_at = clock.now()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Take one token, waiting for it if need be."""
        wait = self._reserve()
        if wait > 0:
            self._clock.sleep(wait)

    def pause(self, seconds: float) -> None:
        """The provider said it is too much: nobody gets a token for so long."""
        with self._lock:
            self._tokens = min(self._tokens, 0.0)
            self._counted_at = max(self._counted_at, self._clock.now() + timedelta(seconds=seconds))

    def _reserve(self) -> float:
        """Seconds to wait for the token now reserved; the count may go below zero, so waiting threads queue up
        fairly.
        """
        with self._lock:
            now = self._clock.now()
            paused = max((self._counted_at - now).total_seconds(), 0.0)
            if not paused:
                gained = (now - self._counted_at).total_seconds() * self._per_second
                self._tokens = min(self._tokens + gained, float(self._burst))
                self._counted_at = now
            self._tokens -= 1
            return paused + max(-self._tokens / self._per_second, 0.0)
