"""One workspace per test module and database, and a company of its own for each test."""

import itertools
from collections.abc import Iterator

import pytest

from awra_desk.store import SqlWorkspace, open_workspace
from tests.store.books import NOW, postgresql_database

_numbers = itertools.count(1)
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="module", params=BOTH)
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Path or URL of an empty database, gone after the module."""
    if request.param == "sqlite":
        yield str(tmp_path_factory.mktemp("store") / "workspace.awra")
        return
    name = f"store_{next(_numbers)}_{request.module.__name__.rpartition('.')[2]}"
    with postgresql_database(request.getfixturevalue("postgres_url"), name) as url:
        yield url


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
