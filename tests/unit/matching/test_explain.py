"""Explanations: typed data, and words made from them."""

import json

from awra_desk.matching import render_why, sentences
from tests.unit.matching.builders import item, run


def test_parts_add_up_to_the_score() -> None:
    source = [item("a", 1000, "INV-1001"), item("b", 484723), item("c", 5000), item("d", 700, "PAY-2002")]
    ledger = [item("x", 1000, "INV-1001"), item("y", 484723), item("z", 5000, day=6), item("w", 800, "PAY-2002")]
    members = run(source, ledger).members
    for score, text in zip(members["score"].tolist(), members["explanation"].tolist(), strict=True):
        assert json.loads(text)["version"] == 1
        assert abs(render_why(text)[-1].total - score) < 1e-9


def test_words_begin_with_the_reason() -> None:
    members = run([item("a", 1000, "INV-1001")], [item("x", 1250, "INV-1001", day=7)]).members
    (first, _) = sentences(members["explanation"].tolist(), members["reason"].tolist())
    assert first.startswith("AMOUNT_DIFFERENCE: ")
    assert "inv1001" in first
    assert "2.50" in first
    assert "ledger 2 days later" in first


def test_the_quick_way_says_what_the_full_way_says() -> None:
    members = run([item("a", 1000, "INV-1001", day=None)], [item("x", 1000, "INV-1001")]).members
    text = members["explanation"][0]
    spaced = json.dumps(json.loads(text))
    assert sentences([text], [""]) == sentences([spaced], [""]) == ["reference agrees (inv1001); a date is missing"]


def test_rivals_are_named() -> None:
    members = run([item("a", 484723)], [item("x", 484723), item("y", 484723, day=8)]).members
    assert json.loads(members["explanation"][0])["rivals"] == [["ledger", "y", 0.62]]
    assert "rivals ledger y (0.62)" in sentences([members["explanation"][0]], ["AMBIGUOUS"])[0]


def test_rivals_of_runs_that_kept_no_score_are_named() -> None:
    told = '{"blocks":["rivals"],"parts":[["date",0.1]],"days":0,"rivals":[["ledger","y"]],"rule":"fuzzy","version":1}'
    assert "rivals ledger y" in sentences([told], ["AMBIGUOUS"])[0]


def test_a_group_tells_its_certificate() -> None:
    members = run([item("a", 120513), item("b", 75231), item("c", 310177)], [item("x", 505921)]).members
    assert render_why(members["explanation"][0])[0].value == "1 of 1 subsets of 3 candidates"
