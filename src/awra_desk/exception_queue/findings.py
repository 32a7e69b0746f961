"""From what a reconciliation run left open to findings: one named trouble each, with reason, money and evidence.

Pure. `services.reconcile` calls it; `exception_queue.merge` turns findings into exceptions that keep their history.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from awra_desk.domain.controls import ControlTotal
from awra_desk.domain.dates import Period, booking_day
from awra_desk.domain.events import Event
from awra_desk.domain.reasons import EXPECTED, Reason
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.records import Reject
from awra_desk.domain.transactions import Kind
from awra_desk.ports.columns import Table
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

Member = tuple[str, str]

# Fees are booked in sums, so a day's missing fees are one trouble, not a hundred.
SUMMED_KINDS = frozenset({Kind.FEE, Kind.TAX})
BY_KIND = {
    Kind.CHARGEBACK: Reason.CHARGEBACK,
    Kind.CHARGEBACK_REVERSAL: Reason.CHARGEBACK,
    Kind.RESERVE_HOLD: Reason.RESERVE,
    Kind.RESERVE_RELEASE: Reason.RESERVE,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One trouble found in one run.

    Attributes:
        members: (side, record id), sorted. minor: signed, ledger minus source. family: "item" | "suggestion" |
            "control" | "reject" | "event".
    """

    family: str
    reason: Reason
    members: tuple[Member, ...]
    minor: int
    currency: str
    day: date
    evidence: str
    expected: bool


@dataclass(frozen=True, slots=True)
class Item:
    """What classification needs to know of a record of the reconciliation.

    Attributes:
        exchanged: its money was of another currency and settled in this one.
    """

    side: str
    record_id: str
    day: date
    minor: int
    kind: str
    channel: str
    exchanged: bool = False


def of_open_items(
    open_items: Table, items: Mapping[Member, Item], spec: Reconciliation, period: Period
) -> list[Finding]:
    """Findings for items that nothing was matched or suggested for, dated up to the end of the period.

    Args:
        open_items: schema OPEN_ITEMS. items: the records that are open or suggested, by (side, id).
    """
    single: list[Finding] = []
    summed: list[tuple[tuple[date, str, str], Item, str]] = []
    for row in open_items.dicts():
        item = items[(row["side"], row["id"])]
        if item.day > period.last:
            continue
        evidence = {key: row[key] for key in ("nearest_id", "failed_gate", "by_how_much") if row[key]}
        if row["candidates"]:
            evidence["candidates"] = json.loads(row["candidates"])
        text = json.dumps(evidence, sort_keys=True, ensure_ascii=False)
        if item.side == SOURCE_SIDE and item.kind in SUMMED_KINDS and item.channel:
            summed.append(((item.day, item.channel, item.side), item, text))
            continue
        reason = _reason(row["reason"], item, spec, period)
        minor = row["amount_open"] if item.side == LEDGER_SIDE else -row["amount_open"]
        single.append(
            Finding(
                "item", reason, ((item.side, item.record_id),), minor, spec.currency, item.day, text, reason in EXPECTED
            )
        )
    return single + _summed(summed, spec, period)


def _summed(rows: list[tuple[tuple[date, str, str], Item, str]], spec: Reconciliation, period: Period) -> list[Finding]:
    findings = []
    rows.sort(key=lambda row: (row[0], row[1].record_id))
    for (day, channel, _), group in groupby(rows, key=lambda row: row[0]):
        members = [item for _, item, _ in group]
        evidence = json.dumps({"channel": channel, "records": len(members)}, sort_keys=True)
        reason = _reason("", members[0], spec, period)
        findings.append(
            Finding(
                "item",
                reason,
                tuple(sorted((item.side, item.record_id) for item in members)),
                -sum(item.minor for item in members),
                spec.currency,
                day,
                evidence,
                reason in EXPECTED,
            )
        )
    return findings


def of_suggestions(members: Table, items: Mapping[Member, Item], spec: Reconciliation, period: Period) -> list[Finding]:
    """One finding for each suggested match that touches the period.

    Args:
        members: schema MATCH_MEMBERS, sorted by match id.
    """
    findings = []
    suggested = members.take(members["status"] == "suggested").dicts()
    for _, group in groupby(suggested, key=lambda row: row["match_id"]):
        rows = list(group)
        found = [items[(row["side"], row["id"])] for row in rows]
        within = [item for item in found if item.day <= period.last]
        if not within:
            continue
        reason = _suggestion_reason(rows[0]["reason"], found)
        evidence = {"match_id": rows[0]["match_id"], "rule": rows[0]["rule"], "shape": rows[0]["shape"]}
        findings.append(
            Finding(
                "suggestion",
                reason,
                tuple(sorted((item.side, item.record_id) for item in found)),
                sum(item.minor if item.side == LEDGER_SIDE else -item.minor for item in found),
                spec.currency,
                min(item.day for item in within),
                json.dumps(evidence, sort_keys=True, ensure_ascii=False),
                reason in EXPECTED,
            )
        )
    return findings


def of_controls(totals: Iterable[ControlTotal], spec: Reconciliation, day: date) -> list[Finding]:
    """One finding for each control total that does not hold; where records were counted, no amount is known."""
    return [
        Finding(
            "control",
            Reason.BALANCE_BREAK,
            ((SOURCE_SIDE, f"{total.source}: {total.name}"),),
            total.actual - total.expected if total.currency else 0,
            total.currency or spec.currency,
            day,
            json.dumps({"expected": str(total.expected), "actual": str(total.actual)}, sort_keys=True),
            False,
        )
        for total in totals
        if not total.holds
    ]


def of_rejects(rejects: Sequence[Reject], spec: Reconciliation, day: date) -> list[Finding]:
    """One finding for each record in quarantine of the two sides' connections."""
    sides = {spec.source.source: SOURCE_SIDE, spec.ledger.source: LEDGER_SIDE}
    return [
        Finding(
            "reject",
            Reason.CONTRACT_REJECT,
            ((sides[reject.source], reject.raw_id),),
            0,
            spec.currency,
            day,
            json.dumps(
                {"path": reject.path, "value": reject.value, "reason": reject.reason},
                sort_keys=True,
                ensure_ascii=False,
            ),
            False,
        )
        for reject in rejects
        if reject.source in sides
    ]


def of_dead_events(dead: Sequence[Event], spec: Reconciliation) -> list[Finding]:
    """One finding for each dead event of the two sides' connections; it ages from the day on which the event came."""
    sides = {spec.ledger.source: LEDGER_SIDE, spec.source.source: SOURCE_SIDE}
    return [
        Finding(
            "event",
            Reason.EVENT_DEAD,
            ((sides[event.source], "/".join(event.key)),),
            0,
            spec.currency,
            booking_day(event.received_at, spec.zone),
            json.dumps(
                {"event": event.words, "attempts": str(event.attempts), "error": event.last_error},
                sort_keys=True,
                ensure_ascii=False,
            ),
            False,
        )
        for event in dead
        if event.source in sides
    ]


def _reason(matcher: str, item: Item, spec: Reconciliation, period: Period) -> Reason:
    """The matcher's own reason where it has a sharper one; else by kind, by closeness to the period's end, by side."""
    missing = Reason.MISSING_IN_LEDGER if item.side == SOURCE_SIDE else Reason.MISSING_IN_SOURCE
    sharper = Reason(matcher) if matcher in set(Reason) else missing
    if sharper not in (Reason.MISSING_IN_LEDGER, Reason.MISSING_IN_SOURCE):
        return sharper
    if item.kind in BY_KIND:
        return BY_KIND[Kind(item.kind)]
    lag = spec.after_days if item.side == SOURCE_SIDE else spec.before_days
    if item.day > period.last - timedelta(days=lag):
        return Reason.DATE_CUTOFF
    return missing


def _suggestion_reason(matcher: str, found: Sequence[Item]) -> Reason:
    ours = [item for item in found if item.side == SOURCE_SIDE]
    if matcher == Reason.AMOUNT_DIFFERENCE and ours:
        if all(item.kind in SUMMED_KINDS for item in ours):
            return Reason.FEE_VARIANCE
        if all(item.exchanged for item in ours):
            return Reason.FX_DIFFERENCE  # another rate makes a gain or a loss, not a write-off
    return Reason(matcher) if matcher in set(Reason) else Reason.AMBIGUOUS
