"""Events: process what the inbox holds, and replay it. What an event says never counts; what it names is read.

Processing is idempotent: an event only says what to read again, and a version that is held already is not stored twice.
Whatever no event told is found by the next pull.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from awra_desk.domain.errors import Cancelled, UsageError, UserError
from awra_desk.domain.events import Event, EventState, Outcome, Witness, next_attempt
from awra_desk.domain.ladder import TAKING
from awra_desk.ports.connections import Connection, Hint, Hinted, Source, TransportError
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.closing import WHOLE_BALANCE
from awra_desk.services.dead_letters import renew_dead_letters
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.pull import counted, proven, pull_stream
from awra_desk.services.renormalise import keep_up

BATCH = 200
"""So many events are taken at once; what several of them name is read once."""
_STOPPED = "It was stopped before it was done."


@dataclass(frozen=True, slots=True)
class Processed:
    """What processing a connection's due events gave.

    Attributes:
        processed, failed, dead: events that ended so. new: versions of raw records stored.
        errors: what went wrong, each sentence once, sorted. whole: everything of it was pulled on, for want of hints.
    """

    name: str
    processed: int = 0
    failed: int = 0
    dead: int = 0
    new: int = 0
    errors: tuple[str, ...] = ()
    whole: bool = False

    @property
    def events(self) -> int:
        """How many were taken."""
        return self.processed + self.failed + self.dead


def process(desk: Desk, name: str, *, who: str = ENGINE, progress: Progress = silent) -> Processed:
    """Process one batch of a connection's due events, each of them alone among all workers; one trail row.

    Below the rung for events nothing is taken. A failed event waits longer after each try, then it is dead.
    """
    with desk.write() as uow:
        connection = uow.connections.get(name)
        taken = uow.events.claim(name, now=desk.now(), limit=BATCH) if connection.rung in TAKING else []
        uow.commit()
    if not taken:
        return Processed(name)
    try:
        progress(0, len(taken), f"{name}: events")
        done, defect = _follow(desk, connection, taken, who, progress)
    except UserError as error:
        return _ended(desk, name, [_failed(event, error) for event in taken], who)
    except Cancelled:
        _ended(desk, name, [Outcome(event.key, event.attempts, error=_STOPPED) for event in taken], who)
        raise
    except Exception as defect:
        words = f"A defect ended it ({type(defect).__name__}: {defect})."
        _ended(desk, name, [Outcome(event.key, event.attempts, error=words) for event in taken], who)
        raise
    if defect is not None:
        raise defect
    return done


def process_all(desk: Desk, *, who: str = ENGINE, progress: Progress = silent) -> list[Processed]:
    """Process everything that is due now, connection by connection; what fails waits for its time."""
    with desk.read() as uow:
        names = [connection.name for connection in uow.connections.all() if connection.rung in TAKING]
    found = []
    for name in names:
        while (done := process(desk, name, who=who, progress=progress)).events:
            found.append(done)
    return found


def replay(desk: Desk, keys: Collection[tuple[str, str]], *, who: str) -> int:
    """Make events due again, whatever became of them; the next processing takes them. One trail row for all.

    Raises:
        UsageError: one of them is not in the inbox; none is replayed then.
    """
    with desk.write() as uow:
        for key in sorted(set(keys)):
            uow.events.get(key)
        count = uow.events.again(keys, at=desk.now())
        named = "\n".join("/".join(key) for key in sorted(set(keys)))
        detail = {"events": str(count), "ids_sha256": hashlib.sha256(named.encode()).hexdigest(), "ids": named[:4000]}
        uow.trail.append(at=desk.now(), actor=who, action="events.replay", subject="events", detail=detail)
        uow.commit()
    return count


def _follow(
    desk: Desk, connection: Connection, taken: Sequence[Event], who: str, progress: Progress
) -> tuple[Processed, Exception | None]:
    """Read what the events name, then say what became of each; and the first defect that one of them met, or None."""
    name, source = connection.name, desk.source(connection)
    wanted, outcomes = _hints(source, taken)
    found = _Reading(desk, source, name, progress)
    for number, event in enumerate(taken):
        if event.key not in outcomes:
            outcomes[event.key] = found.follow(event, wanted[event.key])
            progress(number + 1, len(taken), f"{name}: events")
    ended = [outcomes[event.key] for event in taken]
    if not found.read:
        return _ended(desk, name, ended, who), None
    _, held = counted(desk, source, name)
    keep_up(desk, name, progress=progress)
    with proven(desk, source, connection, held, _reported_days(desk, name)) as (uow, broken):
        done = _keep(uow, desk, name, ended, who, broken)
        uow.commit()
    return replace(done, whole=not isinstance(source, Hinted)), found.defect


def _hints(
    source: Source, taken: Sequence[Event]
) -> tuple[dict[tuple[str, str], Sequence[Hint]], dict[tuple[str, str], Outcome]]:
    """What each event names, and the outcome of those that nobody can understand."""
    wanted: dict[tuple[str, str], Sequence[Hint]] = {}
    outcomes: dict[tuple[str, str], Outcome] = {}
    everything = [Hint(stream) for stream in source.streams]
    for event in taken:
        try:
            wanted[event.key] = source.hints(event) if isinstance(source, Hinted) else everything
        except UsageError as error:
            outcomes[event.key] = replace(_failed(event, error), retry=False)
    return wanted, outcomes


class _Reading:
    """Reads what hints name, each once for all events of a batch.

    Attributes:
        read: whether anything was asked of the provider. defect: the first that was met, or None.
    """

    def __init__(self, desk: Desk, source: Source, name: str, progress: Progress) -> None:
        self._desk, self._source, self._name, self._progress = desk, source, name, progress
        self._known: dict[Hint, UserError | None] = {}
        self.read = False
        self.defect: Exception | None = None

    def follow(self, event: Event, hints: Sequence[Hint]) -> Outcome:
        """Read for one event; records before streams, so that a stream's cursor never passes a record that failed."""
        new = 0
        for hint in sorted(hints, key=lambda each: not each.external_id):
            if hint not in self._known:
                self.read = True
                brought, self._known[hint] = self._tried(hint)
                new += brought
            if (trouble := self._known[hint]) is not None:
                return replace(_failed(event, trouble), brought=new)
        return Outcome(event.key, event.attempts, brought=new)

    def _tried(self, hint: Hint) -> tuple[int, UserError | None]:
        """Versions stored, and the trouble. A defect is the trouble of this event alone: those beside it would die of
        it, too.
        """
        try:
            return self._one(hint), None
        except UserError as error:
            return 0, error
        except Cancelled:
            raise
        except Exception as defect:  # noqa: BLE001 - raised once every event of the batch is settled
            self.defect = self.defect or defect
            words = f"a defect ended it ({type(defect).__name__}: {defect})"
            return 0, UsageError(words, record=hint.external_id or hint.stream, remedy="Report it.")

    def _one(self, hint: Hint) -> int:
        if not hint.external_id:
            return pull_stream(
                self._desk, self._source, self._name, hint.stream, self._progress, witness=Witness.EVENT
            )[1]
        assert isinstance(self._source, Hinted)
        record = self._source.fetch(hint.stream, hint.external_id)
        with self._desk.write() as uow:
            new = uow.records.append([record], Witness.EVENT)
            uow.commit()
        return new


def _failed(event: Event, error: UserError) -> Outcome:
    until = error.not_before if isinstance(error, TransportError) else None
    return Outcome(event.key, event.attempts, error=error.text, not_before=until)


def _reported_days(desk: Desk, name: str) -> tuple[date, ...]:
    """The latest day of each reconciled side for which a dated balance is held: it is asked for again."""
    with desk.read() as uow:
        found = {
            uow.controls.last_day(name, side.account or WHOLE_BALANCE, spec.currency)
            for spec in uow.reconciliations.all()
            for side in (spec.source, spec.ledger)
            if side.source == name
        }
    return tuple(sorted(day for day in found if day is not None))


def _ended(desk: Desk, name: str, outcomes: Sequence[Outcome], who: str) -> Processed:
    with desk.write() as uow:
        done = _keep(uow, desk, name, outcomes, who, ())
        uow.commit()
    return done


def _keep(
    uow: UnitOfWork, desk: Desk, name: str, outcomes: Sequence[Outcome], who: str, broken: Sequence[str]
) -> Processed:
    """Settle what still is ours, bring the dead letters' exceptions up to date, write the trail's row."""
    now = desk.now()
    lines, counts, new = [], Counter[EventState](), 0
    for outcome in outcomes:
        state, again = EventState.PROCESSED, None
        if outcome.error:
            again = next_attempt(outcome.attempt, now, outcome.not_before) if outcome.retry else None
            state = EventState.FAILED if again else EventState.DEAD
        if uow.events.settle(outcome, state, at=now, next_attempt_at=again):
            counts[state] += 1
            new += outcome.brought
            lines.append(f"{outcome.key[1]} {outcome.attempt} {state}")
    renew_dead_letters(uow, desk, name)
    errors = tuple(sorted({outcome.error for outcome in outcomes if outcome.error}))
    detail = {
        **{state.value: str(counts[state]) for state in (EventState.PROCESSED, EventState.FAILED, EventState.DEAD)},
        "new": str(new),
        "outcomes_sha256": hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest(),
        "controls_broken": ", ".join(broken),
    }
    uow.trail.append(at=now, actor=who, action="events.process", subject=name, detail=detail)
    processed, failed, dead = (counts[state] for state in (EventState.PROCESSED, EventState.FAILED, EventState.DEAD))
    return Processed(name, processed, failed, dead, new, errors)
