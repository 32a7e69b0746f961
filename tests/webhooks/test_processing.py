"""Processing events: lost, doubled, late, out of order, forged or replayed, the books are those of polling."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from awra_desk.connectors.stripe import StripeSource
from awra_desk.domain.errors import Refused, UsageError
from awra_desk.domain.events import ATTEMPTS, LEASE, EventState, Witness, next_attempt
from awra_desk.domain.ladder import Rung
from awra_desk.ports.connections import TransportError
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers.deliveries import stripe_event
from awra_desk.services import events as service
from awra_desk.services.events import process, process_all, replay
from awra_desk.services.pull import pull
from tests.connectors.small_month import small_month
from tests.connectors.virtual_time import START
from tests.soak import scaled
from tests.webhooks.world import NAME, climb_to, world


@pytest.fixture(scope="module")
def month():
    return simulate(MonthSpec(seed=4, orders=12)).stripe


@pytest.fixture(scope="module")
def polled(month, tmp_path_factory):
    """The books of polling alone."""
    with world(str(tmp_path_factory.mktemp("polled") / "w.sqlite"), month) as made:
        pull(made.desk, NAME)
        return made.books()


@pytest.fixture
def w(tmp_path):
    with world(str(tmp_path / "w.sqlite"), small_month().stripe) as made:
        yield made


def told(w, kind, identity, *, number=1, **more):
    """Deliver one event of our own making; its id."""
    event_id = f"evt_{identity}_{number}"
    event = {"id": event_id, "type": f"{kind}.updated", "data": {"object": {"object": kind, "id": identity, **more}}}
    w.deliver(stripe_event(event, w.stripe.signing_secret, int(w.clock.now().timestamp())))
    return event_id


def only(w, event_id):
    return next(event for event in w.events() if event.event_id == event_id)


def witnesses(w, external_id, stream="charges"):
    with w.desk.read() as uow:
        ids = [r.raw_id for _, _, r in uow.records.versions(NAME) if (r.stream, r.external_id) == (stream, external_id)]
        return [way for raw_id in ids for way, _ in uow.records.witnesses(raw_id)]


def rows(w, action):
    with w.desk.read() as uow:
        return [row for row in uow.trail.entries() if row.action == action]


# Against polling


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(scaled(60)))
def test_whatever_happens_to_the_events_the_books_are_those_of_polling(month, polled, tmp_path, seed):
    """A third lost, a third doubled, all shuffled, some forged or stale, in three goes, with pulls in between."""
    rng = random.Random(seed)
    with world(str(tmp_path / "w.sqlite"), month) as w:
        ids = [event["id"] for event in month.events if rng.random() > 0.3]
        ids += [each for each in ids if rng.random() < 0.3]
        rng.shuffle(ids)
        for start in range(3):
            at = int(w.clock.now().timestamp())
            for delivery in w.stripe.deliveries(ids[start::3], at):
                w.deliver(delivery)
                if rng.random() < 0.1:
                    assert w.deliver(replace(delivery, body=delivery.body.replace(b"usd", b"eur", 1) + b" ")) == 401
            w.clock.sleep(rng.randrange(4000))
            if rng.random() < 0.5:
                process_all(w.desk)
            if rng.random() < 0.5:
                pull(w.desk, NAME)
        assert len(w.events()) == len(set(ids))
        process_all(w.desk)
        assert {event.state for event in w.events()} == {EventState.PROCESSED}
        assert pull(w.desk, NAME).control_ok
        assert w.books() == polled
        replay(w.desk, [event.key for event in w.events()], who="engine")
        assert all(not done.failed and not done.new for done in process_all(w.desk))
        assert w.books() == polled


def test_what_an_event_says_never_counts(w):
    """Its amounts are another's; the books have the API's."""
    told(w, "charge", "ch_003", amount=99_999_999, currency="eur")
    assert process(w.desk, NAME).processed == 1
    assert {row["amount"] for row in w.books()}.isdisjoint({99_999_999, -99_999_999})
    assert any(row["external_id"].startswith("txn_003") for row in w.books())


def test_event_and_poll_are_witnesses_told_apart(w):
    told(w, "charge", "ch_003")
    process(w.desk, NAME)
    assert witnesses(w, "ch_003") == [Witness.EVENT]
    pull(w.desk, NAME)
    assert witnesses(w, "ch_003") == [Witness.EVENT, Witness.POLL]
    assert witnesses(w, "ch_004") == [Witness.POLL]
    w.clock.sleep(60)
    told(w, "charge", "ch_004")
    process(w.desk, NAME)
    assert witnesses(w, "ch_004") == [Witness.POLL, Witness.EVENT]


def test_a_change_beyond_the_look_back_is_seen_by_its_event_alone(w):
    """A charge of half a year ago is changed; polling looks back thirty days."""
    for number in range(2):
        pull(w.desk, NAME)
        w.clock.sleep(60 * (number + 1))
    with w.desk.write() as uow:
        cursor = json.loads(uow.connections.cursor(NAME, "charges") or "{}")
        uow.connections.save_cursor(NAME, "charges", json.dumps({**cursor, "since": cursor["since"] + 40 * 86_400}))
        uow.commit()
    w.stripe.rows.mutate("charges", "ch_003", {"amount_refunded": 77})
    assert pull(w.desk, NAME).new == 0
    told(w, "charge", "ch_003")
    assert process(w.desk, NAME).new == 0  # the sandbox shows a change from the second look on
    told(w, "charge", "ch_003", number=2)
    assert process(w.desk, NAME).new == 1


# States


def test_nothing_of_ours_is_processed_without_asking_anybody(w, monkeypatch):
    event_id = told(w, "customer", "cus_1")
    monkeypatch.setattr(service, "proven", None)  # it would fail if it were used
    done = process(w.desk, NAME)
    assert (done.processed, done.new) == (1, 0)
    assert only(w, event_id).state is EventState.PROCESSED


def test_an_event_that_nobody_understands_is_dead_at_once(w):
    at = int(w.clock.now().timestamp())
    w.deliver(stripe_event({"id": "evt_odd", "type": "x"}, w.stripe.signing_secret, at))
    told(w, "charge", "ch_003")
    done = process(w.desk, NAME)
    assert (done.processed, done.dead) == (1, 1)
    odd = only(w, "evt_odd")
    assert (odd.state, odd.attempts, odd.next_attempt_at) == (EventState.DEAD, 1, None)
    assert "no Stripe event" in odd.last_error


def broken(w, monkeypatch, kind="unavailable", not_before=None):
    def fail(self, stream, external_id):
        raise TransportError("Stripe does not answer", kind=kind, remedy="Wait.", not_before=not_before)

    monkeypatch.setattr("awra_desk.connectors.stripe.StripeSource.fetch", fail)


def test_a_failed_event_is_tried_again_later_and_later_then_it_is_dead(w, monkeypatch):
    event_id = told(w, "charge", "ch_003")
    waits = []
    with monkeypatch.context() as patch:
        broken(w, patch)
        for number in range(ATTEMPTS):
            done = process(w.desk, NAME)
            event = only(w, event_id)
            assert event.attempts == number + 1
            if event.next_attempt_at is None:
                break
            assert (done.failed, event.state) == (1, EventState.FAILED)
            waits.append((event.next_attempt_at - w.clock.now()).total_seconds())
            w.clock.sleep(waits[-1] - 1)
            assert not process(w.desk, NAME).events  # a second too early
            w.clock.sleep(1)
    assert waits == [60, 120, 240, 480, 960, 1920, 3840]
    assert (event.state, event.last_error) == (EventState.DEAD, "Stripe does not answer. Wait.")
    assert not process(w.desk, NAME).events
    assert replay(w.desk, [event.key], who="amina") == 1
    assert process(w.desk, NAME).processed == 1
    assert only(w, event_id).state is EventState.PROCESSED


def test_a_providers_own_wait_is_kept(w, monkeypatch):
    until = w.clock.now() + timedelta(hours=3)
    event_id = told(w, "charge", "ch_003")
    broken(w, monkeypatch, kind="rate", not_before=until)
    process(w.desk, NAME)
    assert only(w, event_id).next_attempt_at == until


def test_one_that_fails_keeps_no_other_waiting(w):
    bad, good = told(w, "charge", "ch_999"), told(w, "charge", "ch_003")
    done = process(w.desk, NAME)
    assert (done.processed, done.failed) == (1, 1)
    assert only(w, good).state is EventState.PROCESSED
    assert "No such charge" in only(w, bad).last_error


def test_what_many_events_name_is_read_once(w, monkeypatch):
    asked = []
    real = httpx.Request.__init__

    def seen(self, method, url, *args, **kwargs):
        asked.append(str(url).partition("?")[0].rpartition("/v1/")[2])
        real(self, method, url, *args, **kwargs)

    for number in range(30):
        told(w, "charge", "ch_003", number=number)
    monkeypatch.setattr(httpx.Request, "__init__", seen)
    assert process(w.desk, NAME).processed == 30
    assert asked.count("charges/ch_003") == 1
    assert len(asked) < 10


def test_below_the_rung_nothing_is_taken_any_more(w):
    told(w, "charge", "ch_003")
    with w.desk.write() as uow:
        uow.connections.set_rung(NAME, Rung.WRITES)
        uow.commit()
    assert not process(w.desk, NAME).events
    climb_to(w.desk, NAME, Rung.READ_ONLY)
    with w.desk.write() as uow:
        uow.connections.set_rung(NAME, Rung.EVENTS)
        uow.commit()
    assert process(w.desk, NAME).processed == 1


def test_a_worker_that_died_gives_its_events_back(w):
    event_id = told(w, "charge", "ch_003")
    with w.desk.write() as uow:
        assert len(uow.events.claim(NAME, now=w.clock.now(), limit=10)) == 1
        uow.commit()
    assert not process(w.desk, NAME).events
    w.clock.sleep(LEASE.total_seconds())
    assert process(w.desk, NAME).processed == 1
    assert only(w, event_id).attempts == 2


def test_a_worker_that_comes_too_late_changes_nothing(w, monkeypatch):
    """Its lease ran out while it read; another one processed the event, and keeps what it said."""
    event_id = told(w, "charge", "ch_003")
    real = service.keep_up

    def slow(desk, name, *, progress):
        monkeypatch.setattr(service, "keep_up", real)
        w.clock.sleep(LEASE.total_seconds() + 1)
        assert process(desk, name).processed == 1
        return real(desk, name, progress=progress)

    monkeypatch.setattr(service, "keep_up", slow)
    assert not process(w.desk, NAME).events
    assert (only(w, event_id).attempts, only(w, event_id).state) == (2, EventState.PROCESSED)


def test_a_defect_is_seen_and_the_events_wait(w, monkeypatch):
    event_id = told(w, "charge", "ch_003")

    def defect(*_args, **_kwargs):
        raise ZeroDivisionError("made up")

    with monkeypatch.context() as patch:
        patch.setattr(service, "keep_up", defect)
        with pytest.raises(ZeroDivisionError):
            process(w.desk, NAME)
    assert only(w, event_id).state is EventState.FAILED
    assert "ZeroDivisionError" in only(w, event_id).last_error
    w.clock.sleep(60)
    assert process(w.desk, NAME).processed == 1


def test_a_defect_at_one_event_costs_those_beside_it_nothing(w, monkeypatch):
    bad, good = told(w, "charge", "ch_003"), told(w, "charge", "ch_004")
    real = StripeSource.fetch

    def fetch(self, stream, external_id):
        return 1 // 0 if external_id == "ch_003" else real(self, stream, external_id)

    monkeypatch.setattr(StripeSource, "fetch", fetch)
    for _ in range(ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            process(w.desk, NAME)
        w.clock.sleep(7 * 3600)
    assert not process(w.desk, NAME).events
    assert (only(w, bad).state, only(w, good).state) == (EventState.DEAD, EventState.PROCESSED)
    assert (only(w, good).attempts, "ZeroDivisionError" in only(w, bad).last_error) == (1, True)


def test_a_contract_that_reads_differently_stops_it_and_says_so(w, monkeypatch):
    event_id = told(w, "charge", "ch_003")

    def refuse(*_args, **_kwargs):
        raise Refused("the contract is now another", record=NAME, remedy="See renormalise.")

    monkeypatch.setattr(service, "keep_up", refuse)
    assert process(w.desk, NAME).failed == 1
    assert "renormalise" in only(w, event_id).last_error


def test_the_waits_are_the_same_every_time():
    assert [next_attempt(n, START) for n in range(1, 9)] == [next_attempt(n, START) for n in range(1, 9)]
    assert next_attempt(ATTEMPTS, START) is None
    assert next_attempt(3, START, START + timedelta(days=1)) == START + timedelta(days=1)


# The trail


def test_each_batch_and_each_replay_leaves_one_row(w):
    event_id = told(w, "charge", "ch_003")
    process(w.desk, NAME)
    replay(w.desk, [(NAME, event_id)], who="amina")
    (batch,), (again,) = rows(w, "events.process"), rows(w, "events.replay")
    assert (batch.subject, batch.detail["processed"], len(batch.detail["outcomes_sha256"])) == (NAME, "1", 64)
    assert (again.actor, again.detail["ids"]) == ("amina", f"{NAME}/{event_id}")
    assert not process_all(w.desk)[0].new


def test_replaying_what_never_came_is_refused_whole(w):
    event_id = told(w, "charge", "ch_003")
    process(w.desk, NAME)
    with pytest.raises(UsageError, match="this event is unknown"):
        replay(w.desk, [(NAME, event_id), (NAME, "evt_never")], who="amina")
    assert only(w, event_id).state is EventState.PROCESSED
    assert not rows(w, "events.replay")
