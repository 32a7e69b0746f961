"""What would have matched: the change that is named is made, the engine runs again, and the pair is what was said."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.matching import Change, Decisions, MatchConfig, MatchResult, change_words, match
from tests.evaluation.bank_month import bank_month
from tests.evaluation.corpus import month
from tests.evaluation.two_sided import two_sided
from tests.soak import scaled
from tests.unit.matching.builders import item, run, side

Rows = list[dict[str, Any]]
Found = tuple[tuple[str, str], str, list[Change], str]
OTHER = {"source": "ledger", "ledger": "source"}


def remedies(result: MatchResult) -> Iterator[Found]:
    """Open row, candidate, changes and what they lead to."""
    columns = (result.open[name].tolist() for name in ("side", "id", "candidates"))
    for where, name, text in zip(*columns, strict=True):
        for near in json.loads(text) if text else ():
            yield (
                (where, name),
                near["id"],
                [Change.read(held) for held in near.get("changes", ())],
                near.get("then", ""),
            )


def after(
    change: Change, found: Found, sides: dict[str, Rows], config: MatchConfig, result: MatchResult
) -> MatchResult:
    """The run with one change made."""
    pair = frozenset({found[0], (OTHER[found[0][0]], found[1])})
    decisions, row = Decisions.none(), (change.side, change.id)
    sides = {name: [dict(one) for one in rows] for name, rows in sides.items()}
    mine = next((one for one in sides.get(change.side, ()) if one["id"] == change.id), {})
    if change.kind == "tolerance":
        config = replace(config, tolerance=Decimal(change.value), tolerance_by_currency={})
    elif change.kind in ("before_days", "after_days"):
        config = replace(config, **{change.kind: int(change.value)})
    elif change.kind == "date":
        mine["date"] = date.fromisoformat(change.value)
    elif change.kind == "sign":
        mine["amount"] *= -1
    elif change.kind == "reference":
        mine["references"] = change.value
    elif change.kind in ("exclude", "twin"):
        decisions = replace(decisions, excluded=frozenset({row}))
    elif change.kind == "undo":
        decisions = replace(decisions, rejected=frozenset({frozenset(members_of(result, row))}))
    else:
        raise AssertionError(change)
    assert pair
    return match(side(sides["source"]), side(sides["ledger"]), config, decisions=decisions)


def members_of(result: MatchResult, row: tuple[str, str]) -> list[tuple[str, str]]:
    """The match that a row is in."""
    columns = [result.members[name].tolist() for name in ("side", "id", "match_id")]
    match_of = {(where, name): found for where, name, found in zip(*columns, strict=True)}
    return [member for member, found in match_of.items() if row in match_of and found == match_of[row]]


def status(result: MatchResult, found: Found) -> str:
    """The status of the match that holds both rows, "" for none."""
    other = (OTHER[found[0][0]], found[1])
    together = members_of(result, found[0])
    if other not in together:
        return ""
    columns = (result.members[name].tolist() for name in ("side", "id", "status"))
    return next(state for where, name, state in zip(*columns, strict=True) if (where, name) == found[0])


def holds(found: Found, sides: dict[str, Rows], config: MatchConfig, result: MatchResult) -> bool:
    """Whether the change leads to what was said, a confirmation being more than a suggestion."""
    now = status(after(found[2][0], found, sides, config, result), found)
    return now in ("confirmed", found[3])


AMOUNTS = [1000, 1000, 1035, 1100, 2000, 2100, 484723, 484725, 484758, 12345, -1000, -1035, -484723]
REFERENCES = ["", "", "", "ORD-1001", "ORD-1002", "INV-77", "INV-78", "ch_1AbCdEfGh", "ch_1AbCdEfHg"]
TEXTS = ["", "", "coffee", "order ORD-1001", "Kamau Wanjiru coffee", "rent for the shop"]


@st.composite
def items(draw: st.DrawFn, prefix: str) -> Rows:
    """Rows drawn from few values, so that they collide and come near."""
    return [
        item(
            f"{prefix}{number}",
            draw(st.sampled_from(AMOUNTS)),
            draw(st.sampled_from(REFERENCES)),
            day=draw(st.sampled_from([None, 1, 4, 5, 5, 6, 9, 20])),
            description=draw(st.sampled_from(TEXTS)),
            counterparty=draw(st.sampled_from(["", "", "Kamau Wanjiru"])),
            kind=draw(st.sampled_from(["", "", "payout", "charge"])),
            batch=draw(st.sampled_from(["", "", "", "po_77AB"])),
            channel=draw(st.sampled_from(["", "", "fees"])),
        )
        for number in range(draw(st.integers(1, 7)))
    ]


SETTINGS = st.fixed_dictionaries(
    {
        "tolerance": st.sampled_from(["0", "0.02", "5"]).map(Decimal),
        "percent": st.sampled_from(["0", "0.5"]).map(Decimal),
        "partial": st.booleans(),
    }
)


@given(source=items("s"), ledger=items("l"), chosen=SETTINGS)
def test_the_named_change_is_true(source: Rows, ledger: Rows, chosen: dict[str, Any]) -> None:
    config, sides = MatchConfig(**chosen), {"source": source, "ledger": ledger}
    result = match(side(source), side(ledger), config)
    for found in remedies(result):
        if found[3]:
            assert len(found[2]) == 1
            assert holds(found, sides, config, result), found


@pytest.mark.soak
def test_the_named_change_is_true_in_whole_months() -> None:
    made = 0
    for seed in range(1, 1 + scaled(20)):
        for case in (month(seed, 60), bank_month(seed, 80), two_sided("invoices", seed, 120)):
            config, sides = MatchConfig(), {"source": case.source, "ledger": case.ledger}
            result = match(side(case.source), side(case.ledger), config)
            for found in [found for found in remedies(result) if found[3]][:12]:
                made += 1
                assert holds(found, sides, config, result), (case.name, found)
    assert made


@pytest.mark.parametrize(
    ("source", "ledger", "settings", "changes", "then"),
    [
        ([item("a", 484723)], [item("x", 484758)], {}, [Change("tolerance", "0.35")], "suggested"),
        ([item("a", 484723)], [item("x", 484723, day=11)], {}, [Change("after_days", "6")], "confirmed"),
        ([item("a", 1000)], [item("x", 1000, day=11)], {}, [Change("after_days", "6")], "suggested"),
        ([item("a", 484723)], [item("x", 484723, day=2)], {}, [Change("before_days", "3")], "confirmed"),
        (
            [item("a", 1000)],
            [item("x", 1000, "CH_3Q", day=25)],
            {},
            [Change("reference", "CH_3Q", "source", "a")],
            "confirmed",
        ),
        ([item("a", 484723)], [item("x", -484723)], {}, [Change("sign", "", "source", "a")], "suggested"),
        (
            [item("a", 484723, day=None)],
            [item("x", 484723)],
            {},
            [Change("date", "2026-10-05", "source", "a")],
            "suggested",
        ),
        (
            [item("a", 484723)],
            [item("x", 484758, day=20)],
            {},
            [Change("tolerance", "0.35"), Change("after_days", "15")],
            "",
        ),
        (
            [item("a", 484723)],
            [item("x", 484750), item("y", 484696)],
            {},
            [Change("tolerance", "0.27"), Change("exclude", "", "ledger", "x")],
            "",
        ),
    ],
)  # fmt: skip
def test_what_would_have_matched(
    source: Rows, ledger: Rows, settings: dict[str, Any], changes: list[Change], then: str
) -> None:
    found = {row: (held, leads) for row, _, held, leads in reversed(list(remedies(run(source, ledger, **settings))))}
    assert found["source", "a"] == (changes, then)


def test_a_twin_in_the_way_is_named() -> None:
    source = [item("a", 484723, description="tea"), item("b", 484723, description="tea")]
    found = next(remedies(run(source, [item("x", 484723, day=11)])))
    assert found[2:] == ([Change("after_days", "6"), Change("twin", "", "source", "b")], "")


def test_a_rejected_pair_says_so() -> None:
    refused = Decisions(rejected=frozenset({frozenset({("source", "a"), ("ledger", "x")})}))
    found = next(remedies(run([item("a", 484723)], [item("x", 484723)], decisions=refused)))
    assert found[2:] == ([Change("allow")], "suggested")


def test_the_words_of_changes() -> None:
    assert change_words([], "") == ""
    assert (
        change_words([Change("tolerance", "0.35")], "suggested")
        == "Would be suggested if the amount tolerance allowed 0.35"
    )
    both = [Change("tolerance", "0.35"), Change("exclude", "", "ledger", "x")]
    assert change_words(both, "", lambda side, row: f"{side} {row}") == (
        "No single change suffices: only if the amount tolerance allowed 0.35 and ledger x were excluded"
    )
