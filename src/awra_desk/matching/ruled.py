"""The rules: people's own knowledge of who meets whom, as ordered data (`rules`).

A rule runs the ordinary passes over a view of the book that holds its rows only, under its own tolerance, dates and
key; so its confirmations need what any confirmation needs. Rules with a key run before the passes, those by amount and
date after the passes that go by reference: a reference outranks an amount.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from awra_desk.domain.reasons import Reason
from awra_desk.matching import gates, groups, keyed_groups, keys, suggestions, tolerance
from awra_desk.matching.book import NO_DAY, Book, Mask, Rows
from awra_desk.matching.coincidence import Coincidence
from awra_desk.matching.conditions import keys_of, meets
from awra_desk.matching.config import MatchConfig, decimals
from awra_desk.matching.explain import encode
from awra_desk.matching.found import CONTRA, Found, Group, PairBlock, shape
from awra_desk.matching.graph import build as build_graph
from awra_desk.matching.rules import Action, Calendar, Direction, Rule
from awra_desk.matching.scoring import score
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

_EPOCH = np.datetime64("1970-01-01", "D")


def run(book: Book, config: MatchConfig, found: Found, *, keyed: bool) -> None:
    """Apply the rules in force that have a key, or those that have none, in their order."""
    rules = config.rules.in_force.rules
    found.ranks.update({rule.label: at - len(rules) for at, rule in enumerate(rules)})
    for rule in rules:
        if bool(rule.key) == keyed:
            _Applied(book, config, found, rule).run()


class _Applied:
    """One rule over one book."""

    def __init__(self, book: Book, config: MatchConfig, found: Found, rule: Rule) -> None:
        self._book, self._config, self._found, self._rule = book, config, found, rule
        self._calendar = config.rules.calendar(rule.dates.calendar) if rule.dates else None
        self._own = settings_of(config, rule)

    def run(self) -> None:
        """Look among the rule's rows and hand on what is found, as far as the rule allows."""
        rows = [self._chosen(SOURCE_SIDE), self._chosen(LEDGER_SIDE)]
        if not len(rows[0]) or not len(rows[1]):
            return
        view = self._view(rows[0], rows[1])
        found = Found(view)
        self._search(view, found)
        for block in found.pairs:
            self._hand_on_pairs(block)
        for group in found.groups:
            self._hand_on(group, confirm=True)
        for group in found.settled_suggestions()[0]:
            self._hand_on(group, confirm=False)

    def _chosen(self, side: str) -> Rows:
        rows = self._book.side_rows(side, self._book.open)
        return rows[meets(self._book, self._rule.source if side == SOURCE_SIDE else self._rule.ledger, rows)]

    def _view(self, source: Rows, ledger: Rows) -> Book:
        """The book as the rule sees it: its rows alone; what it marks is the view's own."""
        book, rule = self._book, self._rule
        inside = np.zeros(len(book), dtype=bool)
        inside[source] = inside[ledger] = True
        view = replace(
            book,
            open=book.open & inside,
            excluded=book.excluded | ~inside,
            suspended=book.suspended.copy(),
            day=working_days(book.day, self._calendar),
            key_links=dict(book.key_links),
            schemes=set(book.schemes),
            rejected_pairs=book.rejected_pairs,
        )
        if rule.tolerance and rule.tolerance.offset:
            view.amount = _without_offset(book, ledger, rule.tolerance.offset)
        if rule.key:
            view.key_links, view.schemes, view.parts = {}, set(), None
            view.texts = self._keyed(source, ledger)
        return view

    def _keyed(self, source: Rows, ledger: Rows) -> dict[str, Any]:
        """Texts that hold nothing but the rule's key, as a reference."""
        blank = np.full(len(self._book), "", dtype=object)
        references = blank.copy()
        key = self._rule.key
        assert key is not None
        for rows, names, condition in (
            (source, key.source, self._rule.source),
            (ledger, key.ledger, self._rule.ledger),
        ):
            references[rows] = keys_of(self._book, names, condition.text.regex, rows)
        return {name: references if name == "references" else blank for name in self._book.texts}

    def _search(self, view: Book, found: Found) -> None:
        own, shapes = self._own, self._rule.shapes
        if self._rule.key:
            if "1:1" in shapes:
                keys.run(view, own, found)
            if shapes != ("1:1",):
                keyed_groups.run(view, own, found)
            return
        if "1:1" in shapes:
            tolerance.run(view, own, found, Coincidence(view, own))
        if shapes != ("1:1",):
            groups.run(view, own, found)
        if "1:1" in shapes:
            graph = build_graph(view, own)
            rows = graph.source.first[graph.left], graph.ledger.first[graph.right]
            nobody = np.zeros(len(view), dtype=bool)
            suggestions.run(view, own, found, graph, score(view, own, *rows, None), linked=nobody, likeness=None)

    def _hand_on_pairs(self, block: PairBlock) -> None:
        """Confirm the pairs that the rule may confirm; suggest the others."""
        book, source, ledger = self._book, block.source, block.ledger
        blocked = self._blocked(source, ledger)
        good = ~np.logical_or.reduce(list(blocked.values()))
        texts = [
            self._told((one, other), text)
            for one, other, text in zip(source.tolist(), ledger.tolist(), block.explanations, strict=True)
        ]
        chosen = np.flatnonzero(good)
        self._found.confirm_pairs(
            PairBlock(
                source[good],
                ledger[good],
                block.score[good],
                self._rule.label,
                [encode(texts[place]) for place in chosen.tolist()],
                book.amount[source[good]],
                book.amount[ledger[good]],
            )
        )
        for place in np.flatnonzero(~good).tolist():
            if blocked["direction"][place]:
                continue
            reasons = [name for name, mask in blocked.items() if mask[place]]
            facts = {**texts[place], "blocks": reasons}
            self._suggest((source[place].item(), ledger[place].item()), block.score[place].item(), facts)

    def _blocked(self, source: Rows, ledger: Rows) -> dict[str, Mask]:
        """Why a proven pair is no confirmation by this rule, for each pair."""
        rule, none = self._rule, np.zeros(len(source), dtype=bool)
        return {
            "action": none | (rule.action == Action.SUGGEST),
            "hard": gates.disagree(self._book, self._config, source, ledger),
            "late": self._late(source, ledger),
            "direction": self._wrong_way(source, ledger),
            "inexact": none | bool(not rule.key and rule.tolerance and rule.tolerance.offset),
        }

    def _late(self, source: Rows, ledger: Rows) -> Mask:
        """Outside the rule's own dates; a key without dates knows none."""
        if not self._rule.dates or not self._rule.key:
            return np.zeros(len(source), dtype=bool)
        days = working_days(self._book.day, self._calendar)
        dated = (days[source] != NO_DAY) & (days[ledger] != NO_DAY)
        lag = np.where(dated, days[ledger], 0) - np.where(dated, days[source], 0)
        late: Mask = ~dated | (lag < -self._rule.dates.before_days) | (lag > self._rule.dates.after_days)
        return late

    def _wrong_way(self, source: Rows, ledger: Rows) -> Mask:
        way = self._rule.tolerance.direction if self._rule.tolerance else Direction.BOTH
        left, right = np.abs(self._book.amount[source]), np.abs(self._book.amount[ledger])
        if way == Direction.BOTH:
            return np.zeros(len(source), dtype=bool)
        wrong: Mask = right > left if way == Direction.LESS else right < left
        return wrong

    def _hand_on(self, group: Group, *, confirm: bool) -> None:
        book, rule = self._book, self._rule
        form = shape(book, group.rows)
        if form == CONTRA or (form not in rule.shapes and confirm) or not book.open[list(group.rows)].all():
            return
        facts = self._told(group.rows, group.explanation)
        blocked = self._blocked(*self._extremes(group.rows))
        if form == "1:1" and blocked["direction"][0]:
            return
        reasons = [name for name in ("action", "hard", "late", "inexact") if blocked[name].any()]
        if confirm and not reasons:
            text = encode(facts)
            self._found.confirm(replace(group, rule=rule.label, explanation=text, allocated={}))
            return
        facts["blocks"] = [*facts.get("blocks", ()), *(name for name in reasons if confirm)]
        self._suggest(group.rows, group.score, facts, group.reason)

    def _extremes(self, rows: Sequence[int]) -> tuple[Rows, Rows]:
        """Pairs of a group's rows among which the shortest and the longest lag are."""
        source, ledger = ([row for row in rows if (row < self._book.split) == ours] for ours in (True, False))
        ledger.sort(key=lambda row: (self._book.day[row].item(), row))
        pairs = [(one, other) for one in source for other in dict.fromkeys((ledger[0], ledger[-1]))]
        return np.array([one for one, _ in pairs], dtype=np.int64), np.array([two for _, two in pairs], dtype=np.int64)

    def _suggest(self, rows: tuple[int, ...], value: float, facts: dict[str, Any], reason: str = "") -> None:
        facts["blocks"] = list(dict.fromkeys(facts["blocks"]))
        if self._rule.key and facts["blocks"] != ["action"]:  # amount alone must not overrule what a key proposes
            self._book.suspended[list(rows)] = True
        value = round(value, 4) if reason else gates.cap(value, self._config)
        reason = reason or Reason.AMBIGUOUS
        self._found.suggest(Group(rows, value, self._rule.label, reason, encode(facts), confirmed=False))

    def _told(self, rows: Sequence[int], explanation: str) -> dict[str, Any]:
        """The explanation with the rule's name, and with the amounts and calendar days of the real rows."""
        book, facts = self._book, json.loads(explanation)
        source, ledger = ([row for row in rows if (row < book.split) == ours] for ours in (True, False))
        if "diff" in facts and source and ledger:
            facts["diff"] = book.sum_of(ledger) - book.sum_of(source)
        if facts.get("days") is not None and len(rows) == 2 and source and ledger:
            facts["days"] = (book.day[ledger[0]] - book.day[source[0]]).item()
        notes = [facts.get("note", ""), f"rule {self._rule.name}", self._rule.words]
        return {**facts, "rule": self._rule.label, "note": ": ".join(filter(None, notes))}


def settings_of(config: MatchConfig, rule: Rule) -> MatchConfig:
    """The settings under which the rule's rows are looked at."""
    own = replace(config, partial=False, hard_keys=() if rule.key else config.hard_keys)
    if rule.tolerance is not None:
        own = replace(
            own,
            tolerance=rule.tolerance.amount,
            percent=rule.tolerance.percent,
            tolerance_by_currency={},
        )
    if rule.dates is not None:
        own = replace(own, before_days=rule.dates.before_days, after_days=rule.dates.after_days)
    return own


def _without_offset(book: Book, ledger: Rows, offset: Decimal) -> Any:
    """Amounts with the customary offset taken off the ledger's."""
    minor = [int(offset.scaleb(decimals(code))) if code else 0 for code in book.currencies]
    amount = book.amount.copy()
    amount[ledger] -= np.array(minor, dtype=np.int64)[book.currency[ledger]]
    return amount


def working_days(day: Rows, calendar: Calendar | None) -> Rows:
    """Days as numbers of working days, so that a lag counts those only; a day off counts as the next working day."""
    if calendar is None:
        return day
    mask = [number not in calendar.weekend for number in range(7)]
    known = day != NO_DAY
    result = day.copy()
    result[known] = np.busday_count(
        _EPOCH, day[known].astype("datetime64[D]"), weekmask=mask, holidays=_days(calendar.holidays)
    )
    return result


def _days(holidays: Iterable[date]) -> Any:
    return np.array([day.isoformat() for day in holidays], dtype="datetime64[D]")
