"""A change of rules against history: what it would find, what it would lose, and which decisions of people it would
contradict.

Contradictions are looked for blind: the engine runs as if nobody had decided anything, and is held against what people
did decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from awra_desk.matching.decisions import Decisions, Member
from awra_desk.matching.result import CONFIRMED, MatchResult

Members = tuple[Member, ...]
MATCHED, REJECTED, EXCLUDED = "match", "reject", "exclude"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One match of a run; members sorted."""

    members: Members
    status: str
    rule: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A match of the engine that a person's decision says is wrong.

    Attributes:
        decided: what was decided ("match", "reject", "exclude"), and about which members.
    """

    outcome: Outcome
    decided: str
    members: Members


@dataclass(frozen=True, slots=True)
class BackTest:
    """What a change does, decisions being kept; and what the engine says of the decisions, blind.

    Attributes:
        gained, lost: matches that only the new, only the old rules find. changed: found by both, as (before, after),
            suggested by one and confirmed by the other.
        contradicted: decisions contradicted by the new rules and not by the old; settled: the other way round.
        agreed, agreed_before: matches by people that the engine confirms or suggests by itself, exactly.
        decided: how many matches by people there are. digest: of the matches the new rules give; the next run's.
    """

    gained: tuple[Outcome, ...]
    lost: tuple[Outcome, ...]
    changed: tuple[tuple[Outcome, Outcome], ...]
    contradicted: tuple[Contradiction, ...]
    settled: tuple[Contradiction, ...]
    agreed: int
    agreed_before: int
    decided: int
    digest: str


def compare(
    before: MatchResult,
    after: MatchResult,
    blind: tuple[MatchResult, MatchResult],
    decisions: Decisions,
) -> BackTest:
    """Hold two runs over the same records against each other.

    Args:
        before, after: under the old and the new rules, decisions kept. blind: the same without any decision.
    """
    old, new = outcomes(before), outcomes(after)
    unseen = [outcomes(result) for result in blind]
    against = [set(contradictions(found.values(), decisions)) for found in unseen]
    confirmed = [tuple(sorted(members)) for members in decisions.confirmed]
    return BackTest(
        gained=_listed(new[members] for members in new.keys() - old.keys()),
        lost=_listed(old[members] for members in old.keys() - new.keys()),
        changed=tuple(
            (old[members], new[members])
            for members in sorted(old.keys() & new.keys())
            if old[members].status != new[members].status
        ),
        contradicted=_sorted(against[1] - against[0]),
        settled=_sorted(against[0] - against[1]),
        agreed=sum(members in unseen[1] for members in confirmed),
        agreed_before=sum(members in unseen[0] for members in confirmed),
        decided=len(confirmed),
        digest=after.digest,
    )


def outcomes(result: MatchResult) -> dict[Members, Outcome]:
    """Members -> match; what a person decided is no match of the engine's."""
    found: dict[str, list[Member]] = {}
    facts: dict[str, tuple[str, str]] = {}
    columns = (result.members[name].tolist() for name in ("match_id", "side", "id", "status", "rule"))
    for match_id, side, name, status, rule in zip(*columns, strict=True):
        if rule != "decision":
            found.setdefault(match_id, []).append((side, name))
            facts[match_id] = (status, rule)
    return {
        members: Outcome(members, *facts[match_id])
        for match_id, held in found.items()
        for members in [tuple(sorted(held))]
    }


def contradictions(found: Iterable[Outcome], decisions: Decisions) -> list[Contradiction]:
    """Which of the matches the decisions speak against.

    A match by people is contradicted by a confirmation that ties any of its records otherwise, and by a suggestion
    that ties one without the others; a rejection by whatever holds all its records; an exclusion by a confirmation.
    """
    matched: dict[Member, Members] = {}
    for decision in decisions.confirmed:
        matched |= dict.fromkeys(decision, tuple(sorted(decision)))
    rejected: dict[Member, list[frozenset[Member]]] = {}
    for refused in decisions.rejected:
        rejected.setdefault(min(refused), []).append(refused)
    result = []
    for outcome in found:
        held = set(outcome.members)
        for theirs in sorted({matched[member] for member in outcome.members if member in matched}):
            differs = set(theirs) != held if outcome.status == CONFIRMED else not set(theirs) <= held
            if differs:
                result.append(Contradiction(outcome, MATCHED, theirs))
        for first in sorted(held & rejected.keys()):
            refusals = [set_ for set_ in rejected[first] if (set_ <= held if len(set_) == 2 else set_ == held)]
            result += [Contradiction(outcome, REJECTED, tuple(sorted(set_))) for set_ in refusals]
        if outcome.status == CONFIRMED:
            result += [Contradiction(outcome, EXCLUDED, (member,)) for member in sorted(held & decisions.excluded)]
    return result


def _listed(found: Iterable[Outcome]) -> tuple[Outcome, ...]:
    return tuple(sorted(found, key=lambda outcome: (outcome.status, outcome.members)))


def _sorted(found: Iterable[Contradiction]) -> tuple[Contradiction, ...]:
    return tuple(sorted(found, key=lambda each: (each.decided, each.members, each.outcome.members)))
