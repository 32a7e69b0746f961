"""The workspace: makes units of work; made by `opening.open_workspace`."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from awra_desk.domain.errors import UserError
from awra_desk.store import triggers
from awra_desk.store.engines import reading, writing
from awra_desk.store.shared_state import SqlSharedState
from awra_desk.store.tables_base import companies
from awra_desk.store.units import SqlUnitOfWork


class SqlWorkspace:
    """`ports.storage.Workspace`.

    Attributes:
        engine: for tools of this package and its tests; services use units of work.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def write(self, company: str) -> SqlUnitOfWork:
        """A unit of work that holds the company's write lock from its `with` on."""
        return SqlUnitOfWork(writing(self.engine), company, writing=True)

    def read(self, company: str) -> SqlUnitOfWork:
        """A consistent snapshot."""
        return SqlUnitOfWork(reading(self.engine), company, writing=False)

    def shared(self, company: str) -> SqlSharedState:
        """What the company's processes share outside units of work."""
        return SqlSharedState(self.engine, company)

    def facts(self) -> dict[str, str]:
        """Kind and version of the database, its journal and schema, and what is wrong with its rules."""
        sqlite = self.engine.dialect.name == "sqlite"
        with reading(self.engine).begin() as connection:
            one = "SELECT sqlite_version()" if sqlite else "SHOW server_version"
            return {
                "kind": "SQLite" if sqlite else "PostgreSQL",
                "version": str(connection.exec_driver_sql(one).scalar_one()),
                "journal": str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()) if sqlite else "",
                "schema": str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()),
                "rules": " ".join(triggers.differences(connection)),
            }

    def companies(self) -> list[str]:
        """Names, sorted."""
        with reading(self.engine).begin() as connection:
            return list(connection.execute(sa.select(companies.c.company).order_by(companies.c.company)).scalars())

    def add_company(self, name: str, *, at: datetime) -> None:
        """Add a company.

        Raises:
            UserError: the name is blank or taken.
        """
        if not name.strip() or name != name.strip():
            raise UserError("a company needs a name without outer spaces", record=repr(name), remedy="Give it one.")
        with writing(self.engine).begin() as connection:
            known = connection.execute(
                sa.select(companies.c.company).where(companies.c.company == name)
            ).scalar_one_or_none()
            if known is not None:
                raise UserError("this company is already there", record=name, remedy="Choose another name.")
            connection.execute(sa.insert(companies).values(company=name, created_at=at))

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()
