"""Real processes, really killed: what a person was told is saved is there afterwards, with all that belongs to it."""

import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from awra_desk.store import open_workspace
from tests.soak import scaled
from tests.store.books import postgresql_database
from tests.store.crash_units import check_file, prepare, whole_units

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.soak
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_nothing_acknowledged_is_lost(database: str, request: pytest.FixtureRequest, tmp_path: Path):
    if database == "sqlite":
        _kill_again_and_again(str(tmp_path / "w.awra"))
        return
    with postgresql_database(request.getfixturevalue("postgres_url"), "crash_kill") as address:
        _kill_again_and_again(address)


def _kill_again_and_again(address: str) -> None:
    chance = random.Random(3)
    workspace = open_workspace(address)
    prepare(workspace)
    workspace.close()
    acknowledged: set[str] = set()
    for turn in range(max(3, scaled(50))):
        told = _work_until_killed(address, turn * 100_000, chance.uniform(0.0, 0.25))
        assert told
        acknowledged |= told
        workspace = open_workspace(address, create=False)
        found = whole_units(workspace)
        check_file(workspace)
        workspace.close()
        assert acknowledged <= found
        assert len(found) <= len(acknowledged) + turn + 1  # at most the one unit of each life that was not told yet


def _work_until_killed(address: str, first: int, seconds: float) -> set[str]:
    """Ids that the child acknowledged before it was killed, so many seconds after the first of them."""
    command = [sys.executable, "-m", "tests.store.crash_units", address, str(first)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stderr is not None
    with child, child.stdout as out, child.stderr as errors:
        line = out.readline()
        threading.Timer(seconds, child.kill).start()
        told = [line, *out]
        assert errors.read() == ""
    assert child.returncode not in (0, 1), "it ended by itself"
    return {line.strip() for line in told if line.endswith("\n")}
