"""The audit trail's row: one for each command, chained by hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One row of a company's trail.

    Attributes:
        sequence: from 1 without gaps. actor: person name, or "engine". action: verb, "decision.match". subject: the id
            acted on.
        detail: strings only (money as decimal text). previous, digest: SHA-256 hex; digest covers all other fields
            (audit.chain).
    """

    company: str
    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, str]
    previous: str
    digest: str
