"""What an account's pace promises, in virtual time: rate and day budget of all processes together, slots, retries, the
breaker with its half-open try.
"""

from __future__ import annotations

import random
from datetime import timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awra_desk.connectors._http import Guard, MemoryState, Policy, TokenBucket
from awra_desk.connectors._http.bucket import Stopped
from awra_desk.connectors._http.pace import (
    COOL_DOWN,
    RETRIES_ALWAYS,
    TRIP_AFTER,
    Limits,
    Pace,
    from_text,
    to_text,
)
from awra_desk.ports.connections import TransportError
from tests.connectors.virtual_time import VirtualClock, client
from tests.soak import scaled

HOUR = 3600.0


def workers(clock, count, **limits):
    """Gates of so many processes over one shared state."""
    shared = MemoryState()
    made = [TokenBucket(clock, **limits) for _ in range(count)]
    for bucket in made:
        bucket.share(shared, "shop")
    return made


@pytest.mark.soak
def test_four_processes_never_exceed_a_provider_of_sixty_a_minute():
    """A virtual day (in a quick run a bit more than an hour): the provider never has a sixty-first call in a minute."""
    clock, rng = VirtualClock(), random.Random(3)
    gates = workers(clock, 4, per_second=0.9, burst=6)
    calls: list[float] = []
    while clock.elapsed() < scaled(24) * HOUR + HOUR / 10:
        rng.choice(gates).take()
        calls.append(clock.elapsed())
        clock.sleep(rng.choice([0.0, 0.0, 0.01, 3.0, 40.0]) if rng.random() < 0.3 else 0.0)
    for first in range(len(calls) - 60):
        assert calls[first + 60] - calls[first] > 60.0
    assert len(calls) > 0.25 * clock.elapsed()  # and it is used


def test_a_day_budget_is_kept_by_all_processes_together_and_says_when_it_opens():
    clock = VirtualClock()
    gates = workers(clock, 2, per_second=10.0, burst=10, per_day=100)
    for number in range(100):
        gates[number % 2].take()
    for gate in gates:
        with pytest.raises(Stopped, match="100 requests a day") as caught:
            gate.take()
    opens = caught.value.stop.until - clock.now().timestamp()
    assert 24 * HOUR - 60 <= opens <= 25 * HOUR
    clock.sleep(opens - 1)
    with pytest.raises(Stopped):
        gates[0].take()
    clock.sleep(1)
    gates[1].take()


def test_a_spent_day_is_an_error_with_the_time_to_come_back():
    clock = VirtualClock()
    http = client(lambda _: httpx.Response(200), clock, bucket=TokenBucket(clock, per_second=9, burst=9, per_day=1))
    http.get("/v1/x")
    with pytest.raises(TransportError, match=r"Shop allows 1 requests a day.*Try again after 20") as caught:
        http.get("/v1/x")
    assert caught.value.kind == "rate"
    assert caught.value.not_before > clock.now() + timedelta(hours=23)
    assert clock.sleeps == []


def test_slots_are_kept_and_those_of_the_dead_come_free():
    clock = VirtualClock()
    first, second = workers(clock, 2, per_second=100.0, burst=100, concurrent=2)
    held = [first.enter(retry=False), second.enter(retry=False)]
    began = clock.elapsed()
    second.leave(held[0], alive=True)
    third = second.enter(retry=False)
    assert clock.elapsed() == began
    first.enter(retry=False)  # both slots are taken and nobody gives one back
    assert 100 < clock.elapsed() - began < 200
    assert third.slot != held[1].slot


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.0, 1.0, 25.0, 160.0])), max_size=250))
@settings(max_examples=scaled(1_000))
def test_retries_of_five_minutes_are_a_tenth(steps):
    """At each retry: not more than a tenth of the first attempts of the last five minutes, or the few that are always
    allowed.
    """
    clock = VirtualClock()
    (gate,) = workers(clock, 1, per_second=1000.0, burst=1000)
    firsts: list[float] = []
    retries: list[float] = []
    for retry, rest in steps:
        clock.sleep(rest)
        now = clock.elapsed()
        try:
            gate.leave(gate.enter(retry=retry), alive=True)
        except Stopped:
            assert retry
            assert sum(now - 320 < at for at in retries) >= RETRIES_ALWAYS
            continue
        (retries if retry else firsts).append(now)
        if retry:
            recent = sum(now - 300 < at for at in retries)
            assert recent <= max(RETRIES_ALWAYS, sum(now - 300 <= at for at in firsts) / 10)


def test_the_breaker_opens_tries_once_and_closes():
    clock = VirtualClock()
    asked = []
    answer = {"status": 500}

    def serve(request):
        asked.append(clock.elapsed())
        return httpx.Response(answer["status"])

    shared = MemoryState()
    buckets = [TokenBucket(clock, per_second=100.0, burst=100) for _ in range(2)]
    first, second = (client(serve, clock, bucket=each, guard=Guard(shared, "shop")) for each in buckets)
    with pytest.raises(TransportError, match=f"{TRIP_AFTER} times"):
        first.get("/v1/x")
    assert len(asked) == TRIP_AFTER
    for http in (first, second):
        with pytest.raises(TransportError, match="left alone") as caught:
            http.get("/v1/x")
        assert caught.value.kind == "unavailable"
        assert 0 < (caught.value.not_before - clock.now()).total_seconds() <= COOL_DOWN
    assert len(asked) == TRIP_AFTER
    clock.sleep(COOL_DOWN)
    with pytest.raises(TransportError):
        second.get("/v1/x")  # half open: one try, which fails and shuts it for longer
    assert len(asked) == TRIP_AFTER + 1
    clock.sleep(COOL_DOWN)
    with pytest.raises(TransportError, match="left alone"):
        first.get("/v1/x")
    clock.sleep(COOL_DOWN)
    answer["status"] = 200
    assert first.get("/v1/x").status == 200
    assert second.get("/v1/x").status == 200
    assert len(asked) == TRIP_AFTER + 3


def test_half_open_lets_one_through_at_a_time():
    clock = VirtualClock()
    first, second = workers(clock, 2, per_second=100.0, burst=100)
    for _ in range(TRIP_AFTER):
        first.leave(first.enter(retry=False), alive=False)
    clock.sleep(COOL_DOWN)
    trying = first.enter(retry=False)
    with pytest.raises(Stopped, match="left alone"):
        second.enter(retry=False)
    first.leave(trying, alive=True)
    second.take()


@pytest.mark.parametrize(("header", "hours"), [("7200", 2), ("172800", 48), ("9" * 30, 1)])
def test_a_silence_of_hours_is_told_to_every_process_and_never_slept(header, hours):
    """More than a week is nonsense: it is taken for an hour."""
    clock = VirtualClock()
    asked = []

    def serve(request):
        asked.append(clock.elapsed())
        return httpx.Response(429, headers={"Retry-After": header}) if len(asked) == 1 else httpx.Response(200)

    shared = MemoryState()
    buckets = [TokenBucket(clock, per_second=100.0, burst=100) for _ in range(2)]
    first, second = (client(serve, clock, bucket=each, guard=Guard(shared, "shop")) for each in buckets)
    for http in (first, second, first):
        with pytest.raises(TransportError, match="asks us to wait") as caught:
            http.get("/v1/x")
        assert caught.value.kind == "rate"
        assert abs(caught.value.not_before - clock.now() - timedelta(hours=hours)) < timedelta(seconds=1)
    assert len(asked) == 1
    assert clock.sleeps == []
    clock.sleep(hours * HOUR)
    assert second.get("/v1/x").status == 200


@pytest.mark.parametrize("hours", [-1, 1, -30])
def test_setting_the_clock_neither_ends_nor_lengthens_a_silence(hours):
    clock = VirtualClock()
    gate, other = workers(clock, 2, per_second=100.0, burst=100)
    gate.pause(60)
    clock.time += timedelta(hours=hours)
    other.take()
    assert 60 <= clock.elapsed() < 61


def test_a_process_begun_after_the_clock_went_back_waits_no_longer_than_was_asked():
    clock = VirtualClock()
    shared = MemoryState()
    before = TokenBucket(clock, per_second=100.0, burst=100)
    before.share(shared, "shop")
    before.pause(60)
    before.leave(before.enter(retry=False), alive=True)
    before.pause(60)
    clock.time -= timedelta(hours=5)
    after = TokenBucket(clock, per_second=100.0, burst=100)
    after.share(shared, "shop")
    began = clock.elapsed()
    after.take()
    assert clock.elapsed() - began <= 61


def test_the_pace_survives_as_text():
    clock = VirtualClock()
    gate = TokenBucket(clock, per_second=3.5, burst=7, per_day=9, concurrent=2)
    go = gate.enter(retry=False)
    gate.leave(go, alive=False, skew=12.5)
    gate.enter(retry=True)
    gate.pause(30)
    known = gate._shared.change("account", lambda text: (None, from_text(text)))
    assert from_text(to_text(known)) == known
    assert known.limits == Limits(3.5, 7, 9, 2)
    assert (known.failures, known.skew, len(known.slots)) == (1, 12.5, 1)
    assert from_text("") == Pace()


@pytest.mark.parametrize("wrong", [{"per_second": 0}, {"burst": 0}, {"per_day": 0}, {"concurrent": 0}])
def test_limits_of_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=r"token|nothing"):
        TokenBucket(VirtualClock(), **{"per_second": 1.0, "burst": 1, **wrong})


def test_a_write_whose_answer_is_lost_holds_the_look_up_back_too():
    """503 with Retry-After to a write: nothing is known of it, and the look-up may not come early either."""
    clock = VirtualClock()
    asked = []

    def serve(request):
        asked.append(clock.elapsed())
        return httpx.Response(503, headers={"Retry-After": "40"}) if len(asked) == 1 else httpx.Response(200)

    http = client(serve, clock, policy=Policy(attempts=1))
    with pytest.raises(Exception, match="looked up"):
        http.write("/v1/x", content="{}")
    http.get("/v1/x")
    assert asked[1] - asked[0] >= 40
