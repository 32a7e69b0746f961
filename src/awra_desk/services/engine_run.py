"""What one run of the engine over a reconciliation depends on, and the run itself.

Reconciling and every preview of a change go through here, so that what a preview shows is what the run will give.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from awra_desk.domain.decisions import Decision, DecisionKind
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.matching import NO_RULES, Decisions, MatchConfig, MatchResult, RuleSet, match, parse_rules
from awra_desk.ports.columns import Table
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.sides import Side, load_side


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything a run reads.

    Attributes:
        items: what the matcher gets of either side, schema ITEMS. decided: decisions that bind, by time.
    """

    spec: Reconciliation
    source: Side
    ledger: Side
    config: MatchConfig
    items: tuple[Table, Table]
    decided: list[Decision]

    @property
    def inputs_digest(self) -> str:
        """SHA-256 over everything the result depends on but the engine itself."""
        return inputs_digest(self.spec, self.items, self.decided, self.config.rules)

    def under(self, rules: RuleSet) -> Prepared:
        """The same inputs under other rules."""
        return replace(self, config=self.config.with_rules(rules))


def prepare(uow: UnitOfWork, name: str) -> Prepared:
    """Read a reconciliation's inputs as they are in this snapshot.

    Raises:
        UserError: no such reconciliation, or no opening balance.
    """
    spec = uow.reconciliations.get(name)
    source, ledger = load_side(uow, spec, SOURCE_SIDE), load_side(uow, spec, LEDGER_SIDE)
    return Prepared(
        spec=spec,
        source=source,
        ledger=ledger,
        config=match_config(spec, rules_of(uow, name)),
        items=(source.items(source.in_scope, spec.currency), ledger.items(ledger.in_scope, spec.currency)),
        decided=uow.reconciliations.decisions(name),
    )


def run_engine(prepared: Prepared, *, blind: bool = False, progress: Progress = silent) -> MatchResult:
    """Match both sides.

    Args:
        blind: as if nobody had decided anything, to see what the engine itself says of it.
    """
    decisions = Decisions.none() if blind else pinned(prepared.decided)
    return match(*prepared.items, prepared.config, decisions=decisions, salt=prepared.spec.name, progress=progress)


def rules_of(uow: UnitOfWork, name: str) -> RuleSet:
    """The reconciliation's rules and aliases, those switched off too."""
    policy = uow.rules.current(name)
    return parse_rules(policy.text, f"rules of {name}, version {policy.version}") if policy else NO_RULES


def match_config(spec: Reconciliation, rules: RuleSet = NO_RULES) -> MatchConfig:
    """The matcher's configuration for this reconciliation."""
    gates = MatchConfig.default().with_tolerances(
        before_days=spec.before_days,
        after_days=spec.after_days,
        absolute={spec.currency: spec.tolerance_minor},
        percent=spec.percent,
    )
    return gates.with_rules(rules)


def pinned(decided: list[Decision]) -> Decisions:
    """People's decisions as the matcher wants them."""
    kinds: dict[DecisionKind, list[tuple[tuple[str, str], ...]]] = {kind: [] for kind in DecisionKind}
    for decision in decided:
        kinds[decision.kind].append(decision.members)
    return Decisions(
        confirmed=tuple(kinds[DecisionKind.MATCH]),
        rejected=frozenset(frozenset(members) for members in kinds[DecisionKind.REJECT]),
        excluded=frozenset(member for members in kinds[DecisionKind.EXCLUDE] for member in members),
    )


def inputs_digest(
    spec: Reconciliation, sides: tuple[Table, ...], decided: list[Decision], rules: RuleSet = NO_RULES
) -> str:
    """SHA-256 over everything a run depends on; rows in id order."""
    digest = hashlib.sha256(json.dumps(asdict(spec), default=str, sort_keys=True).encode())
    for side in sides:
        for row in sorted(side.rows(), key=lambda row: str(row[0])):
            digest.update(repr(row).encode())
    for decision in decided:
        digest.update(decision.decision_id.encode())
    digest.update(rules.digest.encode())
    return digest.hexdigest()
