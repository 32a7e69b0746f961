"""One workspace per test module and database, and a company of its own for each test."""

import itertools
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from awra_desk.store import SqlWorkspace, open_workspace
from tests.store.books import NOW

_numbers = itertools.count(1)
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="module", params=BOTH)
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Path or URL of an empty database, gone after the module."""
    if request.param == "sqlite":
        yield str(tmp_path_factory.mktemp("store") / "workspace.awra")
        return
    server = request.getfixturevalue("postgres_url")
    name = f"store_{next(_numbers)}_{request.module.__name__.rpartition('.')[2]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield f"{server.rpartition('/')[0]}/{name}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def workspace(address: str) -> Iterator[SqlWorkspace]:
    """An open workspace on each database."""
    opened = open_workspace(address)
    yield opened
    opened.close()


@pytest.fixture
def company(workspace: SqlWorkspace) -> str:
    """A fresh company."""
    name = f"Roaster {next(_numbers)}"
    workspace.add_company(name, at=NOW)
    return name
