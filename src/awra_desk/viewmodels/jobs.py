"""Background jobs as the bottom bar lists them, each with counts and Cancel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from awra_desk.domain.errors import Cancelled, UserError
from awra_desk.ports.progress import Progress
from awra_desk.ports.tasks import Asker, Lane, Task, TaskRunner
from awra_desk.viewmodels.observable import Observable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """One job under way.

    Attributes:
        words: what it is doing, "Stripe: charges". total: None while it is unknown.
        stopping: Cancel was pressed.
    """

    number: int
    name: str
    words: str = ""
    done: int = 0
    total: int | None = None
    stopping: bool = False

    @property
    def counts(self) -> str:
        """Such as "1,840 of 3,100" or "1,840", "" before the first."""
        if self.total:
            return f"{self.done:,} of {self.total:,}"
        return f"{self.done:,}" if self.done else ""


class Jobs(Observable[tuple[Job, ...]]):
    """Runs work, keeps the list, and says how it ended.

    A `UserError` is told, a cancel is announced, anything else is a defect and raised on the main thread.
    """

    def __init__(self, runner: TaskRunner, asker: Asker) -> None:
        super().__init__(())
        self._runner = runner
        self._asker = asker
        self._tasks: dict[int, Task] = {}
        self._stopped: dict[int, str] = {}
        self._last = 0

    def in_process(
        self,
        name: str,
        work: Callable[[Any, Progress], T],
        done: Callable[[T], None],
        *,
        kept: str,
        failed: Callable[[], None] = lambda: None,
    ) -> int:
        """Run heavy work on a desk in another process; `kept` says what a cancel leaves ("What came is kept.")."""
        number = self._open(name, kept)
        task = self._runner.start_process(
            work,
            done=lambda result: self._done(number, done, result),
            failed=lambda error: self._failed(number, error, failed),
            progress=self._progress(number),
        )
        self._keep(number, task)
        return number

    def on_thread(
        self,
        lane: Lane,
        name: str,
        work: Callable[[Progress], T],
        done: Callable[[T], None],
        *,
        kept: str,
        failed: Callable[[], None] = lambda: None,
    ) -> int:
        """Run work that waits for others on a thread, listed as a job."""
        number = self._open(name, kept)
        task = self._runner.start(
            lane,
            work,
            done=lambda result: self._done(number, done, result),
            failed=lambda error: self._failed(number, error, failed),
            progress=self._progress(number),
        )
        self._keep(number, task)
        return number

    def quietly(
        self,
        lane: Lane,
        work: Callable[[], T],
        done: Callable[[T], None],
        *,
        failed: Callable[[UserError], None] | None = None,
    ) -> None:
        """Short work that no job list needs; a `UserError` goes to `failed`, or is told."""

        def ended(error: Exception) -> None:
            if isinstance(error, UserError):
                (failed or self._asker.tell)(error)
            elif not isinstance(error, Cancelled):
                raise error

        self._runner.start(lane, lambda _: work(), done=done, failed=ended)

    def running(self, name: str) -> bool:
        """Whether a job of this name is under way."""
        return any(job.name == name for job in self.state)

    def cancel(self, number: int) -> None:
        """Ask a job to stop."""
        if number in self._tasks:
            self._set(tuple(replace(job, stopping=True) if job.number == number else job for job in self.state))
            self._tasks[number].cancel()

    def _open(self, name: str, kept: str) -> int:
        self._last += 1
        self._stopped[self._last] = kept
        self._set((*self.state, Job(self._last, name)))
        return self._last

    def _keep(self, number: int, task: Task) -> None:
        if any(job.number == number for job in self.state):
            self._tasks[number] = task

    def _progress(self, number: int) -> Progress:
        def report(done: int, total: int | None, words: str) -> None:
            self._set(
                tuple(
                    replace(job, done=done, total=total, words=words) if job.number == number else job
                    for job in self.state
                )
            )

        return report

    def _close(self, number: int) -> Job:
        job = next(job for job in self.state if job.number == number)
        self._tasks.pop(number, None)
        self._set(tuple(other for other in self.state if other.number != number))
        return job

    def _done(self, number: int, done: Callable[[T], None], result: T) -> None:
        self._close(number)
        self._stopped.pop(number)
        done(result)

    def _failed(self, number: int, error: Exception, failed: Callable[[], None]) -> None:
        job = self._close(number)
        kept = self._stopped.pop(number)
        failed()
        if isinstance(error, Cancelled):
            at = f" at {job.counts}" if job.counts else ""
            self._asker.announce(f"{job.name} stopped{at}. {kept}")
        elif isinstance(error, UserError):
            self._asker.tell(error)
        else:
            raise error
