"""The real clock (`ports.system.Clock`); tests bring their own."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Time of this machine."""

    def now(self) -> datetime:
        """Aware UTC instant."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds; nothing below zero."""
        time.sleep(max(0.0, seconds))
