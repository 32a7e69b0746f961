"""Brings a database to the schema of this version: Alembic's revisions, then the rules, then the proof that they are
there.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from awra_desk.domain.errors import UsageError, UserError
from awra_desk.store import triggers

_VERSIONS = "alembic_version"


def migrate(connection: sa.Connection, *, create: bool = True) -> None:
    """Upgrade inside the caller's transaction; nothing when it is at the head already. There is no way down.

    Args:
        create: False refuses a database that is no workspace yet.

    Raises:
        UserError: a newer version made it, it is something else's database, or its rules were tampered with.
    """
    config = _config(connection)
    script = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_revision()
    if present is None and not create:
        raise UsageError(
            "there is no workspace", record=_name(connection), remedy="Create it first, or correct the name."
        )
    if present is None and sa.inspect(connection).get_table_names():
        raise UserError(
            "this database belongs to something else", record=_name(connection), remedy="Choose another one."
        )
    if present is not None and present not in {revision.revision for revision in script.walk_revisions()}:
        raise UserError("a newer version of AWRA Desk made this workspace", record=_name(connection),
                        remedy="Update AWRA Desk and open it again.")  # fmt: skip
    if present == script.get_current_head():
        triggers.require(connection)
        return
    command.upgrade(config, "head")
    triggers.install(connection)


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _name(connection: sa.Connection) -> str:
    return str(connection.engine.url.database)
