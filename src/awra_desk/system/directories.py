"""Where this machine keeps our files, by its own conventions; the settings of the desktop and the workspace default
come from here.
"""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs

_NAME = "AWRA Desk"


def data_directory() -> Path:
    """Folder of the user's workspaces; made with rights for its owner alone."""
    return _private(platformdirs.user_data_path(_NAME, appauthor=False, roaming=False))


def log_directory() -> Path:
    """Folder of the log files; made with rights for its owner alone."""
    return _private(platformdirs.user_log_path(_NAME, appauthor=False))


def default_workspace() -> Path:
    """The workspace that opens when none is named."""
    return data_directory() / "workspace.awra"


def _private(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    if sys.platform != "win32":  # there, the profile's own rights hold
        path.chmod(0o700)
    return path
