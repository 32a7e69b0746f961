"""One simulated month, worked to the end once; each test gets a copy of its workspace."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from awra_desk.app.demo import job
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.services.people import add_person
from awra_desk.store import open_workspace
from awra_desk.viewmodels.session import Session
from tests.simulation.in_process import desk_in_process
from tests.viewmodels.doubles import ImmediateRunner, ScriptedAsker, writer

PASSWORD = "a password for tests"


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """(desk, folder) after the whole job; only to be copied."""
    out = tmp_path_factory.mktemp("month")
    month = simulate(MonthSpec(seed=3, orders=120))
    with desk_in_process(month, out) as (desk, keys, systems):
        job(desk, keys, month, systems, out=out)
        with desk.read() as uow:
            people = uow.people.all()
        for person in people:
            add_person(desk, person, PASSWORD, by="engine")
        yield desk, out


@pytest.fixture
def desk(finished, tmp_path):
    """A desk on a copy of the finished month; its providers still answer."""
    original, out = finished
    for file in out.glob("workspace.sqlite*"):
        shutil.copy(file, tmp_path / file.name)
    workspace = open_workspace(str(tmp_path / "workspace.sqlite"))
    yield replace(original, workspace=workspace)
    workspace.close()


@pytest.fixture
def asker():
    return ScriptedAsker()


@pytest.fixture
def runner(desk):
    return ImmediateRunner(desk)


@pytest.fixture
def session(desk, runner, asker):
    """Amina, the accountant, is signed in."""
    session = Session(desk, runner, asker, writer=writer)
    session.sign_in("amina", PASSWORD)
    return session
