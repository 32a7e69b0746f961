"""dev.py and tests/conftest.py keep their promises: streams apart, no second set-up, a verdict on logs."""

import ast
import importlib.util
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ExpectedLogs
from tests.soak import scaled

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def dev():
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_dev_needs_the_standard_library_only():
    tree = ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_an_unknown_command_is_refused_before_any_set_up():
    done = subprocess.run([sys.executable, ROOT / "dev.py", "dance"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "demo|test|check|bench|shot|soak" in done.stderr


def test_an_old_python_is_told_what_is_needed(dev, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 9, "final", 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11"):
        dev.provide_system()


def test_missing_system_libraries_without_root_give_the_one_line(dev, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(dev, "is_loadable", lambda library: library != "libEGL.so.1")
    monkeypatch.setattr(dev, "may_install", lambda: False)
    with pytest.raises(SystemExit, match=r"\nsudo apt-get install -y libegl1$"):
        dev.provide_system()


def test_missing_system_libraries_as_root_are_installed(dev, monkeypatch):
    installed = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(dev, "is_loadable", lambda library: library != "libGL.so.1")
    monkeypatch.setattr(dev, "may_install", lambda: True)
    monkeypatch.setattr(dev, "install", installed.extend)
    dev.provide_system()
    assert installed == ["libgl1"]


@pytest.fixture
def checkout(dev, tmp_path, monkeypatch):
    """A checkout of two files whose set-up steps are recorded instead of run."""
    steps: list[list[str]] = []
    for name in ("requirements.lock", "source-only.lock", "pyproject.toml"):
        (tmp_path / name).write_text("first", encoding="utf-8")
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(dev, "SOURCES", tmp_path / "source-only.lock")
    monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(dev, "PYTHON", tmp_path / ".venv/python")

    def record(command, _remedy):
        steps.append([str(word) for word in command])
        dev.VENV.mkdir(exist_ok=True)
        dev.PYTHON.touch()

    monkeypatch.setattr(dev, "need", record)
    return tmp_path, steps


@pytest.mark.parametrize("changed", ["requirements.lock", "source-only.lock", "pyproject.toml"])
def test_the_environment_is_renewed_only_after_a_change(dev, checkout, changed):
    folder, steps = checkout
    dev.provide_environment()
    assert "venv" in steps[0]
    assert ["--require-hashes" in step for step in steps[1:3]] == [True, True]
    assert ["--only-binary" in step for step in steps[1:3]] == [True, False]
    assert "-e" in steps[3]
    dev.provide_environment()
    assert len(steps) == 4
    (folder / changed).write_text("second", encoding="utf-8")
    dev.provide_environment()
    assert len(steps) == 7


def test_an_interrupted_installation_is_taken_up_again(dev, checkout, monkeypatch):
    _, steps = checkout
    record = dev.need

    def fail_at_the_lock(command, remedy):
        record(command, remedy)
        if "--require-hashes" in command:
            sys.exit("no network")

    monkeypatch.setattr(dev, "need", fail_at_the_lock)
    with pytest.raises(SystemExit):
        dev.provide_environment()
    monkeypatch.setattr(dev, "need", record)
    dev.provide_environment()
    assert [("--require-hashes" in step) for step in steps] == [False, True, True, True, False]


def test_a_check_that_fails_stops_none_and_fails_the_whole(dev, monkeypatch):
    ran = []

    def failing_ruff(command):
        ran.append(str(command[2]) if len(command) > 2 else "lint-imports")
        return 7 if "ruff" in command else 0

    monkeypatch.setattr(dev, "run", failing_ruff)
    assert dev.check([]) == 1
    assert ran == ["ruff", "ruff", "mypy", "lint-imports", "pytest"]


@pytest.mark.postgres
def test_the_server_is_the_one_dev_provides(postgres_url):
    import psycopg

    with psycopg.connect(postgres_url) as connection:
        (durable,) = connection.execute("select current_setting('server_version_num')::int >= 130000").fetchone()
    assert durable


def test_a_declared_log_record_passes_and_an_undeclared_one_fails():
    expected = ExpectedLogs()
    expected(r"^WARNING shop: late \d+$")
    assert expected.verdict(["WARNING shop: late 3"]) == ""
    assert "unexpected log record" in expected.verdict(["WARNING shop: late 3", "ERROR shop: gone"])
    assert "never came" in expected.verdict([])


def test_the_fixture_lets_declared_records_through(expect_log):
    expect_log("^WARNING tooling: meant$")
    logging.getLogger("tooling").warning("meant")


def test_the_share_of_a_big_count(monkeypatch):
    monkeypatch.delenv("AWRA_SOAK", raising=False)
    assert (scaled(500), scaled(50), scaled(3)) == (25, 2, 1)
    monkeypatch.setenv("AWRA_SOAK", "full")
    assert scaled(500) == 500
