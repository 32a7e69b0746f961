"""The queue on a real month: listing, evidence, triage one and many at a time, undo by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from awra_desk.domain.entries import WriteState
from awra_desk.domain.errors import UserError
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.reasons import Reason
from awra_desk.viewmodels import triage as module
from awra_desk.viewmodels.exception_rows import RANK, QueueView
from awra_desk.viewmodels.exceptions import Exceptions
from awra_desk.viewmodels.session import Session
from tests.viewmodels.conftest import PASSWORD
from tests.viewmodels.doubles import HeldRunner, writer


@pytest.fixture
def queue(session):
    return Exceptions(session)


def stored(desk, identity):
    with desk.read() as uow:
        return uow.exceptions.get(identity)


def go_to(queue, test):
    at = next(at for at, row in enumerate(queue.state.rows) if test(row.item))
    queue.go(at)
    return queue.state.rows[at]


def bookable(item):
    single = len({side for side, _ in item.members}) == 1
    return item.reason == Reason.CHARGEBACK and single and item.members[0][0] == "source"


def test_the_views_list_what_is_stored(queue, desk):
    with desk.read() as uow:
        items = uow.exceptions.all()
    still = {item.exception_id for item in items if item.state != ExceptionState.RESOLVED}
    counts = dict(queue.state.counts)
    assert {row.exception_id for row in queue.state.rows} == still
    assert counts[QueueView.OPEN] == len(still)
    assert counts[QueueView.RESOLVED] == len(items) - len(still)
    totals = queue.state.totals
    assert totals.open == totals.mismatch + totals.expected == len(still)


def test_worst_and_soonest_come_first_and_columns_sort_by_value(queue):
    ranks = [(RANK[row.item.severity], row.item.due) for row in queue.state.rows]
    assert ranks == sorted(ranks)
    queue.sort("amount")
    amounts = [row.item.minor for row in queue.state.rows]
    assert amounts == sorted(amounts)
    queue.sort("amount")
    assert [row.item.minor for row in queue.state.rows] == sorted(amounts, reverse=True)


def test_causes_count_what_they_list(queue):
    cause = queue.state.causes[0]
    queue.show_cause(cause.key)
    assert len(queue.state.rows) == cause.count
    queue.show_cause(cause.key)
    assert len(queue.state.rows) == dict(queue.state.counts)[QueueView.OPEN]


def test_a_filter_that_hides_all_says_what_it_hides_by_currency(queue):
    hidden = len(queue.state.rows)
    queue.set_filter("no such thing")
    assert queue.state.empty.kind == "filtered"
    assert str(hidden) in queue.state.empty.title
    assert queue.state.empty.lines[0].endswith(" USD.")
    queue.clear_filter()
    assert len(queue.state.rows) == hidden


def test_the_case_shows_records_nearest_and_the_entry_that_would_settle_it(queue):
    row = go_to(queue, bookable)
    case = queue.state.case
    assert case.exception_id == row.exception_id
    assert case.records[0].side == "Source"
    assert case.entry.total.replace(",", "") == f"{abs(row.item.minor) / 100:.2f}"
    assert case.nearest
    assert all(near.failed for near in case.nearest)
    assert (case.command, case.suggestion) != ("", "")


def test_a_comment_is_kept_and_shown(queue, desk):
    identity = queue.state.rows[0].exception_id
    queue.go(0)
    queue.triage.comment("asked the bank")
    assert [remark.text for remark in queue.state.case.comments] == ["asked the bank"]
    with desk.read() as uow:
        assert uow.exceptions.comments(identity)[0].author == "amina"


def test_resolving_moves_on_is_undone_and_redone_by_name(queue, desk, asker):
    queue.go(1)
    identity, following = queue.state.rows[1].exception_id, queue.state.rows[2].exception_id
    with pytest.raises(UserError, match="needs a reason"):
        queue.triage.resolve(" ")
    queue.triage.resolve("explained by the statement")
    assert stored(desk, identity).state == ExceptionState.RESOLVED
    assert queue.current == following
    assert asker.news[-1][1].startswith("Undo resolution of ")
    queue.triage.undo()
    assert stored(desk, identity).state == ExceptionState.OPEN
    queue.triage.redo()
    assert stored(desk, identity).resolution_note == "explained by the statement"


def test_a_bulk_asks_once_with_count_and_sum_and_is_one_step(queue, desk, asker, monkeypatch):
    monkeypatch.setattr(module, "BULK", 2)
    for at in range(3):
        queue.toggle(at)
    identities = [row.exception_id for row in queue.state.rows[:3]]
    assert (queue.state.totals.selected, len(queue.state.totals.sums)) == (3, 1)
    queue.sort("amount")
    assert queue.state.checked == frozenset(identities)
    asker.answers = [False, True]
    queue.triage.resolve("one cause")
    assert {stored(desk, identity).state for identity in identities} == {ExceptionState.OPEN}
    queue.triage.resolve("one cause")
    assert {stored(desk, identity).state for identity in identities} == {ExceptionState.RESOLVED}
    assert asker.questions[0] == (f"Resolve 3 exceptions, {queue_sum(queue, identities)}?", "Resolve 3")
    assert queue.state.checked == frozenset()
    queue.triage.undo()
    assert {stored(desk, identity).state for identity in identities} == {ExceptionState.OPEN}


def queue_sum(queue, identities):
    items = [row.item for row in queue._all if row.exception_id in identities]
    return module.sums_text(items)[0]


def test_assigning_gives_an_owner_and_back(queue, desk):
    queue.go(0)
    identity = queue.current
    queue.triage.assign("joseph")
    assert stored(desk, identity).owner == "joseph"
    queue.triage.undo()
    assert stored(desk, identity).owner == "amina"


def test_proposing_stages_and_submits_the_entry_shown(queue, desk, asker):
    row = go_to(queue, bookable)
    shown = queue.state.case.entry
    queue.triage.propose()
    assert asker.told == []
    with desk.read() as uow:
        (write,) = uow.writes.all(states={WriteState.SUBMITTED})
    assert write.exception_ids == (row.exception_id,)
    assert shown.memo == write.entry.memo
    assert stored(desk, row.exception_id).state == ExceptionState.PROPOSED
    assert asker.news[-1][0].endswith("submitted for approval.")


def test_one_that_cannot_be_booked_does_not_hold_up_the_others(queue, desk, asker):
    good = go_to(queue, bookable)
    reserves = [row for row in queue.state.rows if row.item.reason == Reason.RESERVE]
    other = next(row for row in reserves if {side for side, _ in row.item.members} == {"source"})
    with desk.write() as uow:
        connection = uow.connections.get("QuickBooks")
        options = {key: value for key, value in connection.options.items() if key != "account.reserve"}
        uow.connections.put(replace(connection, options=options))
        uow.commit()
    queue.toggle(queue.state.rows.index(good))
    queue.toggle(next(at for at, row in enumerate(queue.state.rows) if row.exception_id == other.exception_id))
    asker.answers = [True]
    queue.triage.propose()
    assert len(asker.told) == 1
    assert "no ledger account is mapped for reserve" in asker.told[0]
    assert stored(desk, good.exception_id).state == ExceptionState.PROPOSED
    assert stored(desk, other.exception_id).state == ExceptionState.OPEN


def test_what_the_source_lacks_cannot_be_booked_and_says_why(queue):
    go_to(queue, lambda item: item.reason == Reason.MISSING_IN_SOURCE)
    command = dict(queue.state.commands)["propose"]
    assert not command.enabled
    assert command.reason == "Only what the ledger lacks can be booked from here."


def test_moving_quickly_shows_the_case_under_the_cursor(desk, asker):
    runner = HeldRunner(desk)
    session = Session(desk, runner, asker, writer=writer)
    session.sign_in("amina", PASSWORD)
    while runner.held:
        runner.let_go()
    queue = Exceptions(session)
    while runner.held:
        runner.let_go()
    queue.go(1)
    queue.go(2)
    queue.go(3)
    while runner.held:
        runner.let_go()
    assert queue.state.case.exception_id == queue.state.rows[3].exception_id


def test_nothing_is_offered_that_would_book_nonsense(queue):
    """No entry of an account against itself, none for a cut-off, and no bank charge out of money that came in."""
    for at, row in enumerate(queue.state.rows):
        queue.go(at)
        entry = queue.state.case.entry
        if entry is not None:
            assert len({line.code for line in entry.rows}) > 1
            assert row.item.reason != Reason.DATE_CUTOFF
        else:
            assert not dict(queue.state.commands)["propose"].enabled
            assert queue.state.case.no_entry


def test_the_history_begins_with_the_run_that_opened_it(queue):
    queue.go(0)
    identity = queue.current
    queue.triage.assign("joseph")
    assert queue.current != identity
    go_to(queue, lambda item: item.exception_id == identity)
    history = queue.state.case.history
    assert (history[-1].who, history[-1].text.split(",")[0]) == ("Match run", "Opened")
    assert history[0].text == "Assigned to Joseph O."


def test_a_second_press_while_an_entry_is_made_is_refused(desk, asker):
    runner = HeldRunner(desk)
    session = Session(desk, runner, asker, writer=writer)
    session.sign_in("amina", PASSWORD)
    while runner.held:
        runner.let_go()
    queue = Exceptions(session)
    while runner.held:
        runner.let_go()
    go_to(queue, bookable)
    while runner.held:
        runner.let_go()
    queue.triage.propose()
    assert not dict(queue.state.commands)["propose"].enabled
    with pytest.raises(UserError, match="being made"):
        queue.triage.propose()
    runner.let_go()
    assert not asker.told
    assert asker.news


def test_a_cause_begins_at_its_first_row(queue):
    queue.go(len(queue.state.rows) - 1)
    cause = next(cause for cause in queue.state.causes if cause.key != queue.state.rows[-1].cause and cause.count > 1)
    queue.show_cause(cause.key)
    assert queue.state.cursor == 0
