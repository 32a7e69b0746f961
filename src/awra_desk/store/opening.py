"""Opening a workspace: from a path or URL to a database that is safe, current and guarded."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa

from awra_desk.domain.errors import UsageError
from awra_desk.store import triggers
from awra_desk.store.engines import postgresql_engine, sqlite_engine, writing
from awra_desk.store.locations import refuse_unsafe
from awra_desk.store.schema import migrate
from awra_desk.store.workspace import SqlWorkspace

_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")


def open_workspace(url_or_path: str, *, create: bool = True) -> SqlWorkspace:
    """Open a workspace, bringing it to this version's schema.

    Args:
        url_or_path: `postgresql://…`, or a path of an SQLite file on this machine.
        create: make it when it is not there; False refuses.

    Raises:
        UsageError: no such workspace, or a place where it must not lie.
        UserError: it cannot be reached, a newer version made it, or its rules were changed.
    """
    engine = _engine(url_or_path, create=create)
    try:
        with writing(engine).begin() as connection:
            _lock_schema(connection)
            migrate(connection, create=create)
    except BaseException:
        engine.dispose()
        raise
    return SqlWorkspace(engine)


def restore_rules(url_or_path: str) -> list[str]:
    """Put back rules of the database that were dropped or changed; returns what was wrong with which. Whoever calls
    it says so in the trail.
    """
    engine = _engine(url_or_path, create=False)
    try:
        with writing(engine).begin() as connection:
            _lock_schema(connection)
            wrong = triggers.differences(connection)
            triggers.install(connection)
            return wrong
    finally:
        engine.dispose()


def _engine(url_or_path: str, *, create: bool) -> sa.Engine:
    scheme, separator, _ = url_or_path.partition("://")
    if separator and scheme in _POSTGRESQL:
        return postgresql_engine(sa.make_url(url_or_path.replace("postgres://", "postgresql://", 1)))
    if separator:
        raise UsageError(
            f"a workspace cannot be opened by {scheme}",
            record=_shown(url_or_path),
            remedy="Give a path or postgresql://….",
        )
    path = Path(url_or_path).expanduser()
    refuse_unsafe(path)
    if not path.exists():
        if not create:
            raise UsageError("there is no workspace", record=str(path), remedy="Create it first, or correct the path.")
        _create_private(path)
    return sqlite_engine(path)


def _create_private(path: Path) -> None:
    """An empty file that only its owner may read; SQLite gives its journal files the same rights."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise UsageError(
            f"the workspace cannot be created ({error.strerror})", record=str(path), remedy="Choose another folder."
        ) from error


def _lock_schema(connection: sa.Connection) -> None:
    """One migrator at a time; SQLite's BEGIN IMMEDIATE already holds the lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('awra-desk schema', 1))"))


def _shown(url_or_path: str) -> str:
    """Without the password."""
    try:
        return sa.make_url(url_or_path).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return url_or_path
