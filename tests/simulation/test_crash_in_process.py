"""A crash at any statement of a unit of work leaves the unit whole or absent, and nothing acknowledged is lost."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from awra_desk.store import SqlWorkspace, bulk, open_workspace
from tests.soak import scaled
from tests.store.books import postgresql_database
from tests.store.crash_units import KINDS, check_file, prepare, run_unit, whole_units


class Crash(BaseException):
    """Not an Exception: nobody may catch it and carry on."""


class Faults:
    """Counts the statements of an engine, bulk ones and the commit too, and does something at one of them."""

    def __init__(self) -> None:
        self.count = 0
        self.at = -1
        self.act = lambda: None

    def step(self, *_: object, **__: object) -> None:
        self.count += 1
        if self.count == self.at:
            self.act()


@contextmanager
def _watched(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    faults = Faults()
    plain = {name: getattr(bulk, name) for name in ("many", "_copy")}

    def counted(name):
        def run(*arguments):
            faults.step()
            plain[name](*arguments)
            faults.step()

        return run

    names = ("before_cursor_execute", "after_cursor_execute", "commit")
    for name in names:
        event.listen(engine, name, faults.step)
    with monkeypatch.context() as patched:
        for name in plain:
            patched.setattr(bulk, name, counted(name))
        yield faults
    for name in names:
        event.remove(engine, name, faults.step)


def _steps(workspace: SqlWorkspace, monkeypatch: pytest.MonkeyPatch, number: int) -> int:
    with _watched(workspace.engine, monkeypatch) as faults:
        run_unit(workspace, number)
        return faults.count


def _crash() -> None:
    raise Crash


def _lives() -> list[int]:
    """The whole count in workspaces of at most 50 crashes each: every check reads all that was ever kept."""
    count = scaled(500)
    return [min(50, count - at) for at in range(0, count, 50)]


@pytest.mark.soak
def test_an_image_of_the_file_at_any_statement_opens_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What a dead process leaves is the file and its journal as they are: copied in mid-statement, then opened."""
    chance = random.Random(7)
    for life, crashes in enumerate(_lives()):
        _image_again_and_again(tmp_path / str(life), crashes, chance, monkeypatch)


def _image_again_and_again(folder: Path, crashes: int, chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = open_workspace(str(folder / "w.awra"))
    prepare(workspace)
    steps = [_steps(workspace, monkeypatch, number) for number in range(len(KINDS))]
    assert min(steps) > 10
    done = {f"{kind}-{number}" for number, kind in enumerate(KINDS)}
    absent = 0
    for number in range(len(KINDS), len(KINDS) + crashes):
        image = folder / f"image{number}"
        with _watched(workspace.engine, monkeypatch) as faults:
            faults.at = chance.randint(1, steps[number % len(KINDS)])
            faults.act = lambda image=image: _copy(folder / "w.awra", image)
            acknowledged = run_unit(workspace, number)
        survivor = open_workspace(str(image / "w.awra"), create=False)
        found = whole_units(survivor)
        check_file(survivor)
        assert found in (done, done | {acknowledged})
        absent += found == done
        survivor.close()
        shutil.rmtree(image)
        done.add(acknowledged)
    assert absent > 0  # the crash really came before the commit
    assert whole_units(workspace) == done
    workspace.close()


def _copy(file: Path, folder: Path) -> None:
    folder.mkdir()
    for part in (file, file.with_name(f"{file.name}-wal")):
        shutil.copy2(part, folder / part.name)


@pytest.mark.soak
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_an_exception_at_any_statement_rolls_back(
    database: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    chance = random.Random(11)
    for life, crashes in enumerate(_lives()):
        if database == "sqlite":
            _interrupt(str(tmp_path / f"w{life}.awra"), crashes, chance, monkeypatch)
            continue
        with postgresql_database(request.getfixturevalue("postgres_url"), "crash_in_process") as address:
            _interrupt(address, crashes, chance, monkeypatch)


def _interrupt(address: str, crashes: int, chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = open_workspace(address)
    prepare(workspace)
    steps = [_steps(workspace, monkeypatch, number) for number in range(len(KINDS))]
    done = {f"{kind}-{number}" for number, kind in enumerate(KINDS)}
    for number in range(len(KINDS), len(KINDS) + crashes):
        with _watched(workspace.engine, monkeypatch) as faults:
            faults.at = chance.randint(1, steps[number % len(KINDS)])
            faults.act = _crash
            with pytest.raises(Crash):
                run_unit(workspace, number)
        assert whole_units(workspace) == done
        if chance.random() < 0.3:  # and the next attempt succeeds
            done.add(run_unit(workspace, number))
    assert whole_units(workspace) == done
    check_file(workspace)
    workspace.close()
