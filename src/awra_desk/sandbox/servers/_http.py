"""The HTTP base of the sandbox: requests and answers as values, a router, and a loopback server that can fail on
demand.

Providers implement `Application`; `LoopbackServer` runs one on 127.0.0.1 (HTTP/1.1, keep-alive), one call at a time
per application. It knows nothing of any provider, and must never bind to another interface.
"""

import re
import socketserver
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from awra_desk.sandbox.servers import exact_json
from awra_desk.sandbox.servers.faults import Fault, FaultKind, FaultPlan

LOOPBACK = "127.0.0.1"
MAX_BODY_BYTES = 8 * 2**20
_LOG_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class Request:
    """One call.

    Attributes:
        method: upper case.
        path: decoded, without query.
        query: the decoded pairs in order, repeats kept.
        headers: names in lower case.
        body: as sent; b"" if none.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; headers come on top of Date, Server and Content-Length."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def json_response(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that carries a JSON document, decimals exact."""
    named = {"Content-Type": "application/json", **(headers or {})}
    return Response(status, exact_json.dumps(document).encode(), tuple(named.items()))


class Application(Protocol):
    """A provider's API over a simulated month."""

    def handle(self, request: Request) -> Response:
        """The provider's answer; never raises for what a client sent."""
        ...

    def failure(self, status: int) -> Response:
        """The provider's own answer for trouble of this HTTP status, without anything having been done."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as the server saw it; `status` is None when no answer was sent, `fault` the trouble that struck or
    None.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int | None
    fault: FaultKind | None


Handler = Callable[[Request, dict[str, str]], Response]


class Router:
    """Finds the handler of a method and a path template such as `/v1/charges/{charge}`."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, method: str, template: str, handler: Handler) -> None:
        """Lets `handler(request, path values by name)` answer this method and template."""
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
        self._routes.append((method, re.compile(pattern), handler))

    def find(self, method: str, path: str) -> tuple[Handler | None, dict[str, str], bool]:
        """The handler (None if there is none), the path's values, and whether the path is known under another
        method.
        """
        known = False
        for route_method, pattern, handler in self._routes:
            match = pattern.fullmatch(path)
            if match and route_method == method:
                return handler, match.groupdict(), True
            known = known or match is not None
        return None, {}, known


class LoopbackServer:
    """Serves one application on 127.0.0.1 until stopped; a context manager.

    Args:
        application: the provider.
        port: 0 lets the system choose.
        faults: the trouble to come; may be added to while running.
        admin: when given, answers every path below `/_sandbox/` in the application's place, without faults.
    """

    def __init__(
        self,
        application: Application,
        *,
        port: int = 0,
        faults: FaultPlan | None = None,
        admin: Application | None = None,
    ) -> None:
        self.application = application
        self.admin = admin
        self.faults = faults if faults is not None else FaultPlan()
        self.exchanges: deque[Exchange] = deque(maxlen=_LOG_LENGTH)
        self.stopping = threading.Event()
        self.previous: dict[int, Response] = {}
        self._lock = threading.Lock()
        self._server = _Server((LOOPBACK, port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox-server"
        )

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:port`, without a slash at the end."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def start(self) -> Self:
        """Begins to answer in a thread of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Closes the port and every connection, and waits for all threads; idempotent."""
        self.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.close_connections()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def exchange(self, request: Request) -> tuple[Response | None, Fault | None]:
        """What the client gets (None: nothing) and the fault that struck; a DELAY or SILENCE has passed when this
        returns.
        """
        if self.admin is not None and request.path.startswith("/_sandbox/"):
            return self.admin.handle(request), None
        text = "&".join(f"{name}={value}" for name, value in request.query) + request.body.decode("utf-8", "replace")
        fault, rules = self.faults.next_fault(request.method, request.path, text)
        response = self._answer(request, fault, rules)
        for rule in rules:
            if response is not None:
                self.previous[rule] = response
        status = response.status if response is not None else None
        self.exchanges.append(
            Exchange(request.method, request.path, request.query, status, fault.kind if fault else None)
        )
        return response, fault

    def _answer(self, request: Request, fault: Fault | None, rules: tuple[int, ...]) -> Response | None:
        if fault is None:
            return self._handle(request)
        match fault.kind:
            case FaultKind.TRUNCATE | FaultKind.BROKEN_JSON:
                return self._handle(request)
            case FaultKind.REPLAY:
                return next((self.previous[rule] for rule in rules if rule in self.previous), None) or self._handle(
                    request
                )
            case FaultKind.DELAY:
                response = self._handle(request)
                self.stopping.wait(fault.seconds)
                return response
        if fault.acts:
            self._handle(request)
        if fault.kind is FaultKind.SILENCE:
            self.stopping.wait(fault.seconds)
        if fault.kind is not FaultKind.ANSWER:
            return None
        failure = self.application.failure(fault.status)
        retry = (("Retry-After", fault.retry_after),) if fault.retry_after else ()
        return Response(failure.status, failure.body, failure.headers + retry)

    def _handle(self, request: Request) -> Response:
        with self._lock:
            return self.application.handle(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], owner: LoopbackServer) -> None:
        self.owner = owner
        self._open: set[Any] = set()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Binds without the look-up of the host's name that HTTPServer makes, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Ends idle keep-alive connections, whose threads would wait for the next call otherwise."""
        for connection in list(self._open):
            try:
                connection.shutdown(2)
            except OSError:
                continue  # The client was quicker.

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no defect of the server; anything else must be seen."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version = "sandbox"
    sys_version = ""
    server: _Server

    def _serve(self) -> None:
        request = self._read()
        if request is None:
            return
        response, fault = self.server.owner.exchange(request)
        if response is None:
            self.close_connection = True
        else:
            self._write(response, fault)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815  # the base class's names

    def _read(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            self._write(Response(HTTPStatus.LENGTH_REQUIRED, b""), None)
            return None
        if int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self._write(Response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b""), None)
            return None
        target = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(target.path),
            query=tuple(parse_qsl(target.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )

    def _write(self, response: Response, fault: Fault | None) -> None:
        """Head and body in one send, so that a keep-alive client never waits for a delayed acknowledgement."""
        kind = fault.kind if fault else None
        body = response.body
        if kind in (FaultKind.TRUNCATE, FaultKind.BROKEN_JSON):
            body = body[: len(body) // 2]
        announced = len(response.body) if kind is FaultKind.TRUNCATE else len(body)
        self.close_connection = self.close_connection or kind is FaultKind.TRUNCATE
        headers = [("Date", self.date_time_string()), *response.headers, ("Content-Length", str(announced))]
        if self.close_connection:
            headers.append(("Connection", "close"))
        head = f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
        self.wfile.write(head.encode("latin-1") + (b"" if self.command == "HEAD" else body))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """The exchanges are kept by the owner; nothing is printed."""
