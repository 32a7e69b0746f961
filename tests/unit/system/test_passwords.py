"""Passwords are hashed by argon2id, whole; the clock and the directories are the machine's."""

import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import platformdirs
import pytest

from awra_desk.domain.errors import UsageError, UserError
from awra_desk.system import directories
from awra_desk.system.clock import SystemClock
from awra_desk.system.passwords import check_password, hash_password

SECRET = "correct horse battery staple"


def test_only_the_password_opens():
    encoded = hash_password(SECRET)
    assert encoded.startswith("$argon2id$")
    assert SECRET not in encoded
    assert check_password(encoded, SECRET)
    assert not check_password(encoded, SECRET + " ")
    assert not check_password(encoded, "")
    assert hash_password(SECRET) != encoded  # salted


def test_nothing_is_cut_off():
    """bcrypt would look at the first 72 bytes alone."""
    long = "x" * 72
    assert not check_password(hash_password(long + "1"), long + "2")


def test_composed_accents_are_one_password():
    assert check_password(hash_password("caf\u00e9 nairobi"), "cafe\u0301 nairobi")


def test_a_short_password_is_refused_and_a_damaged_hash_is_said():
    with pytest.raises(UsageError, match="at least 8 characters"):
        hash_password("1234567")
    for damaged in ("", "hash", hash_password(SECRET)[:-10]):
        with pytest.raises(UserError, match="damaged"):
            check_password(damaged, SECRET)


def test_the_clock_is_aware():
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)
    SystemClock().sleep(-1)  # a deadline already past is no error


def test_directories_are_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path / "data")
    monkeypatch.setattr(platformdirs, "user_log_path", lambda *_, **__: tmp_path / "logs")
    assert directories.default_workspace() == tmp_path / "data" / "workspace.awra"
    assert directories.log_directory() == tmp_path / "logs"
    if sys.platform != "win32":
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o700}
