#!/usr/bin/env python3
"""Sets this checkout up and runs it: `python3 dev.py demo|test|check|bench|shot|soak|package [arguments passed on]`.

Standard library only, because nothing else is there yet. Set-up speaks on standard error, so that standard output is
the program's alone. Does nothing twice: the environment is renewed only when the lock or pyproject.toml changed.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = ROOT / "requirements.lock"
SOURCES = ROOT / "tests/source-only.lock"  # what has no wheel

# What Qt loads from the system on Linux, and the Debian package that has it.
QT_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}

KEYBOARD = ("Xvfb", "xdotool", "openbox")  # with these, tests type on a real screen; without, they are left out
# Each test file on one of the cores; `-n 0` among the arguments takes it back.
SPREAD = ("-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile", "--no-loadscope-reorder")


def say(text: str) -> None:
    """Tell the person something without touching the program's output."""
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


def run(command: Sequence[object], environment: Mapping[str, str] | None = None, *, quiet: bool = False) -> int:
    """Run a program and return its exit code; `quiet` sends its output to standard error."""
    words, output = [str(word) for word in command], sys.stderr if quiet else None
    return subprocess.run(words, cwd=ROOT, env=os.environ | (environment or {}), stdout=output, check=False).returncode


def need(command: Sequence[object], remedy: str) -> None:
    """Run a step of the set-up that must succeed, or stop with the remedy."""
    if run(command, quiet=True):
        sys.exit(f"dev.py: this failed: {' '.join(map(str, command))}\n        {remedy}")


# --- what the system must have ---------------------------------------------------------------------------------------


def may_install() -> bool:
    """Whether this is Debian or its kin, and we are root there."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def install(packages: Sequence[str]) -> None:
    """Install Debian packages."""
    say(f"installing {' '.join(packages)}")
    run(["apt-get", "update", "-q"], quiet=True)  # a mirror that is down shows itself in the next line
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q", "--no-install-recommends"]
    need([*command, *packages], "run it by hand and read its answer")


def is_loadable(library: str) -> bool:
    """Whether the dynamic loader finds this library."""
    with contextlib.suppress(OSError):
        return bool(ctypes.CDLL(library))
    return False


def provide_system() -> None:
    """See to the Python version, to venv, and on Linux to the libraries Qt loads; or stop with the remedy."""
    if not (3, 11) <= sys.version_info < (3, 14):
        sys.exit("dev.py: AWRA Desk needs Python 3.11, 3.12 or 3.13; this is " + sys.version.split()[0])
    if not sys.platform.startswith("linux"):
        return
    missing = [package for library, package in QT_LIBRARIES.items() if not is_loadable(library)]
    missing += [] if importlib.util.find_spec("ensurepip") else ["python{}.{}-venv".format(*sys.version_info)]
    if missing and not may_install():
        line = f"sudo apt-get install -y {' '.join(missing)}"
        sys.exit(f"dev.py: system packages are missing; on Debian or Ubuntu run this, elsewhere its like:\n{line}")
    if missing:
        install(missing)


# --- the virtual environment ------------------------------------------------------------------------------------------


def provide_environment() -> None:
    """Make .venv, and bring it to the lock whenever the lock or pyproject.toml changed."""
    read = [path.read_bytes() for path in (LOCK, SOURCES, ROOT / "pyproject.toml")]
    wanted = hashlib.sha256(b"".join(read)).hexdigest()
    stamp = VENV / "awra-desk.sha256"
    if PYTHON.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    if not PYTHON.exists():
        say("making the virtual environment")
        need([sys.executable, "-m", "venv", "--clear", VENV], "delete .venv and try again")
    say("installing the locked dependencies (a few minutes the first time)")
    pip = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input"]
    for options in (["--only-binary", ":all:", "-r", LOCK], ["--no-deps", "--no-build-isolation", "-r", SOURCES]):
        need([*pip, "--require-hashes", *options], "is the network there? Then try again")
    need([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT], "delete .venv and try again")
    stamp.write_text(wanted, encoding="ascii")


# --- PostgreSQL for the tests -----------------------------------------------------------------------------------------


def postgres_programs() -> Path | None:
    """The folder of the newest PostgreSQL's initdb and pg_ctl."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt/homebrew/opt").glob("postgresql*/bin")]
    return max(folders, key=lambda folder: (len(folder.parent.name), folder), default=None)


@contextlib.contextmanager
def postgres() -> Iterator[dict[str, str]]:
    """Run a server of our own while the tests run, and say where it is in their environment.

    On loopback in a temporary folder, with a password of its own. A server named by AWRA_TEST_POSTGRES is used instead.
    With none, tests/conftest.py leaves its tests out, or fails in CI.
    """
    if os.environ.get("AWRA_TEST_POSTGRES") or os.name == "nt":
        yield {}
        return
    if postgres_programs() is None and may_install():
        install(["postgresql"])
    programs = postgres_programs()
    if programs is None:
        say("no PostgreSQL, so its tests are left out; to have them: sudo apt-get install -y postgresql")
        yield {}
        return
    folder = Path(tempfile.mkdtemp(prefix="awra-postgres-"))
    user = ["runuser", "-u", "postgres", "--", "env", "-C", str(folder)] if os.geteuid() == 0 else []
    if user:  # the server refuses root
        shutil.chown(folder, "postgres", "postgres")
    try:
        with serving(programs, folder, user) as url:
            yield {"AWRA_TEST_POSTGRES": url}
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def serving(programs: Path, folder: Path, user: list[str]) -> Iterator[str]:
    """Make a cluster in the folder, start it as the user, and stop it at the end."""
    data, log, password = folder / "data", folder / "log", secrets.token_hex(16)
    secret = folder / "password"
    secret.touch(mode=0o644)  # the folder itself is closed to others
    secret.write_text(password, encoding="ascii")
    control, remedy = [*user, programs / "pg_ctl", "-s", "-D", data], f"its log is {log}"
    access = f"-U postgres -A scram-sha-256 --pwfile={secret} -E UTF8 --locale=C --no-sync"
    need([*control, "-o", access, "init"], remedy)
    with socket.create_server(("127.0.0.1", 0)) as probe:  # a port that nobody listens on
        port = probe.getsockname()[1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    options += " -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
    try:
        need([*control, "-l", log, "-w", "-o", options, "start"], remedy)
        yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    finally:
        run([*control, "-m", "immediate", "stop"], quiet=True)


# --- the commands -----------------------------------------------------------------------------------------------------


def desk(command: str, arguments: list[str]) -> int:
    """Run the product's own command of that name, in the caller's folder."""
    return subprocess.run([PYTHON, "-m", "awra_desk", command, *arguments], check=False).returncode


def run_tests(arguments: list[str], soak: str = "1") -> int:
    """Run pytest with a server beside it and no display."""
    settings = {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM") or "offscreen", "AWRA_SOAK": soak}
    if may_install() and not all(map(shutil.which, KEYBOARD)):
        install([name.lower() for name in KEYBOARD])
    with postgres() as server:
        return run([PYTHON, "-m", "pytest", *SPREAD, *arguments], settings | server)


def check(arguments: list[str]) -> int:
    """Run every static check, each to its end, and fail if one does."""
    commands: list[list[object]] = [
        [PYTHON, "-m", "ruff", "check", *arguments],
        [PYTHON, "-m", "ruff", "format", "--check", "-q"],
        [PYTHON, "-m", "mypy"],
        [PYTHON.with_name("lint-imports"), "--no-logo"],
        [PYTHON, "-m", "pytest", "-q", "tests/unit/test_tooling_structure.py"],
    ]
    return max([int(run(command) != 0) for command in commands])


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "demo": partial(desk, "demo"),
    "test": run_tests,
    "check": check,
    "bench": partial(desk, "bench"),
    "shot": partial(desk, "shot"),
    "soak": lambda arguments: run_tests(["-m", "soak", *arguments], soak="full"),
    "package": lambda arguments: run([PYTHON, "packaging/build.py", *arguments]),
}


def main() -> int:
    """Set up, then run the command that was asked for."""
    command, *arguments = sys.argv[1:] or ["help"]
    if command not in COMMANDS:
        say(f"usage: python3 dev.py {'|'.join(COMMANDS)} [arguments passed on]")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped then, too
    provide_system()
    provide_environment()
    try:
        return COMMANDS[command](arguments)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
