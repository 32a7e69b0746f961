"""Explanations: compact typed data stored with each match, and the words made from it on demand.

An explanation is a JSON object. Always: `version`, `rule`, `parts` (name and contribution pairs that add up to the
score). As they apply:
`key`, `link` (reference | text | batch | channel), `currency`, `diff` and `allowed` (minor units, ledger less source),
`days` (ledger less source),
`chance` (of coincidence), `proof` (facts of a group), `rivals` ([side, id, score], best first; older runs kept no
score), `blocks` (why it is no confirmation), `note`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from awra_desk.matching.config import decimals

MAX_RIVALS = 5

_BLOCKS = {
    "amount": "the amounts differ beyond the tolerance",
    "inexact": "the amounts agree within the tolerance only, and amount alone must be exact",
    "sign": "the signs are opposite",
    "currency": "the currencies differ",
    "date": "the dates are too far apart for what the texts share",
    "late": "the dates are outside the window",
    "hard": "an identifier of the same kind disagrees",
    "rivals": "other rows fit as well",
    "chance": "an equal amount may be a coincidence",
    "key": "a reference points elsewhere",
    "floor": "the score is below the confirm floor",
    "batch": "its batch does not sum to zero",
    "twins": "identical rows, unequal in number",
    "proof": "the proof is incomplete",
    "evidence": "nothing but its amount ties it",
    "incomplete": "the sums differ",
    "numbers": "each side numbers its own rows: equal numbers of this form go with other amounts",
    "period": "the key is a period, which many documents share",
    "placeholder": "the reference is a placeholder of zeros",
    "divided": "its digits are divided in another way, as of another document",
    "action": "its rule only suggests",
}
_PARTS = {
    "reference": "reference agrees",
    "text": "key found in the text",
    "batch": "batch agrees",
    "channel": "day and channel agree",
    "reversal": "reversal of the same key",
    "amount": "amount",
    "date": "date",
    "words": "words in common",
    "near": "reference nearly agrees",
    "cap": "capped",
    "subset": "exact sum",
    "decision": "decided by a person",
}


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)  # once: many are encoded
_BY_KEY = re.compile(
    r'\{"allowed":\d+,"currency":"\w*","days":(-?\d+|null),"diff":0,"key":"","link":"(\w+)",'
    r'"parts":\[\["\w+",[\d.]+\]\],"rule":"keys","version":1\}$'
)


@dataclass(frozen=True, slots=True)
class WaterfallRow:
    """One bar of a waterfall.

    Attributes:
        label: what was compared. value: what was found, for people. contribution: added to the score. total: score so
            far.
    """

    label: str
    value: str
    contribution: float
    total: float


def encode(explanation: dict[str, Any]) -> str:
    """The stored form: compact, keys sorted."""
    return _ENCODER.encode(explanation)


def render_why(explanation_json: str) -> list[WaterfallRow]:
    """The waterfall of a stored explanation; the last total is the score."""
    data = json.loads(explanation_json)
    rows, total = [], 0.0
    for name, contribution in data["parts"]:
        total = round(total + contribution, 4)
        rows.append(WaterfallRow(_PARTS.get(name, name), _value(name, data), contribution, total))
    return rows


def sentence(explanation_json: str, reason: str) -> str:
    """One line for people, beginning with the reason code where there is one."""
    if not reason and (words := _by_key(explanation_json)):
        return words
    data = json.loads(explanation_json)
    facts = [_value(name, data) for name, _ in data["parts"]]
    if "days" in data and not any(name == "date" for name, _ in data["parts"]):
        facts.append(_days(data["days"]))
    if data.get("diff") and not any(name == "amount" for name, _ in data["parts"]):
        facts.append(_difference(data))
    facts += [_BLOCKS[block] for block in data.get("blocks", ())]
    if rivals := data.get("rivals"):
        facts.append("rivals " + ", ".join(map(_rival, rivals)))
    if note := data.get("note"):
        facts.append(note)
    text = "; ".join(fact for fact in facts if fact)
    return f"{reason}: {text}" if reason else text


def _by_key(explanation_json: str) -> str:
    """The sentence of an exact match by a plain key, what most matches are, without reading JSON; "" for any other."""
    before, _, rest = explanation_json.partition('"key":"')
    key, _, after = rest.partition('"')
    words = _around_key(before, after) if key.isalnum() else None
    return f"{words[0]}{key}{words[1]}" if words else ""


@lru_cache(maxsize=10_000)
def _around_key(before: str, after: str) -> tuple[str, str] | None:
    """What the sentence says before and after the key; None where this is no explanation of such a match."""
    found = _BY_KEY.match(f'{before}"key":""{after}')
    if not found:
        return None
    days, link = found.groups()
    return f"{_PARTS[link]} (", f"); {_days(None if days == 'null' else int(days))}"


def _rival(rival: list[Any]) -> str:
    side, name, *score = rival
    return f"{side} {name} ({score[0]:.2f})" if score else f"{side} {name}"


def _value(name: str, data: dict[str, Any]) -> str:
    if name in ("reference", "text", "batch", "channel", "reversal", "near"):
        return f"{_PARTS[name]} ({data.get('key', '')})"
    if name == "amount":
        return _difference(data) if data.get("diff") else _exact(data)
    if name == "date":
        return _days(data["days"])
    if name == "subset":
        return _proof(data["proof"])
    return _PARTS.get(name, name)


def _exact(data: dict[str, Any]) -> str:
    chance = data.get("chance")
    return "amount exact" if chance is None else f"amount exact, coincidence {chance:.3%}"


def _difference(data: dict[str, Any]) -> str:
    return f"amounts differ by {minor_text(abs(data['diff']), data['currency'])}"


def _days(days: int | None) -> str:
    if days is None:
        return "a date is missing"
    if days == 0:
        return "same day"
    return f"ledger {abs(days)} day{'s' if abs(days) != 1 else ''} {'later' if days > 0 else 'earlier'}"


def _proof(proof: dict[str, Any]) -> str:
    if proof.get("complete"):
        return f"{proof['solutions']} of {proof['subsets']} subsets of {proof['candidates']} candidates"
    return f"a subset of {proof['candidates']} candidates, others not ruled out"


def minor_text(minor: int, currency: str) -> str:
    """Plain decimal text of minor units: 123450 USD -> "1234.50"."""
    digits = decimals(currency)
    sign = "-" if minor < 0 else ""
    whole = f"{abs(minor):0{digits + 1}d}"
    return f"{sign}{whole[:-digits]}.{whole[-digits:]}" if digits else f"{sign}{whole}"


def sentences(explanations: list[str], reasons: list[str]) -> list[str]:
    """`sentence` for many; the members of a match follow each other and share one explanation, rendered once."""
    result: list[str] = []
    before: tuple[str, str] | None = None
    words = ""
    for pair in zip(explanations, reasons, strict=True):
        if pair != before:
            before, words = pair, sentence(*pair)
        result.append(words)
    return result
