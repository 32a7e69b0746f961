"""A loopback proxy that forwards HTTP and cuts the line on command: before the server acts, after it acted, or in the
middle of its answer. Standard library only; knows no provider.

    with CuttingProxy("http://127.0.0.1:8069/books") as proxy:
        ledger = connect(proxy.base_url)
        proxy.cut("after", "POST", "account.move/")
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

When = Literal["before", "after", "half"]

_NOT_FORWARDED = {"host", "connection", "transfer-encoding", "content-length"}
_SECONDS = 60


@dataclass(slots=True)
class _Cut:
    when: When
    fits: Callable[[str, str], bool]
    left: int


@dataclass(slots=True)
class _Line:
    """What the handler's threads share."""

    host: str
    port: int
    cuts: list[_Cut] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def due(self, method: str, path: str) -> When | None:
        """Note the request, and take the first cut that fits it."""
        with self.lock:
            self.seen.append((method, path))
            for cut in self.cuts:
                if cut.left and cut.fits(method, path):
                    cut.left -= 1
                    return cut.when
        return None


class CuttingProxy:
    """Forwards to the server of `target` while it is open.

    Attributes:
        base_url: `target`, by way of the proxy.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        if parts.scheme != "http" or parts.hostname is None or parts.port is None:
            raise ValueError("only http://host:port is forwarded")
        self._line = _Line(parts.hostname, parts.port)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._line))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}{parts.path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def seen(self) -> list[tuple[str, str]]:
        """Method and path (with query) of every request so far, cut ones included."""
        with self._line.lock:
            return list(self._line.seen)

    def cut(self, when: When, method: str, ending: str, *, times: int = 1) -> None:
        """Cut the next requests of this method whose path (without query) ends so."""

        def fits(asked: str, path: str) -> bool:
            return asked == method and urlsplit(path).path.endswith(ending)

        with self._line.lock:
            self._line.cuts.append(_Cut(when, fits, times))

    def mend(self) -> None:
        """Cut nothing any more, however often it was still to be."""
        with self._line.lock:
            self._line.cuts.clear()


def _handler(line: _Line) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request a connection (HTTP/1.0), so that a cut hits no other."""

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            cut = line.due(self.command, self.path)
            if cut == "before":
                return
            status, headers, answer = self._ask(body)
            if cut == "after":
                return
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in _NOT_FORWARDED:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer[: len(answer) // 2] if cut == "half" else answer)

        do_GET = do_POST = do_PUT = do_DELETE = _forward  # noqa: N815 -- the base class looks for these names

        def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_FORWARDED}
            connection = http.client.HTTPConnection(line.host, line.port, timeout=_SECONDS)
            try:
                connection.request(self.command, self.path, body or None, headers)
                reply = connection.getresponse()
                return reply.status, reply.getheaders(), reply.read()
            finally:
                connection.close()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            """Say nothing."""

    return Handler
