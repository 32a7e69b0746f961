"""What screens with a list have in common: the list is read anew, the cursor keeps to its row, commands are refused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from awra_desk.domain.errors import UserError
from awra_desk.ports.tasks import Lane
from awra_desk.viewmodels.observable import Command, Observable
from awra_desk.viewmodels.session import Session

S = TypeVar("S", bound=Any)
T = TypeVar("T")


class Listing(Observable[S], ABC):
    """Its state has `loading` (the list is being read) and `failed` (why it could not be), beside what the screen
    shows.
    """

    def __init__(self, session: Session, state: S) -> None:
        super().__init__(state)
        self.session = session

    def require(self, name: str) -> None:
        """Raises UserError with the reason when the command cannot be used now."""
        refuse(self._commands(), name)

    @abstractmethod
    def _commands(self) -> tuple[tuple[str, Command], ...]:
        """Every command with whether it can be used now, else why not."""

    def _read_list(self, load: Callable[[], T], loaded: Callable[[T], None]) -> None:
        """Read it beside the main thread; what is shown stays until it is here."""
        self._set(replace(self.state, loading=True, failed=None))
        self.session.jobs.quietly(
            Lane.STORE, load, loaded, failed=lambda error: self._set(replace(self.state, loading=False, failed=error))
        )


def refuse(commands: tuple[tuple[str, Command], ...], name: str) -> None:
    """Raises UserError with the reason when the command cannot be used now."""
    command = dict(commands)[name]
    if not command.enabled:
        raise UserError(command.reason)


def kept(identities: Sequence[object], current: object, before: int) -> int:
    """Where the cursor stands in a list that was read anew: at the same row, or where it stood if that is gone; -1 in
    an empty list.
    """
    if current in identities:
        return identities.index(current)
    return min(max(before, 0), len(identities) - 1)
