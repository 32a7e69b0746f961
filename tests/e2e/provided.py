"""What a real system in the tests needs to be provided once: a cache folder, programs that run, template databases.

Standard library and psycopg only. Used by the harness of each such system.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


def cache_folder(name: str, *parts: bytes) -> Path:
    """The cache folder of what is made of these."""
    digest = hashlib.sha256(b"\0".join([sys.version.encode(), *parts])).hexdigest()[:16]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "awra-desk-tests" / f"{name}-{digest}"


@contextmanager
def made_whole(target: Path) -> Iterator[Path]:
    """A folder to fill, which appears at `target` only when it is complete; who comes second throws theirs away."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
    try:
        yield draft
        if not target.exists():
            draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def tail_of(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-4000:]


def run_program(command: list[str], *, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
    """Standard output of a program that must succeed."""
    done = subprocess.run(
        command, input=stdin, capture_output=True, check=False, env={**os.environ, **(environment or {})}
    )
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace")[-4000:]
        raise RuntimeError(f"{' '.join(command[:4])} … ended with {done.returncode}:\n{words}")
    return done.stdout


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def database_url(postgres: str, name: str) -> str:
    return f"{postgres.rsplit('/', 1)[0]}/{name}"


def _execute(postgres: str, statement: sql.Composed) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(statement)


def create_database(postgres: str, name: str, template: str = "template0") -> None:
    pattern = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _execute(postgres, pattern.format(sql.Identifier(name), sql.Identifier(template)))


def rename_database(postgres: str, old: str, new: str) -> None:
    try:
        _execute(postgres, sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))
    except psycopg.errors.DuplicateDatabase:  # another run was quicker
        drop_database(postgres, old)


def drop_database(postgres: str, name: str) -> None:
    _execute(postgres, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def database_exists(postgres: str, name: str) -> bool:
    with psycopg.connect(postgres) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def server_version(postgres: str) -> str:
    """The server's major version; a dump is only good for its like."""
    with psycopg.connect(postgres) as connection:
        return str(connection.info.server_version // 10_000)


def postgres_tool(tool: str, postgres: str, database: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs of the server's version against a database; the password stays out of its
    arguments.
    """
    packaged = Path(f"/usr/lib/postgresql/{server_version(postgres)}/bin/{tool}")
    program = str(packaged) if packaged.exists() else shutil.which(tool)
    if program is None:
        raise RuntimeError(f"{tool} is missing: on Debian or Ubuntu, sudo apt-get install -y postgresql-client")
    known = conninfo_to_dict(postgres)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    environment = {variable: str(known[key]) for key, variable in names.items() if known.get(key)}
    run_program([program, f"--dbname={database}", *arguments], environment=environment)
