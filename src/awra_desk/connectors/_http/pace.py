"""When the next request of an account may go: rate, day budget, slots, pauses, retry budget and circuit breaker.

All of it is one small value that processes share, and two pure steps over it: `admit` before a request, `settle` after
it. Times are seconds since 1970 by the asking process's steady clock.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace

RETRY_SHARE = 10
"""Retries of the last five minutes are at most one for so many first attempts,"""
RETRIES_ALWAYS = 10
"""or so many, because a lone request must survive a hiccup: no more than a tenth of what the slowest provider allows
in that time.
"""
WINDOW = 300.0
TRIP_AFTER = 6
"""Failures in a row, of all requests together, after which the provider is left alone."""
COOL_DOWN = 30.0
LONGEST_COOL_DOWN = 300.0
SLOT_SECONDS = 180.0
"""A slot whose holder died is free again after so long; longer than any request takes."""

_CELL = 10.0
_HOUR = 3600.0
_DAY_HOURS = 24
_TICK = 0.001
_POLL = 0.25
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider allows.

    Attributes:
        per_second: requests a second in the long run, above 0; burst: how many may go at once, at least 1.
        per_day: requests in any 24 hours, or None; concurrent: requests under way at once, or None.
    """

    per_second: float
    burst: int
    per_day: int | None = None
    concurrent: int | None = None

    def __post_init__(self) -> None:
        if self.per_second <= 0 or self.burst < 1:
            raise ValueError("a bucket needs a positive rate and at least one token")
        if any(limit is not None and limit < 1 for limit in (self.per_day, self.concurrent)):
            raise ValueError("a limit of nothing allows nothing")


@dataclass(frozen=True, slots=True)
class Span:
    """A time that begins and lasts."""

    since: float = 0.0
    seconds: float = 0.0

    def left(self, now: float) -> float:
        """Seconds of it that are left."""
        return max(self.since + self.seconds - now, 0.0)


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of an account.

    Attributes:
        tokens, counted_at: of the bucket; no tokens: it was never counted and is full.
        hold: the provider asked for silence. open: the breaker is open; failures: in a row so far.
        hours, firsts, retries: counts by hour, and by cell of ten seconds. slots: number -> since when it is taken.
        skew: seconds by which the provider's clock is ahead of ours, or None before its first answer.
        limits: as last used, for whoever reports on it.
    """

    tokens: float | None = None
    counted_at: float = 0.0
    hold: Span = Span()
    open: Span = Span()
    failures: int = 0
    hours: dict[int, int] = field(default_factory=dict)
    firsts: dict[int, int] = field(default_factory=dict)
    retries: dict[int, int] = field(default_factory=dict)
    slots: dict[int, float] = field(default_factory=dict)
    skew: float | None = None
    limits: Limits | None = None

    def today(self, now: float) -> int:
        """Requests of the last 24 hours, by whole hours and never too few."""
        return sum(count for hour, count in self.hours.items() if hour >= now // _HOUR - _DAY_HOURS)

    def free(self, now: float) -> int:
        """Requests that may go at once now; none before the first request told the limits."""
        return int(_filled(self, self.limits, now)[1]) if self.limits else 0

    def retries_left(self, now: float) -> int:
        """Retries that may still be made now."""
        firsts = sum(count for cell, count in self.firsts.items() if cell * _CELL >= now - WINDOW)
        made = sum(count for cell, count in self.retries.items() if (cell + 1) * _CELL > now - WINDOW)
        return max(RETRIES_ALWAYS, firsts // RETRY_SHARE) - made


@dataclass(frozen=True, slots=True)
class Go:
    """The request may be sent now.

    Attributes:
        slot: to give back, or None without a limit of them. quiet: an answer needs no `settle`. skew: as known.
    """

    slot: int | None
    quiet: bool
    skew: float | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: ask again after so many seconds. `held`: because the provider asked for silence."""

    seconds: float
    held: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Not at all.

    Attributes:
        kind: of TransportError. words: follow the provider's name.
        until: when it may be tried again, or None.
    """

    kind: str
    words: str
    until: float | None = None


def admit(pace: Pace, limits: Limits, now: float, *, retry: bool) -> tuple[Pace, Go | Wait | Stop]:
    """Whether a request may be sent now, and what is known once it is."""
    pace, tokens = _filled(_anchored(pace, now), limits, now)
    if hindrance := _hindrance(pace, limits, now, tokens, retry=retry):
        return pace, hindrance
    slot = None
    slots = {number: since for number, since in pace.slots.items() if Span(since, SLOT_SECONDS).left(now)}
    if limits.concurrent is not None:
        slot = max(slots, default=0) + 1
        slots[slot] = now
    probing = bool(pace.open.seconds)
    counts = _counted(pace.retries if retry else pace.firsts, int(now // _CELL), int((now - WINDOW) // _CELL))
    pace = replace(
        pace,
        tokens=max(tokens - 1, 0.0),
        slots=slots,
        hours=_counted(pace.hours, int(now // _HOUR), int(now // _HOUR) - _DAY_HOURS),
        # Half open: this request tries it out, everybody else is told to come back when it must have been answered.
        open=Span(now, SLOT_SECONDS) if probing else pace.open,
        firsts=pace.firsts if retry else counts,
        retries=counts if retry else pace.retries,
    )
    return pace, Go(slot, quiet=slot is None and not pace.failures and not probing, skew=pace.skew)


def settle(pace: Pace, go: Go, now: float, *, alive: bool, skew: float | None = None) -> Pace:
    """What is known after a request: `alive` means that the provider is at work, whatever it answered."""
    slots = {number: since for number, since in pace.slots.items() if number != go.slot}
    skew = pace.skew if skew is None else skew
    if alive:
        return replace(pace, slots=slots, failures=0, open=Span(), skew=skew)
    failures = pace.failures + 1
    shut = Span()
    if failures >= TRIP_AFTER:
        shut = Span(now, min(COOL_DOWN * 2 ** (failures - TRIP_AFTER), LONGEST_COOL_DOWN))
    return replace(pace, slots=slots, failures=min(failures, TRIP_AFTER + 8), open=shut, skew=skew)


def held(pace: Pace, now: float, seconds: float) -> Pace:
    """Silence for so many seconds; never less than was asked for before."""
    return pace if pace.hold.left(now) >= seconds else replace(pace, hold=Span(now, seconds))


def to_text(pace: Pace) -> str:
    """As JSON."""
    values = {each.name: getattr(pace, each.name) for each in fields(pace)}
    return json.dumps(values, sort_keys=True, default=asdict)


def from_text(text: str) -> Pace:
    """The pace of a text; "" is a new one."""
    if not text:
        return Pace()
    values = json.loads(text)
    for name in ("hours", "firsts", "retries", "slots"):
        values[name] = {int(key): value for key, value in values[name].items()}
    limits = Limits(**values.pop("limits")) if values["limits"] else values.pop("limits")
    return Pace(**{**values, "hold": Span(**values["hold"]), "open": Span(**values["open"]), "limits": limits})


def _anchored(pace: Pace, now: float) -> Pace:
    """What began in the future begins now: that clock was set back since."""
    hold, shut = (replace(span, since=min(span.since, now)) for span in (pace.hold, pace.open))
    return replace(pace, hold=hold, open=shut, slots={number: min(since, now) for number, since in pace.slots.items()})


def _filled(pace: Pace, limits: Limits, now: float) -> tuple[Pace, float]:
    """With the tokens that time brought (none for a clock that was set back), and how many there are."""
    gained = max(now - pace.counted_at, 0.0) * limits.per_second
    tokens = float(limits.burst) if pace.tokens is None else min(pace.tokens + gained, float(limits.burst))
    return replace(pace, tokens=tokens, counted_at=now, limits=limits), tokens


def _hindrance(pace: Pace, limits: Limits, now: float, tokens: float, *, retry: bool) -> Wait | Stop | None:
    """Why the request may not be sent now, the gravest reason first."""
    if left := pace.hold.left(now):
        return Wait(max(left, _TICK), held=True)
    if left := pace.open.left(now):
        return Stop("unavailable", f"has failed {pace.failures} times in a row and is left alone", now + left)
    if retry and pace.retries_left(now) < 1:
        return Stop("unavailable", "has had all the retries of five minutes")
    if limits.per_day is not None and pace.today(now) >= limits.per_day:
        opens = (min(pace.hours) + _DAY_HOURS + 1) * _HOUR
        return Stop("rate", f"allows {limits.per_day:,} requests a day, which are used up", opens)
    if limits.concurrent is not None and len(busy := _taken(pace, now)) >= limits.concurrent:
        return Wait(min(*busy, _POLL))
    return Wait(max((1 - tokens) / limits.per_second, _TICK)) if tokens < 1 - _ROUNDING else None


def _taken(pace: Pace, now: float) -> list[float]:
    """Seconds after which each slot now taken is free in any case."""
    return [left for since in pace.slots.values() if (left := Span(since, SLOT_SECONDS).left(now))]


def _counted(counts: dict[int, int], at: int, oldest: int) -> dict[int, int]:
    """One more in this cell; cells before the oldest are forgotten."""
    kept = {cell: count for cell, count in counts.items() if cell >= oldest}
    kept[at] = kept.get(at, 0) + 1
    return kept
