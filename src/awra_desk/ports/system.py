"""What the machine provides: time, secrets."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Aware UTC instant."""

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""

    def elapsed(self) -> float:
        """Seconds since some fixed moment; setting the machine's clock does not change it, sleeping machines count."""


class Browser(Protocol):
    """The person's own browser."""

    def open(self, url: str) -> bool:
        """Show a page; whether somebody took it."""


class SecretStore(Protocol):
    """The operating system's keyring; secrets live nowhere else."""

    def get(self, name: str) -> str | None:
        """The secret (JSON text), or None when there is none."""

    def put(self, name: str, secret: str) -> None:
        """Store or replace."""

    def delete(self, name: str) -> None:
        """Remove; silent when absent."""
