"""What runs in the spawned process of a job: a desk of its own, the work, and messages back. Knows no Qt.

Spawned by `app.tasks`. Messages are ("progress", done, total, words), ("done", result) and ("failed", exception).
"""

from __future__ import annotations

import os
import pickle
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from typing import Any

from awra_desk.domain.errors import Cancelled, UserError
from awra_desk.ports.system import SecretStore

INTERVAL = 0.1  # seconds between progress messages


@dataclass(frozen=True, slots=True)
class Place:
    """Which desk the process opens.

    Attributes:
        workspace: path or URL. zone: of its days.
        secrets: in place of the keyring, for the simulated systems alone; None for the keyring.
    """

    workspace: str
    company: str
    zone: str
    secrets: SecretStore | None = None


class WorkFailed(RuntimeError):
    """What went wrong in the process and cannot travel as it was; its text is the traceback."""


def main(place: Place, work: Callable[..., Any], messages: Connection, stop: Event) -> None:
    """Open the desk, run the work, send what came of it."""
    from awra_desk.app.bootstrap import open_desk  # noqa: PLC0415 - here, so that the window's process never loads it

    step_back()
    sent = 0.0

    def progress(done: int, total: int | None, words: str) -> None:
        nonlocal sent
        if stop.is_set():
            raise Cancelled
        if time.monotonic() - sent >= INTERVAL:
            sent = time.monotonic()
            messages.send(("progress", done, total, words))

    try:
        with open_desk(place.workspace, company=place.company, zone=place.zone, secrets=place.secrets) as desk:
            messages.send(("done", work(desk, progress)))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the window must hear of it
        messages.send(("failed", portable(error)))
    finally:
        messages.close()


def step_back() -> None:
    """Give way to the window, which answers a person; the work takes whatever the processors have left."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - Windows alone needs it

        below_normal = 0x4000  # BELOW_NORMAL_PRIORITY_CLASS, learn.microsoft.com, SetPriorityClass
        ctypes.windll.kernel32.SetPriorityClass(ctypes.windll.kernel32.GetCurrentProcess(), below_normal)
    else:
        os.nice(10)


def portable(error: BaseException) -> Exception:
    """The same error if it survives the journey, else the nearest kind that does."""
    if isinstance(error, Exception):
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
        except Exception:  # noqa: BLE001 - any failure to travel leads to the forms below
            if isinstance(error, UserError):
                return UserError(error.what, record=error.record, remedy=error.remedy)
        else:
            return error
    return WorkFailed("".join(traceback.format_exception(error)))
