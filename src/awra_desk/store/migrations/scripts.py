"""Revisions as frozen SQL of each dialect, so that no later change of the tables' code changes what one makes."""

from __future__ import annotations

from pathlib import Path

from alembic import op


def run_script(revision: str) -> None:
    """Run `versions/<revision>_<dialect>.sql`, statement by statement (each ends with ";" at a line's end)."""
    connection = op.get_bind()
    script = Path(__file__).with_name("versions") / f"{revision}_{connection.dialect.name}.sql"
    for statement in script.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
