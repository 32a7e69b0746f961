"""How long work reports and is asked to stop."""

from typing import Protocol


class Progress(Protocol):
    """Receives counts; may raise `domain.errors.Cancelled`, and that is how work is cancelled."""

    def __call__(self, done: int, total: int | None, words: str) -> None:
        """`total` is None while it is unknown."""


def silent(done: int, total: int | None, words: str) -> None:
    """Reports to nobody."""
