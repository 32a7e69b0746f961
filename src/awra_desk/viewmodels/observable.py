"""The one way a view hears that something changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Command:
    """Something the person may do now.

    Attributes:
        text: on the button and in the menu, "Accept". reason: why it is not enabled, in words; "" when it is.
    """

    text: str
    enabled: bool
    reason: str = ""

    @classmethod
    def when(cls, text: str, *refusals: tuple[bool, str]) -> Command:
        """Enabled unless one of the (refused, reason) pairs holds; the first that does gives the reason."""
        reason = next((words for refused, words in refusals if refused), "")
        return cls(text, not reason, reason)


class Observable(Generic[S]):
    """Holds a frozen state and calls its subscribers when it was replaced by another."""

    def __init__(self, state: S) -> None:
        self._state = state
        self._subscribers: list[Callable[[], None]] = []

    @property
    def state(self) -> S:
        """The present snapshot."""
        return self._state

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after each change, on the main thread; the result ends the subscription."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback) if callback in self._subscribers else None

    def _set(self, state: S) -> None:
        if state != self._state:
            self._state = state
            self._notify()

    def _notify(self) -> None:
        for callback in tuple(self._subscribers):
            callback()
