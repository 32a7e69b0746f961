"""Files are connected by their path, pulled, and what is odd about them is said."""

import json

import pytest

from awra_desk.app.bootstrap import CONTRACTS, FILES, connect, mapping
from awra_desk.app.cli import DONE, FINDINGS, main
from awra_desk.ports.connections import Connection
from awra_desk.system.clock import SystemClock
from awra_desk.system.secrets import MemorySecrets
from tests.connectors.virtual_time import open_guard
from tests.unit.files import camt_sample, test_reports
from tests.unit.files.bank_sample import FIRST, Move, whole

MONTH = whole((Move(FIRST, 250_00, "INV-1001", "B1"),))


@pytest.mark.parametrize("provider", sorted(FILES.keys() - {"table"}))
def test_every_file_source_needs_no_secret_and_has_its_contract(provider):
    connection = Connection("co", provider, provider, "/statements", "UTC")
    assert connect(connection, MemorySecrets(), SystemClock(), open_guard()).streams
    assert mapping(connection).version.startswith(CONTRACTS[provider][1].removesuffix(".toml") + "@")


def test_a_statement_that_is_there_twice_is_read_once_and_said(tmp_path, capsys):
    folder = tmp_path / "statements"
    folder.mkdir()
    for name in ("october.xml", "october (1).xml"):
        (folder / name).write_bytes(camt_sample.document(camt_sample.statement(MONTH)))
    words = ["--workspace", str(tmp_path / "books.sqlite")]
    assert main(["connect", "camt053", "--name", "Bank", "--base-url", str(folder), *words]) == DONE
    capsys.readouterr()
    said = "october.xml holds the same bytes as october (1).xml; it counts once."
    assert main(["pull", *words]) == DONE
    assert f"Bank: {said}" in capsys.readouterr().out.splitlines()
    assert main(["pull", "--json", *words]) == DONE
    (pulled,) = json.loads(capsys.readouterr().out)["sources"]
    assert (pulled["transactions"], pulled["notices"]) == (1, [said])
    (folder / "november.xml").write_bytes(b"<Document")
    assert main(["pull", *words]) == FINDINGS
    assert "BROKEN: proof: file november.xml is read" in capsys.readouterr().out


def test_members_of_a_reported_payout_are_proven(tmp_path, capsys):
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "activity.csv").write_text(test_reports.ACTIVITY)
    (folder / "payouts.csv").write_text(test_reports.PAYOUTS)
    words = ["--workspace", str(tmp_path / "books.sqlite")]
    assert main(["connect", "stripe_report", "--name", "Stripe", "--base-url", str(folder), *words]) == DONE
    assert main(["pull", *words]) == DONE
    lines = test_reports.ACTIVITY.splitlines(keepends=True)
    (folder / "activity.csv").write_text("".join([*lines[:3], *lines[4:]]).replace("txn_4", "txn_9"))
    assert main(["pull", *words]) == FINDINGS
    assert "BROKEN: payout po_1" in capsys.readouterr().out
