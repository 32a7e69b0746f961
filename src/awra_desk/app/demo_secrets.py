"""Where the demo keeps the secrets of its simulated systems: worth nothing, but shared by the window's processes.

A refresh token is replaced with each use; whoever used it last must have told the others.
"""

from __future__ import annotations

import json
from pathlib import Path


class SimulatedSecrets:
    """A `ports.system.SecretStore` in a file of a temporary kind; a real secret never comes here."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)

    def get(self, name: str) -> str | None:
        """The secret, or None."""
        return self._read().get(name)

    def put(self, name: str, secret: str) -> None:
        """Store or replace, in one step for whoever reads meanwhile."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self._read() | {name: secret}), encoding="utf-8")
        fresh.replace(self._path)

    def delete(self, name: str) -> None:
        """Remove; silent when absent."""
        if name in (kept := self._read()):
            self._path.write_text(json.dumps({key: kept[key] for key in kept if key != name}), encoding="utf-8")

    def _read(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads(self._path.read_text("utf-8")) if self._path.exists() else {}
        return kept
