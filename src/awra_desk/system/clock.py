"""The real clock (`ports.system.Clock`); tests bring their own."""

from __future__ import annotations

import sys
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

    def elapsed(self) -> float:
        """Seconds since some fixed moment, the machine's sleep included (POSIX clocks; Windows' own counts it too)."""
        if sys.platform == "win32":
            return time.monotonic()
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
