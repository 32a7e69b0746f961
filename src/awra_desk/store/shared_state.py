"""What processes share outside units of work, each change a short transaction of its own."""

from __future__ import annotations

import sqlalchemy as sa

from awra_desk.ports.shared import Found, Step
from awra_desk.store.engines import writing
from awra_desk.store.repo_base import Repository
from awra_desk.store.tables_records import shared_states


class SqlSharedState:
    """`ports.shared.SharedState`.

    On PostgreSQL a name has a lock of its own, so that it does not wait for the company's units of work; SQLite has but
    one lock.
    """

    def __init__(self, engine: sa.Engine, company: str) -> None:
        self._engine = writing(engine)
        self._company = company

    def change(self, name: str, step: Step[Found]) -> Found:
        """See `ports.shared.SharedState`."""
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                lock = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 2))")
                connection.execute(lock, {"name": f"{self._company}\n{name}"})
            return _States(connection, self._company).change(name, step)


class _States(Repository):
    def change(self, name: str, step: Step[Found]) -> Found:
        query = sa.select(shared_states.c.text).where(
            shared_states.c.company == self._company, shared_states.c.name == name
        )
        text, found = step(self._connection.execute(query).scalar_one_or_none() or "")
        if text is not None:
            self._upsert(shared_states, [{"name": name, "text": text}])
        return found
