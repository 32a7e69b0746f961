"""The locks name public files only, by hash, and hold what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = [ROOT / "requirements.lock", ROOT / "tests/source-only.lock", ROOT / "tests/e2e/tryton-requirements.txt"]
PUBLIC = {"pypi.org", "files.pythonhosted.org"}


def entries(lock: Path) -> list[tuple[Requirement, list[str]]]:
    """The lock's requirements, each with its hashes."""
    text = re.sub(r"^#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if line.strip()]
    split = [
        [[w for w in words if not w.startswith("--")], [w for w in words if w.startswith("--")]] for words in lines
    ]
    return [(Requirement(" ".join(words)), options) for words, options in split]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_only_public_hosts_and_no_local_file_are_named(lock: Path):
    text = lock.read_text(encoding="utf-8")
    assert set(re.findall(r"\w+://([^/\s]*)", text)) <= PUBLIC
    assert not re.search(r"file:|--(extra-)?index|--find-links|--trusted-host|\s-e\s", text)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_entry_is_one_version_with_hashes(lock: Path):
    for requirement, options in entries(lock):
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert options, requirement
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", option) for option in options), requirement


def asked() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    texts = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return [Requirement(text) for text in texts + project["build-system"]["requires"]]


@pytest.mark.parametrize("wanted", asked(), ids=lambda requirement: requirement.name)
def test_the_lock_holds_what_the_project_asks_for(wanted: Requirement):
    locked = [
        entry for entry, _ in entries(LOCKS[0]) if canonicalize_name(entry.name) == canonicalize_name(wanted.name)
    ]
    assert locked, "make requirements.lock anew: the line stands on top of it"
    for entry in locked:
        assert wanted.specifier.contains(str(entry.specifier).removeprefix("=="))


def test_copyleft_servers_stay_out_of_the_product():
    names = {canonicalize_name(entry.name) for entry, _ in entries(LOCKS[0])}
    assert not {name for name in names if name.startswith(("trytond", "proteus"))}
