"""The gate every request of an account passes: keeps it below what the provider allows, across threads and processes.

What is decided is in `pace`; here it is kept, waited for and told.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from awra_desk.connectors._http import pace
from awra_desk.connectors._http.pace import Go, Limits, Pace, Stop, Wait
from awra_desk.ports.shared import Found, SharedState, Step
from awra_desk.ports.system import Clock

LONGEST_WAIT = 120.0
"""Seconds; a silence that lasts longer is not waited for but told."""
ABSURD = 7 * 86_400.0
_FOR_ABSURD = 3_600.0
_SKEW_NEWS = 2.0


class MemoryState:
    """A `SharedState` for the threads of one process."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def change(self, name: str, step: Step[Found]) -> Found:
        """See `ports.shared.SharedState`."""
        with self._lock:
            text, found = step(self._texts.get(name, ""))
            if text is not None:
                self._texts[name] = text
            return found


class Stopped(Exception):
    """No request may be sent; carries why up to the client, and never leaves this package."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        super().__init__(stop.words)


class TokenBucket:
    """Lets `burst` requests pass at once and `per_second` in the long run; later ones wait. Of `per_day` and
    `concurrent` see `pace.Limits`.

    On its own it is shared by the threads of one process; `share` makes it hold across processes.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        per_second: float,
        burst: int,
        per_day: int | None = None,
        concurrent: int | None = None,
    ) -> None:
        self.limits = Limits(per_second, burst, per_day, concurrent)
        self._clock = clock
        # Steady: the time of the start, and what has passed since. Setting the machine's clock does not move it.
        self._began = clock.now().timestamp() - clock.elapsed()
        self._shared: SharedState = MemoryState()
        self._name = "account"

    def share(self, shared: SharedState, name: str) -> None:
        """Keep what is known under this name, where other processes see it."""
        self._shared, self._name = shared, name

    def take(self) -> None:
        """Pass once, waiting for it if need be."""
        self.leave(self.enter(retry=False), alive=True)

    def enter(self, *, retry: bool) -> Go:
        """Wait until a request may be sent.

        Raises:
            Stopped: it may not, or not within `LONGEST_WAIT`.
        """
        while True:
            found = self._change(lambda known, now: pace.admit(known, self.limits, now, retry=retry))
            if isinstance(found, Go):
                return found
            if isinstance(found, Stop):
                raise Stopped(found)
            if found.held and found.seconds > LONGEST_WAIT:
                until = self._now() + found.seconds
                raise Stopped(Stop("rate", f"asks us to wait until {moment(until)}", until))
            self._clock.sleep(found.seconds)

    def leave(self, go: Go, *, alive: bool, skew: float | None = None) -> None:
        """The request is over; `alive`, `skew`: see `pace.settle`."""
        known = skew is None or (go.skew is not None and abs(skew - go.skew) < _SKEW_NEWS)
        if not (alive and go.quiet and known):
            self._change(lambda before, now: (pace.settle(before, go, now, alive=alive, skew=skew), None))

    def pause(self, seconds: float) -> datetime:
        """The provider asks for silence: nobody passes for so long. More than a week is nonsense and taken for an hour.

        Returns when it ends.
        """
        length = seconds if seconds <= ABSURD else _FOR_ABSURD
        self._change(lambda before, now: (pace.held(before, now, length), None))
        return instant(self._now() + length)

    def _now(self) -> float:
        return self._began + self._clock.elapsed()

    def _change(self, step: Callable[[Pace, float], tuple[Pace, Found]]) -> Found:
        def of_text(text: str) -> tuple[str | None, Found]:
            # The time is taken inside: whoever waited for the others must not come with a time before theirs.
            before = pace.from_text(text)
            after, found = step(before, self._now())
            # Who is turned away changes nothing but what a clock that was set back had spoilt.
            idle = isinstance(found, Wait | Stop) and (after.hold, after.open, after.slots) == (
                before.hold,
                before.open,
                before.slots,
            )
            return (None if idle else pace.to_text(after)), found

        return self._shared.change(self._name, of_text)


def instant(seconds: float) -> datetime:
    """The instant of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def moment(seconds: float) -> str:
    """An instant for people, to the minute and never too early."""
    return instant(seconds + 59.999).strftime("%Y-%m-%d %H:%M UTC")
