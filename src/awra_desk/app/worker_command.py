"""`awra-desk worker`: process the events that came and pull what is scheduled, until stopped."""

from __future__ import annotations

import argparse
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.output import common_options, say
from awra_desk.app.stopping import stop_signal
from awra_desk.app.workspace import workspace_url
from awra_desk.domain.errors import Cancelled, UserError
from awra_desk.domain.ladder import TAKING
from awra_desk.ports.connections import Connection
from awra_desk.services.desk import Desk
from awra_desk.services.events import Processed, process
from awra_desk.services.pull import PullResult, pull
from awra_desk.services.schedule import scheduled, take_turn

EVERY = 5.0
_REST = timedelta(minutes=5)
"""So long a connection is left alone after its events had everything pulled on: providers count calls by the day."""


def add_parser(commands: Any, name: str) -> None:
    """Declare the arguments."""
    parser = common_options(commands.add_parser(name, help="process events and pull what is scheduled, until stopped"))
    parser.add_argument("--once", action="store_true", help="do what is due now, then end")
    parser.add_argument(
        "--every", type=float, default=EVERY, metavar="SECONDS", help=f"how often to look (default {EVERY:g})"
    )


def run(args: argparse.Namespace) -> int:
    """Work; 1 when something failed with --once. Stopping keeps what was done and ends within a page of a pull."""
    with (
        open_desk(workspace_url(args.workspace), company=args.company) as desk,
        stop_signal() as stopped,
    ):
        worker = Worker(desk, stopped, as_json=args.json)
        while True:
            worker.round()
            if args.once or stopped.wait(max(args.every, 0.1)):
                break
    return 1 if args.once and worker.failed else 0


class Worker:
    """Does rounds: events of every connection, then the pulls that are due. What fails does not keep the rest waiting.

    Attributes:
        failed: something failed since the start.
    """

    def __init__(self, desk: Desk, stopped: threading.Event, *, as_json: bool) -> None:
        self._desk, self._stopped, self._json = desk, stopped, as_json
        self.failed = False
        self._rests: dict[str, datetime] = {}

    def round(self) -> None:
        """Everything that is due now."""
        try:
            with self._desk.read() as uow:
                names = [connection.name for connection in uow.connections.all() if connection.rung in TAKING]
            for name in names:
                self._attempt(name, partial(self._events, name))
            for connection in scheduled(self._desk):
                self._attempt(connection.name, partial(self._scheduled, connection))
        except Cancelled:
            return
        except UserError as error:
            self._tell(error.record, error)

    def _attempt(self, name: str, step: Callable[[], object]) -> None:
        try:
            step()
        except UserError as error:
            self._tell(name, error)
        except Cancelled:
            raise
        except Exception:  # noqa: BLE001 - a defect of one connection: told whole, and the others go on
            self.failed = True
            traceback.print_exc()

    def _events(self, name: str) -> None:
        now = self._desk.now()
        if now < self._rests.get(name, now) <= now + _REST:  # further off is of a clock that was ahead
            return
        while (done := process(self._desk, name, progress=self._progress)).events:
            self.failed = self.failed or bool(done.failed or done.dead)
            if done.whole:
                self._rests[name] = self._desk.now() + _REST
            say({"events": asdict(done)}, text=events_words(done), as_json=self._json)
            sys.stdout.flush()

    def _scheduled(self, connection: Connection) -> None:
        if not take_turn(self._desk, connection):
            return
        done = pull(self._desk, connection.name, progress=self._progress)
        self.failed = self.failed or not done.control_ok
        say({"pull": asdict(done)}, text=_pull_words(done), as_json=self._json)
        sys.stdout.flush()

    def _progress(self, done: int, total: int | None, words: str) -> None:
        del done, total, words
        if self._stopped.is_set():
            raise Cancelled

    def _tell(self, name: str, error: UserError) -> None:
        self.failed = True
        print(f"{name}: {error.text}", file=sys.stderr, flush=True)


def events_words(done: Processed) -> str:
    """A batch for people."""
    parts = [f"{done.processed:,} processed", f"{done.new:,} new versions"]
    parts += [f"{done.failed:,} failed, tried again later"] if done.failed else []
    parts += [f"{done.dead:,} dead"] if done.dead else []
    why = f" {' '.join(done.errors)}" if done.errors else ""
    return f"{done.name}: {', '.join(parts)}.{why}"


def _pull_words(done: PullResult) -> str:
    broken = f" Control totals that do not hold: {', '.join(done.broken)}." if done.broken else ""
    return f"{done.name}: pulled, {done.new:,} new versions.{broken}"
