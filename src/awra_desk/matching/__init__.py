"""The matcher: two tables of open items in, explained matches out. Pure: no clock, no randomness, no input or output.

`match` is the only entry point. Services and the command line call it; it must not know where rows come from or what
happens to the result.
"""

from awra_desk.matching.changes import Change, change_words
from awra_desk.matching.config import PASSES, MatchConfig
from awra_desk.matching.decisions import Decisions
from awra_desk.matching.explain import WaterfallRow, render_why, sentences
from awra_desk.matching.result import MatchResult
from awra_desk.matching.result import digest as matches_digest
from awra_desk.matching.rule_text import parse_rules, read_rules, rule_toml, rules_toml
from awra_desk.matching.rules import NO_RULES, Action, Alias, Rule, RuleSet
from awra_desk.ports.columns import Table
from awra_desk.ports.progress import Progress, silent

__all__ = [
    "NO_RULES",
    "PASSES",
    "Action",
    "Alias",
    "Change",
    "Decisions",
    "MatchConfig",
    "MatchResult",
    "Rule",
    "RuleSet",
    "WaterfallRow",
    "change_words",
    "match",
    "matches_digest",
    "parse_rules",
    "read_rules",
    "render_why",
    "rule_toml",
    "rules_toml",
    "sentences",
]


def match(
    source: Table,
    ledger: Table,
    config: MatchConfig,
    *,
    decisions: Decisions | None = None,
    salt: str = "",
    progress: Progress = silent,
) -> MatchResult:
    """`engine.match`. The engine and the libraries below it are loaded at the first call: a window opens without."""
    from awra_desk.matching.engine import match as run  # noqa: PLC0415

    return run(source, ledger, config, decisions=decisions, salt=salt, progress=progress)
