"""What change of a person's rule would have matched: told with its words, and true when the rule is changed so."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from awra_desk.matching import Change, MatchConfig, change_words, match, rule_changes
from awra_desk.matching.rules import Action, Calendar, Condition, Dates, Key, Rule, RuleSet, TextTest, Tolerance
from tests.unit.matching.builders import confirmed, item, pair, side

TILLS = Condition(kinds=("till",))
WEEK = ("office days", Calendar(holidays=(date(2026, 10, 20),)))
BY_DATE = Rule("tills", TILLS, TILLS, action=Action.CONFIRM, dates=Dates(0, 2, WEEK[0]))
BY_KEY = Rule(
    "slips", Condition(text=TextTest(regex=r"slip (?P<slip>\d+)")), TILLS, action=Action.CONFIRM,
    key=Key(("slip",), ("references",)), tolerance=Tolerance(Decimal("0.10")),
)  # fmt: skip


def told(source, ledger, *rules):
    """The changes of the nearest candidate of the first open item, what they lead to, and the settings."""
    config = MatchConfig().with_rules(RuleSet(rules, calendars=(WEEK,)))
    result = match(side([source]), side([ledger]), config)
    near = json.loads(result.open["candidates"][0])[0]
    return [Change.read(held) for held in near.get("changes", ())], near.get("then", ""), config


def test_working_days_of_a_calendar_are_told_and_true() -> None:
    # Friday to Wednesday, a holiday on Tuesday: Monday, Wednesday and one to spare
    source, ledger = item("a", 484_723, day=16, kind="till"), item("x", 484_723, day=22, kind="till")
    changes, then, config = told(source, ledger, BY_DATE)
    assert (changes, then) == ([Change("rule_after_days", "3", rule="tills", calendar="office days")], "confirmed")
    assert change_words(changes, then) == (
        "Would be confirmed if rule tills let the ledger follow 3 working days of office days later"
    )
    changed = RuleSet((replace(BY_DATE, dates=Dates(0, 3, WEEK[0])),), calendars=(WEEK,))
    assert confirmed(match(side([source]), side([ledger]), config.with_rules(changed))) == {pair("a", "x")}
    less = RuleSet((replace(BY_DATE, dates=Dates(0, 2, WEEK[0])),), calendars=(WEEK,))
    assert not confirmed(match(side([source]), side([ledger]), config.with_rules(less)))


def test_a_rules_tolerance_is_told() -> None:
    rule = replace(BY_DATE, tolerance=Tolerance(Decimal("0.10")))
    source, ledger = item("a", 484_723, day=16, kind="till"), item("x", 484_758, day=16, kind="till")
    changes, then, _ = told(source, ledger, rule)
    assert (changes, then) == ([Change("rule_tolerance", "0.35", rule="tills")], "suggested")
    assert change_words(changes, then) == "Would be suggested if rule tills allowed 0.35"


@pytest.mark.parametrize(
    ("ledger", "rule"),
    [
        (item("x", 484_723, day=22, kind="bank"), BY_DATE),
        (item("x", 484_758, day=22, kind="till"), BY_DATE),
        (item("x", -484_723, day=22, kind="till"), BY_DATE),
        (item("x", 484_723, day=22, kind="till"), replace(BY_DATE, enabled=False)),
        (item("x", 484_723, day=22, kind="till"), replace(BY_DATE, shapes=("1:N",))),
        (item("x", 484_758, "9", day=16, kind="till"), BY_KEY),
    ],
    ids=["condition", "two gates", "sign", "switched off", "shape", "no key"],
)
def test_nothing_is_told_that_is_not_one_gate_of_a_rule(ledger, rule) -> None:
    changes, _, _ = told(item("a", 484_723, day=16, kind="till"), ledger, rule)
    assert not any(change.rule for change in changes)


def test_what_does_not_hold_when_run_again_is_not_told(monkeypatch) -> None:
    monkeypatch.setattr(rule_changes, "_status", lambda members, both: "")
    source, ledger = item("a", 484_723, day=16, kind="till"), item("x", 484_723, day=22, kind="till")
    changes, then, _ = told(source, ledger, BY_DATE)
    assert not then
    assert not any(change.rule for change in changes)


def test_the_work_is_bounded(monkeypatch) -> None:
    runs = []
    kept = rule_changes._status
    monkeypatch.setattr(rule_changes, "_status", lambda members, both: (runs.append(both), kept(members, both))[1])
    source = [item(f"a{at:02d}", 484_723 + 7_919 * at, day=12, kind="till") for at in range(20)]
    ledger = [{**row, "id": f"x{row['id']}", "date": date(2026, 10, 20)} for row in source]
    match(side(source), side(ledger), MatchConfig().with_rules(RuleSet((BY_DATE,), calendars=(WEEK,))))
    assert 0 < len(runs) <= rule_changes.MOST
