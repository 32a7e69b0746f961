"""Deliveries: what came to a connection's address, taken or not; the evidence that its events can be trusted.

Only counted here. They lie beside the books as what processes share: nothing of a refused delivery is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from awra_desk.ports.shared import SharedState
from awra_desk.services.desk import Desk


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Of one connection.

    Attributes:
        proven: deliveries whose signature held. taken: events stored; doubled: events that were there already.
            not_taken: events of proven deliveries below the rung for it.
        refused: why -> how many ("signature", "too old", "too large", "malformed", …).
        proven_at, refused_at: the latest of each, or None.
    """

    proven: int = 0
    taken: int = 0
    doubled: int = 0
    not_taken: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    proven_at: datetime | None = None
    refused_at: datetime | None = None

    def __add__(self, more: Deliveries) -> Deliveries:
        """Both together."""
        reasons = sorted({*self.refused, *more.refused})
        return Deliveries(
            self.proven + more.proven,
            self.taken + more.taken,
            self.doubled + more.doubled,
            self.not_taken + more.not_taken,
            {why: self.refused.get(why, 0) + more.refused.get(why, 0) for why in reasons},
            max(filter(None, (self.proven_at, more.proven_at)), default=None),
            max(filter(None, (self.refused_at, more.refused_at)), default=None),
        )


def deliveries(desk: Desk, name: str) -> Deliveries:
    """What was counted so far."""
    return _read(_shared(desk).change(_key(name), lambda text: (None, text)))


def count(desk: Desk, name: str, more: Deliveries) -> None:
    """Add to what was counted."""
    _shared(desk).change(_key(name), lambda text: (_text(_read(text) + more), None))


def _shared(desk: Desk) -> SharedState:
    return desk.workspace.shared(desk.company)


def _key(name: str) -> str:
    return f"deliveries/{name}"


def _text(told: Deliveries) -> str:
    return json.dumps({**asdict(told), "refused": dict(told.refused)}, sort_keys=True, default=datetime.isoformat)


def _read(text: str) -> Deliveries:
    told = json.loads(text or "{}")
    times = {name: datetime.fromisoformat(told[name]) for name in ("proven_at", "refused_at") if told.get(name)}
    return Deliveries(**{**told, **times})
