"""The tables of one connection: completeness, control totals, streams, pulls and drift as rows of words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from awra_desk.domain.controls import ControlTotal
from awra_desk.domain.drift import DriftKind
from awra_desk.services.connection_case import DayProof, PastPull, StreamState
from awra_desk.services.drift import DriftSeen
from awra_desk.viewmodels import words

TOTALS = 8
"""So many control totals are listed, broken ones first; the rest is counted."""

_DRIFTS = {
    DriftKind.NEW_FIELD: "new field",
    DriftKind.NEW_WORD: "new word",
    DriftKind.NEW_TYPE: "other type",
    DriftKind.NOW_NULL: "now empty",
}


@dataclass(frozen=True, slots=True)
class ProofRow:
    """Opening + movements = closing, in words; off: by how much not, "" when it agrees."""

    until: str
    what: str
    currency: str
    opening: str
    movements: str
    closing: str
    off: str
    exception_id: str


@dataclass(frozen=True, slots=True)
class TotalRow:
    """One control total; off as in `ProofRow`."""

    name: str
    currency: str
    expected: str
    actual: str
    off: str
    exception_id: str


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream; stale: it was read with another contract than the one in force."""

    stream: str
    records: str
    newest: str
    cursor: str
    contract: str
    stale: bool


@dataclass(frozen=True, slots=True)
class PullRow:
    """One pull that ended."""

    at: str
    who: str
    fetched: str
    new: str
    glyph: str
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One difference that nobody has acknowledged; read: the contract reads the place, so books may be wrong."""

    drift_id: str
    seen: str
    place: str
    what: str
    change: str
    books: str
    read: bool


def proof_row(proof: DayProof) -> ProofRow:
    """One interval of an account, in words."""
    currency = proof.currency
    opening, moved, reached = (words.amount(one, currency) for one in (proof.opening, proof.movements, proof.closing))
    off = words.signed(proof.off, currency) if proof.off else ""
    until = f"{words.day(proof.after)} – {words.day(proof.day) if proof.day else 'now'}"
    return ProofRow(until, proof.reconciliation, currency, opening, moved, reached, off, proof.exception_id)


def total_rows(totals: Sequence[ControlTotal], breaks: dict[str, str]) -> tuple[tuple[TotalRow, ...], str, str]:
    """(The first totals, broken ones first; what they come to; its tone). breaks: name of a total -> its exception."""
    broken = [total for total in totals if not total.holds]
    chosen = sorted(totals, key=lambda total: (total.holds, total.name))[:TOTALS]
    rows = tuple(
        TotalRow(
            total.name.removeprefix("proof: "),
            total.currency or "records",
            _figure(total.expected, total.currency),
            _figure(total.actual, total.currency),
            "" if total.holds else _figure(total.actual - total.expected, total.currency, sign=True),
            breaks.get(total.name, ""),
        )
        for total in chosen
    )
    if not totals:
        return rows, "None yet: set up a reconciliation with its opening balances, then pull.", "muted"
    if broken:
        return rows, f"≠ {len(broken):,} of {len(totals):,} do not agree", "danger"
    return rows, f"✓ All {len(totals):,} agree" if len(totals) > 1 else "✓ It agrees", "ok"


def _figure(value: int, currency: str, *, sign: bool = False) -> str:
    """Money, or a number of records."""
    if currency:
        return words.signed(value, currency) if sign else words.amount(value, currency)
    return words.true_minus(f"{value:+,}" if sign else f"{value:,}")


def stream_row(stream: StreamState, contract: str, zone: str) -> StreamRow:
    """One stream; `contract` is the one in force."""
    read = stream.contract.partition("@")[0]
    newest = words.moment(stream.newest, zone)[:-3] if stream.newest else words.NONE
    stale = bool(stream.contract) and stream.contract != contract
    return StreamRow(
        stream.stream, f"{stream.records:,}", newest, cursor_words(stream.cursor), read or words.NONE, stale
    )


def pull_row(pull: PastPull, zone: str) -> PullRow:
    """One pull and how it ended."""
    facts = (words.moment(pull.at, zone)[:-3], words.actor(pull.who), f"{pull.fetched:,}", f"{pull.new:,}")
    if pull.broken:
        return PullRow(*facts, "≠", "danger", f"does not agree: {pull.broken}")
    if pull.quarantined:
        return PullRow(*facts, "!", "warning", f"{words.count(pull.quarantined, 'record')} in quarantine")
    return PullRow(*facts, "✓", "ok", "complete" if pull.new else "nothing new")


def pulls_note(pulls: Sequence[PastPull], now: datetime) -> str:
    """How the pulls of a week ended, "" for none."""
    week = [pull for pull in pulls if now - pull.at <= timedelta(days=7)]
    off = sum(bool(pull.broken) for pull in week)
    return f"{len(week):,} in 7 days, {off:,} with a total that did not agree" if week else ""


def drift_row(seen: DriftSeen, zone: str) -> DriftRow:
    """One difference at the source."""
    drift = seen.drift
    books = ", ".join(seen.books) or ("no reconciliation yet" if drift.read else "none: the contract does not read it")
    change = f"{drift.before or 'nothing'} → {drift.now}"
    at = words.moment(drift.seen_at, zone)[:-3]
    return DriftRow(drift.drift_id, at, f"{drift.stream}: {drift.path}", _DRIFTS[drift.kind], change, books, drift.read)


def cursor_words(text: str) -> str:
    """Where the next pull goes on, of a connector's own text: "since 2026-11-03T17:00:03-08:00"."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if not isinstance(found, dict):
        return text
    return ", ".join(f"{name} {value}" for name, value in found.items() if value not in (None, "", 0, []))
