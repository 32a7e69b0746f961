"""Drift: a provider's records begin to look otherwise than they did when their contract was proven."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DriftKind(StrEnum):
    """What is different."""

    NEW_FIELD = "new_field"  # a field that no record had before
    NEW_WORD = "new_word"  # a word, where the contract decides by words
    NEW_TYPE = "new_type"  # another type of value
    NOW_NULL = "now_null"  # nothing, where the contract reads and there always was something


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference, told once: from then on it belongs to what is known.

    Attributes:
        drift_id: derived from source, stream, path, kind and what is new.
        path: "fee_details[].type". before: what was known there (types or words, sorted; "" for nothing). now: what
            came: the type, the word, or "null".
        raw_id: the first record that had it. seen_at: aware UTC, when that record was interpreted.
        contract: the version in force then. read: whether the contract reads this path, so that books may be affected.
        acknowledged_by: who said that it is in order; "" while nobody has. note: why it is.
    """

    drift_id: str
    source: str
    stream: str
    path: str
    kind: DriftKind
    before: str
    now: str
    raw_id: str
    seen_at: datetime
    contract: str
    read: bool
    acknowledged_by: str = ""
    note: str = ""
