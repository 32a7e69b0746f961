"""How rules, their back-tests and proposals read on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from awra_desk.app.output import aligned
from awra_desk.matching import RuleSet, rule_toml
from awra_desk.services.backtest import BackTest, Contradiction, Outcome
from awra_desk.services.rules import Changed
from awra_desk.services.suggest_rules import Proposal

SHOWN = 10  # matches listed of each kind; --json has them all


def rules_json(rules: RuleSet) -> dict[str, Any]:
    """The set in its order."""
    return {
        "rules": [
            {"name": rule.name, "enabled": rule.enabled, "action": rule.action, "words": rule.words,
             "toml": rule_toml(rule)}
            for rule in rules
        ],
        "aliases": [
            {"name": alias.name, "enabled": alias.enabled, "source": alias.source, "ledger": alias.ledger}
            for alias in rules.aliases
        ],
    }  # fmt: skip


def list_text(rules: RuleSet, version: int) -> str:
    """The set as a table."""
    if not rules:
        return "No rule yet. `rules sets` lists ready-made ones."
    rows: list[tuple[str, ...]] = [("", "rule", "on", "action", "words")]
    rows += [(str(at), rule.name, _yes(rule.enabled), str(rule.action), rule.words) for at, rule in enumerate(rules, 1)]
    rows += [("", alias.name, _yes(alias.enabled), "alias", "") for alias in rules.aliases]
    return f"{aligned(rows, right=frozenset({0}))}\nVersion {version}."


def changed_text(changed: Changed) -> str:
    """What stands now, and what the back-test said."""
    on = changed.rules.in_force
    lines = [f"In force: {on}." if on.rules else "No rule is in force."]
    if on.aliases:
        lines.append(f"Aliases: {', '.join(alias.name for alias in on.aliases)}.")
    return "\n".join(lines if changed.report is None else [test_text(changed.report), *lines])


def test_text(report: BackTest) -> str:
    """A back-test, the contradictions first."""
    lines = [
        f"Contradicted decisions of people: {len(report.contradicted)}; no longer contradicted: {len(report.settled)}.",
        f"Matches by people found unaided: {report.agreed} of {report.decided}, so far {report.agreed_before}.",
        f"Matches gained: {len(report.gained)}; lost: {len(report.lost)}; of another status: {len(report.changed)}.",
    ]
    lines += _some("contradicts", report.contradicted, _against)
    lines += _some("gained", report.gained, _match)
    lines += _some("lost", report.lost, _match)
    lines += _some("changed", report.changed, lambda pair: f"{_match(pair[1])}, was {pair[0].status} by {pair[0].rule}")
    return "\n".join(lines)


def _some(word: str, found: Sequence[Any], told: Any) -> list[str]:
    lines = [f"  {word}: {told(each)}" for each in found[:SHOWN]]
    return [*lines, *([f"  … and {len(found) - SHOWN} more {word}"] if len(found) > SHOWN else [])]


def _match(outcome: Outcome) -> str:
    return f"{_members(outcome.members)} ({outcome.status} by {outcome.rule})"


def _against(found: Contradiction) -> str:
    verb = {"match": "matched", "reject": "rejected", "exclude": "excluded"}[found.decided]
    return f"people {verb} {_members(found.members)}; it would hold {_match(found.outcome)}"


def _members(members: Sequence[tuple[str, str]]) -> str:
    return " + ".join(record for _, record in members)


def proposals_text(proposals: Sequence[Proposal], *, added: bool) -> str:
    """What people's decisions point to."""
    if not proposals:
        return "People's decisions so far point to no rule."
    lines = []
    for each in proposals:
        lines += [
            f"{each.name}: {each.words}",
            f"  seen in {each.support} matches by people, against in {each.against}",
        ]
    tail = "Added, switched off: test, then enable them." if added else "Nothing is changed; --add adds them, off."
    return "\n".join([*lines, tail])


def _yes(flag: bool) -> str:  # noqa: FBT001
    return "yes" if flag else "no"
