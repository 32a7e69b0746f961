"""Finding one record in any reconciliation by a piece of its text or its amount, as the palette offers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awra_desk.ports.tasks import Lane
from awra_desk.services.look_up import Found, look_up
from awra_desk.viewmodels import words
from awra_desk.viewmodels.session import Session


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A record as a line: "ch_3lgb…0l67V, charge 1,284.00 USD, 14 Oct 2026", and where it stands."""

    reconciliation: str
    member: tuple[str, str]
    text: str


class Finder:
    """Looks up in the background; only the latest question is answered."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asked = 0

    def ask(self, text: str, done: Callable[[list[FoundLine]], None]) -> None:
        """Give `done` the records that hold the text, unless something else was asked meanwhile."""
        self._asked += 1
        number, desk = self._asked, self._session.desk

        def ended(found: list[Found]) -> None:
            if number == self._asked:
                done([_line(record) for record in found])

        self._session.jobs.quietly(Lane.STORE, lambda: look_up(desk, text), ended)


def _line(record: Found) -> FoundLine:
    kind, amount = record.kind.replace("_", " "), words.money(record.minor, record.currency)
    text = f"{words.short_ids(record.external_id)}, {kind} {amount}, {words.full_day(record.day)}"
    return FoundLine(record.reconciliation, record.member, text)
