"""Each kind of scripted trouble, seen from the wire: raw sockets and http.client, no clever client in between."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, Sandbox, running_sandbox
from awra_desk.sandbox.servers._http import LOOPBACK, LoopbackServer, Request, Response, json_response
from awra_desk.sandbox.servers.faults import RowFaults
from tests.connectors.small_month import small_month

PATIENCE = 5.0
"""Seconds after which a hanging test fails; none of them waits for it."""


class Counter:
    """An application that counts what it was made to do."""

    def __init__(self) -> None:
        self.done = 0
        self.rows = RowFaults()

    def handle(self, request: Request) -> Response:
        self.done += 1
        return json_response(200, {"done": self.done, "path": request.path, "body": request.body.decode()})

    def failure(self, status: int) -> Response:
        return json_response(status, {"failure": status})


@contextmanager
def counting(*rules: Rule) -> Iterator[tuple[LoopbackServer, Counter]]:
    application = Counter()
    with LoopbackServer(application, faults=FaultPlan(rules)) as server:
        yield server, application


def address(server: LoopbackServer) -> tuple[str, int]:
    host, _, port = server.base_url.removeprefix("http://").partition(":")
    return host, int(port)


@contextmanager
def calling(server: LoopbackServer, *, timeout: float = PATIENCE) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(*address(server), timeout=timeout)
    try:
        yield connection
    finally:
        connection.close()


def get(connection: http.client.HTTPConnection, path: str = "/x") -> tuple[int, Any, http.client.HTTPResponse]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, json.loads(response.read()), response


def fault(kind: FaultKind, *, path: str = "/x", nth: int = 1, times: int = 1, **details: Any) -> Rule:
    return Rule(path, Fault(kind, **details), nth=nth, times=times)


def test_it_listens_on_loopback_only_and_keeps_the_connection() -> None:
    with counting() as (server, _), calling(server) as connection:
        assert address(server)[0] == LOOPBACK == "127.0.0.1"
        first = get(connection)
        port = connection.sock.getsockname()[1]
        assert get(connection)[1]["done"] == first[1]["done"] + 1
        assert connection.sock.getsockname()[1] == port


@pytest.mark.parametrize(("status", "retry"), [(401, ""), (429, "7"), (429, "-1"), (500, ""), (502, ""), (503, "2")])
def test_an_error_answer_on_the_nth_call_only(status: int, retry: str) -> None:
    rule = fault(FaultKind.ANSWER, nth=2, times=2, status=status, retry_after=retry)
    with counting(rule) as (server, application), calling(server) as connection:
        answers = [get(connection) for _ in range(4)]
        assert [answer[0] for answer in answers] == [200, status, status, 200]
        assert answers[1][2].headers.get("Retry-After", "") == retry
        assert application.done == 2


def test_an_error_answer_may_come_after_the_server_acted() -> None:
    with (
        counting(fault(FaultKind.ANSWER, status=503, acts=True)) as (server, application),
        calling(server) as connection,
    ):
        assert get(connection)[0] == 503
        assert application.done == 1


@pytest.mark.parametrize("acts", [False, True])
def test_the_connection_is_cut_before_or_after_the_server_acted(acts: bool) -> None:
    with counting(fault(FaultKind.CUT, acts=acts)) as (server, application):
        with calling(server) as connection, pytest.raises(http.client.RemoteDisconnected):
            get(connection)
        assert application.done == int(acts)
        assert server.exchanges[-1].status is None
        with calling(server) as connection:
            assert get(connection)[0] == 200


@pytest.mark.parametrize("acts", [False, True])
def test_silence_makes_the_client_time_out(acts: bool) -> None:
    with (
        counting(fault(FaultKind.SILENCE, acts=acts)) as (server, application),
        calling(server, timeout=0.05) as connection,
        pytest.raises(TimeoutError),
    ):
        get(connection)
    assert application.done == int(acts)


def test_a_silent_call_does_not_keep_the_server_from_stopping() -> None:
    before = threading.active_count()
    with counting(fault(FaultKind.SILENCE, seconds=3600)) as (server, _):
        with calling(server, timeout=0.05) as connection, pytest.raises(TimeoutError):
            get(connection)
        with calling(server) as idle:
            get(idle, "/other")
    assert threading.active_count() == before


def test_a_delayed_answer_is_the_right_one_and_was_acted_on_in_time() -> None:
    with counting(fault(FaultKind.DELAY, seconds=0.02)) as (server, application), calling(server) as connection:
        assert get(connection)[1]["done"] == 1
        assert application.done == 1


def test_a_truncated_body_announces_more_than_it_holds() -> None:
    with counting(fault(FaultKind.TRUNCATE)) as (server, _), socket.create_connection(address(server), PATIENCE) as raw:
        raw.sendall(b"GET /x HTTP/1.1\r\nHost: sandbox\r\n\r\n")
        received = b"".join(iter(lambda: raw.recv(4096), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    announced = int(next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length")).split(b":")[1])
    assert 0 < len(body) < announced
    with counting(fault(FaultKind.TRUNCATE)) as (server, _), calling(server) as connection:
        connection.request("GET", "/x")
        with pytest.raises(http.client.IncompleteRead):
            connection.getresponse().read()


def test_a_broken_document_arrives_whole_but_is_no_json() -> None:
    with counting(fault(FaultKind.BROKEN_JSON)) as (server, _), calling(server) as connection:
        connection.request("GET", "/x")
        response = connection.getresponse()
        text = response.read()
        assert len(text) == int(response.headers["Content-Length"])
        with pytest.raises(json.JSONDecodeError):
            json.loads(text)
        assert get(connection)[0] == 200


def test_a_page_comes_twice() -> None:
    month = small_month()
    rule = Rule("/v1/charges", Fault(FaultKind.REPLAY), nth=2)
    with running_sandbox(month, providers=["stripe"], faults={"stripe": FaultPlan([rule])}) as box:
        pages = [stripe_ids(box, f"/v1/charges?limit=5{cursor}") for cursor in ("", "&starting_after=ch_018")]
        assert pages[0] == pages[1]
        assert stripe_ids(box, "/v1/charges?limit=5&starting_after=ch_018") == [f"ch_{n:03}" for n in range(17, 12, -1)]


def test_rules_look_at_method_path_and_query_and_count_on_their_own() -> None:
    rules = (
        Rule("/y*", Fault(FaultKind.ANSWER, status=500), nth=2),
        Rule("/x", Fault(FaultKind.ANSWER, status=503), method="POST"),
        Rule("/x", Fault(FaultKind.ANSWER, status=429), query="page=2"),
    )
    with counting(*rules) as (server, _), calling(server) as connection:
        assert [get(connection, path)[0] for path in ("/y1", "/x", "/x?page=1", "/y2", "/y3")] == [
            200,
            200,
            200,
            500,
            200,
        ]
        assert get(connection, "/x?page=2")[0] == 429
        connection.request("POST", "/x", body=b"{}")
        response = connection.getresponse()
        response.read()
        assert response.status == 503


def test_more_trouble_may_be_scripted_while_serving_and_ended() -> None:
    with counting() as (server, _), calling(server) as connection:
        assert get(connection)[0] == 200
        server.faults.add(fault(FaultKind.ANSWER, status=500, times=99))
        assert get(connection)[0] == 500
        server.faults.clear()
        assert get(connection)[0] == 200


def test_a_body_needs_a_length_and_a_measure() -> None:
    for header, status in ((b"Transfer-Encoding: chunked", b"411"), (b"Content-Length: 99999999", b"413")):
        with counting() as (server, application), socket.create_connection(address(server), PATIENCE) as raw:
            raw.sendall(b"POST /x HTTP/1.1\r\nHost: sandbox\r\n" + header + b"\r\n\r\n")
            assert raw.recv(4096).startswith(b"HTTP/1.1 " + status)
            assert application.done == 0


def test_another_process_scripts_trouble_over_the_admin_paths() -> None:
    with running_sandbox(small_month(), providers=["stripe"], admin=True) as box:
        server = box.servers["stripe"]
        rule = {"path": "/v1/refunds", "kind": "answer", "status": 429, "retry_after": "1", "nth": 1}
        assert admin(server, "POST", "faults", {"faults": [rule]})[0] == 200
        assert stripe_status(box, "/v1/refunds") == 429
        assert admin(server, "POST", "faults", {"faults": [{**rule, "times": 50}]})[0] == 200
        assert admin(server, "DELETE", "faults", None)[0] == 200
        assert stripe_status(box, "/v1/refunds") == 200
        assert admin(server, "POST", "late", {"resource": "refunds", "ids": ["re_023"]})[0] == 200
        assert stripe_ids(box, "/v1/refunds") == ["re_024"]
        assert admin(server, "DELETE", "late", None)[0] == 200
        assert stripe_ids(box, "/v1/refunds") == ["re_024", "re_023"]
        change = {"resource": "refunds", "id": "re_023", "changes": {"status": "failed"}}
        assert admin(server, "POST", "mutations", change)[0] == 200
        seen = admin(server, "GET", "exchanges", None)[1]["exchanges"]
        assert [(entry["path"], entry["status"], entry["fault"]) for entry in seen][:2] == [
            ("/v1/refunds", 429, "answer"),
            ("/v1/refunds", 200, None),
        ]
        for wrong in (
            {"faults": [{"path": "/x"}]},
            {"faults": [{**rule, "nht": 2}]},
            {"faults": [{**rule, "kind": "no"}]},
            {},
        ):
            assert admin(server, "POST", "faults", wrong)[0] == 400
        assert admin(server, "GET", "nothing", None)[0] == 404


def test_without_admin_there_is_no_such_path() -> None:
    with running_sandbox(small_month(), providers=["stripe"]) as box:
        assert admin(box.servers["stripe"], "GET", "exchanges", None)[0] == 401


def test_unknown_providers_are_refused() -> None:
    with pytest.raises(ValueError, match="acme"), running_sandbox(small_month(), providers=["acme"]):
        pytest.fail("it was served")


def admin(server: LoopbackServer, method: str, what: str, document: Any) -> tuple[int, Any]:
    with calling(server) as connection:
        connection.request(method, f"/_sandbox/{what}", body=None if document is None else json.dumps(document))
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def stripe_get(box: Sandbox, target: str) -> tuple[int, Any]:
    with calling(box.servers["stripe"]) as connection:
        key = box["stripe"]["credentials"]["api_key"]
        connection.request("GET", target, headers={"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def stripe_status(box: Sandbox, target: str) -> int:
    return stripe_get(box, target)[0]


def stripe_ids(box: Sandbox, target: str) -> list[str]:
    return [row["id"] for row in stripe_get(box, target)[1]["data"]]
