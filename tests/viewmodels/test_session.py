"""Signing in, the frame's figures, and the long jobs: pull, reconcile, export, cancel and go on."""

from __future__ import annotations

import openpyxl
import pytest

from awra_desk.domain.dates import Period
from awra_desk.domain.errors import Cancelled
from awra_desk.viewmodels.approvals import Approvals, WritesView
from awra_desk.viewmodels.exceptions import Exceptions
from awra_desk.viewmodels.session import Session
from awra_desk.viewmodels.workbench import Workbench
from tests.viewmodels.conftest import PASSWORD
from tests.viewmodels.doubles import HeldRunner, writer


def test_a_wrong_password_says_so_and_the_right_one_signs_in(desk, runner, asker):
    session = Session(desk, runner, asker, writer=writer)
    session.sign_in("amina", "guessed")
    assert session.state.person is None
    assert session.state.refused.startswith("name and password do not fit together")
    session.sign_in("amina", PASSWORD)
    assert (session.state.person.full_name, session.state.refused) == ("Amina Wanjiru", "")
    assert session.state.roles_text == "Accountant"


def test_the_frame_knows_period_freshness_and_what_waits(session):
    state = session.state
    assert (state.period, state.period_text) == (Period.month("2026-10"), "October 2026")
    assert state.period in state.periods
    assert {fresh.source for fresh in state.freshness} == {"Stripe", "Bank", "QuickBooks"}
    assert not any(fresh.stale for fresh in state.freshness)
    assert state.exceptions > 0


def test_a_pull_then_a_run_refresh_the_workbench_and_find_nothing_new(session, asker):
    workbench = Workbench(session)
    version = workbench.state.version
    session.pull()
    assert asker.told == []
    assert asker.news[-1][0].startswith("Pulled 0 new records from 3 sources")
    session.reconcile()
    assert "0 new exceptions" in asker.news[-1][0]
    assert workbench.state.version > version
    assert session.jobs.state == ()


def test_a_run_takes_the_decisions_in(session, desk):
    workbench = Workbench(session)
    workbench.choose("Stripe balance")
    while not dict(workbench.state.commands)["accept"].enabled:
        workbench.next_to_decide()
    members = workbench.members_at(workbench.state.cursor)
    workbench.deciding.accept()
    assert workbench.state.pending == 1
    session.reconcile(("Stripe balance",))
    assert workbench.state.pending == 0
    side, record = next(iter(members))
    at = ("source", "ledger").index(side)
    group = int(workbench.table.groups.of_row[at][workbench.loaded.sides[at].index(record)])
    assert workbench.members_at(workbench.table.position_of(group)) == members
    assert workbench.table.groups.pinned[group]


def test_the_workbook_is_written_from_the_books_as_they_are_after_a_decision(session, asker, tmp_path):
    workbench = Workbench(session)
    workbench.choose("Stripe balance")
    while not dict(workbench.state.commands)["accept"].enabled:
        workbench.next_to_decide()
    workbench.deciding.accept()
    path = tmp_path / "audit.xlsx"
    session.export(path)
    assert asker.told == []
    assert asker.news[-1][0].startswith("Wrote audit.xlsx: ")
    book = openpyxl.load_workbook(path, read_only=True)
    assert len(book.sheetnames) > 5
    book.close()
    assert workbench.state.pending == 0


def test_a_cancelled_pull_says_what_is_kept_and_the_next_goes_on(session, runner, asker):
    runner.cancel_next = True
    session.pull(("Stripe",))
    text, _ = asker.news[-1]
    assert text.startswith("Pull stopped")
    assert text.endswith("What came is kept; the next pull goes on from there.")
    assert asker.told == []
    assert session.jobs.state == ()
    runner.cancel_next = False
    session.pull(("Stripe",))
    assert asker.news[-1][0].startswith("Pulled ")


def test_a_job_shows_counts_can_be_stopped_and_bars_the_others(desk, asker):
    runner = HeldRunner(desk)
    session = Session(desk, runner, asker, writer=writer)
    session.sign_in("amina", PASSWORD)
    while runner.held:
        runner.let_go()
    session.pull()
    (job,) = session.jobs.state
    _, _, failed, progress = runner.held[0]
    progress(1_840, 3_100, "Stripe: charges")
    assert (session.jobs.state[0].counts, session.jobs.state[0].words) == ("1,840 of 3,100", "Stripe: charges")
    assert session.command("reconcile").reason == "Pull is under way."
    session.jobs.cancel(job.number)
    assert session.jobs.state[0].stopping
    runner.held.clear()
    failed(Cancelled())
    assert asker.news[-1][0].startswith("Pull stopped at 1,840 of 3,100.")
    assert session.command("reconcile").enabled


def test_a_defect_in_a_job_is_raised_where_the_window_sees_it(desk, asker):
    runner = HeldRunner(desk)
    session = Session(desk, runner, asker, writer=writer)
    session.sign_in("amina", PASSWORD)
    while runner.held:
        runner.let_go()
    session.pull()
    _, _, failed, _ = runner.held[0]
    with pytest.raises(ZeroDivisionError):
        failed(ZeroDivisionError("a defect"))
    assert session.jobs.state == ()


def test_the_next_person_can_undo_nothing_of_the_one_before(session, desk):
    workbench, queue = Workbench(session), Exceptions(session)
    workbench.choose("Stripe balance")
    while not dict(workbench.state.commands)["accept"].enabled:
        workbench.next_to_decide()
    workbench.deciding.accept()
    queue.triage.resolve("explained")
    session.sign_out()
    assert not dict(workbench.state.commands)["accept"].enabled
    session.sign_in("joseph", PASSWORD)
    assert session.who == "joseph"
    assert not workbench.history.undo_command.enabled
    assert not dict(queue.state.commands)["undo"].enabled
    with desk.read() as uow:
        assert len(uow.reconciliations.decisions("Stripe balance")) == 1


def test_the_next_person_sees_every_row_not_what_the_one_before_filtered(session):
    workbench, queue = Workbench(session), Exceptions(session)
    workbench.choose("Stripe balance")
    workbench.set_filter("no such text")
    queue.set_filter("no such text")
    session.sign_out()
    session.sign_in("joseph", PASSWORD)
    assert (workbench.state.filter, queue.state.filter) == ("", "")
    assert workbench.state.rows


def test_a_screen_made_before_anybody_signed_in_fills_itself(desk, runner, asker):
    session = Session(desk, runner, asker, writer=writer)
    screens = (Workbench(session), Exceptions(session), Approvals(session))
    assert screens[0].state.rows == 0
    session.sign_in("amina", PASSWORD)
    assert screens[0].state.rows
    assert screens[1].state.rows
    assert dict(screens[2].state.counts)[WritesView.ALL]
