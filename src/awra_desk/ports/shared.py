"""Small named values that every process over the same workspace sees; rate limits and locks across processes rest on
them.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

Found = TypeVar("Found")
Step = Callable[[str], tuple[str | None, Found]]
"""Present text ("" at first) -> the text to keep (None: as it is) and what the caller gets."""


class SharedState(Protocol):
    """One company's named texts. Never a secret: they lie in the workspace in the clear."""

    def change(self, name: str, step: Step[Found]) -> Found:
        """Read, decide and write in one atomic step, alone among all processes; returns what `step` found.

        Args:
            step: pure and quick; it runs while everybody else waits.
        """
