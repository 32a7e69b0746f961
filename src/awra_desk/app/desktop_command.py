"""`awra-desk` without a command: opens the desktop on the user's own workspace."""

from __future__ import annotations

import argparse
import gc
import os
import sys

from awra_desk.domain.errors import UsageError


def has_display() -> bool:
    """Whether Qt can show a window here; asking Qt itself would end the process where it cannot."""
    if os.environ.get("QT_QPA_PLATFORM"):
        return True
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def hold_collector() -> None:
    """No search for cycles until the first paint (`gui.Desktop.open` ends it): imports make none worth finding."""
    gc.disable()


def run(args: argparse.Namespace) -> int:
    """Open the window and stay until it is closed.

    Raises:
        UsageError: there is no display.
    """
    if not has_display():
        raise UsageError(
            "there is no display to open a window on",
            remedy="Use a command (awra-desk --help), or run it on a desktop.",
        )
    hold_collector()
    from awra_desk.app.gui import run_workspace  # noqa: PLC0415 - Qt is loaded only to show a window
    from awra_desk.app.workspace import workspace_url  # noqa: PLC0415

    return run_workspace(workspace_url(args.window))
