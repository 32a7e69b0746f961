"""Units of work: one transaction over one company's rows. The only place that begins, commits and rolls back."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import sqlalchemy as sa

from awra_desk.domain.errors import Refused, UserError
from awra_desk.ports import storage
from awra_desk.store.repo_connections import SqlConnections
from awra_desk.store.repo_controls import SqlControls
from awra_desk.store.repo_drifts import SqlDrifts
from awra_desk.store.repo_events import SqlEvents
from awra_desk.store.repo_exceptions import SqlExceptions
from awra_desk.store.repo_mappings import SqlMappings
from awra_desk.store.repo_people import SqlPeople
from awra_desk.store.repo_policies import SqlPolicies
from awra_desk.store.repo_reconciliations import SqlReconciliations
from awra_desk.store.repo_records import SqlRecords
from awra_desk.store.repo_trail import SqlTrail
from awra_desk.store.repo_writes import SqlWrites
from awra_desk.store.tables_base import companies
from awra_desk.store.tables_policies import fee_versions, rule_versions


class SqlUnitOfWork:
    """`ports.storage.UnitOfWork`; the repositories exist inside the `with` block only."""

    connections: storage.Connections
    records: storage.Records
    drifts: storage.Drifts
    events: storage.Events
    controls: storage.Controls
    reconciliations: storage.Reconciliations
    rules: storage.Policies
    fees: storage.Policies
    mappings: storage.Mappings
    exceptions: storage.Exceptions
    people: storage.People
    writes: storage.Writes
    trail: storage.Trail

    def __init__(self, engine: sa.Engine, company: str, *, writing: bool) -> None:
        self.company = company
        self._engine = engine
        self._writing = writing
        self._connection: sa.Connection | None = None

    def __enter__(self) -> Self:
        self._connection = connection = self._engine.connect()
        try:
            connection.begin()
            self._enter_company(connection)
        except BaseException:
            connection.close()
            raise
        self.connections = SqlConnections(connection, self.company)
        self.records = SqlRecords(connection, self.company)
        self.drifts = SqlDrifts(connection, self.company)
        self.events = SqlEvents(connection, self.company)
        self.controls = SqlControls(connection, self.company)
        self.reconciliations = SqlReconciliations(connection, self.company)
        self.rules = SqlPolicies(connection, self.company, rule_versions)
        self.fees = SqlPolicies(connection, self.company, fee_versions)
        self.mappings = SqlMappings(connection, self.company)
        self.exceptions = SqlExceptions(connection, self.company)
        self.people = SqlPeople(connection, self.company)
        self.writes = SqlWrites(connection, self.company)
        self.trail = SqlTrail(connection, self.company)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()  # rolls back what was not committed
            self._connection = None

    def commit(self) -> None:
        """Keep everything; the unit is over then.

        Raises:
            Refused: on a reading unit.
        """
        if not self._writing:
            raise Refused("this unit of work only reads", remedy="Use a writing unit of work.")
        if self._connection is None:
            raise RuntimeError("this unit of work is over")
        self._connection.commit()
        self.__exit__(None, None, None)

    def _enter_company(self, connection: sa.Connection) -> None:
        """Take the company's write lock (SQLite has it since BEGIN IMMEDIATE), or fix the snapshot by a first read."""
        if self._writing and connection.dialect.name == "postgresql":
            connection.execute(
                sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:company, 0))"), {"company": self.company}
            )
        known = sa.select(companies.c.company).where(companies.c.company == self.company)
        if connection.execute(known).scalar_one_or_none() is None:
            raise UserError(
                "this company is unknown here", record=self.company, remedy="Add it first, or correct the name."
            )
