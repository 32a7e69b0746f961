"""Database engines with the settings that make a workspace safe; every connection of a workspace comes from here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import PoolResetState

from awra_desk.store import failures

LOCK_WAIT_SECONDS = 20
_BEGIN = "awra_begin"


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite is free of the WAL-reset race, which loses commits in 3.7.0 to 3.51.2 (mended also in
    3.44.6 and 3.50.7).
    """
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)


def sqlite_engine(path: Path, *, version: tuple[int, int, int] = sqlite.sqlite_version_info) -> sa.Engine:
    """An engine for one workspace file; where only an affected SQLite is at hand, the journal is TRUNCATE instead of
    WAL.
    """
    engine = sa.create_engine(
        sa.URL.create("sqlite+pysqlite", database=str(path)),
        module=sqlite,
        connect_args={"isolation_level": None, "timeout": LOCK_WAIT_SECONDS},
    )
    journal = "WAL" if wal_is_safe(version) else "TRUNCATE"

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: Any) -> None:
        for pragma in _pragmas(journal):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        kind = connection.get_execution_options().get(_BEGIN, "IMMEDIATE")
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if kind == 'DEFERRED' else 'OFF'}")
        connection.exec_driver_sql(f"BEGIN {kind}")

    _settle(engine)
    return engine


def postgresql_engine(url: sa.URL) -> sa.Engine:
    """An engine for a PostgreSQL workspace; sessions speak UTC and give up waiting for a lock."""
    settings = f"-c timezone=UTC -c lock_timeout={LOCK_WAIT_SECONDS}s -c idle_in_transaction_session_timeout=120s"
    given = url.query.get("options", "")
    options = " ".join([settings, given if isinstance(given, str) else " ".join(given)]).strip()
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg").update_query_dict({"options": options}), pool_pre_ping=True
    )
    _settle(engine)
    return engine


def writing(engine: sa.Engine) -> sa.Engine:
    """The engine for transactions that write."""
    return engine.execution_options(**{_BEGIN: "IMMEDIATE"})


def reading(engine: sa.Engine) -> sa.Engine:
    """The engine for transactions that see one snapshot and change nothing."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(**{_BEGIN: "DEFERRED"})


def _settle(engine: sa.Engine) -> None:
    """What both databases need: people's words for failures, and no connection that goes back with an open transaction.

    After a COMMIT that failed, SQLAlchemy takes the transaction for ended and returns the connection without a
    rollback; SQLite may still be inside it, with its locks.
    """
    failures.install(engine)

    @event.listens_for(engine, "reset")
    def roll_back(connection: Any, _record: Any, state: PoolResetState) -> None:
        if not state.terminate_only:
            connection.rollback()


def _pragmas(journal: str) -> list[str]:
    pragmas = [
        f"journal_mode = {journal}",
        "synchronous = FULL",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "recursive_triggers = ON",  # REPLACE then fires the triggers of DELETE
        "cell_size_check = ON",
        "temp_store = MEMORY",
        "cache_size = -64000",
    ]
    if sys.platform == "darwin":  # fsync alone leaves data in the drive's cache there
        pragmas += ["fullfsync = ON", "checkpoint_fullfsync = ON"]
    return pragmas
