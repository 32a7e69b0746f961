"""Short ways to write items and to read results."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from awra_desk.matching import Decisions, MatchConfig, MatchResult, match
from awra_desk.ports.columns import Table, table
from awra_desk.ports.schemas import ITEMS

DAY = date(2026, 10, 5)
BLANK: Mapping[str, Any] = dict.fromkeys(ITEMS, "") | {"date": DAY, "amount": 0, "currency": "USD"}


def item(name: str, amount: int, reference: str = "", *, day: int | None = 5, **more: Any) -> dict[str, Any]:
    """One item of October 2026, in US cents."""
    when = None if day is None else date(2026, 10, day)
    return {**BLANK, "id": name, "amount": amount, "references": reference, "date": when, **more}


def side(rows: Iterable[Mapping[str, Any]]) -> Table:
    """Items as the matcher takes them."""
    listed = list(rows)
    return table(ITEMS, {name: [row[name] for row in listed] for name in ITEMS})


def run(
    source: Iterable[Mapping[str, Any]],
    ledger: Iterable[Mapping[str, Any]],
    *,
    decisions: Decisions | None = None,
    salt: str = "",
    **settings: Any,
) -> MatchResult:
    """Match two lists of items."""
    return match(side(source), side(ledger), MatchConfig(**settings), decisions=decisions, salt=salt)


def groups(result: MatchResult, status: str) -> set[frozenset[str]]:
    """Member ids of each match of a status, side told by its first letter: s:… or l:…."""
    found: dict[str, set[str]] = {}
    columns = (result.members[name].tolist() for name in ("match_id", "side", "id", "status"))
    for match_id, where, name, state in zip(*columns, strict=True):
        if state == status:
            found.setdefault(match_id, set()).add(f"{where[0]}:{name}")
    return {frozenset(members) for members in found.values()}


def confirmed(result: MatchResult) -> set[frozenset[str]]:
    """Member ids of each confirmed match."""
    return groups(result, "confirmed")


def suggested(result: MatchResult) -> dict[frozenset[str], str]:
    """Member ids of each suggestion -> its reason."""
    reasons = dict(
        zip(zip(result.members["side"], result.members["id"], strict=True), result.members["reason"], strict=True)
    )
    names = {"s": "source", "l": "ledger"}
    return {members: reasons[names[min(members)[0]], min(members)[2:]] for members in groups(result, "suggested")}


def left_open(result: MatchResult) -> dict[str, str]:
    """Open items, s:… or l:…, -> reason."""
    columns = (result.open[name].tolist() for name in ("side", "id", "reason"))
    return {f"{where[0]}:{name}": reason for where, name, reason in zip(*columns, strict=True)}


def pair(source: str, ledger: str) -> frozenset[str]:
    """Members of a 1:1 match."""
    return frozenset({f"s:{source}", f"l:{ledger}"})
