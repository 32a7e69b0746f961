"""A real Tryton 8 on loopback for end-to-end tests: `with running_tryton(books, ...) as server`.

Owns Tryton's virtual environment (hash-locked, made once), the template books (made once for a server, `CREATE DATABASE
... TEMPLATE` for each use), and the process. Tryton is GPL: it runs by itself and nothing here imports it. Standard
library and psycopg only. What takes long is kept in the user's cache directory under a digest of what it is made of.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from awra_desk.sandbox.merchant import ROLES, Books
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
from tests.e2e.tryton_seed_books import load_books

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "tryton-requirements.txt"
SEED = HERE / "tryton_seed.py"
_SECONDS_TO_START = 90
_BIN = "Scripts" if os.name == "nt" else "bin"


@dataclass(frozen=True, slots=True)
class TrytonServer:
    """A running Tryton with books of its own.

    Attributes:
        base_url: with the database's name, as a connection of provider "tryton" wants it.
        key, viewer_key: REST keys of somebody who may keep books, and of somebody who may see the chart but no move.
        accounts: role of `awra_desk.sandbox.merchant.ROLES` -> account id.
        line_ids: (document key, line_no) of the loaded books -> (stream, external id) of the desk's record.
        database_url: the PostgreSQL database below it, for counting behind its back.
    """

    base_url: str
    key: str = field(repr=False)
    viewer_key: str = field(repr=False)
    accounts: Mapping[str, str]
    line_ids: Mapping[tuple[str, int], tuple[str, str]]
    database_url: str = field(repr=False)


@contextmanager
def running_tryton(books: Books | None = None, *, opening_day: date | None = None) -> Iterator[TrytonServer]:
    """Tryton with a copy of the template books, and a merchant's books in them if any are given.

    Args:
        opening_day: day of the opening entry, the day before the month; needed with `books`.

    Raises:
        RuntimeError: AWRA_TEST_POSTGRES is not set, or a step failed; its own words are quoted.
    """
    postgres = os.environ.get("AWRA_TEST_POSTGRES")
    if not postgres:
        raise RuntimeError("AWRA_TEST_POSTGRES names no PostgreSQL: run the tests by `python3 dev.py test`")
    python = _provide_environment()
    template, fixture = _provide_template(postgres, python)
    name = f"awra_tryton_{uuid.uuid4().hex[:12]}"
    create_database(postgres, name, template)
    url = database_url(postgres, name)
    try:
        line_ids: Mapping[tuple[str, int], tuple[str, str]] = {}
        if books is not None:
            if opening_day is None:
                raise ValueError("books need the day of their opening entry")
            line_ids = load_books(url, books, fixture, opening_day=opening_day)
        with _serving(python, postgres, name, fixture["keys"]["clerk"]) as base_url:
            keys = fixture["keys"]
            yield TrytonServer(base_url, keys["clerk"], keys["viewer"], fixture["accounts"], line_ids, url)
    finally:
        drop_database(postgres, name)


# --- what is made once ------------------------------------------------------------------------------------------------


def _provide_environment() -> Path:
    """The Python of Tryton's own virtual environment (about 20 s the first time)."""
    home = cache_folder("tryton", REQUIREMENTS.read_bytes())
    if not home.exists():
        with made_whole(home) as draft:
            run_program([sys.executable, "-m", "venv", str(draft)])
            pip = [str(draft / _BIN / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            run_program([*pip, "--no-input", "--require-hashes", "--only-binary", ":all:", "-r", str(REQUIREMENTS)])
    return home / _BIN / "python"


def _provide_template(postgres: str, python: Path) -> tuple[str, dict[str, Any]]:
    """Name of the template database on this server and what is in it (about a minute the first time, 2 s from the
    cache).
    """
    chart = json.dumps([asdict(account) for account in ROLES]).encode()
    home = cache_folder(
        "tryton", REQUIREMENTS.read_bytes(), SEED.read_bytes(), chart, server_version(postgres).encode()
    )
    if not home.exists():
        with made_whole(home) as draft:
            _make_template(postgres, python, chart, draft)
    text = (home / "fixture.json").read_bytes()
    name = f"awra_tryton_template_{hashlib.sha256(text).hexdigest()[:12]}"
    if not database_exists(postgres, name):
        draft_name = f"awra_tryton_draft_{uuid.uuid4().hex[:12]}"
        create_database(postgres, draft_name)
        postgres_tool("pg_restore", postgres, draft_name, "--no-owner", str(home / "books.dump"))
        rename_database(postgres, draft_name, name)
    return name, json.loads(text)


def _make_template(postgres: str, python: Path, chart: bytes, folder: Path) -> None:
    """Fill the folder with the template's dump and what is in it."""
    name = f"awra_tryton_draft_{uuid.uuid4().hex[:12]}"
    create_database(postgres, name)
    try:
        with _configuration(postgres, port=0) as conf:
            command = [str(python), str(SEED), str(conf), name]
            fixture = run_program(command, stdin=chart, environment={"TRYTOND_CONFIG": str(conf)})
        (folder / "fixture.json").write_bytes(fixture)
        postgres_tool("pg_dump", postgres, name, "--format=custom", f"--file={folder / 'books.dump'}")
    finally:
        drop_database(postgres, name)


# --- the process ------------------------------------------------------------------------------------------------------


@contextmanager
def _configuration(postgres: str, *, port: int) -> Iterator[Path]:
    """Tryton's configuration file, in a folder of its own that is deleted afterwards: it holds a password."""
    with tempfile.TemporaryDirectory(prefix="awra-tryton-") as folder:
        conf = Path(folder) / "trytond.conf"
        server = postgres.rsplit("/", 1)[0] + "/"
        conf.write_text(f"[database]\nuri = {server}\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n", "utf-8")
        yield conf


@contextmanager
def _serving(python: Path, postgres: str, database: str, key: str) -> Iterator[str]:
    """Run the server on a free port until the end; its base URL once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    with _configuration(postgres, port=port) as conf:
        log = conf.with_name("trytond.log")
        command = [str(python), str(python.parent / "trytond"), "-c", str(conf), "-d", database]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            base_url = f"http://127.0.0.1:{port}/{database}"
            _await_answer(process, base_url, key, log)
            yield base_url
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_answer(process: subprocess.Popen[bytes], base_url: str, key: str, log: Path) -> None:
    request = urllib.request.Request(f"{base_url}/rest/model/company.company")
    request.add_header("Authorization", f"Bearer {key}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        try:
            with opener.open(request, timeout=_SECONDS_TO_START):
                return
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"Tryton answered {error.code} to its first request:\n{tail_of(log)}") from error
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"Tryton does not answer on {base_url}:\n{tail_of(log)}")
