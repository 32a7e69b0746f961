"""What people lay down as text, versioned for ever: the rules of a reconciliation, the fee schedules of a source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of one subject's text.

    Attributes:
        subject: the reconciliation or connection it is for. version: from 1 without gaps; the highest is in force.
        text: the whole document (TOML), "" for nothing. change: what was done, for people.
    """

    company: str
    subject: str
    version: int
    text: str
    change: str
    actor: str
    at: datetime
