"""The HTTP layer under seeded fault schedules in virtual time: no early call, no lost or doubled row, no amplification.

Two clients share an account as two processes do: by the texts of a shared state, nothing else. Each schedule pulls a
list and writes documents while the provider and the clock go wrong; then the provider heals, and everything must be
there once. `MUTANTS` shows that the net holds: each plants one plausible mistake, and the schedules find it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from awra_desk.connectors._http import (
    DEFAULT_POLICY,
    AfterLastId,
    Guard,
    Http,
    MemoryState,
    NoAuth,
    TokenBucket,
    client,
    pace,
    policy,
    walk,
)
from awra_desk.connectors._http.reply import Reply
from awra_desk.ports.connections import OutcomeUnknown, TransportError
from tests.simulation.http_world import ALPHABET, HOST, MOST_BYTES, World
from tests.soak import scaled

SEEDS = 10_000
ROUNDS = 200
DEAD_CALLS = 150


class Session(NoAuth):
    """Credentials that the provider ends now and then."""

    def __init__(self, world: World) -> None:
        self.world, self.token = world, world.token

    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def refresh(self, refused):
        self.token = self.world.token
        return True


def clients(world: World, count: int = 2) -> list[Http]:
    shared = MemoryState()
    return [
        Http(
            HOST,
            provider="Shop",
            auth=Session(world),
            policy=DEFAULT_POLICY,
            bucket=TokenBucket(world.time, per_second=5.0, burst=10, per_day=5_000, concurrent=3),
            clock=world.time,
            rng=random.Random(number),
            transport=world,
            max_bytes=MOST_BYTES,
            guard=Guard(shared, "shop"),
        )
        for number in range(count)
    ]


@dataclass
class Desk:
    """What a workspace keeps of the pull and the writes.

    Attributes:
        rows: pulled so far; after: where to go on, "" at the end. waiting: documents to be written; unsure: those whose
            answer was lost.
    """

    waiting: set[str]
    rows: list[str] = field(default_factory=list)
    after: str | None = None
    unsure: set[str] = field(default_factory=set)

    def pull(self, http: Http) -> None:
        """Pages from where the last pull stopped; rows and cursor are kept together. It may stop after any page."""
        pages = walk(AfterLastId(), lambda place: http.get("/rows", params=cursor(place)), start=self.after)
        for reply, after in pages:
            self.rows += [row["id"] for row in reply.body["data"]]
            self.after = after or ""
            if len(self.rows) % 3 == 0:
                return

    def post(self, http: Http, reference: str) -> None:
        """Write once: looked up first whenever an answer was lost."""
        if reference in self.unsure:
            reply = http.get("/documents", params=[("reference", reference)])
            if reply.body is None:
                return  # it said nothing
            self.unsure.discard(reference)
            if reply.body["found"]:
                self.waiting.discard(reference)
                return
        try:
            http.write("/documents", content=json.dumps({"reference": reference}))
        except OutcomeUnknown:
            self.unsure.add(reference)
        else:
            self.waiting.discard(reference)


def run(seed: int) -> World:
    """One schedule; raises AssertionError for what must not be."""
    world = World(seed)
    both = clients(world)
    desk = Desk({f"doc-{number}" for number in range(world.rng.randint(1, 4))})
    trouble_ends = world.rng.randint(4, 16)
    for step in range(ROUNDS):
        world.healed = step > trouble_ends
        if not world.healed and world.rng.random() < 0.3:
            world.set_clock()
        http = world.rng.choice(both)
        try:
            if desk.waiting and world.rng.random() < 0.5:
                desk.post(http, world.rng.choice(sorted(desk.waiting)))
            elif desk.after != "":
                desk.pull(http)
        except TransportError as error:
            # Whoever asks comes back when they are told to; or too soon, which must do no harm.
            told = (error.not_before - world.time.now()).total_seconds() if error.not_before else 1.0
            rest = max(told, 60.0) if world.healed or world.rng.random() < 0.5 else world.rng.uniform(0, 60)
            world.time.passed += rest
        if desk.after == "" and not desk.waiting:
            break
    for http in both:
        http.close()
    assert desk.after == "", "the pull never ended"
    assert desk.rows == world.rows
    assert not desk.waiting, "a document was never written"
    assert set(world.written.values()) == {1}, world.written
    assert not world.early, world.early
    assert not world.elsewhere
    return world


def cursor(place: str | None) -> list[tuple[str, str]]:
    return [("starting_after", place)] if place else []


def run_dead(seed: int) -> float:
    """Calls made for each one asked of a dead provider, over more than half an hour of asking."""
    world = World(seed, dead=True)
    both = clients(world)
    for _ in range(DEAD_CALLS):
        with pytest.raises(TransportError):
            world.rng.choice(both).get("/rows")
        world.time.passed += world.rng.uniform(0, 30)
    most = max(sum(1 for other in world.calls if 0 <= call - other < 300) for call in world.calls)
    assert most <= 40, f"{most} calls within five minutes to a provider that is dead"
    assert not world.early
    return len(world.calls) / DEAD_CALLS


@pytest.mark.soak
def test_schedules_make_no_early_call_and_lose_or_double_no_row():
    met = World(0).met
    for seed in range(scaled(SEEDS)):
        try:
            met += run(seed).met
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
    assert all(met[trouble] > scaled(SEEDS) / 20 for trouble in set(met)), met
    assert set(met) == set(ALPHABET)


@pytest.mark.soak
def test_a_dead_provider_is_not_asked_more_often_than_anybody_wanted():
    for seed in range(scaled(400)):
        assert run_dead(seed) <= 1.1, f"seed {seed}"


def nothing(*_args: object, **_kwargs: object) -> None:
    return None


def certain(code: str) -> Callable[[pytest.MonkeyPatch], None]:
    """The table says of this trouble that nothing was written."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        rule = replace(DEFAULT_POLICY.rules[code], written=policy.Written.NO, action=policy.Action.RETRY)
        patch.setitem(DEFAULT_POLICY.rules, code, rule)

    return plant


def lenient(status, headers, raw):
    """Whatever cannot be read is an empty page."""
    body = json.loads(raw) if raw.startswith(b"{") and raw.endswith(b"}") else {"data": [], "has_more": False}
    return Reply(status, headers, "", body, ""), ""


def own_date(header, now, true=policy.retry_after):
    """A date is held against a clock that was set an hour ahead."""
    return true(header, now + timedelta(hours=1))


def unguarded(paginator, fetch, *, start=None, again=2):
    """Pages as they come."""
    token = start
    while True:
        reply = fetch(token)
        paginator.rows(reply)
        after = paginator.after(reply, token)
        yield reply, after
        if after is None:
            return
        token = after


def alone(self, shared, name):
    """Each client keeps its own pace."""


def wall(self):
    """The pace goes by the machine's clock, which is set."""
    return self._clock.now().timestamp()


MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "Retry-After is not read": lambda patch: patch.setattr(client, "retry_after", lambda header, now: None),
    "a date in Retry-After is held against our clock": lambda patch: patch.setattr(client, "retry_after", own_date),
    "a silence holds for the one request only": lambda patch: patch.setattr(
        pace, "held", lambda known, now, seconds: known
    ),
    "each process keeps its own pace": lambda patch: patch.setattr(TokenBucket, "share", alone),
    "the pace goes by the wall clock": lambda patch: patch.setattr(TokenBucket, "_now", wall),
    "a write is sent again after a timeout": certain("timeout"),
    "a write is sent again after a reset": certain("dropped"),
    "a write is sent again after a 5xx": certain("5xx"),
    "a write is sent again after half an answer": certain("truncated"),
    "what cannot be read is an empty page": lambda patch: patch.setattr(client, "_read", lenient),
    "a repeated page is taken again": lambda patch: patch.setitem(globals(), "walk", unguarded),
    "redirects are followed": lambda patch: patch.setattr(
        client.httpx, "Client", lambda *a, make=client.httpx.Client, **k: make(*a, **{**k, "follow_redirects": True})
    ),
}
DEADLY: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "there is no breaker and no retry budget": lambda patch: (
        patch.setattr(pace, "TRIP_AFTER", 10**9),
        patch.setattr(pace, "RETRIES_ALWAYS", 10**9),
    ),
    "the breaker never waits": lambda patch: (
        patch.setattr(pace, "COOL_DOWN", 0.0),
        patch.setattr(pace, "RETRIES_ALWAYS", 10**9),
    ),
}


@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_a_planted_mistake_is_found(mutant: str, monkeypatch: pytest.MonkeyPatch):
    MUTANTS[mutant](monkeypatch)
    assert any(fails(run, seed) for seed in range(scaled(4_000))), mutant


@pytest.mark.parametrize("mutant", sorted(DEADLY))
def test_a_mistake_that_amplifies_is_found(mutant: str, monkeypatch: pytest.MonkeyPatch):
    DEADLY[mutant](monkeypatch)
    assert any(fails(check_dead, seed) for seed in range(5)), mutant


def check_dead(seed: int) -> None:
    assert run_dead(seed) <= 1.1


def fails(schedule: Callable[[int], object], seed: int) -> bool:
    try:
        schedule(seed)
    except AssertionError:
        return True
    except TransportError:
        return True  # the world broke in a way the schedule has no word for
    return False
