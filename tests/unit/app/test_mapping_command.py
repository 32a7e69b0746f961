"""A mapping is tried before anything is stored, saved as versions, and never makes a stored row another one."""

import json

import pytest

from awra_desk.app.cli import DONE, FAILURE, FINDINGS, USAGE, main

MAPPING = """version = "bank-1"
[columns]
date = "Date"
amount = "Amount"
id = "Ref"
description = "Text"
[written]
currency = "KES"
date = "%m/%d/%Y"
"""
ROWS = "Ref,Date,Amount,Text\nR1,10/02/2026,250.00,Paid INV-1001\nR2,10/03/2026,-12.00,Fee\n"


@pytest.fixture
def bank(tmp_path, capsys):
    folder = tmp_path / "statements"
    folder.mkdir()
    (folder / "october.csv").write_text(ROWS)
    (tmp_path / "one.toml").write_text(MAPPING)
    words = ["--workspace", str(tmp_path / "books.sqlite")]

    def run(*command):
        code = main([*command, *words])
        return code, capsys.readouterr().out

    assert run("connect", "table", "--name", "Bank", "--base-url", str(folder))[0] == DONE
    return tmp_path, run


def trail(tmp_path):
    from awra_desk.app.bootstrap import open_desk

    with open_desk(str(tmp_path / "books.sqlite")) as desk, desk.read() as uow:
        return [entry for entry in uow.trail.entries() if entry.action in ("mapping.put", "source.pull")]


def test_a_preview_stores_nothing(bank):
    tmp_path, run = bank
    code, out = run("mapping", "Bank", "--file", str(tmp_path / "one.toml"), "--preview")
    assert code == DONE
    assert "2026-10-02  bank_line  250.00 KES        Paid INV-1001" in out
    assert "Account balance: 238.00 KES in 2." in out
    assert "New records: 2. Read by bank-1@" in out
    assert run("transactions", "--json")[1] == ""
    assert run("pull", "Bank")[0] == USAGE
    assert trail(tmp_path) == []


def test_a_preview_names_what_does_not_fit(bank):
    tmp_path, run = bank
    (tmp_path / "statements" / "copy.csv").write_text(ROWS)
    (tmp_path / "statements" / "later.csv").write_text("Ref,Date,Amount,Text\nR3,31/10/2026,x,?\n")
    code, out = run("mapping", "Bank", "--file", str(tmp_path / "one.toml"), "--preview", "--json")
    found = json.loads(out)
    assert code == FINDINGS
    assert (found["transactions"], found["new"]) == (2, 3)
    assert [(one["external_id"], one["path"]) for one in found["rejects"]] == [("R3", "row.Amount")]
    said = f"later.csv, row 2: row.Amount 'x': {found['rejects'][0]['reason']} It waits in quarantine."
    assert found["notices"][0] == said
    assert "october.csv holds the same bytes as copy.csv; it counts once." in found["notices"]
    _, out = run("mapping", "Bank", "--file", str(tmp_path / "one.toml"), "--preview", "--rows", "1")
    assert "… and 1 more." in out


def test_every_version_stays_and_the_trail_says_which_read_which_file(bank):
    tmp_path, run = bank
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    assert run("mapping", "Bank", "--file", str(one))[1] == "Bank is read by version 1 from now on. Pull it.\n"
    assert run("pull", "Bank")[0] == DONE
    # Connecting again, to another folder say, keeps the mapping.
    assert run("connect", "table", "--name", "Bank", "--base-url", str(tmp_path / "statements"))[0] == DONE
    two.write_text(MAPPING.replace("%m/%d", "%d/%m"))
    assert "version 2" in run("mapping", "Bank", "--file", str(two))[1]
    assert "version 2" in run("mapping", "Bank", "--file", str(two))[1]
    versions = json.loads(run("mapping", "Bank", "--json")[1])
    assert [(one["version"], one["text"]) for one in versions] == [(1, MAPPING), (2, two.read_text())]
    # What it makes different about stored rows is shown first, as with any contract.
    assert run("pull", "Bank")[0] == FAILURE
    assert run("renormalise", "Bank")[0] == FINDINGS
    entries = trail(tmp_path)
    assert [entry.action for entry in entries] == ["mapping.put", "source.pull", "mapping.put"]
    assert entries[1].detail["files"].startswith("october.csv sha256:")
    assert entries[1].detail["read_by"] == entries[0].detail["contract"]


def test_a_mapping_that_would_count_rows_twice_is_refused(bank):
    tmp_path, run = bank
    other = tmp_path / "other.toml"
    other.write_text(MAPPING.replace('id = "Ref"', 'id = "Text"'))
    run("mapping", "Bank", "--file", str(tmp_path / "one.toml"))
    run("pull", "Bank")
    assert run("mapping", "Bank", "--file", str(other))[0] == FAILURE
    assert len(json.loads(run("mapping", "Bank", "--json")[1])) == 1


def test_what_cannot_be_read_is_refused(bank):
    tmp_path, run = bank
    (tmp_path / "empty.toml").write_text(" ")
    for name in ("no.toml", "empty.toml"):
        assert run("mapping", "Bank", "--file", str(tmp_path / name))[0] == USAGE
    (tmp_path / "bad.toml").write_text(MAPPING.replace("Amount", "Betrag"))
    assert run("mapping", "Bank", "--file", str(tmp_path / "bad.toml"))[0] == USAGE
    assert run("mapping", "Bank")[1] == "Bank has no mapping saved.\n"
    run("connect", "ofx", "--name", "Other", "--base-url", str(tmp_path))
    assert run("mapping", "Other", "--file", str(tmp_path / "one.toml"))[0] == USAGE
    assert run("mapping", "Other")[0] == USAGE


def test_only_a_connection_of_files_has_a_mapping(bank):
    _, run = bank
    run("connect", "stripe", "--name", "Shop", "--base-url", "https://api.stripe.com")
    for words in ((), ("--preview",)):
        assert run("mapping", "Shop", *words)[0] == USAGE
        assert run("mapping", "Nobody", *words)[0] == USAGE
