"""The corpus under each ready-made rule set: a rule may find more, never something false, and never less."""

import json

import pytest

from awra_desk.matching import MatchConfig
from awra_desk.services.rule_sets import names, rule_set
from tests.evaluation.corpus import evaluate, month
from tests.evaluation.test_matching_corpus import BASELINE
from tests.soak import scaled


@pytest.mark.parametrize("name", names())
def test_no_ready_made_set_confirms_what_is_false(name: str) -> None:
    saved = json.loads(BASELINE.read_text("utf-8"))["month-1"]
    score = evaluate(month(1), MatchConfig().with_rules(rule_set(name)))
    assert score.false == 0, score.wrong
    assert score.recall >= saved["recall"]


@pytest.mark.soak
@pytest.mark.parametrize("name", names())
def test_no_ready_made_set_confirms_what_is_false_in_many_months(name: str) -> None:
    for seed in range(100, 100 + scaled(60)):
        score = evaluate(month(seed, orders=150), MatchConfig().with_rules(rule_set(name)))
        assert score.false == 0, (seed, score.wrong)
