"""Why not: the nearest candidate and the gate it failed."""

import json

import pytest

from tests.unit.matching.builders import item, run


@pytest.mark.parametrize(
    ("ledger", "gate", "much"),
    [
        (item("x", 1002), "amount", "0.02"),
        (item("x", 1000, day=15), "date", "7 days"),
        (item("x", 1000, day=3), "date", "1 day"),
        (item("x", -1000), "sign", "20.00"),
        (item("x", 1000, day=None), "date", "no date"),
    ],
)
def test_the_failed_gate_and_by_how_much(ledger: dict[str, object], gate: str, much: str) -> None:
    result = run([item("a", 1000)], [ledger])
    mine = {side: (near, failed, by) for side, _, _, _, _, near, failed, by, _ in result.open.rows()}
    assert mine["source"] == ("x", gate, much)
    assert mine["ledger"][0] == "a"


def test_a_taken_candidate_is_named_when_nothing_else_is_left() -> None:
    result = run([item("a", 1000, "ORD-1001"), item("b", 1000)], [item("x", 1000, "ORD-1001")])
    assert next(result.open.rows())[5:8] == ("x", "taken", "matched elsewhere")


def test_an_empty_other_side_has_no_candidate() -> None:
    assert next(run([item("a", 1000)], []).open.rows())[5:] == ("", "none", "", "")


def test_a_row_without_currency_fails_on_it() -> None:
    assert next(run([item("a", 1000, currency="")], [item("x", 1000)]).open.rows())[6] == "currency"


def test_candidates_are_ranked_each_once_at_most_five() -> None:
    ledger = [item(f"x{n}", 1000 + 10 * n, day=5 + n) for n in range(1, 9)]
    result = run([item("a", 1000)], ledger)
    candidates = json.loads(result.open["candidates"][0])
    assert candidates[0]["id"] == "x1"
    assert len(candidates) <= 5
    assert len({found["id"] for found in candidates}) == len(candidates)
    scores = [found["score"] for found in candidates]
    assert scores == sorted(scores, reverse=True)


def test_the_nearest_is_truly_nearest_among_many() -> None:
    ledger = [item(f"x{n:03d}", 5000 + 37 * n, day=1 + n % 28) for n in range(200)]
    result = run([item("a", 5000 + 37 * 90 + 1, day=1 + 90 % 28)], ledger)
    assert result.open["nearest_id"][0] == "x090"
