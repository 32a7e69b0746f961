"""Rules of a reconciliation: stored with their history, back-tested before they are switched on, counted, suggested."""

import pytest

from awra_desk.domain.errors import Refused, UsageError
from awra_desk.matching.config import RULE_VERSION
from awra_desk.services import rules as service
from awra_desk.services.backtest import back_test
from awra_desk.services.engine_run import rules_of
from awra_desk.services.review import match_by_hand, reject, undo, unmatch
from awra_desk.services.rule_counts import rule_counts
from awra_desk.services.rule_sets import names, rule_set
from awra_desk.services.suggest_rules import suggest_rules
from tests.unit.services.conftest import NAME
from tests.unit.services.doubles import row

RULE = """
[[rules]]
name = "till"
action = "confirm"
[rules.when.source]
kinds = ["charge"]
[rules.when.ledger]
text = { regex = 'TILL-(?P<receipt>[A-Z0-9]{10})' }
[rules.key]
source = "references"
ledger = "receipt"
"""
MEMBERS = (("ledger", "books/lines/T1"), ("source", "shop/balance/m1"))


@pytest.fixture
def tills(scene):
    """Two payments of one amount whose receipts stand inside words of the ledger, where no pass looks."""
    for n, letter in ((1, "C"), (2, "D")):
        scene.source.rows.append(row(f"m{n}", 70_000, reference=f"QJK12AB34{letter}"))
        scene.ledger.rows.append(
            row(f"T{n}", 70_000, kind="ledger_line", account="35", text=f"xTILL-QJK12AB34{letter}x")
        )
    scene.pull()
    scene.reconcile()
    return scene


def confirmed(scene):
    with scene.desk.read() as uow:
        table = uow.reconciliations.members(NAME)
    chosen = [found for found in table.dicts() if found["status"] == "confirmed"]
    return {found["id"] for found in chosen if found["rule"].startswith("rule:")}


def switch_on(scene, **more):
    service.add(scene.desk, NAME, RULE, who="amina")
    return service.enable(scene.desk, NAME, "till", who="amina", **more)


def test_a_rule_comes_in_switched_off_and_changes_nothing(tills):
    before = tills.reconcile().run
    changed = service.add(tills.desk, NAME, RULE, who="amina")
    assert not changed.rules.in_force
    assert changed.report is None
    after = tills.reconcile().run
    assert (after.matches_digest, after.inputs_digest) == (before.matches_digest, before.inputs_digest)


def test_what_the_preview_shows_is_what_the_run_gives(tills):
    service.add(tills.desk, NAME, RULE, who="amina")
    tested = back_test(tills.desk, NAME, lambda rules: rules.switched("till", on=True))
    with tills.desk.read() as uow:
        assert rules_of(uow, NAME) == tested.before  # it only looked
    changed = service.enable(tills.desk, NAME, "till", who="amina")
    run = tills.reconcile().run
    assert run.matches_digest == tested.report.digest == changed.report.digest
    assert run.inputs_digest == tested.inputs_digest
    gained = {record for outcome in tested.report.gained for _, record in outcome.members}
    assert confirmed(tills) == gained == {"shop/balance/m1", "shop/balance/m2", "books/lines/T1", "books/lines/T2"}
    assert run.rule_version.startswith(f"{RULE_VERSION}+")


def test_switching_off_gives_the_books_of_before(tills):
    before = tills.reconcile().run
    switch_on(tills)
    tills.reconcile()
    service.disable(tills.desk, NAME, "till", who="amina")
    after = tills.reconcile().run
    assert (after.matches_digest, after.inputs_digest) == (before.matches_digest, before.inputs_digest)


def test_a_rule_that_contradicts_people_needs_a_reason(tills):
    wrong = (("ledger", "books/lines/T2"), ("source", "shop/balance/m1"))
    match_by_hand(tills.desk, NAME, wrong, who="joseph", note="as the customer said")
    service.add(tills.desk, NAME, RULE, who="amina")
    tested = back_test(tills.desk, NAME, lambda rules: rules.switched("till", on=True)).report
    assert {found.members for found in tested.contradicted} == {wrong}
    with pytest.raises(Refused, match="it would contradict decisions of people, 2 in all"):
        service.enable(tills.desk, NAME, "till", who="amina")
    assert tills.trail()[-1].action == "rules.add"
    service.enable(tills.desk, NAME, "till", who="amina", note="the customer erred")
    assert tills.trail()[-1].detail["contradicted"] == "2"
    tills.reconcile()
    assert "shop/balance/m1" not in confirmed(tills)  # people's decisions stay pinned


def test_a_rule_that_finds_what_people_matched_agrees(tills):
    match_by_hand(tills.desk, NAME, MEMBERS, who="joseph")
    service.add(tills.desk, NAME, RULE, who="amina")
    report = back_test(tills.desk, NAME, lambda rules: rules.switched("till", on=True)).report
    assert (report.contradicted, report.decided, report.agreed_before, report.agreed) == ((), 1, 0, 1)


def test_a_rejected_pair_is_a_contradiction(tills):
    switch_on(tills)
    tills.reconcile()
    with tills.desk.read() as uow:
        table = uow.reconciliations.members(NAME)
    wrong = next(found["match_id"] for found in table.dicts() if found["id"] == "shop/balance/m1")
    unmatch(tills.desk, NAME, wrong, who="joseph")
    service.disable(tills.desk, NAME, "till", who="amina")
    report = back_test(tills.desk, NAME, lambda rules: rules.switched("till", on=True)).report
    assert [(found.decided, found.members) for found in report.contradicted] == [("reject", MEMBERS)]


def test_every_change_is_a_version_and_one_trail_row(tills):
    rows = len(tills.trail())
    switch_on(tills)
    service.disable(tills.desk, NAME, "till", who="grace")
    service.remove(tills.desk, NAME, "till", who="grace")
    service.restore(tills.desk, NAME, 2, who="grace")
    versions = service.history(tills.desk, NAME)
    assert [(each.version, each.change, each.actor) for each in versions] == [
        (1, "add till", "amina"),
        (2, "enable till", "amina"),
        (3, "disable till", "grace"),
        (4, "remove till", "grace"),
        (5, "restore version 2", "grace"),
    ]
    assert versions[4].text == versions[1].text
    actions = [entry.action for entry in tills.trail()[rows:]]
    assert actions == ["rules.add", "rules.enable", "rules.disable", "rules.remove", "rules.restore"]


def test_rules_keep_the_order_people_gave_them(tills):
    second = RULE.replace('"till"', '"second"')
    service.add(tills.desk, NAME, RULE + second, who="amina")
    changed = service.move(tills.desk, NAME, "second", 1, who="amina")
    assert [rule.name for rule in changed.rules] == ["second", "till"]
    assert [rule.name for rule in service.read_all(tills.desk, NAME)[0]] == ["second", "till"]


@pytest.mark.parametrize(
    ("do", "words"),
    [
        (lambda desk: service.add(desk, NAME, RULE, who="nobody"), "no person 'nobody'"),
        (lambda desk: service.add(desk, NAME, "", who="amina"), "no rule and no alias"),
        (lambda desk: service.add(desk, "Other", RULE, who="amina"), "reconciliation is unknown"),
        (lambda desk: service.enable(desk, NAME, "till", who="amina"), "no such rule"),
        (lambda desk: service.restore(desk, NAME, 9, who="amina"), "no version 9"),
        (lambda desk: service.adopt(desk, NAME, "none", who="amina"), "no such rule set"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(tills, do, words):
    rows = len(tills.trail())
    with pytest.raises(Exception, match=words):
        do(tills.desk)
    assert len(tills.trail()) == rows
    assert service.history(tills.desk, NAME) == []


def test_a_change_that_changes_nothing_is_refused(tills):
    switch_on(tills)
    with pytest.raises(Refused, match="changes nothing"):
        service.enable(tills.desk, NAME, "till", who="amina")
    with pytest.raises(UsageError, match="comes twice"):
        service.add(tills.desk, NAME, RULE, who="amina")


def test_each_rule_is_counted_with_what_people_said_of_it(tills):
    switch_on(tills)
    tills.reconcile()
    with tills.desk.read() as uow:
        table = uow.reconciliations.members(NAME)
    first = next(found["match_id"] for found in table.dicts() if found["id"] == "shop/balance/m1")
    decision = unmatch(tills.desk, NAME, first, who="joseph")
    tills.reconcile()
    count = next(each for each in rule_counts(tills.desk, NAME) if each.rule == "rule:till")
    assert (count.confirmed, count.suggested, count.overridden, count.false_matches) == (1, 0, 0, 1)
    undo(tills.desk, NAME, decision.decision_id, who="joseph")
    tills.reconcile()
    count = next(each for each in rule_counts(tills.desk, NAME) if each.rule == "rule:till")
    assert (count.confirmed, count.false_matches) == (2, 0)


def test_overrides_of_the_engines_suggestions_are_counted(tills):
    with tills.desk.read() as uow:
        table = uow.reconciliations.members(NAME)
    tie = next(found for found in table.dicts() if found["id"] == "shop/balance/m1")
    match_by_hand(tills.desk, NAME, MEMBERS, who="joseph")
    counts = {each.rule: each.overridden for each in rule_counts(tills.desk, NAME)}
    assert counts[tie["rule"]] == 1


def many_by_hand(scene, amounts, *, text, fee):
    """Charges that people matched with ledger lines of another amount, one by one."""
    for n, amount in enumerate(amounts):
        scene.source.rows.append(row(f"p{n}", amount, kind="tip"))
        scene.ledger.rows.append(row(f"P{n}", amount - fee, kind="ledger_line", account="35", text=f"{text} {n}"))
    scene.pull()
    scene.reconcile()
    for n in range(len(amounts)):
        members = (("ledger", f"books/lines/P{n}"), ("source", f"shop/balance/p{n}"))
        match_by_hand(scene.desk, NAME, members, who="joseph")


def test_what_people_do_again_and_again_becomes_a_suggested_rule(scene):
    many_by_hand(scene, [41_217, 52_331, 63_449], text="Waiter tips", fee=3_400)
    found = suggest_rules(scene.desk, NAME)
    assert [(each.name, each.support, each.against) for each in found] == [("tip-tips-34.00", 3, 0)]
    service.add_rules(scene.desk, NAME, found[0].rules, who="amina")
    report = service.enable(scene.desk, NAME, found[0].name, who="amina").report
    assert (report.agreed_before, report.agreed, report.decided, report.contradicted) == (0, 3, 3, ())
    assert suggest_rules(scene.desk, NAME) == []  # it is among the rules now


def test_two_of_a_kind_are_no_rule_yet(scene):
    many_by_hand(scene, [41_217, 52_331], text="Waiter tips", fee=3_400)
    assert suggest_rules(scene.desk, NAME) == []


def test_negative_memory_holds_over_rules_and_can_be_taken_back(tills):
    with tills.desk.read() as uow:
        table = uow.reconciliations.members(NAME)
    tie = next(found["match_id"] for found in table.dicts() if found["id"] == "shop/balance/m1")
    reject(tills.desk, NAME, tie, who="joseph")
    switch_on(tills)
    tills.reconcile()
    assert len(confirmed(tills)) == 4  # the tie of all four was refused, not each pair in it


@pytest.mark.parametrize("name", names())
def test_a_ready_made_set_can_be_adopted_and_switched_on(scene, name):
    scene.pull()
    service.adopt(scene.desk, NAME, name, who="amina")
    for rule in rule_set(name):
        assert rule.words, rule.name
        service.enable(scene.desk, NAME, rule.name, who="amina")
    plain = scene.reconcile()
    assert plain.statement.unexplained == 0
