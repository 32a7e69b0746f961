"""The inbox and the ways by which records came, on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from awra_desk.domain.errors import Refused, UsageError
from awra_desk.domain.events import LEASE, Event, EventState, Outcome, Witness
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Connection
from tests.store.books import NOW

EVENT = Event("shop", "e1", "charge.refunded", True, '{"id": "e1"}', NOW)
LATER = NOW + timedelta(seconds=1)


@pytest.fixture
def books(workspace, company):
    with workspace.write(company) as uow:
        for name in ("shop", "bank"):
            uow.connections.put(Connection(company, name, "stripe", "https://api.stripe.com", "UTC"))
        uow.commit()
    return workspace, company


def add(books, *events):
    workspace, company = books
    with workspace.write(company) as uow:
        found = [uow.events.add(event) for event in events]
        uow.commit()
    return found


def claim(books, source="shop", *, now=NOW, limit=100):
    workspace, company = books
    with workspace.write(company) as uow:
        found = uow.events.claim(source, now=now, limit=limit)
        uow.commit()
    return found


def settle(books, outcome, state, *, again=None):
    workspace, company = books
    with workspace.write(company) as uow:
        done = uow.events.settle(outcome, state, at=LATER, next_attempt_at=again)
        uow.commit()
    return done


def get(books, event_id="e1"):
    workspace, company = books
    with workspace.read(company) as uow:
        return uow.events.get(("shop", event_id))


def test_an_event_is_taken_in_once_per_source_and_id(books):
    other = replace(EVENT, source="bank")
    assert add(books, EVENT, replace(EVENT, payload="{}"), other, replace(EVENT, event_id="e2")) == [
        True, False, True, True,
    ]  # fmt: skip
    assert get(books) == replace(EVENT, next_attempt_at=NOW)
    workspace, company = books
    with workspace.read(company) as uow:
        assert uow.events.counts() == {("bank", EventState.RECEIVED): 1, ("shop", EventState.RECEIVED): 2}
        with pytest.raises(UsageError, match="this event is unknown"):
            uow.events.get(("bank", "e9"))


def test_it_is_claimed_by_age_and_again_only_after_its_lease(books):
    young = replace(EVENT, event_id="a", received_at=LATER)
    add(books, young, EVENT)
    assert [(event.event_id, event.attempts) for event in claim(books, now=LATER, limit=1)] == [("e1", 1)]
    assert [event.event_id for event in claim(books, now=LATER)] == ["a"]
    assert claim(books, now=LATER + LEASE - timedelta(seconds=1)) == []
    assert {event.attempts for event in claim(books, now=LATER + LEASE)} == {2}


def test_only_whoever_has_it_settles_it_and_only_once(books):
    add(books, EVENT)
    (first,) = claim(books)
    (second,) = claim(books, now=NOW + LEASE)
    late = Outcome(first.key, first.attempts, brought=9)
    assert not settle(books, late, EventState.PROCESSED)
    mine = Outcome(second.key, second.attempts, brought=3)
    assert settle(books, mine, EventState.PROCESSED)
    assert not settle(books, mine, EventState.PROCESSED)
    event = get(books)
    assert (event.state, event.brought, event.done_at, event.next_attempt_at) == (EventState.PROCESSED, 3, LATER, None)
    assert claim(books, now=NOW + timedelta(days=9)) == []


def test_a_failed_one_waits_for_its_time(books):
    add(books, EVENT)
    (taken,) = claim(books)
    assert settle(books, Outcome(taken.key, 1, error="No answer."), EventState.FAILED, again=NOW + LEASE * 2)
    assert claim(books, now=NOW + LEASE) == []
    assert get(books).last_error == "No answer."
    assert len(claim(books, now=NOW + LEASE * 2)) == 1


def test_replaying_makes_it_due_whatever_became_of_it(books):
    add(books, EVENT, replace(EVENT, event_id="e2"))
    for event in claim(books):
        settle(books, Outcome(event.key, 1, error="x"), EventState.DEAD)
    workspace, company = books
    with workspace.write(company) as uow:
        assert uow.events.again([("shop", "e1"), ("shop", "e1"), ("shop", "none")], at=LATER) == 1
        uow.commit()
    assert [(event.event_id, event.attempts) for event in claim(books, now=LATER)] == [("e1", 2)]


def test_two_workers_at_once_get_each_event_once(books):
    workspace, company = books
    add(books, *(replace(EVENT, event_id=f"e{number}") for number in range(40)))
    taken: list[str] = []
    start = threading.Barrier(4)

    def work():
        start.wait()
        while found := claim(books, limit=3):
            for event in found:
                taken.append(event.event_id)
                settle(books, Outcome(event.key, event.attempts), EventState.PROCESSED)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken) == sorted(f"e{number}" for number in range(40))
    with workspace.read(company) as uow:
        assert {event.attempts for event in uow.events.all()} == {1}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE events SET payload = 'x'", "never changed"),
        ("UPDATE events SET kind = 'x'", "never changed"),
        ("UPDATE events SET attempts = attempts - 1", "only added to"),
        ("DELETE FROM events", "never deleted"),
        ("UPDATE witnesses SET witness = 'poll'", "never changed"),
        ("DELETE FROM witnesses", "never deleted"),
    ],
)
def test_what_the_database_itself_refuses(books, change, words):
    workspace, company = books
    add(books, EVENT)
    append(books, Witness.EVENT)
    with pytest.raises(Refused, match=words), workspace.write(company) as uow:
        uow.events._connection.execute(sa.text(change))


def test_an_event_does_not_begin_in_the_middle(books):
    with pytest.raises(Refused, match="received once"):
        add(books, replace(EVENT, state=EventState.PROCESSED))
    with pytest.raises(Refused, match="received once"):
        add(books, replace(EVENT, attempts=3))


RAW = RawRecord("shop", "charges", "c1", "{}", NOW)


def append(books, witness, *records):
    workspace, company = books
    with workspace.write(company) as uow:
        new = uow.records.append(records or [RAW], witness)
        uow.commit()
    return new


def ways(books, raw_id=RAW.raw_id):
    workspace, company = books
    with workspace.read(company) as uow:
        return uow.records.witnesses(raw_id)


def seen(after):
    return replace(RAW, fetched_at=NOW + timedelta(seconds=after))


def test_a_poll_alone_leaves_no_row(books):
    append(books, Witness.POLL)
    append(books, Witness.POLL, seen(5))
    assert ways(books) == [(Witness.POLL, NOW)]
    workspace, company = books
    with workspace.read(company) as uow:
        query = sa.text("SELECT COUNT(*) FROM witnesses WHERE company = :company")
        assert uow.records._connection.execute(query, {"company": company}).scalar_one() == 0


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ([Witness.EVENT], [(Witness.EVENT, 0)]),
        ([Witness.EVENT, Witness.POLL, Witness.POLL], [(Witness.EVENT, 0), (Witness.POLL, 1)]),
        ([Witness.POLL, Witness.EVENT, Witness.EVENT], [(Witness.POLL, 0), (Witness.EVENT, 1)]),
        ([Witness.STATEMENT, Witness.STATEMENT], [(Witness.STATEMENT, 0)]),
        ([Witness.STATEMENT, Witness.EVENT], [(Witness.STATEMENT, 0), (Witness.EVENT, 1)]),
    ],
)
def test_each_way_counts_from_when_it_first_came(books, order, told):
    for number, witness in enumerate(order):
        assert append(books, witness, seen(number)) == (number == 0)
    assert ways(books) == [(witness, NOW + timedelta(seconds=after)) for witness, after in told]


def test_another_version_has_its_own_witnesses(books):
    append(books, Witness.EVENT)
    other = replace(RAW, payload='{"a": 1}', fetched_at=LATER)
    append(books, Witness.POLL, other)
    assert (ways(books), ways(books, other.raw_id)) == ([(Witness.EVENT, NOW)], [(Witness.POLL, LATER)])


def test_what_a_clock_that_was_ahead_put_off_is_due(books):
    workspace, company = books
    with workspace.write(company) as uow:
        uow.events.add(replace(EVENT, received_at=NOW + 365 * timedelta(days=1)))
        uow.commit()
    with workspace.write(company) as uow:
        assert [event.key for event in uow.events.claim("shop", now=NOW, limit=5)] == [EVENT.key]
        assert uow.events.claim("shop", now=NOW, limit=5) == []
        uow.commit()
