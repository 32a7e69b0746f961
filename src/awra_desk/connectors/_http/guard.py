"""What holds for a connection whatever its connector asks: limits shared by all processes, and whether it may write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from awra_desk.ports.shared import SharedState


def _no_secret() -> None:
    return None


def _allowed() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Guard:
    """One connection's guard; made by the composition root, handed by the connector to each of its clients.

    Attributes:
        shared: where processes meet. name: the connection's, under which its state is kept.
        forbidden: asked before each write: why it may not be sent, in words; "" when it may.
        load_secret: the secret as it is stored now, or None when there is none; another process may have renewed it.
    """

    shared: SharedState
    name: str
    forbidden: Callable[[], str] = _allowed
    load_secret: Callable[[], Mapping[str, Any] | None] = _no_secret

    def part(self, name: str) -> Guard:
        """The guard of another endpoint of the same connection, with limits of its own (the sign-in, say)."""
        return replace(self, name=f"{self.name}: {name}")
