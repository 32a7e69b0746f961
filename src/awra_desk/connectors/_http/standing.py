"""How an account stands, told from what processes share of it."""

from __future__ import annotations

from datetime import datetime

from awra_desk.connectors._http import pace
from awra_desk.connectors._http.access import Access
from awra_desk.connectors._http.bucket import instant
from awra_desk.connectors._http.pace import Limits, Pace
from awra_desk.ports.connections import Standing
from awra_desk.ports.shared import SharedState


def read_standing(shared: SharedState, name: str, access: Access, now: datetime, *, granted: str = "") -> Standing:
    """The standing of the connection of this name.

    Args:
        granted: scopes that the provider said it granted, or "".
    """
    known: Pace = shared.change(name, lambda text: (None, pace.from_text(text)))
    at = now.timestamp()
    stop = max((known.hold, known.open), key=lambda span: span.left(at))
    used = known.today(at)
    per_day = known.limits.per_day if known.limits else None
    return Standing(
        asked=access.scopes,
        granted=granted,
        reads_alone=access.reads_alone,
        limits=_words(known.limits) if known.limits else "",
        at_once=known.limits.burst if known.limits else None,
        free=known.free(at),
        used_today=used,
        left_today=None if per_day is None else max(per_day - used, 0),
        retries_left=known.retries_left(at),
        stopped_until=instant(at + stop.left(at)) if stop.left(at) else None,
        skew=known.skew,
    )


def _words(limits: Limits) -> str:
    parts = [f"{limits.per_second:,g} a second", f"{limits.burst:,} at once"]
    if limits.concurrent is not None:
        parts.append(f"{limits.concurrent} under way")
    if limits.per_day is not None:
        parts.append(f"{limits.per_day:,} a day")
    return ", ".join(parts)
