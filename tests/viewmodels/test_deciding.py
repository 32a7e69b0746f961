"""Deciding on the workbench, in a real store: it shows at once, is stored, moves on, and can be undone by name."""

from __future__ import annotations

import pytest

from awra_desk.domain.decisions import DecisionKind
from awra_desk.domain.errors import UserError
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.viewmodels import deciding as module
from awra_desk.viewmodels.session import Session
from awra_desk.viewmodels.states import Status, View
from awra_desk.viewmodels.workbench import Workbench
from tests.viewmodels.conftest import PASSWORD
from tests.viewmodels.doubles import HeldRunner, writer

NAME = "Stripe balance"


@pytest.fixture
def workbench(session):
    workbench = Workbench(session)
    workbench.choose(NAME)
    return workbench


def decisions(desk, *, undone=False):
    with desk.read() as uow:
        return uow.reconciliations.decisions(NAME, undone=undone)


def go_to_suggestion(workbench, *, conflict=False):
    """Cursor on a suggestion (of a tie or not) in the list of all; its position."""
    workbench.show_view(View.ALL)
    groups = workbench.table.groups
    found = next(
        group
        for group in groups.base.tolist()
        if groups.status[group] == Status.SUGGESTED and bool(groups.conflict[group]) == conflict
    )
    at = workbench.table.position_of(found)
    workbench.go(at)
    return at


def go_to_open(workbench, side=0):
    groups = workbench.table.groups
    found = next(g for g in groups.base.tolist() if groups.status[g] == Status.OPEN and groups.count[side][g])
    workbench.go(workbench.table.position_of(found))
    return groups.rows(found)[side][0]


def standing(workbench):
    """Every group as (ids, status)."""
    groups, sides = workbench.table.groups, workbench.loaded.sides
    found = set()
    for group in groups.base.tolist():
        rows = groups.rows(group)
        ids = frozenset(sides[side].ids[row] for side in (0, 1) for row in rows[side])
        found.add((ids, Status(int(groups.status[group]))))
    return found


def command(workbench, name):
    return dict(workbench.state.commands)[name]


def test_accepting_confirms_stores_and_moves_to_the_next_to_decide(workbench, desk, asker):
    at = go_to_suggestion(workbench)
    members, counts = workbench.members_at(at), dict(workbench.state.counts)
    workbench.deciding.accept()
    after = dict(workbench.state.counts)
    assert after[View.SUGGESTED] == counts[View.SUGGESTED] - 1
    assert after[View.MATCHED] == counts[View.MATCHED] + 1
    (decision,) = decisions(desk)
    assert (decision.kind, frozenset(decision.members), decision.actor) == (DecisionKind.MATCH, members, "amina")
    assert not workbench.members_at(workbench.state.cursor) & members
    assert Status(int(workbench.table.groups.status[workbench.current_group()])) in (Status.OPEN, Status.SUGGESTED)
    assert asker.news[-1][1].startswith("Undo accept of ")
    assert workbench.slot(at).link.pinned


def test_the_balances_are_proven_again_under_the_decision(workbench):
    go_to_suggestion(workbench)
    before = [figure for figure in workbench.state.strip if figure.label.startswith("Suggested")]
    workbench.deciding.accept()
    after = [figure for figure in workbench.state.strip if figure.label.startswith("Suggested")]
    assert len(after[0].members) < len(before[0].members)
    assert workbench.state.strip[-1].minor == 0
    assert workbench.state.pending == 1


@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_undo_and_redo_by_name_bring_back_exactly_what_stood(workbench, desk, verb):
    members = workbench.members_at(go_to_suggestion(workbench))
    before = standing(workbench)
    getattr(workbench.deciding, verb)()
    decided = standing(workbench)
    assert decided != before
    assert command(workbench, "undo").text.startswith(f"Undo {verb} of ")
    workbench.deciding.undo()
    assert standing(workbench) == before
    assert decisions(desk) == []
    assert workbench.members_at(workbench.state.cursor) == members == workbench.state.selected
    assert command(workbench, "redo").text.startswith(f"Redo {verb} of ")
    workbench.deciding.redo()
    assert standing(workbench) == decided
    assert len(decisions(desk)) == 1
    workbench.reload()
    assert standing(workbench) == decided


def test_a_tie_is_not_accepted_as_a_whole_but_matched_by_hand(workbench, desk):
    at = go_to_suggestion(workbench, conflict=True)
    assert command(workbench, "accept").reason.startswith("Several rows fit")
    with pytest.raises(UserError, match="Several rows fit"):
        workbench.deciding.accept()
    members = sorted(workbench.members_at(at), reverse=True)
    source = next(member for member in members if member[0] == "source")
    ledger = next(member for member in members if member[0] == "ledger")
    workbench.clear_selection()
    for position in range(at, at + int(workbench.table.groups.size[workbench.table.group_at(at)])):
        slot = workbench.slot(position)
        if slot.left.record_id == source[1]:
            workbench.toggle(position, "source")
        if slot.right.record_id == ledger[1]:
            workbench.toggle(position, "ledger")
    workbench.deciding.match()
    (decision,) = decisions(desk)
    assert set(decision.members) == {source, ledger}
    left = {ids for ids, status in standing(workbench) if status == Status.OPEN}
    rest = {record for side, record in members if (side, record) not in (source, ledger)}
    assert all(frozenset({record}) in left for record in rest)


def test_the_engines_match_is_taken_apart_and_put_back(workbench, desk):
    workbench.show_view(View.MATCHED)
    workbench.go(0)
    members, before = workbench.members_at(0), standing(workbench)
    workbench.deciding.unmatch()
    (decision,) = decisions(desk)
    assert (decision.kind, frozenset(decision.members)) == (DecisionKind.REJECT, members)
    workbench.reload()
    assert all((frozenset({record}), Status.OPEN) in standing(workbench) for _, record in members)
    workbench.deciding.undo()
    workbench.reload()
    assert standing(workbench) == before


def test_unmatching_a_persons_match_undoes_it(workbench, desk):
    go_to_suggestion(workbench)
    members = workbench.members_at(workbench.state.cursor)
    workbench.deciding.accept()
    workbench.reload()
    groups = workbench.table.groups
    side, record = next(iter(members))
    at = ("source", "ledger").index(side)
    group = int(groups.of_row[at][workbench.loaded.sides[at].index(record)])
    assert groups.pinned[group]
    workbench.go(workbench.table.position_of(group))
    workbench.deciding.unmatch()
    assert decisions(desk) == []
    workbench.deciding.undo()
    assert [frozenset(decision.members) for decision in decisions(desk)] == [members]


def test_excluding_needs_a_reason_and_stays_named(workbench, desk):
    row = go_to_open(workbench)
    record = workbench.loaded.sides[0].ids[row]
    with pytest.raises(UserError, match="needs a reason"):
        workbench.deciding.exclude("  ")
    workbench.deciding.exclude("taken up with the bank")
    assert decisions(desk)[0].note == "taken up with the bank"
    assert (frozenset({record}), Status.EXCLUDED) in standing(workbench)
    workbench.reload()
    assert (frozenset({record}), Status.EXCLUDED) in standing(workbench)
    group = int(workbench.table.groups.of_row[0][row])
    workbench.show_view(View.ALL)
    slot = workbench.slot(workbench.table.position_of(group))
    assert slot.right.note == "Excluded by amina: taken up with the bank"
    assert any(figure.label.startswith("Excluded") for figure in workbench.state.strip)


def test_a_candidate_of_the_inspector_can_be_matched(workbench, desk):
    groups = workbench.table.groups
    for group in groups.base[groups.status[groups.base] == Status.OPEN].tolist():
        workbench.go(workbench.table.position_of(group))
        free = [c for c in workbench.inspector.state.why_not if c.free_gate.holds]
        if free:
            break
    workbench.deciding.match_with(free[0].member)
    assert free[0].member in decisions(desk)[0].members


def test_a_refusal_puts_the_list_back_and_is_told(workbench, desk, asker, monkeypatch):
    go_to_suggestion(workbench)
    before = standing(workbench)

    def refuse(*_args, **_kwargs):
        raise UserError("the suggestion is gone", remedy="Reconcile again.")

    monkeypatch.setattr(module.review, "accept", refuse)
    workbench.deciding.accept()
    assert standing(workbench) == before
    assert asker.told == ["the suggestion is gone. Reconcile again."]
    assert not command(workbench, "undo").enabled


def test_bulk_asks_once_with_count_and_sum_and_undoes_as_one_step(workbench, desk, asker, monkeypatch):
    monkeypatch.setattr(module, "BULK", 2)
    workbench.show_view(View.SUGGESTED)
    workbench.clear_selection()
    groups = [workbench.table.group_at(at) for at in range(workbench.state.rows)]
    chosen = list(dict.fromkeys(g for g in groups if not workbench.table.groups.conflict[g]))[:3]
    for group in chosen:
        workbench.toggle(workbench.table.position_of(group))
    before = standing(workbench)
    asker.answers = [False, True]
    workbench.deciding.accept()
    assert decisions(desk) == []
    workbench.deciding.accept()
    question, verb = asker.questions[0]
    assert question.startswith("Accept 3 suggestions, ")
    assert question.endswith(" USD?")
    assert verb == "Accept 3"
    assert len(decisions(desk)) == 3
    workbench.deciding.undo()
    assert decisions(desk) == []
    assert standing(workbench) == before


def test_a_note_goes_to_the_exceptions_of_the_row(workbench, desk, session):
    items = [item for item in workbench.loaded.view.exceptions if item.state != ExceptionState.RESOLVED]
    member = next(member for item in items for member in item.members if member[0] == "source")
    row = workbench.loaded.sides[0].index(member[1])
    workbench.go(workbench.table.position_of(int(workbench.table.groups.of_row[0][row])))
    workbench.deciding.note("asked the bank")
    with desk.read() as uow:
        noted = [c for item in items for c in uow.exceptions.comments(item.exception_id)]
    assert {comment.text for comment in noted} == {"asked the bank"}


def test_a_supervisor_may_decide_but_staff_may_not(desk, runner, asker, workbench):
    from awra_desk.domain.people import Person, Role
    from awra_desk.services.people import add_person

    clerk = Person(desk.company, "zuri", "Zuri Njoroge", frozenset({Role.STAFF}), "USD", None)
    add_person(desk, clerk, PASSWORD, by="engine")
    session = Session(desk, runner, asker, writer=writer)
    session.sign_in("zuri", PASSWORD)
    other = Workbench(session)
    other.choose(NAME)
    go_to_suggestion(other)
    assert command(other, "accept").reason == "It takes an accountant or a supervisor."
    session.attempt(other.deciding.accept)
    assert asker.told == ["It takes an accountant or a supervisor."]


def test_keys_may_be_quicker_than_the_store(desk, asker):
    """Three decisions and an undo before the first is stored: the store sees them in the order of the keys."""
    runner = HeldRunner(desk)
    session = Session(desk, runner, asker, writer=writer)
    session.sign_in("amina", PASSWORD)
    while runner.held:
        runner.let_go()
    workbench = Workbench(session)
    workbench.choose(NAME)
    while runner.held:
        runner.let_go()
    for _ in range(3):
        go_to_suggestion(workbench)
        workbench.deciding.accept()
    workbench.deciding.undo()
    shown = standing(workbench)
    assert decisions(desk) == []
    while runner.held:
        runner.let_go()
    assert asker.told == []
    assert len(decisions(desk)) == 2
    assert len(decisions(desk, undone=True)) == 3
    workbench.reload()
    while runner.held:
        runner.let_go()
    assert standing(workbench) == shown


def test_history_lists_the_steps_and_undoes_down_to_one(workbench, desk):
    for _ in range(3):
        go_to_suggestion(workbench)
        workbench.deciding.accept()
    assert [row.undone for row in workbench.history.state] == [False, False, False]
    workbench.history.undo_to(1)
    assert [row.undone for row in workbench.history.state] == [True, True, False]
    assert len(decisions(desk)) == 1


def test_a_decision_taken_while_the_list_is_read_again_is_not_lost(desk, asker):
    runner = HeldRunner(desk)
    session = Session(desk, runner, asker, writer=writer)
    session.sign_in("amina", PASSWORD)
    while runner.held:
        runner.let_go()
    workbench = Workbench(session)
    workbench.choose(NAME)
    while runner.held:
        runner.let_go()
    workbench.reload()
    at = go_to_suggestion(workbench)
    members = workbench.members_at(at)
    workbench.deciding.accept()
    while runner.held:
        runner.let_go()
    assert (frozenset(record for _, record in members), Status.CONFIRMED) in standing(workbench)
