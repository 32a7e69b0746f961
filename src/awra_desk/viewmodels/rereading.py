"""Reading again with a changed contract: first what becomes different, then, when that is meant, doing it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awra_desk.domain.people import Person, Role
from awra_desk.ports.connections import Connection
from awra_desk.services.jobs import RereadJob
from awra_desk.services.renormalise import Differences
from awra_desk.viewmodels import words
from awra_desk.viewmodels.observable import Command, Observable
from awra_desk.viewmodels.session import Changes

if TYPE_CHECKING:
    from awra_desk.viewmodels.connections import Connections

REREAD = "Re-read"
_WHAT = {"appears": "new", "vanishes": "gone", "changes": "changed"}


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One field of a transaction that becomes different; field, now and then are "" where it appears or vanishes."""

    record: str
    what: str
    field: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class RereadingState:
    """What a re-read would change; name is "" while nothing was compared.

    Attributes:
        summary: counts in words. refused: why it cannot be applied, "" when it can. more: how many are not listed.
        any: whether anything becomes different.
    """

    name: str = ""
    title: str = ""
    summary: str = ""
    refused: str = ""
    rows: tuple[DifferenceRow, ...] = ()
    more: int = 0
    any: bool = False


class Rereading(Observable[RereadingState]):
    """Of the connection under the cursor."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(RereadingState())
        self._connections = connections

    def commands(self, connection: Connection | None, person: Person | None) -> tuple[tuple[str, Command], ...]:
        """Comparing and applying, with whether they can be used now."""
        none = (connection is None, "Select a connection.")
        role = (person is None or not person.may(Role.OWNER, Role.ACCOUNTANT), "It takes an accountant or an owner.")
        busy = (self._connections.session.jobs.running(REREAD), "Reading again is under way.")
        nothing = (not self.state.any, "Nothing becomes different.")
        refused = (bool(self.state.refused), self.state.refused)
        return (
            ("reread", Command.when("Re-read…", none, busy)),
            ("apply", Command.when("Apply the changes", none, role, busy, nothing, refused)),
        )

    def look_at(self, name: str) -> None:
        """Another connection: what was compared is of no use any more."""
        if self.state.name and self.state.name != name:
            self.close()

    def close(self) -> None:
        """Put the differences away."""
        self._set(RereadingState())

    def compare(self) -> None:
        """Say what the contract in force makes different about everything pulled; changes nothing."""
        self._connections.require("reread")
        connection, session = self._connections.current(), self._connections.session
        assert connection is not None  # required
        job = RereadJob(connection.name, session.who)
        session.jobs.in_process(REREAD, job, self._compared, kept="Nothing was changed.")

    def apply(self) -> None:
        """Read everything again, after a question with the counts."""
        self._connections.require("apply")
        session, name = self._connections.session, self.state.name
        question = f"Read {name} again? {self.state.summary}"
        detail = "What was pulled stays; only how it is read changes. Decisions stay, and the books are proven again."
        if not session.asker.confirm(question, detail=detail, verb="Apply"):
            return
        job, kept = RereadJob(name, session.who, apply=True), "What was not read again yet is read by the next pull."
        session.jobs.in_process(REREAD, job, self._applied, kept=kept)

    def _compared(self, found: Differences) -> None:
        if not found.any:
            same = "with the contract in force" if not found.records else f"the same by {_version(found.after)}"
            self._connections.session.asker.announce(f"Everything of {found.source} is read {same}.")
            self._set(RereadingState())
        else:
            self._set(_state(found))
        self._connections.refresh_commands()

    def _applied(self, found: Differences) -> None:
        self._set(RereadingState())
        self._connections.session.asker.announce(f"Read again with {_version(found.after)}: {_summary(found)}")
        self._connections.session.publish(Changes.RECORDS | Changes.MATCHES | Changes.EXCEPTIONS)


def _state(found: Differences) -> RereadingState:
    rows: list[DifferenceRow] = []
    for change in found.changes:
        cells = [(field, *values) for field, values in change.fields.items()] or [("", "", "")]
        rows += [DifferenceRow(change.record_id, _WHAT[change.what], *cell) for cell in cells]
    refused = ""
    if found.lost:
        first = found.lost[0]
        refused = f"People decided about {words.count(len(found.lost), 'record')} that would vanish, {first} first."
    before = ", ".join(map(_version, found.before))
    title = f"{words.count(found.records, 'record')} read with {before}, then with {_version(found.after)}"
    state = RereadingState(found.source, title, _summary(found), refused, tuple(rows), any=True)
    return replace(state, more=sum(found.counts.values()) - len(found.changes))


def _summary(found: Differences) -> str:
    counts = [f"{count:,} {_WHAT[what]}" for what, count in sorted(found.counts.items()) if count]
    counts += [f"{found.rejected:,} no longer fit"] if found.rejected else []
    counts += [f"{found.accepted:,} fit now"] if found.accepted else []
    return f"{', '.join(counts)}." if counts else "Nothing becomes different."


def _version(contract: str) -> str:
    """The contract's id with the head of its digest: two that differ must not read alike."""
    name, _, digest = contract.partition("@")
    return f"{name} ({digest[:6]})" if digest else name
