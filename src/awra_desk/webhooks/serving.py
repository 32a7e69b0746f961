"""Serves the receiver over HTTP until it is stopped. Nobody else knows the server's library."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from awra_desk.domain.errors import UsageError
from awra_desk.webhooks.receiver import MAX_BODY, Receiver

THREADS = 8
_LOOP_SECONDS = 0.2
_FLUSH_SECONDS = 1.0
_PATIENCE = 5
_WAITING = 64
"""Connections that may keep us waiting for a whole request; with one more the oldest is closed. Else a hundred that
send a byte now and then would keep everybody else out, and a timeout only makes them come again.
"""
_SETTINGS: dict[str, Any] = {
    "threads": THREADS,
    "ident": "",
    "max_request_body_size": 8 * MAX_BODY,  # up to here the receiver itself says that it is too large, and counts it
    "max_request_header_size": 32 * 2**10,
    "channel_timeout": 30,  # seconds without a byte, after which a connection is closed
    "expose_tracebacks": False,
}


class Serving:
    """A receiver on a port.

    Attributes:
        base: "http://127.0.0.1:8765", without a slash at the end.
    """

    def __init__(self, receiver: Receiver, server: Any, channels: dict[int, Any], base: str) -> None:
        self._receiver, self._server, self._channels = receiver, server, channels
        self.base = base

    def run(self, stopped: threading.Event) -> None:
        """Answer requests until `stopped` is set; requests under way are finished."""
        flushing = threading.Thread(target=self._flush, args=(stopped,), name="deliveries")
        flushing.start()
        while not stopped.is_set():
            wasyncore.loop(timeout=_LOOP_SECONDS, map=self._channels, count=1)
            self._make_room()
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=_PATIENCE)
        flushing.join()
        self._receiver.flush()

    def _make_room(self) -> None:
        """Mark the oldest that are too many; the next pass of the loop closes them."""
        waiting = [one for one in self._server.active_channels.values() if not one.requests and not one.will_close]
        for one in sorted(waiting, key=lambda one: one.creation_time)[: max(len(waiting) - _WAITING, 0)]:
            one.will_close = True

    def _flush(self, stopped: threading.Event) -> None:
        while not stopped.wait(_FLUSH_SECONDS):
            self._receiver.flush()


@contextmanager
def serving(receiver: Receiver, *, host: str, port: int) -> Iterator[Serving]:
    """Bind and, at the end, let the port go; nothing is answered before `run`.

    Args:
        port: 0 lets the system choose.

    Raises:
        UsageError: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise UsageError(f"{host}:{port} cannot be used: {error}", remedy="Give another --host or --port.") from None
    channels: dict[int, Any] = {}
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # else a line for each request that has to wait
    server = create_server(receiver, map=channels, sockets=[listening], **_SETTINGS)
    shown = f"[{host}]" if ":" in host else host
    try:
        yield Serving(receiver, server, channels, f"http://{shown}:{listening.getsockname()[1]}")
    finally:
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=_PATIENCE)
        wasyncore.close_all(channels)
        listening.close()
