"""The pack's fixed words: reasons as sentences, ageing buckets, tick marks, and evidence read out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from awra_desk.domain.money import InvalidAmount, to_people
from awra_desk.domain.reasons import Reason
from awra_desk.domain.runs import ItemCategory

REASONS: Mapping[Reason, str] = {
    Reason.MISSING_IN_LEDGER: "The source reports it; no ledger posting meets it.",
    Reason.MISSING_IN_SOURCE: "The ledger holds it; no source record meets it.",
    Reason.AMOUNT_DIFFERENCE: "Both sides hold it with different amounts.",
    Reason.FEE_VARIANCE: "The fee charged differs from the fee booked or agreed.",
    Reason.TAX_DIFFERENCE: "The tax booked differs from the tax charged.",
    Reason.FX_DIFFERENCE: "Both sides agree but for the exchange rate.",
    Reason.CURRENCY_MISMATCH: "Both sides hold it in different currencies.",
    Reason.DATE_CUTOFF: "Timing: its counterpart is expected after the period's end.",
    Reason.DUPLICATE: "It stands more than once on one side.",
    Reason.AMBIGUOUS: "Several counterparts fit equally well; a person has to choose.",
    Reason.PARTIAL: "Only a part of it is met by the other side.",
    Reason.REFUND_UNLINKED: "A refund whose original sale was not found.",
    Reason.CHARGEBACK: "A disputed payment taken back by the card network.",
    Reason.RESERVE: "Timing: held back or released by the provider as a reserve.",
    Reason.MAPPING_MISSING: "No mapping says where it belongs.",
    Reason.CONTRACT_REJECT: "The record does not fit its contract and waits in quarantine.",
    Reason.LATE_MUTATION: "The record changed at its source after it was reconciled.",
    Reason.BALANCE_BREAK: "A reported balance differs from what the records add up to.",
    Reason.POSTING_FAILED: "The ledger refused the correcting entry.",
    Reason.POSTING_UNCERTAIN: "The ledger's answer to a posting was lost; it is being looked up.",
    Reason.EVENT_DEAD: "An event could not be processed after all retries.",
}

CATEGORIES: Mapping[ItemCategory, str] = {
    ItemCategory.IN_TRANSIT: "money on its way between the two at the period's end",
    ItemCategory.CUT_OFF: "dated near the end; its counterpart falls after it",
    ItemCategory.MISSING_IN_LEDGER: "reported by the source, not posted",
    ItemCategory.MISSING_IN_SOURCE: "posted, not reported by the source",
    ItemCategory.MATCHED_DIFFERENCE: "agreed with a difference that no entry clears yet",
    ItemCategory.SUGGESTED: "waits for a person's decision; counts as open",
    ItemCategory.EXCLUDED: "taken out by a person, with a reason (sheet Decisions)",
    ItemCategory.OUT_OF_SCOPE: "on this account, reconciled elsewhere",
    ItemCategory.OPENING: "open since before the take-on, inside an opening balance",
}

AFTER_PERIOD = "after the period"
_BUCKETS = ((7, "0-7 days"), (30, "8-30 days"), (60, "31-60 days"), (90, "61-90 days"))
BUCKETS = (*(name for _, name in _BUCKETS), "over 90 days", AFTER_PERIOD)

AGREES, DIFFERS = "✓ agrees", "✗ differs"
NIL, NOT_NIL = "✓ nil", "✗ not nil"

MARK_RULE, MARK_PERSON, MARK_SUGGESTED, MARK_CONTRA, MARK_DIFFERENCE = "✓", "P", "?", "↔", "Δ"
LEGEND = (
    (MARK_RULE, "agreed by a rule: the rule, its score and the reason stand beside it"),
    (MARK_PERSON, "agreed by a person's decision (sheet Decisions)"),
    (MARK_CONTRA, "two records of one side that cancel each other"),
    (MARK_DIFFERENCE, "agreed with a difference, which stays a reconciling item"),
    (MARK_SUGGESTED, "suggested only; it counts as open until a person decides"),
)


def days(count: int) -> str:
    """A number of days in words, like 1 day or 3 days."""
    return f"{count} day" if count == 1 else f"{count} days"


def bucket(age_days: int) -> str:
    """Ageing bucket at the period's end."""
    if age_days < 0:
        return AFTER_PERIOD
    return next((name for limit, name in _BUCKETS if age_days <= limit), "over 90 days")


def reason_words(code: str) -> str:
    """A reason code as a sentence; "" for none, the code itself where it is not one of the taxonomy."""
    try:
        return REASONS[Reason(code)] if code else ""
    except ValueError:
        return code


def evidence_words(text: str, currency: str) -> str:
    """An exception's evidence in words; what is not a JSON object stays as it is."""
    try:
        facts = json.loads(text) if text else {}
    except ValueError:
        return text
    if not isinstance(facts, dict):
        return text
    parts = []
    if nearest := facts.pop("nearest_id", ""):
        parts.append(f"Nearest candidate {nearest}" + _miss(facts.pop("failed_gate", ""), facts.pop("by_how_much", "")))
    for key, value in facts.items():
        parts.append(_fact(key, value, currency))
    return ". ".join(part for part in parts if part)


def _fact(key: str, value: Any, currency: str) -> str:
    if key == "candidates" and isinstance(value, list):
        others = [_candidate(item) for item in value if isinstance(item, dict)]
        return f"Candidates: {'; '.join(others)}" if others else ""
    if key in {"expected", "actual"}:
        return f"{key.capitalize()} {_amount(value, currency)}"
    name = key.replace("_", " ")
    plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return f"{name[:1].upper()}{name[1:]}: {plain}"


def _candidate(item: Mapping[str, Any]) -> str:
    score = f" (score {item['score']})" if "score" in item else ""
    return f"{item.get('id', '')}{score}{_miss(item.get('failed_gate', ''), item.get('by_how_much', ''))}"


def _miss(gate: str, how_much: str) -> str:
    if not gate:
        return ""
    return f", fails {gate}" + (f" by {how_much}" if how_much else "")


def _amount(value: Any, currency: str) -> str:
    try:
        return to_people(int(str(value)), currency)
    except (ValueError, InvalidAmount):
        return str(value)
