"""Background work and questions to the person, as the view models ask for them.

`app.tasks` has the real runner, tests one that runs at once. Every callback comes on the main thread, in the order in
which the work ended; progress at most ten times a second. Work on threads must not touch a view model.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from awra_desk.domain.errors import Cancelled, UserError
from awra_desk.ports.progress import Progress, silent

T = TypeVar("T")


class Lane(StrEnum):
    """Where work runs."""

    STORE = "store"  # one thread: reads and writes of the workspace, in the order in which they were asked for
    NET = "net"  # a few threads: what waits for a provider


class CancelToken:
    """Asks work to stop; work asks it between pages and chunks."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def cancel(self) -> None:
        """Ask; may be called from any thread and more than once."""
        self._asked.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked."""
        return self._asked.is_set()

    def raise_if_cancelled(self) -> None:
        """Raises Cancelled once somebody asked."""
        if self.cancelled:
            raise Cancelled


class Task(Protocol):
    """Work under way."""

    def cancel(self) -> None:
        """Ask it to stop; it then ends in `failed` with `Cancelled` within a second, or in `done` if it was quicker."""


class TaskRunner(Protocol):
    """Runs work beside the main thread.

    Exactly one of `done` and `failed` is called, once. `failed` gets whatever the work raised, `Cancelled` too.
    """

    def start(
        self,
        lane: Lane,
        work: Callable[[Progress], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        progress: Progress = silent,
    ) -> Task:
        """Run on a thread of the lane; the progress handed to the work raises `Cancelled` when it is to stop."""

    def start_process(
        self,
        work: Callable[[Any, Progress], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        progress: Progress = silent,
    ) -> Task:
        """Run in a spawned process: heavy work never shares the main thread's interpreter.

        `work` and its result are pickled. Its first argument is a desk on the same workspace, which the runner opens
        in that process. Work that does not stop by itself within a second of `cancel` is ended: every step of it
        commits as a whole, so nothing is left half done.
        """


class Asker(Protocol):
    """Puts questions and news to the person; the window does it by dialog, banner and toast, tests by script."""

    def confirm(self, question: str, *, detail: str, verb: str) -> bool:
        """Whether the person agrees; `verb` is the button's text."""

    def tell(self, error: UserError) -> None:
        """Say what went wrong, to which record, and what to do."""

    def announce(self, text: str, *, undo: str = "") -> None:
        """Say what was done; `undo` names the step that can be taken back ("Undo accept of SR-2234"), or ""."""
