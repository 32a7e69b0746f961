"""What happens to an error nobody expected: a redacted report stays on this machine, the work goes on.

Nothing is sent anywhere. The report has types, places in the code and versions, never values of records.
"""

from __future__ import annotations

import logging
import platform
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from PySide6.QtWidgets import QMessageBox, QWidget

from awra_desk import __version__
from awra_desk.domain.errors import Cancelled, UserError
from awra_desk.ui.main_thread import MainThread

log = logging.getLogger(__name__)

_SECRETS = re.compile(r"(?i)(bearer|basic)\s+\S+|(sk|rk|pk|whsec)_\w+|\b[A-Za-z0-9+/_\-]{32,}={0,2}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d.,]{3,}")


def redacted(text: str) -> str:
    """The text without what may be a secret, a name or an amount."""
    return _QUOTED.sub("‹…›", _SECRETS.sub("‹secret›", text))


def report_text(error: BaseException) -> str:
    """The report: when, versions, kind of error, places in the code."""
    frames = traceback.extract_tb(error.__traceback__)
    home = str(Path.home())
    places = [f"  {frame.filename.replace(home, '~')}:{frame.lineno} in {frame.name}" for frame in frames]
    head = [
        f"AWRA Desk {__version__}",
        f"At {datetime.now(UTC).isoformat(timespec='seconds')}",
        f"Python {platform.python_version()} on {platform.system()} {platform.release()}",
        f"{type(error).__name__}: {redacted(str(error))}",
    ]
    return "\n".join([*head, *places, ""])


def write_report(error: BaseException, folder: Path) -> Path:
    """Save the report in the folder; its path."""
    path = folder / f"report-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.txt"
    path.write_text(report_text(error), encoding="utf-8")
    return path


class Hooks:
    """Takes what reaches no handler, on any thread, and tells it on the main thread."""

    def __init__(self, door: MainThread, window: QWidget, folder: Path) -> None:
        self._door, self._window, self._folder = door, window, folder
        self.told: list[Path] = []

    def on_main(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """`sys.excepthook`: slots, timers and models end here, and runnables on their own thread."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        elif not isinstance(error, Cancelled):
            self._door.post(lambda: self._tell(error))

    def on_thread(self, args: threading.ExceptHookArgs) -> None:
        """`threading.excepthook`."""
        if args.exc_value is not None:
            self.on_main(args.exc_type, args.exc_value, args.exc_traceback)

    def _tell(self, error: BaseException) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle("AWRA Desk")
        if isinstance(error, UserError):
            box.setIcon(QMessageBox.Icon.Warning)
            box.setText(error.what)
            box.setInformativeText(error.remedy)
        else:
            path = write_report(error, self._folder)
            self.told.append(path)
            log.error("unexpected %s, report in %s", type(error).__name__, path)
            box.setIcon(QMessageBox.Icon.Critical)
            box.setText("Something went wrong that we did not expect.")
            box.setInformativeText(f"What you had decided is stored. A report without your data is in\n{path}")
        box.open()


def install_hooks(door: MainThread, window: QWidget, folder: Path | None = None) -> Hooks:
    """Install both hooks; reports go to the log folder of this machine unless another is given."""
    from awra_desk.system.directories import log_directory  # noqa: PLC0415 - after the first paint

    hooks = Hooks(door, window, folder or log_directory())
    sys.excepthook = hooks.on_main
    threading.excepthook = hooks.on_thread
    return hooks
