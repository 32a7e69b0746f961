"""The receiver on a real port, when somebody holds its connections."""

from __future__ import annotations

import socket
import threading
from http.client import HTTPConnection

from awra_desk.webhooks.serving import serving


class Counting:
    """Answers 200 and counts nothing."""

    def __call__(self, environ, start_response):
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

    def flush(self):
        """Nothing was counted."""


def test_who_sends_a_byte_now_and_then_keeps_nobody_out():
    stopped, slow = threading.Event(), []
    with serving(Counting(), host="127.0.0.1", port=0) as server:
        port = int(server.base.rpartition(":")[2])
        thread = threading.Thread(target=server.run, args=(stopped,))
        thread.start()
        try:
            for _ in range(120):
                slow.append(socket.create_connection(("127.0.0.1", port)))
                slow[-1].sendall(b"POST /events/Stripe HTTP/1.1\r\nContent-Length: 1000\r\n")
            asked = HTTPConnection("127.0.0.1", port, timeout=5)
            asked.request("POST", "/events/Stripe", b"{}")
            assert asked.getresponse().status == 200
            asked.close()
        finally:
            stopped.set()
            thread.join()
            for each in slow:
                each.close()
