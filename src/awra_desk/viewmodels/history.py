"""Named undo and redo of local decisions, and the steps the history pane lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from awra_desk.ports.tasks import Asker
from awra_desk.viewmodels.observable import Command, Observable


@dataclass(frozen=True, slots=True)
class Step:
    """One decision (or one bulk of them), as it can be taken back and done again.

    Attributes:
        name: "accept of KR-104271"; menus say "Undo accept of KR-104271".
    """

    name: str
    at: datetime
    undo: Callable[[], None]
    redo: Callable[[], None]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One line of the history pane; the step done last comes first.

    Attributes:
        undone: it was taken back and may be done again.
    """

    name: str
    at: datetime
    undone: bool


class History(Observable[tuple[HistoryRow, ...]]):
    """This session's steps. What was posted is no step: it is reversed by another entry."""

    def __init__(self) -> None:
        super().__init__(())
        self._done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def undo_command(self) -> Command:
        """Such as "Undo accept of …"."""
        name = f"Undo {self._done[-1].name}" if self._done else "Undo"
        return Command.when(name, (not self._done, "Nothing was decided in this session."))

    @property
    def redo_command(self) -> Command:
        """Such as "Redo accept of …"."""
        name = f"Redo {self._undone[-1].name}" if self._undone else "Redo"
        return Command.when(name, (not self._undone, "Nothing was undone."))

    def add(self, step: Step) -> None:
        """A step was done; what was undone before it can be redone no more."""
        self._done.append(step)
        self._undone.clear()
        self._show()

    def clear(self) -> None:
        """Somebody else is at the desk, who cannot take these back in another's name."""
        self._done.clear()
        self._undone.clear()
        self._show()

    def drop(self, step: Step) -> None:
        """A step failed after all."""
        self._done = [known for known in self._done if known is not step]
        self._undone = [known for known in self._undone if known is not step]
        self._show()

    def undo(self) -> str:
        """Take the last step back; returns its name, "" when there is none."""
        if not self._done:
            return ""
        step = self._done.pop()
        self._undone.append(step)
        self._show()
        step.undo()
        return step.name

    def redo(self) -> str:
        """Do again what was undone last; returns its name, "" when there is none."""
        if not self._undone:
            return ""
        step = self._undone.pop()
        self._done.append(step)
        self._show()
        step.redo()
        return step.name

    def take_back(self, asker: Asker) -> None:
        """Undo the last step and say so, in place of whatever still offers to undo it."""
        if name := self.undo():
            asker.announce(f"Undone: {name}.")

    def do_again(self, asker: Asker) -> None:
        """Redo what was undone last and say so."""
        if name := self.redo():
            asker.announce(f"Done again: {name}.", undo=self.undo_command.text)

    def undo_to(self, row: int) -> None:
        """Take back every step down to a line of the pane, that one too."""
        for _ in range(len(self._done)):
            if self.state[row].undone:
                return
            self.undo()

    def _show(self) -> None:
        undone = [HistoryRow(step.name, step.at, undone=True) for step in self._undone]
        self._set((*undone, *(HistoryRow(step.name, step.at, undone=False) for step in reversed(self._done))))
