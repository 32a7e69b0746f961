"""The command line refuses what would harm, says why, and never mistakes a defect for a finding."""

from __future__ import annotations

import pytest

from awra_desk.app import cli, work_commands
from awra_desk.app.demo import fresh
from awra_desk.domain.errors import Refused, UsageError
from awra_desk.domain.people import Person, Role
from awra_desk.services.export import export
from awra_desk.services.people import add_person
from tests.unit.services.conftest import PASSWORD, PERIOD


def run(capsys, *words: str) -> tuple[int, str]:
    code = cli.main(list(words))
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("stripe", "--base-url", "https://me:pw@api.stripe.com"), "password"),
        (("stripe", "--base-url", "https://api.stripe.com/?key=1"), "query"),
        (("stripe", "--base-url", "http://api.stripe.com"), "https"),
        (("stripe", "--base-url", "http://127.0.0.1:1"), "allow_loopback"),
        (("stripe", "--base-url", "https://api.stripe.com", "--option", "api_key=rk"), "--secret-stdin"),
        (("stripe", "--base-url", "https://api.stripe.com", "--option", "nonsense"), "KEY=VALUE"),
    ],
)
def test_connect_refuses_unsafe_addresses_and_secrets_in_options(capsys, tmp_path, words, says):
    place = ("--name", "s", "--workspace", str(tmp_path / "w.sqlite"))
    code, told = run(capsys, "connect", *words, *place)
    assert (code, says in told) == (cli.USAGE, True)


def test_a_mistyped_workspace_is_not_made(capsys, tmp_path):
    missing = tmp_path / "nothing.sqlite"
    code, told = run(capsys, "exceptions", "--workspace", str(missing))
    assert (code, "no workspace" in told, missing.exists()) == (cli.USAGE, True, False)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_says_what_it_does(capsys, name):
    with pytest.raises(SystemExit, match="0"):
        cli.main([name, "--help"])
    usage, said, *_ = capsys.readouterr().out.split("\n\n")
    assert usage.startswith(f"usage: awra-desk {name}")
    assert said.endswith(".")


def test_a_defect_is_exit_code_three_and_told_whole(capsys, monkeypatch):
    def broken(args):
        raise ZeroDivisionError(args.command)

    monkeypatch.setattr(work_commands, "run", broken)
    code, told = run(capsys, "exceptions")
    assert (code, "ZeroDivisionError" in told) == (cli.FAILURE, True)


def test_a_demo_never_removes_a_workspace_that_is_not_a_demo_s(tmp_path):
    (tmp_path / "workspace.sqlite").write_text("books")
    with pytest.raises(UsageError, match="no demo made"):
        fresh(tmp_path)
    assert (tmp_path / "workspace.sqlite").read_text() == "books"
    made = tmp_path / "demo"
    fresh(made).write_text("demo")
    assert not fresh(made).exists()


@pytest.mark.parametrize("name", ["w.sqlite", "books.xlsx", "folder.xlsx", "gone/x.xlsx"])
def test_an_export_replaces_nothing_but_a_workbook(tmp_path, name, scene):
    target = tmp_path / name
    if name == "folder.xlsx":
        target.mkdir()
    elif name == "books.xlsx":
        target.write_text("books")
    with pytest.raises(UsageError):
        export(scene.desk, PERIOD, target, writer=None, by="amina")


def test_only_an_owner_changes_people_once_there_is_one(scene):
    owner = Person("co", "olive", "Olive", frozenset({Role.OWNER}), "USD", None)
    add_person(scene.desk, owner, PASSWORD, by="engine")
    with pytest.raises(Refused, match="may not do this"):
        add_person(scene.desk, owner, PASSWORD, by="amina")
    add_person(scene.desk, owner, PASSWORD, by="olive")
