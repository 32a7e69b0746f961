"""The corpus without keys: what is measured, the saved baseline, and a comparison with it.

`python -m tests.evaluation.linkage_corpus` measures and says for each case whether this is a win, a tie or a loss
against the baseline (by the bootstrap interval of F1); `--save` writes the baseline anew. A change is judged on
`FRESH` seeds as well, which nobody looks at while building.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

from awra_desk.matching import MatchConfig, match
from tests.evaluation.bank_month import bank_month
from tests.evaluation.batch_books import KINDS, batch_book
from tests.evaluation.corpus import Case
from tests.evaluation.scoring import Quality, found_pairs, quality, truth_pairs
from tests.evaluation.two_sided import MODELS, two_sided
from tests.unit.matching.builders import side

BASELINE = Path(__file__).with_name("linkage_baseline.json")
KNOWN, FRESH = 1, 4711
ROWS, EVENTS = 3_000, 400
DAYS = 16
SMALL = (250, 100)  # bank events of books from which little can be learned


@dataclass(frozen=True)
class Measured:
    """Quality of all pairs found, of the confirmed ones alone, and the share of groups of several found whole."""

    all: Quality
    confirmed: Quality
    groups: float


def cases(seed: int, *, rows: int = ROWS, events: int = EVENTS) -> list[Case]:
    """One of each kind, and small books of each."""
    whole = [*(two_sided(model, seed, rows) for model in MODELS), bank_month(seed, events, days=60)]
    small = [(150, two_sided(model, seed, 150)) for model in MODELS]
    small += [(count, bank_month(seed, count, days=count // 4 + 5)) for count in SMALL]
    return [*whole, *(replace(case, name=f"{case.name}-of-{count}") for count, case in small)]


def batches(seed: int, days: int = DAYS, daily: int = 100) -> list[Case]:
    """Bank books of so many working days whose batches nothing names, one of each kind with at most `daily` events."""
    return [batch_book(name, seed, days) for name, kind in KINDS.items() if kind.daily <= daily]


def measure(case: Case) -> Measured:
    """Match a case with the default settings and hold the result to its truth."""
    result = match(side(case.source), side(case.ledger), MatchConfig(), salt=case.name)
    truth = truth_pairs(case)
    found: dict[str, set[str]] = {}
    for row in result.members.rows():
        found.setdefault(row[0], set()).add(f"{row[1][0]}:{row[2]}")
    whole = {frozenset(members) for members in found.values()}
    groups = [members for members in case.truth if len(members) > 2]
    return Measured(
        quality(found_pairs(result, "confirmed", "suggested"), truth),
        quality(found_pairs(result, "confirmed"), truth),
        sum(members in whole for members in groups) / len(groups) if groups else 1.0,
    )


def verdict(now: Quality, low: float, high: float) -> str:
    """Against the saved interval: win, tie or lose."""
    return "win" if now.f1 > high else "lose" if now.f1 < low else "tie"


def main() -> None:
    """Print the comparison, or save it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--seed", type=int, default=KNOWN)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--days", type=int, default=DAYS)
    given = parser.parse_args()
    saved = json.loads(BASELINE.read_text("utf-8")) if BASELINE.exists() else {}
    fresh = {}
    for case in [*cases(given.seed, rows=given.rows, events=given.events), *batches(given.seed, given.days)]:
        now = measure(case)
        fresh[case.name] = {"f1": now.all.f1, "low": now.all.low, "high": now.all.high, "groups": now.groups}
        before = saved.get(case.name)
        against = verdict(now.all, before["low"], before["high"]) if before else "new"
        print(
            f"{case.name:16} {against:4} F1 {now.all.f1:.4f} [{now.all.low:.4f}, {now.all.high:.4f}] "
            f"P {now.all.precision:.4f} R {now.all.recall:.4f} groups {now.groups:.3f} "
            f"confirmed {now.confirmed.found} wrong {now.confirmed.found - now.confirmed.hits}"
        )
    if given.save:
        text = json.dumps(
            {name: {key: round(value, 4) for key, value in facts.items()} for name, facts in fresh.items()}, indent=1
        )
        BASELINE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
