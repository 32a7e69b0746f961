"""Where the workspace is when the command line does not say."""

from __future__ import annotations

from awra_desk.system.directories import default_workspace


def workspace_url(given: str) -> str:
    """The path or URL given, else the user's own workspace file."""
    return given or str(default_workspace())
