"""Rules of a reconciliation: read, add, switch on and off, take away. Every change is a new version and a trail row.

A rule comes in switched off. It is switched on by a person, after a back-test on history that is part of the same step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from awra_desk.domain.errors import Refused, UsageError
from awra_desk.domain.people import Role
from awra_desk.domain.policies import Policy
from awra_desk.matching import RuleSet, parse_rules, rules_toml
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.backtest import BackTest, Tested, back_test
from awra_desk.services.desk import Desk, actor
from awra_desk.services.engine_run import rules_of
from awra_desk.services.rule_sets import text_of

KEEPERS = (Role.ACCOUNTANT, Role.SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Changed:
    """The rules after a change, and its back-test (None where nothing in force changed)."""

    rules: RuleSet
    report: BackTest | None


def read_all(desk: Desk, name: str) -> tuple[RuleSet, int]:
    """The rules and aliases of a reconciliation, and their version (0 for none yet)."""
    with desk.read() as uow:
        uow.reconciliations.get(name)
        policy = uow.rules.current(name)
        return rules_of(uow, name), policy.version if policy else 0


def history(desk: Desk, name: str) -> list[Policy]:
    """Every version, the oldest first."""
    with desk.read() as uow:
        uow.reconciliations.get(name)
        return uow.rules.history(name)


def add(desk: Desk, name: str, text: str, *, who: str, document: str = "the rules") -> Changed:
    """Add the rules and aliases of a TOML document behind those that are there, switched off.

    Raises:
        UsageError: the document cannot be read, holds nothing, or a name is taken.
    """
    new = parse_rules(text, document)
    if not new:
        raise UsageError("no rule and no alias is in it", record=document, remedy="Write [[rules]] or [[aliases]].")
    return add_rules(desk, name, new, who=who)


def add_rules(desk: Desk, name: str, new: RuleSet, *, who: str) -> Changed:
    """Add these, switched off; see `add`."""
    off = replace(
        new,
        rules=tuple(replace(rule, enabled=False) for rule in new.rules),
        aliases=tuple(replace(alias, enabled=False) for alias in new.aliases),
    )
    words = ", ".join([*(rule.name for rule in off.rules), *(alias.name for alias in off.aliases)])
    return _change(desk, name, ("add", words), lambda rules: rules.extended(off), who=who)


def adopt(desk: Desk, name: str, set_name: str, *, who: str) -> Changed:
    """Add a ready-made set, switched off."""
    return add(desk, name, text_of(set_name), who=who, document=f"rule set {set_name}")


def enable(desk: Desk, name: str, rule: str, *, who: str, note: str = "", progress: Progress = silent) -> Changed:
    """Switch a rule or alias on, after back-testing exactly that change.

    Args:
        note: why, although decisions of people are contradicted; needed then.

    Raises:
        Refused: decisions are contradicted and there is no note, or the rules changed meanwhile.
    """
    return _change(
        desk,
        name,
        ("enable", rule),
        lambda rules: rules.switched(rule, on=True),
        who=who,
        note=note,
        guarded=True,
        progress=progress,
    )


def disable(desk: Desk, name: str, rule: str, *, who: str, progress: Progress = silent) -> Changed:
    """Switch a rule or alias off; what it confirmed is looked at afresh by the next run."""
    return _change(
        desk, name, ("disable", rule), lambda rules: rules.switched(rule, on=False), who=who, progress=progress
    )


def remove(desk: Desk, name: str, rule: str, *, who: str, progress: Progress = silent) -> Changed:
    """Take a rule or alias away; earlier versions keep it."""
    return _change(desk, name, ("remove", rule), lambda rules: rules.without(rule), who=who, progress=progress)


def move(
    desk: Desk, name: str, rule: str, place: int, *, who: str, note: str = "", progress: Progress = silent
) -> Changed:
    """Put a rule at this place of the order, from 1; see `enable` for the note.

    Raises:
        UsageError: there is no such rule or place.
        Refused: see `enable`.
    """
    return _change(
        desk,
        name,
        ("move", f"{rule} to place {place}"),
        lambda rules: rules.moved(rule, place),
        who=who,
        note=note,
        guarded=True,
        progress=progress,
    )


def restore(desk: Desk, name: str, version: int, *, who: str, note: str = "", progress: Progress = silent) -> Changed:
    """Bring back the rules as an earlier version had them; see `enable` for the note.

    Raises:
        UsageError: there is no such version.
        Refused: see `enable`.
    """
    found = [policy for policy in history(desk, name) if policy.version == version]
    if not found:
        raise UsageError(f"there is no version {version}", record=name, remedy="See `rules history`.")
    old = parse_rules(found[0].text, f"version {version}")
    return _change(
        desk, name, ("restore", f"version {version}"), lambda _: old, who=who, note=note, guarded=True,
        progress=progress,
    )  # fmt: skip


def _change(
    desk: Desk,
    name: str,
    done: tuple[str, str],
    change: Callable[[RuleSet], RuleSet],
    *,
    who: str,
    note: str = "",
    guarded: bool = False,
    progress: Progress = silent,
) -> Changed:
    """Make the change, back-tested where it changes what is in force.

    Args:
        done: verb and object, for the trail. guarded: refused where decisions are contradicted and no note says why.
    """
    with desk.read() as uow:
        actor(uow, who, *KEEPERS)
        uow.reconciliations.get(name)
        before = rules_of(uow, name)
    after = change(before)
    if after == before:
        raise Refused("that changes nothing", record=done[1], remedy="See `rules list` for how it stands.")
    tested = back_test(desk, name, lambda _: after, progress=progress) if after.digest != before.digest else None
    against = tested.report.contradicted if tested else ()
    if guarded and against and not note.strip():
        raise Refused(
            f"it would contradict decisions of people, {len(against)} in all",
            record=done[1],
            remedy="Look at them with `rules test`; if it is right nevertheless, say why with a note.",
        )
    with desk.write() as uow:
        actor(uow, who, *KEEPERS)
        if rules_of(uow, name) != before:
            raise Refused("somebody changed the rules meanwhile", record=name, remedy="Do it again.")
        _lay_down(uow, desk, name, after, done, who, _facts(tested, note))
        uow.commit()
    return Changed(after, tested.report if tested else None)


def _facts(tested: Tested | None, note: str) -> dict[str, str]:
    """The back-test's outcome for the trail."""
    facts = {"note": note.strip()} if note.strip() else {}
    if tested is None:
        return facts
    report = tested.report
    counts = {"gained": report.gained, "lost": report.lost, "changed": report.changed,
              "contradicted": report.contradicted}  # fmt: skip
    told = {word: str(len(found)) for word, found in counts.items()}
    return {**facts, **told, "matches": report.digest, "inputs": tested.inputs_digest}


def _lay_down(
    uow: UnitOfWork,
    desk: Desk,
    name: str,
    rules: RuleSet,
    done: tuple[str, str],
    who: str,
    facts: dict[str, str],
) -> None:
    current = uow.rules.current(name)
    version, at, words = (current.version if current else 0) + 1, desk.now(), " ".join(done)
    uow.rules.add(Policy(desk.company, name, version, rules_toml(rules), words, who, at))
    detail = {"change": words, "version": str(version), "rules": rules.digest, **facts}
    uow.trail.append(at=at, actor=who, action=f"rules.{done[0]}", subject=name, detail=detail)
