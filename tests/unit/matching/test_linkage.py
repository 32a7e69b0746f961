"""Pairs proposed by words, amount and day together, inside and beyond the gates; never confirmed."""

import json
import random
from datetime import timedelta
from decimal import Decimal

import numpy as np

from awra_desk.matching import Decisions
from tests.unit.matching.builders import confirmed, item, left_open, pair, run, suggested

NAMES = [
    f"{one}{two}{three} {trade}"
    for one in "BDFGKLMNRST"
    for two in "aeiou"
    for three in ("mani", "kolo", "venda")
    for trade in ("Motors", "Bakery")
]


def books(count: int = 160, *, drift: int = 0, lag: int = 6) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """So many payments under rare names, later than the window allows."""
    chance = random.Random(5)
    source, ledger = [], []
    for at, name in enumerate(chance.sample(NAMES, count)):
        amount = chance.randrange(1000, 90_000)
        source.append(item(f"s{at:03d}", amount, day=1 + at % 20, description=name.upper()[:9]))
        ledger.append(item(f"l{at:03d}", amount - drift, day=1 + at % 20 + lag % 9, description=f"TRF {name}"))
    return source, ledger


def test_rare_words_propose_what_is_late() -> None:
    source, ledger = books()
    result = run(source, ledger)
    found = suggested(result)
    assert sum(found.get(pair(f"s{at:03d}", f"l{at:03d}")) == "DATE_CUTOFF" for at in range(160)) >= 155
    assert not confirmed(result)


def test_rare_words_propose_another_amount() -> None:
    source, ledger = books(drift=25, lag=1)
    found = suggested(run(source, ledger))
    assert sum(found.get(pair(f"s{at:03d}", f"l{at:03d}")) == "AMOUNT_DIFFERENCE" for at in range(160)) >= 155


def test_the_waterfall_adds_up_and_names_the_gates() -> None:
    source, ledger = books(drift=25, lag=1)
    members = run(source, ledger, before_days=0, after_days=0).members
    facts = [json.loads(text) for text in members["explanation"].tolist()]
    linked = [(data, score) for data, score in zip(facts, members["score"].tolist(), strict=True) if "weights" in data]
    assert linked
    for data, score in linked:
        assert abs(sum(value for _, value in data["parts"]) - score) < 1e-9
        assert data["blocks"] == ["amount", "late"]
        assert score < 0.9


def test_rivals_are_ranked_with_their_scores() -> None:
    source, ledger = books(drift=25, lag=1)
    twice = [row | {"id": f"z{row['id']}", "date": row["date"] + timedelta(days=5)} for row in ledger[:40]]
    members = run(source, [*ledger, *twice]).members
    named = 0
    for text, score, name in zip(
        members["explanation"].tolist(), members["score"].tolist(), members["id"].tolist(), strict=True
    ):
        rivals = json.loads(text).get("rivals", [])
        assert [value for _, _, value in rivals] == sorted((value for _, _, value in rivals), reverse=True)
        assert all(value < score for _, _, value in rivals)
        assert len(rivals) <= 5
        named += name[:1] == "s" and ["ledger", f"z{name.replace('s', 'l')}"] in [rival[:2] for rival in rivals]
    assert named >= 20


def test_a_wide_tolerance_says_inexact() -> None:
    source, ledger = books(drift=25, lag=1)
    members = run(source, ledger, tolerance=Decimal(1)).members
    facts = [json.loads(text) for text in members["explanation"].tolist()]
    assert {tuple(data["blocks"]) for data in facts if "weights" in data} == {("inexact",)}


def test_without_the_pass_nothing_goes_beyond_the_gates() -> None:
    source, ledger = books()
    assert not suggested(run(source, ledger, passes=("keys", "tolerance")))


def test_what_was_refused_is_not_proposed_again() -> None:
    source, ledger = books()
    refused = Decisions(rejected=frozenset({frozenset({("source", "s003"), ("ledger", "l003")})}))
    assert pair("s003", "l003") in suggested(run(source, ledger))
    assert pair("s003", "l003") not in suggested(run(source, ledger, decisions=refused))


def test_few_rows_without_words_stay_open_and_say_why() -> None:
    result = run([item("a", 484723, day=1)], [item("x", 484723, day=20)])
    assert not suggested(result)
    assert set(left_open(result)) == {"s:a", "l:x"}


def test_identifiers_that_disagree_are_never_linked() -> None:
    source, ledger = books()
    source[3]["references"], ledger[3]["references"] = "ch_1AbCdEfGh", "ch_9ZyXwVuTs"
    assert pair("s003", "l003") not in suggested(run(source, ledger))


def test_neighbouring_numbers_are_not_alike() -> None:
    source = [
        item("a", 1000, day=1, description="invoice 100041"),
        item("b", 2000, day=1, description="invoice 100042"),
    ]
    ledger = [item("x", 1500, day=9, description="bill 100043")]
    assert not suggested(run(source, ledger))


def test_the_order_of_rows_does_not_matter() -> None:
    source, ledger = books(drift=25)
    chance = random.Random(3)
    first = run(source, ledger)
    again = run(chance.sample(source, len(source)), chance.sample(ledger, len(ledger)))
    assert first.digest == again.digest
    assert list(first.members.rows()) == list(again.members.rows())


def test_a_row_is_proposed_once() -> None:
    source, ledger = books()
    twice = [row | {"id": f"z{row['id']}"} for row in ledger]
    members = run(source, [*ledger, *twice]).members
    ids = [f"{side}{name}" for side, name in zip(members["side"].tolist(), members["id"].tolist(), strict=True)]
    assert len(ids) == len(set(ids))


def test_a_delay_beyond_every_reach_is_not_proposed() -> None:
    source, ledger = books()
    ledger = [row | {"date": row["date"] + timedelta(days=90)} for row in ledger]
    assert not suggested(run(source, ledger))


def test_scores_are_plain_numbers() -> None:
    source, ledger = books()
    scores = run(source, ledger).members["score"]
    assert scores.dtype == np.float64
    assert ((scores > 0) & (scores <= 1)).all()
