"""Rows without keys, found by words, amounts and days: good enough, no worse than saved, nothing confirmed wrongly."""

import json

import pytest

from tests.evaluation.linkage_corpus import BASELINE, FRESH, KNOWN, batches, cases, measure, verdict
from tests.evaluation.scoring import least_share
from tests.evaluation.two_sided import MODELS, two_sided
from tests.soak import is_full, scaled

BARS = {"transfers": 0.965, "cards": 0.965, "invoices": 0.965, "bank": 0.93}
WHOLE_GROUPS = 0.6
WHOLE_BATCHES, BATCHED, PRECISE = 0.55, 0.78, 0.95  # of batches that nothing names


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
def test_batches_that_nothing_names():
    saved = json.loads(BASELINE.read_text("utf-8"))
    every = []
    whole = is_full()
    books = [*batches(KNOWN, daily=100 if whole else 15), *(batches(FRESH) if whole else ())]
    for case in books:
        now = measure(case)
        assert now.confirmed.hits == now.confirmed.found, case.name
        every.append(now)
        if case.name in saved:
            assert verdict(now.all, saved[case.name]["low"], saved[case.name]["high"]) != "lose", (case.name, now.all)
    assert sum(now.all.hits for now in every) / sum(now.all.found for now in every) >= PRECISE
    assert sum(now.groups for now in every) / len(every) >= WHOLE_BATCHES
    assert sum(now.all.f1 for now in every) / len(every) >= BATCHED


@pytest.mark.soak
def test_many_seeds_confirm_nothing_wrongly():
    for seed in range(100, 100 + scaled(40)):
        for case in cases(seed, rows=1000, events=200):
            now = measure(case)
            assert now.confirmed.hits == now.confirmed.found, case.name


@pytest.mark.soak
def test_what_is_confirmed_without_references_is_as_good_as_certain():
    """The lower end of the interval of its precision; a twentieth of the rows can prove no more than they are many."""
    measured = [measure(two_sided(model, FRESH, scaled(20_000))).confirmed for model in MODELS]
    found, hits = sum(one.found for one in measured), sum(one.hits for one in measured)
    assert hits == found
    assert least_share(hits, found) >= (0.999 if is_full() else 0.97)


@pytest.mark.parametrize(("hits", "found", "least"), [(0, 0, 0.0), (3000, 3000, 0.999), (2999, 3000, 0.9984)])
def test_the_least_share_that_hits_prove(hits, found, least):
    assert least_share(hits, found) == pytest.approx(least, abs=5e-5)
