"""Background work of the desktop (`ports.tasks.TaskRunner`): two thread lanes and spawned processes.

Made by `app.gui`. Results and progress reach the main thread through one `ui.main_thread.MainThread`.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from awra_desk.app.task_process import INTERVAL, Place, WorkFailed, main
from awra_desk.domain.errors import Cancelled
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.tasks import CancelToken, Lane
from awra_desk.ui.main_thread import MainThread

T = TypeVar("T")
log = logging.getLogger(__name__)

GRACE = 0.5  # seconds a cancelled process may take to stop by itself; with its end it is within one
_THREADS = {Lane.STORE: 1, Lane.NET: 6}


class BackgroundRunner:
    """Runs work beside the main thread until `close`."""

    def __init__(self, door: MainThread, place: Place | None = None) -> None:
        self._door = door
        self.place = place
        self._lanes = {lane: ThreadPoolExecutor(count, f"awra-{lane}") for lane, count in _THREADS.items()}
        self._context = multiprocessing.get_context("spawn")
        self._tokens: set[CancelToken] = set()
        self._readers: set[threading.Thread] = set()

    def start(
        self,
        lane: Lane,
        work: Callable[[Progress], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        progress: Progress = silent,
    ) -> CancelToken:
        """Run on a thread of the lane."""
        token = self._token()
        report = self._reporter(token, progress)

        def run() -> None:
            try:
                token.raise_if_cancelled()
                result = work(report)
            except Exception as error:  # noqa: BLE001 - an executor's exception reaches nobody by itself
                self._end(token, partial(failed, error))
            else:
                self._end(token, lambda: done(result))

        self._lanes[lane].submit(run)
        return token

    def start_process(
        self,
        work: Callable[[Any, Progress], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        progress: Progress = silent,
    ) -> CancelToken:
        """Run in a spawned process with a desk on the same workspace."""
        if self.place is None:
            raise RuntimeError("no workspace is open yet")
        token = self._token()
        receiver, sender = self._context.Pipe(duplex=False)
        stop = self._context.Event()
        process = self._context.Process(target=main, args=(self.place, work, sender, stop), daemon=True)

        def watch() -> None:
            process.start()
            sender.close()
            kind, value = self._follow(process, receiver, stop, token, progress)
            stopped = isinstance(value, Cancelled)
            if stopped:  # the person hears at once; on a busy machine a process takes its time to be gone
                self._end(token, lambda: failed(value))
            process.join()
            receiver.close()
            self._readers.discard(threading.current_thread())
            if not stopped:
                self._end(token, lambda: done(value) if kind == "done" else failed(value))

        reader = threading.Thread(target=watch, name="awra-process", daemon=True)
        self._readers.add(reader)
        reader.start()
        return token

    def close(self, seconds: float = 5.0) -> None:
        """Ask everything to stop and wait so long for it; work is never cut off in the middle of a step."""
        for token in tuple(self._tokens):
            token.cancel()
        for lane in self._lanes.values():
            lane.shutdown(wait=False, cancel_futures=True)
        until = time.monotonic() + seconds
        while self._tokens and time.monotonic() < until:
            time.sleep(0.02)

    @property
    def busy(self) -> bool:
        """Whether any work is under way."""
        return bool(self._tokens)

    def _follow(
        self, process: Any, receiver: Any, stop: Any, token: CancelToken, progress: Progress
    ) -> tuple[str, Any]:
        """Read messages until the work ended, was stopped, or died; the last word, ("done" | "failed", value)."""
        asked: float | None = None
        while True:
            if token.cancelled and asked is None:
                stop.set()
                asked = time.monotonic()
            if asked is not None and time.monotonic() - asked > GRACE:
                process.terminate()
                return "failed", Cancelled()
            try:
                if not receiver.poll(0.05):
                    continue
                kind, *rest = receiver.recv()
            except (EOFError, OSError):
                return "failed", Cancelled() if token.cancelled else WorkFailed("the process ended without a word")
            if kind != "progress":
                return kind, rest[0]
            self._door.post(partial(progress, *rest))

    def _token(self) -> CancelToken:
        token = CancelToken()
        self._tokens.add(token)
        return token

    def _end(self, token: CancelToken, call: Callable[[], None]) -> None:
        self._tokens.discard(token)
        self._door.post(call)

    def _reporter(self, token: CancelToken, progress: Progress) -> Progress:
        sent = 0.0

        def report(done: int, total: int | None, words: str) -> None:
            nonlocal sent
            token.raise_if_cancelled()
            if time.monotonic() - sent >= INTERVAL:
                sent = time.monotonic()
                self._door.post(lambda: progress(done, total, words))

        return report
