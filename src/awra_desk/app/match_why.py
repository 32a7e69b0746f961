"""The lines of `match --explain`: waterfall, candidates and facts of each row, one JSON object each.

Members of a match share all but their id, and most matches by a key differ in the key alone, so little of it is made
anew for each line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any

from awra_desk.files.items import Items
from awra_desk.files.match_output import AT_ONCE, INVALID_ROW, SIDES
from awra_desk.matching import Change, MatchResult, change_words, render_why
from awra_desk.ports.columns import Table

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_KEY = '"key":"'
_ANY_KEY = "\ue000"  # stands for the key while what is around it is made; a sign of private use


def why_lines(result: MatchResult, sides: Mapping[str, Items]) -> Iterator[str]:
    """A line for each member of a match, each row left open, and each row that could not be read.

    Args:
        sides: "source" and "ledger" -> what was read.
    """
    for part in result.members.parts(AT_ONCE):
        yield from _of_members(part)
    for document in chain(_of_open(result.open), _of_rejected(sides)):
        yield _ENCODER.encode(document)


def _of_members(members: Table) -> Iterator[str]:
    encode = _ENCODER.encode
    columns = (members[name].tolist() for name in ("side", "id", "match_id", "status", "reason", "explanation"))
    before, shared = "", ""
    for side, row_id, match_id, status, reason, text in zip(*columns, strict=True):
        if text != before:
            before, shared = text, _shared(text)
        yield (
            f'{{"side":"{SIDES[side]}","id":{encode(row_id)},"match_id":"{match_id}","status":"{status}",'
            f'"reason":"{reason}",{shared}'
        )


def _shared(explanation: str) -> str:
    """What an explanation gives to the lines of its match, as the end of a JSON object."""
    before, found, rest = explanation.partition(_KEY)
    key, _, after = rest.partition('"')
    if not found or not key.isalnum() or _ANY_KEY in explanation:
        return _rendered(explanation)
    return key.join(_around_key(before, after))


@lru_cache(maxsize=10_000)
def _around_key(before: str, after: str) -> list[str]:
    """The same, cut where the key stands."""
    return _rendered(f'{before}{_KEY}{_ANY_KEY}"{after}').split(_ANY_KEY)


def _rendered(explanation: str) -> str:
    facts = json.loads(explanation)
    document = {
        "waterfall": [
            {"label": row.label, "value": row.value, "contribution": row.contribution, "total": row.total}
            for row in render_why(explanation)
        ],
        "candidates": [{"side": SIDES[of], "id": name, "score": score} for of, name, score in facts.get("rivals", ())],
        "facts": facts,
    }
    return _ENCODER.encode(document)[1:]


def _of_open(open_items: Table) -> Iterator[dict[str, Any]]:
    columns = (open_items[name].tolist() for name in ("side", "id", "reason", "candidates"))
    for side, row_id, reason, candidates in zip(*columns, strict=True):
        yield {
            "side": SIDES[side],
            "id": row_id,
            "status": "unmatched",
            "reason": reason,
            "waterfall": [],
            "candidates": [_with_remedy(found) for found in json.loads(candidates)] if candidates else [],
        }


def _of_rejected(sides: Mapping[str, Items]) -> Iterator[dict[str, Any]]:
    for side, items in sides.items():
        for bad in items.rejected:
            yield {
                "side": SIDES[side],
                "id": bad.id,
                "status": "invalid",
                "reason": INVALID_ROW,
                "waterfall": [],
                "candidates": [],
                "row": bad.row,
                "field": bad.field,
                "words": bad.words,
            }


def _with_remedy(candidate: dict[str, Any]) -> dict[str, Any]:
    """The candidate with what would have matched it, in words and with the files' own names of the sides."""
    changes = [Change.read(stored) for stored in candidate.get("changes", ())]
    remedy = change_words(changes, candidate.get("then", ""), lambda side, name: f"{SIDES[side]} {name}")
    named = [{**stored, **({"side": SIDES[stored["side"]]} if "side" in stored else {})}
             for stored in candidate.get("changes", ())]  # fmt: skip
    return {**candidate, "changes": named, "remedy": remedy}
