"""Decisions: one trail row each, they survive re-runs, can be undone, and are never about what is not there."""

import pytest

from awra_desk.domain.errors import Refused, UserError
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.services import review
from tests.unit.services.conftest import NAME
from tests.unit.services.doubles import row


@pytest.fixture
def suggested(scene):
    """A charge booked ten cents short: same reference, so it is suggested."""
    scene.ledger.rows.append(row("J4", 1_138, kind="ledger_line", account="35", reference="ch_4a", text="Order ch_4a"))
    scene.pull()
    scene.reconcile()
    return scene


def match_id(scene) -> str:
    with scene.desk.read() as uow:
        members = uow.reconciliations.members(NAME)
    return members["match_id"][members["status"] == "suggested"][0]


def test_an_accepted_suggestion_is_confirmed_and_its_difference_stays_in_the_statement(suggested):
    decision = review.accept(suggested.desk, NAME, match_id(suggested), who="amina")
    result = suggested.reconcile()
    assert (result.run.suggested, result.run.confirmed, result.statement.unexplained) == (0, 4, 0)
    assert [item.minor for item in result.statement.items if item.category == "difference within a match"] == [-10]
    assert suggested.trail()[-2].subject == decision.decision_id


def test_a_rejected_suggestion_does_not_come_back(suggested):
    rejected = match_id(suggested)
    review.reject(suggested.desk, NAME, rejected, who="amina")
    result = suggested.reconcile()
    assert result.run.suggested == 0
    assert suggested.reconcile().run.suggested == 0


def test_undo_brings_the_suggestion_and_its_exception_back(suggested):
    decision = review.accept(suggested.desk, NAME, match_id(suggested), who="amina")
    suggested.reconcile()
    review.undo(suggested.desk, NAME, decision.decision_id, who="amina")
    result = suggested.reconcile()
    assert result.run.suggested == 1
    assert any(item.state == ExceptionState.OPEN and len(item.members) == 2 for item in suggested.exceptions())
    with pytest.raises(Refused):
        review.undo(suggested.desk, NAME, decision.decision_id, who="amina")


def test_a_match_by_hand_holds_over_re_runs_and_binds_its_records(scene):
    scene.ledger.rows.append(row("J9", 1_148, kind="ledger_line", account="35", text="Nyeri order"))
    scene.pull()
    scene.reconcile()
    members = (("ledger", "books/lines/J9"), ("source", "shop/balance/ch_4a"))
    review.match_by_hand(scene.desk, NAME, members, who="amina", note="Same customer.")
    assert scene.reconcile().run.confirmed == 4
    assert scene.reconcile().statement.unexplained == 0
    with pytest.raises(Refused, match="already binds"):
        review.match_by_hand(scene.desk, NAME, members, who="amina")


def test_an_excluded_record_stays_in_the_statement_by_name(scene):
    scene.pull()
    scene.reconcile()
    with pytest.raises(Refused, match="reason"):
        review.exclude(scene.desk, NAME, ("source", "shop/balance/ch_4a"), who="amina", note=" ")
    review.exclude(scene.desk, NAME, ("source", "shop/balance/ch_4a"), who="amina", note="A test order.")
    result = scene.reconcile()
    assert [item.minor for item in result.statement.items if item.category == "excluded with a reason"] == [-1_148]
    assert result.statement.unexplained == 0


@pytest.mark.parametrize(
    "members",
    [
        (("source", "shop/balance/ch_4a"),),
        (("source", "shop/balance/ch_4a"), ("source", "shop/balance/ch_4a")),
        (("source", "shop/balance/ch_4a"), ("ledger", "books/lines/none")),
    ],
)
def test_impossible_matches_are_refused(scene, members):
    scene.pull()
    scene.reconcile()
    with pytest.raises(Refused):
        review.match_by_hand(scene.desk, NAME, members, who="amina")


def test_only_people_with_the_role_decide(scene):
    scene.pull()
    scene.reconcile()
    with pytest.raises(Refused, match="no person"):
        review.exclude(scene.desk, NAME, ("source", "shop/balance/ch_4a"), who="nobody", note="x")


def test_comments_assignment_and_resolution_leave_a_trail(scene):
    scene.pull()
    scene.reconcile()
    subject = scene.exceptions()[0].exception_id
    review.comment(scene.desk, subject, "Asked the bank.", who="amina")
    review.assign(scene.desk, subject, "joseph", who="amina")
    review.resolve(scene.desk, subject, who="amina", note="Paid in cash.")
    scene.reconcile()
    item = next(item for item in scene.exceptions() if item.exception_id == subject)
    assert (item.state, item.owner, item.resolution_note) == (ExceptionState.RESOLVED, "joseph", "Paid in cash.")
    assert review.reopen(scene.desk, subject, who="amina").state == ExceptionState.OPEN
    with scene.desk.read() as uow:
        assert [comment.text for comment in uow.exceptions.comments(subject)] == ["Asked the bank."]
    actions = [entry.action for entry in scene.trail() if entry.subject == subject]
    assert actions == ["exception.comment", "exception.assign", "exception.resolve", "exception.reopen"]


def test_a_suggestion_that_is_gone_cannot_be_accepted(scene):
    scene.pull()
    scene.reconcile()
    with pytest.raises(UserError, match="no such suggested match"):
        review.accept(scene.desk, NAME, "m-gone", who="amina")
