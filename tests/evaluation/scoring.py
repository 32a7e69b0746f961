"""How well a run found what is true: precision, recall and F1 over pairs, with a bootstrap interval."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from scipy.stats import beta

from awra_desk.matching import MatchResult
from tests.evaluation.corpus import Case

Pair = tuple[str, str]
RESAMPLES = 400


@dataclass(frozen=True)
class Quality:
    """Precision, recall and F1 of the pairs found; low, high: 95 % interval of F1."""

    found: int
    true: int
    hits: int
    low: float
    high: float

    @property
    def precision(self) -> float:
        """Share of the found pairs that are true; 1 where none was found."""
        return self.hits / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found."""
        return self.hits / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return _f1(self.found, self.true, self.hits)


def truth_pairs(case: Case) -> set[Pair]:
    """Every pair across the sides of a true group; of a reversal inside one side, the pair itself."""
    return {pair for members in case.truth for pair in _pairs(members)}


def found_pairs(result: MatchResult, *statuses: str) -> set[Pair]:
    """The same of the matches that have one of the statuses."""
    groups: dict[str, list[str]] = {}
    columns = (result.members[name].tolist() for name in ("match_id", "side", "id", "status"))
    for match_id, side, name, status in zip(*columns, strict=True):
        if status in statuses:
            groups.setdefault(match_id, []).append(f"{side[0]}:{name}")
    return {pair for members in groups.values() for pair in _pairs(members)}


def quality(found: set[Pair], truth: set[Pair], seed: int = 1) -> Quality:
    """Hold pairs to the truth. The interval resamples source rows."""
    hits = found & truth
    return Quality(len(found), len(truth), len(hits), *_interval(found, truth, seed))


def least_share(hits: int, found: int) -> float:
    """Lower end of the one-sided 95 % interval of hits among found (Clopper and Pearson); where nothing is wrong a
    bootstrap has no width, while a few hits prove little.
    """
    return float(beta.ppf(0.05, hits, found - hits + 1)) if hits else 0.0


def _pairs(members: Iterable[str]) -> list[Pair]:
    listed = sorted(members)
    ours = [name for name in listed if name[0] == "s"]
    theirs = [name for name in listed if name[0] == "l"]
    if ours and theirs:
        return [(one, other) for one in ours for other in theirs]
    return [(one, other) for at, one in enumerate(listed) for other in listed[at + 1 :]]


def _f1(found: int, true: int, hits: int) -> float:
    return 2 * hits / (found + true) if found + true else 1.0


def _interval(found: set[Pair], truth: set[Pair], seed: int) -> tuple[float, float]:
    """Bootstrap over source rows, each with its found, true and hit pairs."""
    counts: dict[str, list[int]] = {}
    for at, pairs in enumerate((found, truth, found & truth)):
        for one, _ in pairs:
            counts.setdefault(one, [0, 0, 0])[at] += 1
    rows = [counts[name] for name in sorted(counts)]
    if not rows:
        return 1.0, 1.0
    chance = random.Random(seed)
    values = []
    # Many rows are resampled in a few hundred lots, which is as good and much quicker.
    lots = [[sum(row[at] for row in rows[start::500]) for at in range(3)] for start in range(min(500, len(rows)))]
    for _ in range(RESAMPLES):
        drawn = chance.choices(lots, k=len(lots))
        values.append(_f1(*(sum(lot[at] for lot in drawn) for at in range(3))))
    values.sort()
    low, high = values[int(RESAMPLES * 0.025)], values[int(RESAMPLES * 0.975)]
    # Where all is alike a bootstrap has no width; so many rows say no more than three in as many.
    return (low if low < high else max(low - 3 / len(rows), 0.0)), high
