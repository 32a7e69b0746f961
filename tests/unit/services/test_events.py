"""Events of a source that knows nothing of them, dead letters in the queue, and what the ladder asks for."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from awra_desk.app.worker_command import Worker
from awra_desk.domain.errors import Refused, UsageError
from awra_desk.domain.events import ATTEMPTS, Event, EventState, Witness
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.ladder import Rung
from awra_desk.domain.reasons import Reason
from awra_desk.ports.connections import Signing
from awra_desk.services import ladder
from awra_desk.services.dead_letters import REPLAYED
from awra_desk.services.deliveries import Deliveries, count, deliveries
from awra_desk.services.events import process, replay
from awra_desk.services.health import examine
from awra_desk.services.queue import load_case
from awra_desk.services.schedule import interval, scheduled, take_turn
from awra_desk.services.trace import trace
from tests.unit.services.conftest import NAME
from tests.unit.services.doubles import row


@pytest.fixture
def taking(scene):
    """The scene with its shop on the rung for events, pulled and reconciled."""
    climb(scene, "shop", Rung.EVENTS)
    scene.pull()
    scene.reconcile()
    return scene


def climb(scene, name, to):
    with scene.desk.write() as uow:
        at = list(Rung).index(uow.connections.get(name).rung)
        for rung in list(Rung)[at + 1 : list(Rung).index(to) + 1]:
            uow.connections.set_rung(name, rung)
        uow.commit()


def arrive(scene, event_id="e1"):
    with scene.desk.write() as uow:
        uow.events.add(Event("shop", event_id, "sale", True, "{}", scene.desk.now()))
        uow.commit()


def state(scene, event_id="e1"):
    with scene.desk.read() as uow:
        return uow.events.get(("shop", event_id)).state


def dead(scene):
    """Let its event fail until it is dead."""
    scene.source.cut_after = 0
    scene.source.rows.append(row("ch_9a", 777, reference="ch_9a"))
    arrive(scene)
    for _ in range(ATTEMPTS):
        process(scene.desk, "shop")
        scene.desk.clock.sleep(86_400)
    scene.source.cut_after = None


def letters(scene):
    return [item for item in scene.exceptions() if item.reason == Reason.EVENT_DEAD]


def test_of_a_source_that_knows_no_hints_everything_is_pulled_on(taking):
    taking.source.rows.append(row("ch_9a", 777, reference="ch_9a"))
    arrive(taking)
    done = process(taking.desk, "shop")
    assert (done.processed, done.new, done.whole) == (1, 1, True)
    with taking.desk.read() as uow:
        (raw_id,) = [r.raw_id for _, _, r in uow.records.versions("shop") if r.external_id == "ch_9a"]
        assert [way for way, _ in uow.records.witnesses(raw_id)] == [Witness.EVENT]
        assert {row["amount"] for row in uow.records.transactions("shop").dicts()} >= {777}
    shown = taking.reconcile().statement
    assert shown.unexplained == 0  # the balance came with it


def test_a_dead_event_is_an_exception_at_once_and_ages(taking):
    dead(taking)
    assert state(taking) is EventState.DEAD
    (item,) = letters(taking)
    assert (item.state, item.members) == (ExceptionState.OPEN, (("source", "shop/e1"),))
    assert "the line was cut" in item.evidence
    before = item.severity
    taking.desk.clock.sleep(100 * 86_400)
    taking.reconcile()
    (item,) = letters(taking)
    assert (before, item.severity) == ("low", "critical")
    assert load_case(taking.desk, item.exception_id).item == item


def test_it_clears_itself_when_it_is_replayed_with_success(taking):
    dead(taking)
    replay(taking.desk, [("shop", "e1")], who="amina")
    assert letters(taking)[0].state == ExceptionState.OPEN  # not before it was processed
    assert process(taking.desk, "shop").processed == 1
    (item,) = letters(taking)
    assert (item.state, item.resolution, item.resolution_note) == ("resolved", "cleared", REPLAYED)
    others = [item for item in taking.exceptions() if item.reason != Reason.EVENT_DEAD]
    assert any(item.state == ExceptionState.OPEN for item in others)  # nobody else's was touched


def test_a_replay_that_fails_leaves_it_dead(taking):
    dead(taking)
    taking.source.cut_after = 0
    replay(taking.desk, [("shop", "e1")], who="amina")
    assert process(taking.desk, "shop").dead == 1
    assert letters(taking)[0].state == ExceptionState.OPEN


def test_reconciling_keeps_the_exceptions_of_dead_events(taking):
    dead(taking)
    for _ in range(2):
        taking.reconcile()
        assert [item.state for item in letters(taking)] == [ExceptionState.OPEN]


def checks(scene, **signing):
    desk = replace(scene.desk, signing=lambda connection: Signing("X-Signature", **signing) if signing else None)
    return {check.name: check for check in examine(desk, "shop").checks}


def test_the_rung_needs_a_secret_and_a_signed_delivery(taking):
    found = checks(taking, secrets=0)
    assert not found["signing secret"].holds
    assert "--signing-secret shop" in found["signing secret"].remedy
    assert not found["signed delivery"].holds
    at = taking.desk.now()
    count(taking.desk, "shop", Deliveries(refused={"signature": 2}, refused_at=at))
    count(taking.desk, "shop", Deliveries(1, 1, proven_at=at))
    found = checks(taking, secrets=1)
    assert found["signing secret"].holds
    assert found["signed delivery"].holds
    assert "2 were refused (signature 2)" in found["signed delivery"].words
    assert f"{at:%Y-%m-%d %H:%M}" in found["signed delivery"].words


def test_a_provider_without_events_and_one_polled_by_choice_need_neither(taking):
    assert all(checks(taking)[name].holds for name in ("signing secret", "signed delivery"))
    with taking.desk.write() as uow:
        shop = uow.connections.get("shop")
        uow.connections.put(replace(shop, options={**shop.options, "events": "polled"}))
        uow.commit()
    assert "by choice" in checks(taking, secrets=0)["signing secret"].words


def test_deliveries_add_up_over_processes(scene):
    early, late = scene.desk.now(), scene.desk.now() + timedelta(hours=1)
    count(scene.desk, "shop", Deliveries(1, 2, 3, 4, {"a": 1}, late, None))
    count(scene.desk, "shop", Deliveries(1, 1, 1, 1, {"a": 2, "b": 1}, early, early))
    assert deliveries(scene.desk, "shop") == Deliveries(2, 3, 4, 5, {"a": 3, "b": 1}, late, early)
    assert deliveries(scene.desk, "books") == Deliveries()


def test_each_interval_has_one_pull_among_all_workers(scene):
    assert scheduled(scene.desk) == []
    climb(scene, "books", Rung.SCHEDULED)
    (books,) = scheduled(scene.desk)
    assert [take_turn(scene.desk, books) for _ in range(3)] == [True, False, False]
    scene.desk.clock.sleep(3600)
    assert take_turn(scene.desk, books)
    scene.desk.clock.sleep(-7200)
    assert [take_turn(scene.desk, books) for _ in range(2)] == [True, False]  # the clock was ahead
    often = replace(books, options={"pull_minutes": "5"})
    assert interval(often) == timedelta(minutes=5)
    for text in ("0", "x", "1441", "-1", "²"):
        with pytest.raises(UsageError, match="pull_minutes"):
            interval(replace(books, options={"pull_minutes": text}))


def test_the_trace_says_by_which_ways_a_record_came(taking):
    taking.source.rows.append(row("ch_9a", 777, reference="ch_9a"))
    arrive(taking)
    process(taking.desk, "shop")
    with taking.desk.write() as uow:
        uow.connections.save_cursor("shop", "balance", "0")
        uow.commit()
    taking.pull()
    taking.reconcile()
    with taking.desk.read() as uow:
        ids = {r["external_id"]: r["id"] for r in uow.records.transactions("shop").dicts()}
    event, polled = (trace(taking.desk, NAME, ("source", ids[name])).steps[0] for name in ("ch_9a", "ch_1a"))
    assert event.what == "shop sent an event that names it"
    assert "also by poll at" in event.detail
    assert (polled.what, polled.detail) == ("None: shop was asked for what is new", "Polled")


def test_a_pull_alone_is_no_statement(taking):
    with taking.desk.read() as uow:
        ways = {way for _, _, r in uow.records.versions("shop") for way, _ in uow.records.witnesses(r.raw_id)}
    assert ways == {Witness.POLL}


def test_nobody_climbs_there_without(taking):
    with taking.desk.write() as uow:
        uow.connections.set_rung("shop", Rung.WRITES)
        uow.commit()
    taking.pull()
    desk = replace(taking.desk, signing=lambda connection: Signing("X-Signature", 0))
    with pytest.raises(Refused, match="signing secret"):
        ladder.climb(desk, "shop", who="engine")


def test_a_worker_leaves_what_it_pulled_whole_alone_for_a_while(taking, capsys):
    worker = Worker(taking.desk, threading.Event(), as_json=False)
    seen = []
    for seconds in (0, 60, 300):
        taking.desk.clock.sleep(seconds)
        arrive(taking, f"e{seconds}")
        worker.round()
        seen.append(state(taking, f"e{seconds}"))
    assert seen == [EventState.PROCESSED, EventState.RECEIVED, EventState.PROCESSED]
    assert not worker.failed
    assert "1 processed" in capsys.readouterr().out


def test_a_worker_that_is_stopped_gives_back_what_it_took(taking):
    stopped = threading.Event()
    stopped.set()
    arrive(taking)
    Worker(taking.desk, stopped, as_json=False).round()
    assert state(taking) is EventState.FAILED


def test_a_worker_goes_on_behind_a_connection_that_fails(taking, capsys):
    climb(taking, "books", Rung.SCHEDULED)
    taking.source.cut_after = 0
    taking.source.rows.append(row("ch_9a", 777, reference="ch_9a"))
    arrive(taking)
    worker = Worker(taking.desk, threading.Event(), as_json=False)
    worker.round()
    told = capsys.readouterr().out
    assert worker.failed
    assert "shop: 0 processed, 0 new versions, 1 failed, tried again later. shop: the line was cut. Pull again." in told
    assert "books: pulled" in told
