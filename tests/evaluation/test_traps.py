"""Books made to tempt: what is confirmed in them is true, whatever the settings, and no row is lost or used twice."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from awra_desk.matching import MatchConfig, MatchResult, match
from tests.evaluation.corpus import Case
from tests.evaluation.traps import TRAPS, book
from tests.soak import scaled
from tests.unit.matching.builders import confirmed, left_open, side

COMPARED = ("date", "amount", "currency", "references", "description", "counterparty", "batch", "channel")
LOOSE: list[dict[str, Any]] = [
    {},
    {"floor": 0.0, "margin": 0.0},
    {"tolerance": Decimal(2), "percent": Decimal(3)},
    {"before_days": 7, "after_days": 10},
    {"passes": ("tolerance", "groups", "fuzzy")},
]


def classes(case: Case) -> dict[str, tuple[object, ...]]:
    """What every row looks like: rows that look the same are interchangeable."""
    sides = (("s", case.source), ("l", case.ledger))
    return {f"{at}:{row['id']}": (at, *(row[name] for name in COMPARED)) for at, rows in sides for row in rows}


def wrong(case: Case, result: MatchResult) -> list[list[tuple[object, ...]]]:
    """Confirmed matches that are not true, as what their members look like."""
    looks = classes(case)
    kinds = [Counter(tuple(sorted(looks[name] for name in group)) for group in groups)
             for groups in (confirmed(result), case.truth)]  # fmt: skip
    return [list(kind) for kind in kinds[0] - kinds[1]]


@pytest.mark.soak
@pytest.mark.parametrize("name", TRAPS)
def test_nothing_false_is_confirmed(name: str) -> None:
    for seed in range(scaled(160)):
        case = book(name, seed)
        result = match(side(case.source), side(case.ledger), MatchConfig(**LOOSE[seed % len(LOOSE)]))
        assert wrong(case, result) == [], case.name
        members = result.members["id"].tolist()
        assert len(members) == len(set(members)), case.name
        assert {*members, *(name[2:] for name in left_open(result))} == {name[2:] for name in classes(case)}


def test_the_judge_knows_a_false_confirmation() -> None:
    case = book("one_number_two_currencies", 1)
    result = match(side(case.source), side(case.ledger), MatchConfig())
    assert confirmed(result)
    assert wrong(case, result) == []
    case.truth = set()
    assert len(wrong(case, result)) == len(confirmed(result))
