"""Receives the answer of a sign-in on this machine (RFC 8252 §7.3): a random port of 127.0.0.1, one request, two
minutes.
"""

from __future__ import annotations

import http.server
import socketserver
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from awra_desk.domain.errors import UserError

HOST = "127.0.0.1"
PATH = "/signed-in"
SECONDS = 120.0
TICK = 0.25
_PAGE = b"<!doctype html><title>AWRA Desk</title><p>You can close this page and go back to AWRA Desk."


class LoopbackReceiver:
    """A listener that is there from `with` on; `wait` gives the address it was called at.

    Attributes:
        redirect_uri: what the provider sends the browser to.
    """

    def __init__(self) -> None:
        self._server = _Server((HOST, 0), _Handler)
        self.redirect_uri = f"http://{HOST}:{self._server.server_address[1]}{PATH}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.server_close()

    def wait(self, seconds: float = SECONDS, *, waiting: Callable[[], None] = lambda: None) -> str:
        """The whole address of the first call to our path; others (a browser's icon, a stranger's probe) are turned
        away and do not count. The port is closed after it.

        Args:
            waiting: called a few times a second; what it raises ends the waiting.

        Raises:
            UserError: nobody came.
        """
        ends = time.monotonic() + seconds
        while self._server.received is None and (left := ends - time.monotonic()) > 0:
            waiting()
            self._server.timeout = min(left, TICK)
            self._server.handle_request()
        self._server.server_close()
        if self._server.received is None:
            raise UserError("nobody signed in within two minutes", remedy="Start again, and stay with the browser.")
        return self._server.received


class _Server(socketserver.TCPServer):
    allow_reuse_address = False
    received: str | None = None

    def handle_timeout(self) -> None:
        """The caller counts the time."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever sends nonsense is turned away without a trace on the screen; the sign-in goes on."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    timeout = 5.0  # of one caller, who must not keep the others out

    def do_GET(self) -> None:  # the base class's name
        """The redirect itself, or something that is none."""
        here = f"{HOST}:{self.server.server_address[1]}"
        if self.path.partition("?")[0] != PATH or self.headers.get("Host") != here:
            self.send_error(404)
            return
        self.server.received = f"http://{here}{self.path}"
        self.send_response(200)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(_PAGE))),
            ("Content-Security-Policy", "default-src 'none'"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Nothing: the address holds the code."""
