"""The one door from worker threads to the main thread: a QObject that lives as long as the application.

Never hand work a QObject of its own: Qt deletes such objects on the wrong thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal


class MainThread(QObject):
    """Runs callables on the thread it was made on, in the order in which they came."""

    _woken = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._woken.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Have it called soon; from any thread."""
        with self._lock:
            first = not self._waiting
            self._waiting.append(call)
        if first:
            self._woken.emit()

    def _run(self) -> None:
        """Call what waited when we began; what these add wakes us again, so that input comes between."""
        with self._lock:
            calls = list(self._waiting)
            self._waiting.clear()
        for place, call in enumerate(calls):
            try:
                call()
            except BaseException:
                self._put_back(calls[place + 1 :])
                raise

    def _put_back(self, calls: list[Callable[[], None]]) -> None:
        with self._lock:
            self._waiting.extendleft(reversed(calls))
        if calls:
            self._woken.emit()
