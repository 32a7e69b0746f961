"""People's decisions about matches: pinned over every re-run, undoable by name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Member = tuple[str, str]
"""(side, record id): side is "source" or "ledger"."""


class DecisionKind(StrEnum):
    """What was decided."""

    MATCH = "match"  # these members belong together (an accepted suggestion or a match by hand)
    REJECT = "reject"  # these members do not belong together
    EXCLUDE = "exclude"  # this record takes no part, for the reason noted; it stays a reconciling item


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of one person.

    Attributes:
        members: sorted. note: the person's reason; mandatory for `EXCLUDE`.
        undone_at, undone_by: set once it was undone; an undone decision binds no longer but stays on record.
    """

    decision_id: str
    company: str
    reconciliation: str
    kind: DecisionKind
    members: tuple[Member, ...]
    actor: str
    at: datetime
    note: str = ""
    undone_at: datetime | None = None
    undone_by: str = ""


def decision_id(reconciliation: str, kind: DecisionKind, members: tuple[Member, ...], sequence: int) -> str:
    """Derived id; `sequence` counts the decisions of this reconciliation so that redoing one is a new one."""
    text = json.dumps([reconciliation, kind.value, sorted(members), sequence], ensure_ascii=False)
    return "d-" + hashlib.sha256(text.encode()).hexdigest()[:20]
