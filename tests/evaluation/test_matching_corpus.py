"""The matcher against the corpus: nothing confirmed that is not true, and no worse than the saved baseline.

A change that finds more is saved with `python -m tests.evaluation.test_matching_corpus`.
"""

import json
from pathlib import Path

import pytest

from tests.evaluation.corpus import evaluate, month
from tests.soak import scaled

BASELINE = Path(__file__).with_name("baseline.json")
SEEDS = range(1, 7)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_false_confirmation_and_no_worse_than_before(seed: int) -> None:
    saved = json.loads(BASELINE.read_text("utf-8"))[f"month-{seed}"]
    score = evaluate(month(seed))
    assert score.false == 0, score.wrong
    assert score.provable == saved["provable"]
    assert score.recall >= saved["recall"]
    assert score.recall >= 0.97


@pytest.mark.soak
def test_no_false_confirmation_in_many_months() -> None:
    for seed in range(100, 100 + scaled(200)):
        score = evaluate(month(seed, orders=150))
        assert score.false == 0, (seed, score.wrong)


def test_dense_books_stay_silent_rather_than_wrong() -> None:
    score = evaluate(month(77, orders=2500))
    assert score.false == 0, score.wrong


def save() -> None:
    """Write the baseline anew."""
    scores = {f"month-{seed}": evaluate(month(seed)) for seed in SEEDS}
    plain = {
        name: {"provable": score.provable, "recall": score.recall, "confirmed": score.confirmed}
        for name, score in scores.items()
    }
    BASELINE.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    save()
