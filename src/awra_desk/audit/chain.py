"""The trail's hash chain: the bytes a row's digest covers, and the proof that a chain is whole. Pure; called by the
store and by whoever verifies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import rfc8785

from awra_desk.domain.trail import GENESIS, TrailEntry


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain as it was written down elsewhere (a workbook, a printed sign-off); without it a cut tail
    cannot be seen.

    Attributes:
        sequence: rows in the chain then; 0 with digest `GENESIS` for an empty one. digest: SHA-256 hex of the last row.
    """

    sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which a chain does not hold.

    Attributes:
        sequence: position from 1 at which the trouble shows. what: one sentence for people.
    """

    sequence: int
    what: str


def canonical(entry: TrailEntry) -> bytes:
    """RFC 8785 bytes of every field but the digest; the instant as ISO text in UTC with microseconds."""
    return rfc8785.dumps(
        {
            "company": entry.company,
            "sequence": entry.sequence,
            "at": _instant(entry.at),
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "detail": dict(entry.detail),
            "previous": entry.previous,
        }
    )


def digest(entry: TrailEntry) -> str:
    """SHA-256 hex over `canonical`; the entry's own `digest` field takes no part."""
    return hashlib.sha256(canonical(entry)).hexdigest()


def verify(entries: Iterable[TrailEntry], *, anchor: Head | None = None) -> Break | None:
    """The first break of one company's chain, or None when it is whole.

    Args:
        entries: in chain order, streamed.
        anchor: a head written down earlier; the chain must still contain it, so a cut or rewritten tail is found.
    """
    previous, expected, company = GENESIS, 1, None
    for entry in entries:
        company = company or entry.company
        if found := _first_flaw(entry, expected, previous, company):
            return Break(expected, found)
        if anchor is not None and entry.sequence == anchor.sequence and entry.digest != anchor.digest:
            return Break(expected, f"Row {expected} is not the row that was written down as the head.")
        previous, expected = entry.digest, expected + 1
    if anchor is not None and anchor.sequence >= expected:
        return Break(
            expected,
            f"The trail ends after row {expected - 1}, but row {anchor.sequence} was written down as its head.",
        )
    return None


def head(entries: Iterable[TrailEntry]) -> Head:
    """The end of a chain, to be written down; call it on a verified one."""
    last = Head(0, GENESIS)
    for entry in entries:
        last = Head(entry.sequence, entry.digest)
    return last


def _first_flaw(entry: TrailEntry, expected: int, previous: str, company: str) -> str:
    if entry.company != company:
        return f"Row {entry.sequence} belongs to the company {entry.company}, not to {company}."
    if entry.sequence != expected:
        return f"Row {expected} is missing; row {entry.sequence} stands in its place."
    if entry.previous != previous:
        return f"Row {expected} does not follow the row before it; a row was changed, removed or put between."
    if entry.digest != digest(entry):
        return f"Row {expected} was changed after it was written."
    return ""


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("an instant must be aware")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
