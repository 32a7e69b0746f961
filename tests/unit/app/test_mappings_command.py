"""`awra-desk mappings`: what it says, what it records, and with which exit code."""

import io
import json
from contextlib import contextmanager

import pytest

from awra_desk.app import cli, mappings_command
from tests.unit.services.conftest import PASSWORD
from tests.unit.services.doubles import row


@pytest.fixture
def say(scene, monkeypatch, capsys, tmp_path):
    """Runs a command on the scene's desk, after a pull with two sales that say their gateway."""

    @contextmanager
    def desk(url, *, company=""):
        yield scene.desk

    for number, gateway in enumerate(("card", "mpesa")):
        scene.source.rows.append(row(f"g{number}", 4_000, reference=f"g{number}", says={"gateway": gateway}))
    scene.pull()
    monkeypatch.setattr(mappings_command, "open_desk", desk)

    def run(*words, who=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        signed = ["--as", who, "--password-stdin"] if who else []
        code = cli.main(["mappings", *(word.replace("TMP", str(tmp_path)) for word in words), *signed])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def branch(value, target, verb="set"):
    given = (target,) if verb == "set" else ()
    return (verb, "gateway", value, "branch", *given, "--from", "2026-10-01")


def test_a_mapping_from_missing_to_its_history(say):
    code, told = say("missing", "--period", "2026-10")
    assert code == cli.DONE
    assert [line.split() for line in told.splitlines()][1:] == [
        ["books", "gateway", "card", "-", "1", "40.00", "USD", "shop/balance/g0"],
        ["books", "gateway", "mpesa", "-", "1", "40.00", "USD", "shop/balance/g1"],
    ]
    code, told = say(*branch("card", "C"), "--note", "one till", who="amina")
    assert (code, told) == (cli.DONE, "Recorded: gateway card: branch C from 2026-10-01 (row 1).\n")
    code, told = say("missing", "--period", "2026-10", "--json")
    (left,) = json.loads(told)["missing"]
    assert (code, left["value"], left["open"], left["sums"]) == (cli.FINDINGS, "mpesa", ["branch"], {"USD": "40.00"})
    assert say(*branch("mpesa", "M"), who="amina")[0] == cli.DONE
    assert say("missing", "--period", "2026-10") == (cli.DONE, "No value of 2026-10 lacks a mapping.\n")
    assert "row 2" in say(*branch("mpesa", "", "end"), who="amina")[1]
    code, told = say("list", "--on", "2026-10-05")
    assert [line.split()[:7] for line in told.splitlines()][1:] == [
        ["1", "books", "gateway", "card", "branch", "C", "2026-10-01"]
    ]
    assert say("undo", "3", who="amina")[1].startswith("Recorded: gateway mpesa: branch M from 2026-10-01 (row 4).")
    code, told = say("history", "gateway", "mpesa", "--json")
    assert [each["target"] for each in json.loads(told)["mappings"]] == ["M", None, "M"]
    assert say("list", "--on", "2026-09-30") == (cli.DONE, "No mapping is in force on 2026-09-30.\n")
    assert say("history", "sku") == (cli.DONE, "Nothing was ever recorded for it.\n")


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_file_goes_out_and_comes_back_after_a_preview(say, tmp_path, suffix):
    say(*branch("card", "C"), who="amina")
    file = f"TMP/m.{suffix}"
    assert say("export", file, "--history")[0] == cli.DONE
    code, told = say("import", file, who="amina")
    assert (code, told) == (cli.DONE, "Would record 0; 1 say what holds already; 0 cannot be taken.\n")
    text = "table,value,field,target,valid_from\ngateway,card,branch,D,2026-11-01\nshelf,x,branch,y,2026-11-01\n"
    (tmp_path / "new.csv").write_text(text, encoding="utf-8")
    code, told = say("import", "TMP/new.csv", who="amina")
    assert code == cli.FINDINGS
    assert "row 2  changes  gateway card: branch D from 2026-11-01 (row 2)" in told
    assert "row 3, table 'shelf': is no mapping table. Use one of: gateway, location, sku, tax." in told
    assert told.endswith("Record it with --apply.\n")
    assert json.loads(say("list", "--on", "2026-11-02", "--json")[1])["mappings"][0]["target"] == "C"
    code, told = say("import", "TMP/new.csv", "--apply", "--json", who="amina")
    assert (code, len(json.loads(told)["problems"])) == (cli.FINDINGS, 1)
    assert json.loads(say("list", "--on", "2026-11-02", "--json")[1])["mappings"][0]["target"] == "D"
    assert say("import", "TMP/new.csv", "--apply", who="amina")[0] == cli.FINDINGS
    assert "1 say what holds already" in say("import", "TMP/new.csv", who="amina")[1]


def test_what_is_wrong_is_told_on_stderr_with_its_code(say):
    assert say("list", "--on", "yesterday") == (
        cli.USAGE,
        "awra-desk: 'yesterday' is no day. Write it like 2026-10-01.\n",
    )
    code, told = say("set", "gateway", "card", "account.fees", "35", "--from", "2026-10-01", who="amina")
    assert (code, "books books fees on account 61" in told) == (cli.USAGE, True), told
    code, told = say(*branch("card", "C"), who="joseph")
    assert (code, "may not do this" in told) == (cli.FAILURE, True), told
