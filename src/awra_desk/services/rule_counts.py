"""Counts: how each rule (and each of the engine's own passes) has served so far. Reads only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from awra_desk.domain.trail import TrailEntry
from awra_desk.services.desk import Desk
from awra_desk.services.engine_run import rules_of

DECIDED = "decision."


@dataclass(frozen=True, slots=True)
class RuleCount:
    """One rule's service.

    Attributes:
        rule: "rule:" and a name, or a pass of the engine. confirmed, suggested: its matches in the present result.
        accepted: suggestions of it that people accepted as they stood. overridden: its suggestions that people
            rejected, or whose records they matched otherwise or excluded. false_matches: its confirmations that people
            took apart in such a way. Decisions undone since do not count.
    """

    rule: str
    enabled: bool
    confirmed: int
    suggested: int
    accepted: int
    overridden: int
    false_matches: int


def rule_counts(desk: Desk, name: str) -> list[RuleCount]:
    """Every rule of a reconciliation and every pass that found or lost something, rules first, in their order."""
    with desk.read() as uow:
        uow.reconciliations.get(name)
        rules = rules_of(uow, name)
        members = uow.reconciliations.members(name)
        standing = {decision.decision_id for decision in uow.reconciliations.decisions(name)}
        judged = _judged([row for row in uow.trail.entries() if row.subject in standing])
    columns = (members[column].tolist() for column in ("match_id", "rule", "status"))
    hits = Counter((rule, status) for _, rule, status in set(zip(*columns, strict=True)))
    ours = {rule.label: rule.enabled for rule in rules}
    found = {rule for rule, _ in [*hits, *judged]} - {"decision"}
    return [
        RuleCount(
            rule=rule,
            enabled=ours.get(rule, True),
            confirmed=hits[rule, "confirmed"],
            suggested=hits[rule, "suggested"],
            accepted=judged[rule, "accepted"],
            overridden=judged[rule, "overridden"],
            false_matches=judged[rule, "false"],
        )
        for rule in [*ours, *sorted(found - ours.keys())]
    ]


def _judged(rows: list[TrailEntry]) -> Counter[tuple[str, str]]:
    """(rule, "accepted" | "overridden" | "false") -> decisions, from what the trail says the engine had said."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if not row.action.startswith(DECIDED):
            continue
        for told in filter(None, row.detail.get("engine", "").split("; ")):
            how, status, rule = told.split(" ", 2)
            if row.action == "decision.match" and how == "=":
                counts[rule, "accepted"] += 1
            else:
                counts[rule, "false" if status == "confirmed" else "overridden"] += 1
    return counts
