"""The inbox: what came stays as it came, and each event is taken by one worker at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import datetime

import sqlalchemy as sa

from awra_desk.domain.events import DUE, FARTHEST, LEASE, Event, EventState, Outcome
from awra_desk.store.repo_base import Repository, names
from awra_desk.store.tables_events import events

_COLUMNS = tuple(events.c[name] for name in names(Event))


class SqlEvents(Repository):
    """`ports.storage.Events`."""

    def add(self, event: Event) -> bool:
        known = sa.select(events.c.event_id).where(self._this(event.key))
        if self._connection.execute(known).first() is not None:
            return False
        self._insert(events, [{**asdict(event), "state": event.state.value, "next_attempt_at": event.received_at}])
        return True

    def get(self, key: tuple[str, str]) -> Event:
        query = sa.select(*_COLUMNS).where(self._this(key))
        return _event(self._row(query, record="/".join(key), what="this event", remedy="Take an id from the list."))

    def all(self, *, source: str = "", states: Collection[EventState] = (), limit: int | None = None) -> list[Event]:
        query = sa.select(*_COLUMNS).where(events.c.company == self._company)
        if source:
            query = query.where(events.c.source == source)
        if states:
            query = query.where(events.c.state.in_(sorted(state.value for state in states)))
        query = query.order_by(events.c.received_at.desc(), events.c.source, events.c.event_id)
        return [_event(row) for row in self._rows(query.limit(limit) if limit is not None else query)]

    def counts(self) -> Mapping[tuple[str, EventState], int]:
        query = sa.select(events.c.source, events.c.state, sa.func.count()).where(events.c.company == self._company)
        rows = self._connection.execute(query.group_by(events.c.source, events.c.state))
        return {(source, EventState(state)): count for source, state, count in rows}

    def claim(self, source: str, *, now: datetime, limit: int) -> list[Event]:
        due = sa.and_(
            events.c.company == self._company,
            events.c.source == source,
            events.c.state.in_(sorted(state.value for state in DUE)),
            sa.or_(events.c.next_attempt_at <= now, events.c.next_attempt_at > now + FARTHEST),
        )
        order = (events.c.received_at, events.c.event_id)
        query = sa.select(*_COLUMNS).where(due).order_by(*order).limit(limit).with_for_update(skip_locked=True)
        taken = [replace(event, attempts=event.attempts + 1) for event in map(_event, self._rows(query))]
        for event in taken:
            values = {"attempts": event.attempts, "next_attempt_at": now + LEASE}
            self._connection.execute(sa.update(events).where(self._this(event.key)).values(values))
        return taken

    def settle(self, outcome: Outcome, state: EventState, *, at: datetime, next_attempt_at: datetime | None) -> bool:
        open_ = events.c.next_attempt_at.is_not(None)
        mine = sa.and_(self._this(outcome.key), events.c.attempts == outcome.attempt, open_)
        values = {
            "state": state.value,
            "next_attempt_at": next_attempt_at,
            "last_error": outcome.error,
            "brought": events.c.brought + outcome.brought,
            "done_at": None if state in DUE else at,
        }
        found = self._connection.execute(sa.update(events).where(mine).values(values))
        return found.rowcount == 1

    def again(self, keys: Collection[tuple[str, str]], *, at: datetime) -> int:
        values = {"state": EventState.RECEIVED.value, "next_attempt_at": at, "done_at": None}
        found = [
            self._connection.execute(sa.update(events).where(self._this(key)).values(values)).rowcount
            for key in sorted(set(keys))
        ]
        return sum(found)

    def _this(self, key: tuple[str, str]) -> sa.ColumnElement[bool]:
        source, event_id = key
        return sa.and_(events.c.company == self._company, events.c.source == source, events.c.event_id == event_id)


def _event(row: sa.RowMapping) -> Event:
    return Event(**{**row, "state": EventState(row["state"])})
