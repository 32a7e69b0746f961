"""The inbox of events without Qt: what is listed, why nothing is, and what is replayed after asking."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from awra_desk.domain.errors import UserError
from awra_desk.domain.events import Event, EventState, Outcome
from awra_desk.domain.ladder import Rung
from awra_desk.ports.connections import Signing
from awra_desk.services.deliveries import Deliveries, count
from awra_desk.viewmodels.event_rows import InboxView
from awra_desk.viewmodels.events import Events
from awra_desk.viewmodels.session import Changes, Session
from tests.viewmodels.conftest import PASSWORD
from tests.viewmodels.doubles import HeldRunner, writer

ENDS = {
    "evt_done": EventState.PROCESSED, "evt_failed": EventState.FAILED, "evt_dead1": EventState.DEAD,
    "evt_dead2": EventState.DEAD,
}  # fmt: skip


@pytest.fixture
def desk(desk):
    """Stripe is on the rung for events and has a signing secret."""
    with desk.write() as uow:
        at = list(Rung).index(uow.connections.get("Stripe").rung)
        for rung in list(Rung)[at + 1 : list(Rung).index(Rung.EVENTS) + 1]:
            uow.connections.set_rung("Stripe", rung)
        uow.commit()
    return replace(desk, signing=lambda one: Signing("X", 1) if one.provider == "stripe" else None)


@pytest.fixture
def charge(desk):
    """Id of some charge that the simulated Stripe knows."""
    with desk.read() as uow:
        return next(r.external_id for _, _, r in uow.records.versions("Stripe") if r.stream == "charges")


@pytest.fixture
def came(desk, charge):
    """One event waits, one is done, one failed, two are dead."""
    for name in ("evt_done", "evt_failed", "evt_dead1", "evt_dead2"):
        arrive(desk, charge, name, kind="charge.refunded")
    now = desk.now()
    with desk.write() as uow:
        for event in uow.events.claim("Stripe", now=now, limit=9):
            state = ENDS[event.event_id]
            words = "" if state is EventState.PROCESSED else f"No answer for {event.event_id}."
            again = now + timedelta(hours=1) if state is EventState.FAILED else None
            uow.events.settle(Outcome(event.key, 1, error=words), state, at=now, next_attempt_at=again)
        uow.commit()
    arrive(desk, charge, "evt_new", kind="charge.updated")


def arrive(desk, charge, event_id, *, kind, verified=True):
    payload = json.dumps({"id": event_id, "type": kind, "data": {"object": {"object": "charge", "id": charge}}})
    with desk.write() as uow:
        uow.events.add(Event("Stripe", event_id, kind, verified, payload, desk.now()))
        uow.commit()


@pytest.fixture
def inbox(came, session):
    return Events(session)


def ids(inbox):
    return [row.event_id for row in inbox.state.rows]


def commands(inbox):
    return {name: command.enabled for name, command in inbox.state.commands}


def reason(inbox, name):
    return dict(inbox.state.commands)[name].reason


def test_it_lists_every_state_with_its_word_and_counts(inbox):
    assert set(ids(inbox)) == {"evt_new", "evt_dead1", "evt_dead2", "evt_failed", "evt_done"}
    assert {row.event_id: (row.glyph, row.state, row.tries) for row in inbox.state.rows} == {
        "evt_new": ("•", "Received", ""),
        "evt_failed": ("!", "Failed", "1"),
        "evt_dead1": ("×", "Dead", "1"),
        "evt_dead2": ("×", "Dead", "1"),
        "evt_done": ("✓", "Processed", "1"),
    }
    assert dict(inbox.state.counts) == {
        InboxView.ALL: 5, InboxView.WAITING: 2, InboxView.DEAD: 2, InboxView.PROCESSED: 1,
    }  # fmt: skip
    for view, names in ((InboxView.WAITING, {"evt_new", "evt_failed"}), (InboxView.PROCESSED, {"evt_done"})):
        inbox.show_view(view)
        assert set(ids(inbox)) == names


def test_one_in_full_says_what_went_wrong_and_what_to_do(inbox):
    inbox.show_view(InboxView.DEAD)
    inbox.go(0)
    detail = inbox.state.detail
    assert detail.trouble == f"No answer for {ids(inbox)[0]}."
    assert "replay it" in detail.remedy
    assert ("Signature", "Checked, and right") in detail.facts
    assert '  "type": "charge.refunded"' in detail.payload
    inbox.show_view(InboxView.PROCESSED)
    assert (inbox.state.detail.trouble, inbox.state.detail.remedy) == ("", "")


def test_an_unsigned_one_is_called_a_witness(inbox, desk, charge):
    arrive(desk, charge, "evt_unsigned", kind="c2b", verified=False)
    inbox.reload()
    inbox.set_filter("unsigned")
    assert ("Signature", "None: a witness, which proves nothing") in inbox.state.detail.facts


def test_a_single_one_is_replayed_at_once(inbox, asker):
    inbox.set_filter("dead1")
    inbox.replay()
    assert asker.questions == []
    assert asker.news[-1][0] == "1 event processed, 0 new versions of records." or "2 events" in asker.news[-1][0]
    inbox.set_filter("dead1")
    assert inbox.state.rows[0].state == "Processed"


def test_several_are_asked_about_with_a_preview(inbox, asker):
    inbox.show_view(InboxView.DEAD)
    inbox.toggle(0)
    inbox.toggle(1)
    assert dict(inbox.state.commands)["replay"].text == "Replay 2 events"
    asker.answers = [False]
    inbox.replay()
    assert asker.questions == [("Replay 2 events?", "Replay 2")]
    assert dict(inbox.state.counts)[InboxView.DEAD] == 2
    asker.answers = [True]
    inbox.replay()
    assert dict(inbox.state.counts)[InboxView.DEAD] == 0
    assert inbox.state.checked == frozenset()
    assert inbox.state.empty.title == "No dead letters"


def test_all_dead_letters_go_with_one_command(inbox, asker):
    asker.answers = [True]
    inbox.replay_dead()
    assert asker.questions[0][0] == "Replay 2 events?"
    assert not commands(inbox)["replay_dead"]
    assert reason(inbox, "replay_dead") == "No dead letters."


def test_what_is_due_is_processed_and_what_waits_stays(inbox):
    assert commands(inbox)["process"]
    inbox.process()
    assert {row.event_id: row.state for row in inbox.state.rows}["evt_new"] == "Processed"
    inbox.show_view(InboxView.WAITING)
    assert ids(inbox) == ["evt_failed"]


def test_others_hear_of_it(inbox, session):
    heard = []
    session.on_changes(lambda changes, initiator: heard.append((changes, initiator is inbox)))
    inbox.process()
    assert heard[-1] == (Changes.RECORDS | Changes.EXCEPTIONS | Changes.CONNECTIONS, True)


def test_below_the_rung_it_says_why_not(inbox, desk):
    with desk.write() as uow:
        uow.connections.set_rung("Stripe", Rung.WRITES)
        uow.commit()
    inbox.reload()
    assert reason(inbox, "replay") == "Stripe is below the rung for events."
    with pytest.raises(UserError, match="below the rung"):
        inbox.replay()


def test_selection_survives_views_and_filters(inbox):
    inbox.check_all()
    inbox.set_filter("dead1")
    assert len(inbox.state.checked) == 5
    assert [row.event_id for row in inbox.chosen() if row.event_id == "evt_new"] == ["evt_new"]
    inbox.uncheck_all()
    assert [row.event_id for row in inbox.chosen()] == ["evt_dead1"]


def test_the_filter_that_hides_all_says_so(inbox):
    inbox.set_filter("nothing like it")
    assert (inbox.state.empty.kind, inbox.state.empty.title) == ("filtered", "The filter hides 5 events")
    assert (inbox.state.detail, inbox.state.cursor) == (None, -1)


def test_before_any_event_it_says_what_each_connection_waits_for(desk, session, runner, asker):
    inbox = Events(session)
    assert inbox.state.empty.title == "No event came yet"
    assert inbox.state.empty.lines == (
        "Stripe: no signed delivery yet. Register its address with the provider while `awra-desk webhooks` runs.",
    )
    count(desk, "Stripe", Deliveries(1, proven_at=desk.now(), refused={"signature": 3}, refused_at=desk.now()))
    inbox.reload()
    assert inbox.state.empty.lines[0].startswith("Stripe: last delivery")
    assert inbox.state.refused == 3
    without = Session(replace(desk, signing=lambda _: Signing("X", 0)), runner, asker, writer=writer)
    without.sign_in("amina", PASSWORD)
    assert "Stripe: no signing secret yet (Connections, credentials)." in Events(without).state.empty.lines
    nobody = Session(replace(desk, signing=lambda _: None), runner, asker, writer=writer)
    nobody.sign_in("amina", PASSWORD)
    assert Events(nobody).state.empty.title == "No connected system sends events"


def test_what_cannot_be_read_is_a_failure_of_the_screen(session, monkeypatch):
    inbox = Events(session)

    def fail(*_args):
        raise UserError("the workspace is busy", remedy="Try again.")

    with monkeypatch.context() as patch:
        patch.setattr("awra_desk.viewmodels.events.load_inbox", fail)
        inbox.reload()
    assert inbox.state.failed.what == "the workspace is busy"
    inbox.reload()
    assert inbox.state.failed is None


def test_while_they_are_processed_no_second_job_begins(came, desk, asker):
    held = HeldRunner(desk)
    session = Session(desk, held, asker, writer=writer)
    session.sign_in("amina", PASSWORD)
    for _ in range(4):
        held.let_go()
    inbox = Events(session)
    held.let_go()
    inbox.process()
    assert reason(inbox, "replay") == "Events are being processed."
    with pytest.raises(UserError, match="being processed"):
        inbox.process()
    for _ in range(3):
        held.let_go()
    assert {row.event_id: row.state for row in inbox.state.rows}["evt_new"] == "Processed"


def test_a_cancelled_job_keeps_what_was_done(inbox, runner, asker):
    runner.cancel_next = True
    inbox.process()
    assert "is tried again" in asker.news[-1][0]
    runner.cancel_next = False
    waiting = next(row for row in inbox.state.rows if row.event_id == "evt_new")
    assert (waiting.state, waiting.error) == ("Failed", "It was stopped before it was done.")
