"""A provider in virtual time that goes wrong in every way a seed can choose, and a clock that is set back and forth.

It keeps the truth: which rows there are, which documents were written, and every call that came although it had asked
for silence.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx

START = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # the night in which Europe's clocks change
HOST = "https://api.shop.example"
PAGE = 4
MOST_BYTES = 20_000
BOMB = gzip.compress(b"[" + b"1," * 200_000 + b"1]")

# A weekday's trouble, then what the provider might say about it.
ALPHABET = (
    ["ok"] * 14
    + [
        "connect",
        "reset",
        "timeout-before",
        "timeout-after",
        "expired",
        "408",
        "409",
        "425",
        "429",
        "429",
        "500",
        "502",
    ]
    + ["503", "504", "truncated", "html", "empty", "charset", "bomb", "redirect", "repeat"]
)
RETRY_AFTER = ["", "", "0", "1", "7", "30", "90", "900", "-5", "soon", "date", "date", "past", "5400", "999999999999"]
ABSURD = 7 * 86_400
BEFORE = {"connect", "timeout-before", "expired", "409", "425", "429", "503", "redirect"}
"""Troubles of a request that did nothing at the provider; of the others it did."""


class Time:
    """True time, which passes by sleeping; our own clock may be set away from it at any moment."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.offset = timedelta()

    @property
    def true(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def now(self) -> datetime:
        return self.true + self.offset

    def sleep(self, seconds: float) -> None:
        assert 0 <= seconds <= 300, "nobody sleeps that long"
        self.passed += seconds

    def elapsed(self) -> float:
        return self.passed


class Cut(httpx.SyncByteStream):
    """A body whose line breaks half-way."""

    def __init__(self, half: bytes, error: Exception) -> None:
        self.half, self.error = half, error

    def __iter__(self) -> Iterator[bytes]:
        yield self.half
        raise self.error


class World(httpx.BaseTransport):
    """The provider.

    Attributes:
        early: calls that came before the end of a silence that was asked for. elsewhere: calls to other hosts.
        calls: true times of all calls. rows: what a whole pull must bring. written: document -> how often it is there.
    """

    def __init__(self, seed: int, *, dead: bool = False) -> None:
        self.rng = random.Random(seed)
        self.time = Time()
        self.dead = dead
        self.healed = False
        self.rows = [f"row_{number:03}" for number in range(self.rng.randint(1, 40))]
        self.written: Counter[str] = Counter()
        self.token = 0
        self.silent_until = START
        self.early: list[str] = []
        self.elsewhere: list[str] = []
        self.calls: list[float] = []
        self.met: Counter[str] = Counter()
        self.last_page = b""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.time.passed += self.rng.choice([0.01, 0.2, 2.0])
        self.calls.append(self.time.passed)
        if request.url.host != "api.shop.example":
            self.elsewhere.append(str(request.url))
        if self.time.true < self.silent_until:
            self.early.append(f"{request.method} {self.silent_until - self.time.true} too early")
        trouble = "500" if self.dead else "ok" if self.healed else self.rng.choice(ALPHABET)
        self.met[trouble] += 1
        known = request.headers.get("authorization") == f"Bearer {self.token}"
        if trouble == "expired" or not known:
            self.token += trouble == "expired"
            return self._answer(401, b"{}")
        body = b"{}" if trouble in BEFORE or self.dead else self._act(request)
        return self._troubled(trouble, body, request)

    def set_clock(self) -> None:
        """Somebody sets our clock, or it changes to summer time although it should not."""
        self.time.offset = timedelta(hours=self.rng.choice([-1, 0, 1]), seconds=self.rng.choice([0, -40, 40]))

    def _act(self, request: httpx.Request) -> bytes:
        if request.method == "POST":
            self.written[json.loads(request.content)["reference"]] += 1
            return b'{"id": "made"}'
        if request.url.path == "/documents":
            wanted = request.url.params["reference"]
            return json.dumps({"found": [wanted] * self.written[wanted]}).encode()
        after = request.url.params.get("starting_after")
        first = self.rows.index(after) + 1 if after else 0
        page = self.rows[first : first + PAGE]
        more = first + PAGE < len(self.rows)
        return json.dumps({"data": [{"id": row} for row in page], "has_more": more}).encode()

    def _troubled(self, trouble: str, body: bytes, request: httpx.Request) -> httpx.Response:
        if trouble == "connect":
            raise httpx.ConnectError("refused", request=request)
        if trouble in ("timeout-before", "timeout-after"):
            self.time.passed += 60
            raise httpx.ReadTimeout("slow", request=request)
        if trouble in ("reset", "truncated"):
            words = "peer closed connection without sending complete message body (incomplete)"
            error = httpx.ReadError("reset") if trouble == "reset" else httpx.RemoteProtocolError(words)
            return self._answer(200, Cut(body[: len(body) // 2], error))
        if trouble == "redirect":
            return self._answer(302, b"", {"Location": "https://evil.example/"})
        if trouble == "repeat" and request.url.path == "/rows":
            body = self.last_page or body
        if trouble.isdigit():
            return self._refusal(int(trouble))
        self.last_page = body
        bodies = {"html": b"<html>busy</html>", "empty": b"", "charset": b"\xff\xfe{\x00}", "bomb": BOMB}
        headers = {"Content-Encoding": "gzip"} if trouble == "bomb" else {}
        return self._answer(200, bodies.get(trouble, body), headers)

    def _refusal(self, status: int) -> httpx.Response:
        told = self.rng.choice(RETRY_AFTER) if status in (429, 503) else ""
        seconds = {"date": 42, "past": -100}.get(told)
        if seconds is not None:
            moment = (self.time.true + timedelta(seconds=seconds)).replace(microsecond=0)
            headers = {"Retry-After": format_datetime(moment, usegmt=True)}
        else:
            seconds, moment = (int(told) if told.isdigit() else 0), self.time.true
            moment += timedelta(seconds=min(seconds, 10**6))
            headers = {"Retry-After": told} if told else {}
        if 0 < seconds <= ABSURD:
            self.silent_until = max(self.silent_until, moment)
        return self._answer(status, b'{"error": {"message": "trouble"}}', headers)

    def _answer(
        self, status: int, body: bytes | httpx.SyncByteStream, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        dated = {"Date": format_datetime(self.time.true.replace(microsecond=0), usegmt=True), **(headers or {})}
        if isinstance(body, bytes):
            return httpx.Response(status, headers=dated, stream=httpx.ByteStream(body))
        return httpx.Response(status, headers=dated, stream=body)
