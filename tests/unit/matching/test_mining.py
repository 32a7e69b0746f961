"""What people's matches point to: names, words, differences and lags they have in common, and what speaks against."""

from decimal import Decimal

from awra_desk.matching import Decisions, MatchConfig, match
from awra_desk.matching.backtest import EXCLUDED, MATCHED, REJECTED, Outcome, contradictions
from awra_desk.matching.mining import mine
from awra_desk.matching.rules import Dates, Key
from tests.unit.matching.builders import item, pair, side, suggested


def decided(*pairs, rejected=()):
    def members(pairs):
        return [(("ledger", theirs), ("source", ours)) for ours, theirs in pairs]

    return Decisions(confirmed=tuple(members(pairs)), rejected=frozenset(map(frozenset, members(rejected))))


def named(names, theirs="ACH NBO"):
    source = [item(f"s{n}", 1_000 + n, counterparty="Acme Holdings") for n in names]
    return source, [item(f"l{n}", 1_000 + n, counterparty=theirs) for n in names]


def test_one_name_for_another_twice_is_an_alias():
    source, ledger = named(range(3))
    once = mine(side(source), side(ledger), decided(("s0", "l0")), MatchConfig())
    assert once == []
    (found,) = mine(side(source), side(ledger), decided(("s0", "l0"), ("s1", "l1")), MatchConfig())
    assert (found.name, found.support, found.against) == ("Acme Holdings = ACH NBO", 2, 0)
    assert found.pairs == (("s0", "l0"), ("s1", "l1"))
    again = MatchConfig().with_rules(found.rules)
    assert mine(side(source), side(ledger), decided(("s0", "l0"), ("s1", "l1")), again) == []


def test_rejections_speak_against_an_alias():
    source, ledger = named(range(4))
    matched = [("s0", "l0"), ("s1", "l1")]
    (found,) = mine(side(source), side(ledger), decided(*matched, rejected=[("s2", "l2")]), MatchConfig())
    assert found.against == 1
    refused = decided(*matched, rejected=[("s2", "l2"), ("s3", "l3")])
    assert mine(side(source), side(ledger), refused, MatchConfig()) == []


def test_a_name_inside_the_other_needs_no_alias():
    source, ledger = named(range(3), theirs="ACME HOLDINGS LTD")
    assert mine(side(source), side(ledger), decided(("s0", "l0"), ("s1", "l1")), MatchConfig()) == []


def alike(count, *, diff=0, lag=0, reference=False, kind="tip"):
    source, ledger, pairs = [], [], []
    for n in range(count):
        key = f"TIP-{4000 + n}" if reference else ""
        source.append(item(f"s{n}", 10_000 + 731 * n, key, day=2 + n, kind=kind))
        ledger.append(item(f"l{n}", 10_000 + 731 * n + diff, key, day=2 + n + lag, description=f"Waiter pool {n}"))
        pairs.append((f"s{n}", f"l{n}"))
    ledger += [item(f"o{n}", 77_000 + n, description="Sales") for n in range(6)]
    return side(source), side(ledger), pairs


def test_a_constant_difference_becomes_a_rule_by_word_and_offset():
    source, ledger, pairs = alike(3, diff=-3_400)
    (found,) = mine(source, ledger, decided(*pairs), MatchConfig())
    rule = found.rules.rules[0]
    assert (found.name, found.support) == ("tip-pool-34.00", 3)
    assert (rule.source.kinds, rule.source.currencies) == (("tip",), ("USD",))
    assert rule.ledger.text.contains == ("pool",)
    assert rule.tolerance is not None
    assert rule.tolerance.offset == Decimal("-34.00")
    new = match(source, ledger, MatchConfig().with_rules(found.rules))
    assert {pair(*each) for each in pairs} <= set(suggested(new))


def test_a_longer_lag_becomes_the_rules_own_dates():
    source, ledger, pairs = alike(3, lag=9)
    (found,) = mine(source, ledger, decided(*pairs), MatchConfig())
    assert found.rules.rules[0].dates == Dates(1, 9)
    assert found.rules.rules[0].tolerance is None


def test_a_shared_reference_becomes_the_rules_key():
    source, ledger, pairs = alike(3, diff=-3_400, reference=True)
    (found,) = mine(source, ledger, decided(*pairs), MatchConfig())
    assert found.rules.rules[0].key == Key(("references",), ("references",))
    assert found.rules.rules[0].dates is None


def test_a_word_that_everybody_says_points_nowhere():
    source, ledger, pairs = alike(3, diff=-3_400)
    common = ledger.take(range(3))
    assert mine(source, common, decided(*pairs), MatchConfig()) == []


def test_what_was_rejected_as_often_is_no_rule():
    source, ledger, pairs = alike(6, diff=-3_400)
    found = mine(source, ledger, decided(*pairs[:3], rejected=pairs[3:]), MatchConfig())
    assert found == []


def outcome(status, *names):
    members = tuple(sorted(("source" if name[0] == "s" else "ledger", name) for name in names))
    return Outcome(members, status, "rule:r")


def against(found, decisions):
    return [each.decided for each in contradictions([found], decisions)]


def test_what_contradicts_a_match_by_people():
    decisions = decided(("s0", "l0"))
    assert against(outcome("confirmed", "s0", "l0"), decisions) == []
    assert against(outcome("suggested", "s0", "l0", "l1"), decisions) == []  # the tie holds what they chose
    assert against(outcome("suggested", "s0", "l1"), decisions) == [MATCHED]
    assert against(outcome("confirmed", "s0", "l0", "l1"), decisions) == [MATCHED]
    assert against(outcome("confirmed", "s1", "l1"), decisions) == []


def test_what_contradicts_a_rejection_or_an_exclusion():
    decisions = Decisions(
        rejected=frozenset({frozenset({("source", "s0"), ("ledger", "l0")})}), excluded=frozenset({("source", "s9")})
    )
    assert against(outcome("suggested", "s0", "l0"), decisions) == [REJECTED]
    assert against(outcome("suggested", "s0", "s1", "l0"), decisions) == [REJECTED]
    assert against(outcome("suggested", "s0", "l1"), decisions) == []
    assert against(outcome("confirmed", "s9", "l1"), decisions) == [EXCLUDED]
    assert against(outcome("suggested", "s9", "l1"), decisions) == []
