"""The failure policy under a virtual clock: patience, Retry-After, budgets, and what a write may have done."""

from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awra_desk.connectors._http import DEFAULT_POLICY, NoAuth, Policy, TokenBucket
from awra_desk.connectors._http.policy import Action, retry_after
from awra_desk.ports.connections import OutcomeUnknown, PostingRefused, TransportError
from tests.connectors.virtual_time import START, VirtualClock, client
from tests.soak import scaled

TROUBLES = [
    ("connect", httpx.ConnectError("refused")),
    ("connect", httpx.ConnectTimeout("slow")),
    ("timeout", httpx.ReadTimeout("slow")),
    ("dropped", httpx.ReadError("reset")),
    ("dropped", httpx.RemoteProtocolError("Server disconnected without sending a response.")),
    (
        "truncated",
        httpx.RemoteProtocolError("peer closed connection without sending complete message body (incomplete)"),
    ),
]


class Script:
    """Answers in turn, the last one for ever; remembers when it was asked."""

    def __init__(self, clock, *answers):
        self.clock = clock
        self.answers = list(answers)
        self.asked = []

    def __call__(self, request):
        self.asked.append(self.clock.now())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, headers, content = answer
        return httpx.Response(status, headers=headers, content=content)


def ok(body=b'{"fine": 1}'):
    return (200, {"request-id": "req_ok"}, body)


@given(
    statuses=st.lists(st.sampled_from([429, 500, 502, 503, 408]), min_size=0, max_size=12),
    waits=st.lists(st.one_of(st.none(), st.integers(0, 60)), min_size=12, max_size=12),
    attempts=st.integers(1, 10),
)
@settings(max_examples=scaled(4_000))
def test_retries_obey_retry_after_and_the_attempt_limit(statuses, waits, attempts):
    """Never a request earlier than asked for, never more than allowed, and success as soon as there is one."""
    clock = VirtualClock()
    answers = [
        (status, {} if wait is None else {"Retry-After": str(wait)}, b"")
        for status, wait in zip(statuses, waits, strict=False)
    ]
    script = Script(clock, *answers, ok())
    http = client(script, clock, policy=Policy(attempts=attempts))
    budget = Policy().budget
    failure = None
    try:
        assert http.get("/v1/things").body == {"fine": 1}
    except TransportError as error:
        failure = error
    if failure is not None:
        assert failure.kind in ("rate", "unavailable")
        assert len(script.asked) in (attempts, len(answers) + 1) or clock.now() - START <= timedelta(seconds=budget)
    assert len(script.asked) <= attempts
    for index in range(1, len(script.asked)):
        gap = (script.asked[index] - script.asked[index - 1]).total_seconds()
        assert gap >= (waits[index - 1] or 0)
        assert gap > 0
    assert (script.asked[-1] - START).total_seconds() <= budget


def test_a_policy_with_more_than_ten_attempts_is_refused():
    with pytest.raises(ValueError, match="1 to 10"):
        Policy(attempts=11)


@pytest.mark.parametrize("header", ["86400", "9" * 400, "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_an_absurd_wait_is_not_slept(header):
    clock = VirtualClock()
    script = Script(clock, (429, {"Retry-After": header, "Request-Id": "req_42"}, b""))
    with pytest.raises(TransportError, match="asks us to wait") as caught:
        client(script, clock).get("/v1/things")
    assert caught.value.kind == "rate"
    assert "req_42" in caught.value.text
    assert clock.sleeps == []


@pytest.mark.parametrize("header", ["soon", "-5", "", "Wed, 32 Foo 2026", "1;2", "NaN", "inf"])
def test_an_unreadable_retry_after_falls_back_to_backoff(header):
    clock = VirtualClock()
    assert retry_after(header, START) is None
    script = Script(clock, (503, {"Retry-After": header}, b""), ok())
    client(script, clock).get("/v1/things")
    assert 0 < clock.sleeps[0] <= DEFAULT_POLICY.base


def test_retry_after_as_a_date_is_waited_for():
    clock = VirtualClock()
    moment = format_datetime(START + timedelta(seconds=45), usegmt=True)
    script = Script(clock, (429, {"Retry-After": moment}, b""), ok())
    client(script, clock).get("/v1/things")
    assert script.asked[1] >= START + timedelta(seconds=45)


def test_a_dead_provider_costs_no_more_than_the_budget():
    clock = VirtualClock()
    policy = Policy(attempts=10, budget=20.0, base=8.0)
    with pytest.raises(TransportError, match="times"):
        client(Script(clock, (500, {}, b"")), clock, policy=policy).get("/v1/things")
    assert (clock.now() - START).total_seconds() <= 20.0


@pytest.mark.parametrize(("code", "failure"), TROUBLES)
def test_reads_are_repeated_after_trouble_on_the_line(code, failure):
    clock = VirtualClock()
    assert client(Script(clock, failure, ok()), clock).get("/v1/things").request_id == "req_ok"
    with pytest.raises(TransportError) as caught:
        client(Script(clock, failure), clock).get("/v1/things")
    assert caught.value.kind == DEFAULT_POLICY.rule(code).kind


@pytest.mark.parametrize(("code", "failure"), TROUBLES)
def test_a_write_is_repeated_only_if_it_was_certainly_not_sent(code, failure):
    clock = VirtualClock()
    script = Script(clock, failure, ok())
    if code == "connect":
        assert client(script, clock).write("/v1/entries", content="{}").body == {"fine": 1}
        with pytest.raises(TransportError):
            client(Script(clock, failure), clock).write("/v1/entries", content="{}")
    else:
        with pytest.raises(OutcomeUnknown, match="looked up"):
            client(script, clock).write("/v1/entries", content="{}")
        assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, PostingRefused), (403, PostingRefused), (404, PostingRefused), (422, PostingRefused),
        (408, OutcomeUnknown), (409, OutcomeUnknown), (500, OutcomeUnknown), (502, OutcomeUnknown),
        (504, OutcomeUnknown), (302, OutcomeUnknown), (401, TransportError),
    ],
)  # fmt: skip
def test_what_a_failed_write_may_have_done(status, outcome):
    clock = VirtualClock()
    script = Script(clock, (status, {"Request-Id": "req_7"}, b'{"error": {"message": "No such account."}}'))
    with pytest.raises(outcome) as caught:
        client(script, clock).write("/v1/entries", content="{}")
    assert type(caught.value) is outcome
    assert "req_7" in caught.value.text
    assert "No such account" in caught.value.text
    assert len(script.asked) == 1


@pytest.mark.parametrize("body", [b'{"Id": 1', b"<html>", b"\xff\xfe", b'{"a": NaN}'])
def test_a_write_whose_answer_cannot_be_read_is_uncertain(body):
    clock = VirtualClock()
    script = Script(clock, ok(body))
    with pytest.raises(OutcomeUnknown):
        client(script, clock).write("/v1/entries", content="{}")
    assert len(script.asked) == 1


def test_a_rate_limited_write_is_sent_again_because_it_did_nothing():
    clock = VirtualClock()
    script = Script(clock, (429, {"Retry-After": "3"}, b""), ok())
    assert client(script, clock).write("/v1/entries", content="{}").status == 200
    assert script.asked[1] - script.asked[0] >= timedelta(seconds=3)


class Renewable(NoAuth):
    """Credentials that can be renewed."""

    def __init__(self):
        self.generation = 0
        self.refreshed = 0

    def headers(self):
        return {"Authorization": f"Bearer generation-{self.generation}"}

    def refresh(self, refused):
        self.refreshed += 1
        self.generation += 1
        return True


def test_refused_credentials_are_renewed_once():
    clock = VirtualClock()
    auth = Renewable()
    script = Script(clock, (401, {}, b""), ok())
    assert client(script, clock, auth=auth).write("/v1/entries", content="{}").status == 200
    assert auth.refreshed == 1
    dead = Script(clock, (401, {}, b""))
    with pytest.raises(TransportError) as caught:
        client(dead, clock, auth=auth).get("/v1/things")
    assert caught.value.kind == "auth"
    assert len(dead.asked) == 2


def test_every_row_of_the_table_has_words_a_kind_and_a_remedy():
    for code, rule in DEFAULT_POLICY.rules.items():
        assert rule.words, code
        assert rule.remedy.endswith("."), code
        assert rule.kind in ("auth", "rate", "refused", "unavailable", "protocol"), code
        assert rule.action in Action, code
    assert DEFAULT_POLICY.rule("418").kind == "refused"
    assert DEFAULT_POLICY.rule("599").kind == "unavailable"
    assert DEFAULT_POLICY.rule("weird").action is Action.FAIL


@given(burst=st.integers(1, 20), per_second=st.integers(1, 50), count=st.integers(1, 200), idle=st.integers(0, 30))
@settings(max_examples=scaled(2_000))
def test_the_bucket_keeps_the_rate(burst, per_second, count, idle):
    """In any window that starts with the run no more than burst + rate x time passes."""
    clock = VirtualClock()
    bucket = TokenBucket(clock, per_second=per_second, burst=burst)
    clock.sleep(idle)
    began = clock.now()
    for number in range(1, count + 1):
        bucket.take()
        elapsed = (clock.now() - began).total_seconds()
        assert number <= burst + per_second * elapsed + 0.001


def test_a_rate_limit_holds_everybody_back():
    clock = VirtualClock()
    bucket = TokenBucket(clock, per_second=10.0, burst=10)
    bucket.pause(30)
    bucket.take()
    assert (clock.now() - START).total_seconds() >= 30
