"""What change of a person's own rule would have matched an open row: made, run again, and told only where it held.

Looked into are the rows whose nearest candidate meets a rule's conditions and fails one of its gates alone: its
tolerance, or its days, which count working days where the rule has a calendar.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from awra_desk.matching import gates
from awra_desk.matching.book import NO_DAY, Book
from awra_desk.matching.changes import Change
from awra_desk.matching.conditions import keys_of, meets
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import minor_text
from awra_desk.matching.remedies import WIDEST
from awra_desk.matching.ruled import settings_of, working_days
from awra_desk.matching.rules import Dates, Rule, Tolerance
from awra_desk.ports.columns import Table, column
from awra_desk.ports.schemas import LEDGER_SIDE, OPEN_ITEMS, SOURCE_SIDE

MOST = 8  # changes tried in one run
WORK = 10_000  # rows matched again, all tries together

Members = Callable[[MatchConfig], Table]
_OTHER = {SOURCE_SIDE: LEDGER_SIDE, LEDGER_SIDE: SOURCE_SIDE}


@dataclass(frozen=True, slots=True)
class _Try:
    """An open item's place in the table, its pair as (side, id), the change, and the rule as it would be."""

    place: int
    pair: tuple[tuple[str, str], tuple[str, str]]
    change: Change
    rule: Rule


def told(book: Book, config: MatchConfig, open_items: Table, again: Members) -> Table:
    """The open items with the changes of rules that hold, in the nearest candidates that had no single one yet.

    Args:
        again: matches with other settings; returns schema MATCH_MEMBERS.
    """
    rules = config.rules.in_force.rules
    most = min(MOST, WORK // max(len(book), 1))
    if not rules or not most or not len(open_items):
        return open_items
    cells = open_items["candidates"].tolist()
    for number, trial in enumerate(_tries(book, config, open_items)):
        if number == most:
            break
        changed = replace(config.rules, rules=tuple(
            trial.rule if rule.name == trial.rule.name else rule for rule in config.rules.rules
        ))  # fmt: skip
        if status := _status(again(config.with_rules(changed)), trial.pair):
            listed = json.loads(cells[trial.place])
            listed[0] = {**listed[0], "changes": [trial.change.stored()], "then": status}
            cells[trial.place] = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    return open_items.with_columns(candidates=column(OPEN_ITEMS["candidates"], cells))


def _status(members: Table, pair: tuple[tuple[str, str], tuple[str, str]]) -> str:
    """The status of the match that holds the pair and nothing else, "" for none."""
    matches: dict[str, set[tuple[str, str]]] = {}
    statuses: dict[str, str] = {}
    columns = (members[name].tolist() for name in ("match_id", "side", "id", "status"))
    for match_id, side, name, status in zip(*columns, strict=True):
        matches.setdefault(match_id, set()).add((side, name))
        statuses[match_id] = status
    return next((statuses[match_id] for match_id, rows in matches.items() if rows == set(pair)), "")


def _tries(book: Book, config: MatchConfig, open_items: Table) -> Iterator[_Try]:
    """The first change of a rule for each open item whose nearest candidate has no single change of another kind."""
    place = {(book.side_of(row), name): row for row, name in enumerate(book.ids.tolist())}
    facts = (open_items[name].tolist() for name in ("side", "id", "candidates"))
    for at, (side, name, cell) in enumerate(zip(*facts, strict=True)):
        nearest: dict[str, Any] = json.loads(cell)[0] if cell else {}
        if not nearest.get("id") or nearest.get("then"):
            continue
        pair = ((side, name), (_OTHER[side], nearest["id"]))
        mine, other = place[pair[0]], place[pair[1]]
        source, ledger = (mine, other) if side == SOURCE_SIDE else (other, mine)
        for rule in config.rules.in_force.rules:
            if found := _change(book, config, rule, (source, ledger)):
                yield _Try(at, pair, *found)
                break


def _change(book: Book, config: MatchConfig, rule: Rule, pair: tuple[int, int]) -> tuple[Change, Rule] | None:
    """The one gate of the rule that the pair fails as a change, and the rule with it; None where it is not one gate."""
    source, ledger = (np.array([row], dtype=np.int64) for row in pair)
    if "1:1" not in rule.shapes or (rule.tolerance and rule.tolerance.offset) or not _speaks(book, rule, pair):
        return None
    own = settings_of(config, rule)
    days = working_days(book.day, config.rules.calendar(rule.dates.calendar) if rule.dates else None)[list(pair)]
    gap = abs(int(book.amount[pair[1]]) - int(book.amount[pair[0]]))
    beyond = gap > int(gates.allowed(book, own, ledger)[0])
    dated = bool((days != NO_DAY).all()) and (rule.key is None or rule.dates is not None)
    lag = int(days[1] - days[0]) if dated else 0
    late = not -own.before_days <= lag <= own.after_days
    if beyond == late or book.sign[pair[0]] != book.sign[pair[1]] or book.currency[source] != book.currency[ledger]:
        return None
    if beyond:
        if gap * WIDEST > min(abs(int(book.amount[row])) for row in pair):
            return None
        amount = minor_text(gap, book.currencies[book.currency[pair[0]]])
        wider = replace(rule.tolerance or Tolerance(percent=config.percent), amount=Decimal(amount))
        return Change("rule_tolerance", amount, rule=rule.name), replace(rule, tolerance=wider)
    dates = rule.dates or Dates(own.before_days, own.after_days)
    kind = "after_days" if lag > 0 else "before_days"
    longer = replace(dates, after_days=lag) if lag > 0 else replace(dates, before_days=-lag)
    change = Change(f"rule_{kind}", str(abs(lag)), rule=rule.name, calendar=dates.calendar)
    return change, replace(rule, dates=longer)


def _speaks(book: Book, rule: Rule, pair: tuple[int, int]) -> bool:
    """Whether the rule speaks of both rows and, where it has a key, they have the same."""
    rows = [np.array([row], dtype=np.int64) for row in pair]
    if not (meets(book, rule.source, rows[0]).all() and meets(book, rule.ledger, rows[1]).all()):
        return False
    if rule.key is None:
        return True
    ours = keys_of(book, rule.key.source, rule.source.text.regex, rows[0])[0]
    theirs = keys_of(book, rule.key.ledger, rule.ledger.text.regex, rows[1])[0]
    return bool(ours) and ours == theirs
