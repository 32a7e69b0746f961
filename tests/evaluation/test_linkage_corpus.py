"""Rows without keys, found by words, amounts and days: good enough, no worse than saved, nothing confirmed wrongly."""

import json

import pytest

from tests.evaluation.linkage_corpus import BASELINE, FRESH, KNOWN, cases, measure, verdict
from tests.soak import scaled

BARS = {"transfers": 0.965, "cards": 0.965, "invoices": 0.965, "bank": 0.93}
WHOLE_GROUPS = 0.6


@pytest.mark.parametrize("seed", [KNOWN, FRESH])
def test_what_words_amounts_and_days_find(seed):
    saved = json.loads(BASELINE.read_text("utf-8"))
    for case in cases(seed):
        now, kind = measure(case), case.name.split("-")[0]
        assert now.confirmed.hits == now.confirmed.found, case.name
        assert now.all.f1 >= BARS[kind], (case.name, now.all)
        assert now.groups >= WHOLE_GROUPS, (case.name, now.groups)
        if case.name in saved:
            assert verdict(now.all, saved[case.name]["low"], saved[case.name]["high"]) != "lose", (case.name, now.all)


@pytest.mark.soak
def test_many_seeds_confirm_nothing_wrongly():
    for seed in range(100, 100 + scaled(40)):
        for case in cases(seed, rows=1000, events=200):
            now = measure(case)
            assert now.confirmed.hits == now.confirmed.found, case.name
