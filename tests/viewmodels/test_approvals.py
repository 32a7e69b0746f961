"""From a proposal to a posted, read-back document, by two people; and every way it is refused."""

from __future__ import annotations

import pytest

from awra_desk.domain.entries import WriteState
from awra_desk.domain.errors import UserError
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.viewmodels.approvals import Approvals, WritesView
from awra_desk.viewmodels.exceptions import Exceptions
from awra_desk.viewmodels.session import Session
from tests.viewmodels.conftest import PASSWORD
from tests.viewmodels.doubles import ScriptedAsker, writer
from tests.viewmodels.test_exceptions import bookable, go_to


@pytest.fixture
def proposed(session):
    """Amina proposed one entry; the exception it settles."""
    queue = Exceptions(session)
    row = go_to(queue, bookable)
    queue.triage.propose()
    return row


@pytest.fixture
def joseph(desk, runner, proposed):
    session = Session(desk, runner, ScriptedAsker(), writer=writer)
    session.sign_in("joseph", PASSWORD)
    return session


@pytest.fixture
def approvals(joseph):
    return Approvals(joseph)


def the_write(desk, approvals):
    with desk.read() as uow:
        return uow.writes.get(approvals.state.shown.write.write_id)


def command(approvals, name):
    return dict(approvals.state.commands)[name]


def test_the_entry_waits_with_everything_the_approver_needs(approvals, proposed, joseph):
    assert dict(approvals.state.counts)[WritesView.WAITING] == 1
    shown = approvals.state.shown
    assert sum(1 for row in shown.entry.rows if row.debit) == sum(1 for row in shown.entry.rows if row.credit)
    assert shown.settles[0].exception_id == proposed.exception_id
    assert all(fact.holds for fact in approvals.state.preflight)
    assert len(approvals.state.preflight) >= 4
    assert "".join(shown.digest_text).replace(" ", "") == shown.digest
    assert approvals.state.authority == "You may approve up to 50,000.00 USD."
    assert joseph.state.waiting == 1


def test_the_effect_explains_what_it_moves(approvals):
    (effect,) = approvals.state.shown.effects
    rows = {row.label: row for row in effect.rows}
    assert rows["Ledger closing"].change
    assert rows["Reconciling"].change == rows["Ledger closing"].change
    assert (rows["Unexplained"].now, rows["Unexplained"].after) == ("0.00", "0.00")


def test_approving_posting_and_reading_back_resolves_the_exception(approvals, desk, joseph, proposed):
    assert command(approvals, "approve").text.startswith("Approve ")
    approvals.approve(PASSWORD)
    assert joseph.asker.told == []
    approvals.show_view(WritesView.ALL)
    assert approvals.state.outbox == 1
    joseph.asker.answers = [True]
    approvals.post()
    question, verb = joseph.asker.questions[0]
    assert question.startswith("Post 1 entry, ")
    assert question.endswith(", to QuickBooks?")
    assert verb == "Post 1"
    with desk.read() as uow:
        (write,) = [w for w in uow.writes.all() if proposed.exception_id in w.exception_ids]
        assert write.state == WriteState.VERIFIED
        assert uow.exceptions.get(proposed.exception_id).state == ExceptionState.RESOLVED
    assert joseph.asker.news[-1][0] == "1 entry posted and read back."
    assert approvals.state.outbox == 0


def test_a_wrong_password_approves_nothing(approvals, desk, joseph):
    approvals.approve("not the password")
    assert "do not fit together" in joseph.asker.told[0]
    assert the_write(desk, approvals).state == WriteState.SUBMITTED
    with pytest.raises(UserError, match="takes your password"):
        approvals.approve("")


def test_rejecting_needs_a_reason_and_opens_the_exception_again(approvals, desk, proposed):
    with pytest.raises(UserError, match="needs a reason"):
        approvals.reject("")
    approvals.reject("wrong account")
    with desk.read() as uow:
        assert uow.exceptions.get(proposed.exception_id).state == ExceptionState.OPEN
    approvals.show_view(WritesView.ALL)
    row = next(row for row in approvals.state.rows if row.state == "Rejected")
    assert row.glyph == "×"


def test_the_maker_is_told_who_may_approve(session, proposed):
    mine = Approvals(session)
    refusal = command(mine, "approve")
    assert not refusal.enabled
    assert refusal.reason == "You may propose entries; a supervisor approves them."
    assert not mine.state.authority


def test_a_supervisor_who_made_it_is_told_that_another_person_approves(joseph, desk, runner):
    from awra_desk.domain.people import Person, Role
    from awra_desk.services.people import add_person

    other = Person(desk.company, "zuri", "Zuri Njoroge", frozenset({Role.SUPERVISOR}), "USD", None)
    add_person(desk, other, PASSWORD, by="engine")
    queue = Exceptions(joseph)
    go_to(queue, lambda item: bookable(item) and item.state == ExceptionState.OPEN)
    queue.triage.propose()
    approvals = Approvals(joseph)
    approvals.show_view(WritesView.MINE)
    approvals.go(0)
    refusal = command(approvals, "approve")
    assert refusal.reason == "You made this entry, so another person approves it. Zuri Njoroge may."
    with pytest.raises(UserError, match="another person approves it"):
        approvals.approve(PASSWORD)


def test_beyond_the_authority_nothing_is_approved(joseph, desk, proposed):
    from dataclasses import replace

    from awra_desk.services.people import add_person

    with desk.read() as uow:
        person = uow.people.get("joseph")
    add_person(desk, replace(person, approval_limit_minor=1), PASSWORD, by="engine")
    joseph.sign_in("joseph", PASSWORD)
    approvals = Approvals(joseph)
    assert command(approvals, "approve").reason == "Your authority ends at 0.01 USD."


def test_declining_the_question_posts_nothing(approvals, desk, joseph):
    approvals.approve(PASSWORD)
    joseph.asker.answers = [False]
    approvals.post()
    assert approvals.state.outbox == 1
    assert not command(approvals, "post").reason
