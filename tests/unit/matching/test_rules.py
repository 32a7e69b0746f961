"""Rules as data: what they narrow, what they may confirm, and that without them nothing is different."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.matching import Decisions, MatchConfig, RuleSet, match, parse_rules
from awra_desk.ports.columns import TEXT, column
from tests.unit.matching.builders import confirmed, item, pair, side, suggested

RECEIPTS = """
[[rules]]
name = "receipt"
action = "confirm"
[rules.when.source]
kinds = ["charge"]
[rules.when.ledger]
text = { regex = 'PAYBILL no(?P<receipt>[A-Z0-9]{10})' }
[rules.key]
source = "references"
ledger = "receipt"
"""
BY_AMOUNT = """
[[rules]]
name = "payout"
action = "confirm"
[rules.when.source]
kinds = ["payout"]
[rules.when.ledger]
text = { contains = ["stripe"] }
"""


def run(source, ledger, rules="", *, decisions=None, **settings):
    config = MatchConfig(**settings).with_rules(parse_rules(rules))
    return match(side(source), side(ledger), config, decisions=decisions)


def paybill(name, amount, receipt, **more):
    return item(name, amount, description=f"PAYBILL no{receipt}-x John", **more)


def why(result, name):
    row = next(row for row in result.members.dicts() if row["id"] == name)
    return row["rule"], json.loads(row["explanation"])


def test_a_key_inside_a_word_is_found_by_a_named_group():
    source = [item(name, 150_000, f"QJK12AB34{name}", kind="charge") for name in "CD"]
    ledger = [paybill("x", 150_000, "QJK12AB34C"), paybill("y", 150_000, "QJK12AB34D")]
    assert confirmed(run(source, ledger)) == set()
    found = run(source, ledger, RECEIPTS)
    assert confirmed(found) == {pair("C", "x"), pair("D", "y")}
    rule, facts = why(found, "x")
    assert rule == "rule:receipt"
    assert facts["note"] == "rule receipt"


def test_a_rule_that_suggests_never_confirms():
    source, ledger = [item("a", 150_000, "QJK12AB34C", kind="charge")], [paybill("x", 150_000, "QJK12AB34C")]
    found = run(source, ledger, RECEIPTS.replace('"confirm"', '"suggest"'))
    assert confirmed(found) == set()
    assert suggested(found) == {pair("a", "x"): "AMBIGUOUS"}
    assert why(found, "x")[1]["blocks"] == ["action"]
    assert max(found.members["score"]) < MatchConfig().floor


def test_conditions_are_gates_so_a_rival_outside_them_is_none():
    source = [item("a", 484_723, kind="payout"), item("b", 484_723, kind="charge")]
    ledger = [item("x", 484_723, description="STRIPE PAYMENTS UK")]
    assert confirmed(run(source, ledger)) == set()
    assert confirmed(run(source, ledger, BY_AMOUNT)) == {pair("a", "x")}


def test_amount_alone_needs_under_a_rule_what_it_always_needs():
    two = [item("a", 484_723, kind="payout"), item("b", 484_723, kind="payout")]
    one = [item("x", 484_723, description="STRIPE")]
    assert confirmed(run(two, one, BY_AMOUNT)) == set()  # a rival
    crowd = [item(f"c{n}", 100_000, kind="payout", day=9) for n in range(3)]
    round_ = [item("a", 100_000, kind="payout", day=5)], [item("x", 100_000, description="STRIPE", day=5)]
    assert confirmed(run([*round_[0], *crowd], round_[1], BY_AMOUNT)) == set()  # a coincidence
    near = [item("x", 484_700, description="STRIPE")]
    assert confirmed(run(two[:1], near, BY_AMOUNT + '[rules.tolerance]\namount = "1"\n')) == set()  # not exact


def test_a_reference_outranks_a_rule_by_amount():
    source = [item("a", 484_723, "INV-2001", kind="payout")]
    ledger = [item("x", 484_723, "INV-2002", description="STRIPE"), item("y", 484_000, "INV-2001", description="y")]
    assert pair("a", "x") not in confirmed(run(source, ledger, BY_AMOUNT))


def test_an_identifier_that_disagrees_stops_a_rule():
    source = [item("a", 1_000, "X-77\nch_1abcdefgh", kind="charge")]
    ledger = [item("x", 1_000, "ch_2zzzzzzzz", description="PAYBILL noX-77")]
    rules = RECEIPTS.replace("[A-Z0-9]{10}", "X-77")
    assert confirmed(run(source, ledger, rules)) == set()
    assert why(run(source, ledger, rules), "x")[1]["blocks"] == ["hard"]


def test_a_person_who_said_no_outranks_a_rule():
    source, ledger = [item("a", 150_000, "QJK12AB34C", kind="charge")], [paybill("x", 150_000, "QJK12AB34C")]
    no = Decisions(rejected=frozenset({frozenset({("source", "a"), ("ledger", "x")})}))
    result = run(source, ledger, RECEIPTS, decisions=no)
    assert confirmed(result) == set()
    assert suggested(result) == {}


@pytest.mark.parametrize(
    ("ledger_amount", "direction", "is_confirmed"),
    [(990, "both", True), (1_010, "both", True), (990, "less", True), (1_010, "less", False), (1_010, "more", True),
     (990, "more", False), (1_000, "less", True), (1_000, "more", True), (980, "both", False)],
)  # fmt: skip
def test_a_tolerance_may_be_one_sided(ledger_amount, direction, is_confirmed):
    source = [item("a", 1_000, "QJK12AB34C", kind="charge")]
    ledger = [paybill("x", ledger_amount, "QJK12AB34C")]
    rules = f'{RECEIPTS}[rules.tolerance]\namount = "0.10"\ndirection = "{direction}"\n'
    assert (pair("a", "x") in confirmed(run(source, ledger, rules))) is is_confirmed


def test_a_customary_difference_stays_in_the_match():
    source = [item("a", 150_000, "QJK12AB34C", kind="charge")]
    ledger = [paybill("x", 146_600, "QJK12AB34C")]
    found = run(source, ledger, RECEIPTS + '[rules.tolerance]\noffset = "-34.00"\n')
    assert confirmed(found) == {pair("a", "x")}
    assert sorted(found.members["allocated"].tolist()) == [146_600, 150_000]
    assert why(found, "x")[1]["diff"] == -3_400


@pytest.mark.parametrize(
    ("sold", "booked", "after", "is_confirmed"),
    [
        (2, 5, 1, True),  # Friday to Monday is one working day
        (2, 6, 1, False),
        (3, 5, 0, True),  # Saturday counts as the Monday after it
        (9, 13, 1, True),  # Monday the 12th is a holiday
        (9, 14, 1, False),
    ],
)
def test_lags_count_working_days(sold, booked, after, is_confirmed):
    source = [item("a", 150_000, "QJK12AB34C", kind="charge", day=sold)]
    ledger = [paybill("x", 150_000, "QJK12AB34C", day=booked)]
    rules = f"""{RECEIPTS}[rules.dates]
after_days = {after}
calendar = "ke"
[calendars.ke]
holidays = [2026-10-12]
"""
    found = run(source, ledger, rules)
    assert (confirmed(found) == {pair("a", "x")}) is is_confirmed
    assert why(found, "x")[1]["days"] == booked - sold  # people are told calendar days


def test_one_key_may_stand_for_several_rows_where_the_rule_allows():
    source = [item(name, amount, "QJK12AB34C", kind="charge") for name, amount in (("a", 700), ("b", 800))]
    ledger = [paybill("x", 1_500, "QJK12AB34C")]
    assert confirmed(run(source, ledger, RECEIPTS)) == set()
    several = RECEIPTS.replace('action = "confirm"', 'action = "confirm"\nshapes = ["N:1"]')
    assert confirmed(run(source, ledger, several)) == {frozenset({"s:a", "s:b", "l:x"})}


def test_the_first_rule_that_fits_has_the_row():
    source, ledger = [item("a", 150_000, "QJK12AB34C", kind="charge")], [paybill("x", 150_000, "QJK12AB34C")]
    second = RECEIPTS.replace('"receipt"', '"second"', 1)
    assert why(run(source, ledger, RECEIPTS + second), "x")[0] == "rule:receipt"
    assert why(run(source, ledger, second + RECEIPTS), "x")[0] == "rule:second"
    off = RECEIPTS.replace('action = "confirm"', 'action = "confirm"\nenabled = false')
    assert why(run(source, ledger, off + second), "x")[0] == "rule:second"


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ('kinds = ["CHARGE"]', "ab"),
        ('sign = "out"', "c"),
        ('amount_from = "10"', "bc"),
        ('amount_to = "10.00"', "ab"),
        ('currencies = ["kes"]', "c"),
        ('accounts = ["till"]', "b"),
        ('sources = ["Shop"]', "a"),
        ('text = { contains = ["TIP", "none"] }', "b"),
        ('text = { starts = ["gr"] }', "a"),
        ("text = { regex = '(?i)g.+t$' }", "a"),
        ('counterparty = { contains = ["ﬁsher"] }', "c"),
        ('kinds = ["charge"]\ncounterparty = { starts = ["mary"] }', "b"),
    ],
)
def test_each_condition_chooses_its_rows(condition, rows):
    source = side(
        [
            item("a", 999, "K-10001", kind="charge", description="Great"),
            item("b", 1_000, "K-10002", kind="charge", description="a tip", counterparty="Mary"),
            item("c", -1_001, "K-10003", kind="refund", currency="KES", counterparty="FISHER & Sons"),
        ]
    )
    source = source.with_columns(source=column(TEXT, ["shop", "", ""]), account=column(TEXT, ["", "till", ""]))
    ledger = side([item(f"l{n}", amount, f"K-1000{n}", currency="KES" if n == 3 else "USD")
                   for n, amount in ((1, 999), (2, 1_000), (3, -1_001))])  # fmt: skip
    rules = f'[[rules]]\nname = "r"\naction = "confirm"\n[rules.when.source]\n{condition}\n[rules.key]\n'
    rules += 'source = "references"\nledger = "references"\n'
    found = match(source, ledger, MatchConfig().with_rules(parse_rules(rules)))
    by_rule = {row["id"] for row in found.members.dicts() if row["rule"] == "rule:r" and row["side"] == "source"}
    assert by_rule == set(rows)


def test_no_expression_can_hang_a_run():
    evil = RECEIPTS.replace("PAYBILL no(?P<receipt>[A-Z0-9]{10})", "(?P<receipt>(?:(?:a+)+)+)$")
    source = [item("a", 150_000, "QJK12AB34C", kind="charge")]
    ledger = [item("x", 150_000, description="a" * 50_000 + "!")]
    assert confirmed(run(source, ledger, evil)) == set()


def test_an_alias_is_read_beside_the_ledgers_name_and_said():
    source = [item("a", 1_800, counterparty="Acme Holdings Nairobi"), item("b", 1_800, counterparty="Zebra Works")]
    ledger = [item("x", 1_810, counterparty="ACH NBO", description="one")]
    alias = '[[aliases]]\nsource = "Acme Holdings Nairobi"\nledger = "ach nbo"\n'
    tolerance = {"tolerance": Decimal("0.20")}
    assert suggested(run(source, ledger, **tolerance)) == {frozenset({"s:a", "s:b", "l:x"}): "AMBIGUOUS"}
    found = run(source, ledger, alias, **tolerance)
    assert set(suggested(found)) == {pair("a", "x")}
    assert "alias Acme Holdings Nairobi = ach nbo" in why(found, "x")[1]["note"]


items = st.builds(
    lambda at, amount, day, reference: item(f"i{at}", amount, reference, day=day, kind="charge"),
    st.integers(0, 10**6),
    st.integers(-2_000, 2_000),
    st.integers(1, 9),
    st.sampled_from(["", "K-1001", "K-1002"]),
)
sides = st.lists(items, max_size=6, unique_by=lambda row: row["id"])


@given(sides, sides)
def test_rules_that_are_off_or_speak_of_nobody_change_nothing(source, ledger):
    tables = side(source), side(ledger)
    plain = match(*tables, MatchConfig())
    off = parse_rules(RECEIPTS.replace('action = "confirm"', 'action = "confirm"\nenabled = false'))
    assert match(*tables, MatchConfig().with_rules(off)).digest == plain.digest
    nobody = MatchConfig().with_rules(parse_rules(RECEIPTS.replace("charge", "nobody")))
    found = match(*tables, replace(nobody, rule_version=MatchConfig().rule_version))
    assert found.digest == plain.digest


@given(sides, sides, st.booleans())
def test_a_rule_uses_each_row_once_and_does_not_care_about_their_order(source, ledger, by_key):
    rules = '[[rules]]\nname = "r"\naction = "confirm"\n[rules.when.source]\nkinds = ["charge"]\n'
    rules += '[rules.key]\nsource = "references"\nledger = "references"\n' if by_key else ""
    config = MatchConfig().with_rules(parse_rules(rules))
    found = match(side(source), side(ledger), config)
    members = [(row["side"], row["id"]) for row in found.members.dicts() if row["status"] == "confirmed"]
    assert len(members) == len(set(members))
    assert match(side(source[::-1]), side(ledger[::-1]), config).digest == found.digest


def test_a_rule_set_says_what_it_cannot_do():
    rules = parse_rules(RECEIPTS)
    with pytest.raises(UsageError, match="comes twice"):
        rules.extended(rules)
    with pytest.raises(UsageError, match="no such rule"):
        rules.switched("none", on=True)
    with pytest.raises(UsageError, match="no place 2"):
        rules.moved("receipt", 2)
    assert rules.switched("receipt", on=False).digest == RuleSet().digest == ""
