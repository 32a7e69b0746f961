"""The product's main job with a ledger that no code knows: ERPNext, by its declared file; and `connect` with a file."""

import dataclasses
import json
from datetime import date
from fractions import Fraction

import pytest

from awra_desk.app import cli
from awra_desk.app.bootstrap import connect, mapping, open_desk
from awra_desk.app.demo import Systems, fresh, job
from awra_desk.connectors.declared.profiles import DECLARED
from awra_desk.domain.entries import WriteState
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection, Ledger
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.scoring import combine
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.sandbox.servers._http import LoopbackServer
from awra_desk.services.pull import pull
from awra_desk.system.clock import SystemClock
from awra_desk.system.secrets import MemorySecrets
from tests.connectors.erpnext_server import COMPANY, KEY, SECRET, ErpNext
from tests.connectors.test_declared_file import text
from tests.connectors.virtual_time import open_guard

DAY = date(2026, 10, 31)


def test_a_whole_month_against_erpnext(tmp_path):
    """Pull, reconcile, stage, approve, post and read back; then a posting that vanishes there breaks the control."""
    month = simulate(MonthSpec(seed=2, orders=60))
    site = ErpNext(month)
    with running_sandbox(month, providers=("stripe",)) as box, LoopbackServer(site) as server:
        books = {
            "provider": "erpnext",
            "base_url": server.base_url,
            "credentials": {"api_key": KEY, "api_secret": SECRET},
            "options": {"company": COMPANY},
            "accounts": site.names,
        }
        systems = Systems({**box["stripe"], "provider": "stripe"}, books, "ERPNext", site.line_ids)
        keys = MemorySecrets()
        with open_desk(
            str(fresh(tmp_path)), company=month.company_name, zone=month.spec.zone, secrets=keys, create=True
        ) as desk:
            result = job(desk, keys, month, systems, out=tmp_path)
            with desk.read() as uow:
                writes = uow.writes.all()
            clearing = [row for row in site.entries.values() if row["account"] == site.names["stripe_clearing"]]
            del site.entries[next(row["name"] for row in clearing if row["posting_date"] <= str(DAY))]
            broken = pull(desk, "ERPNext", days=(DAY,))
    assert [outcome.statement.unexplained for outcome in result.last] == [0, 0, 0]
    assert all(done.control_ok for done in result.pulls)
    verdict = combine(result.scores.values())
    assert verdict.false_matches == ()
    assert verdict.confirmable_recall >= Fraction(97, 100)
    assert {write.state for write in writes} == {WriteState.VERIFIED}
    assert writes
    assert broken.broken == ("Stripe balance: ledger balance",)


def test_connect_keeps_the_whole_file_in_the_workspace(tmp_path, capsys):
    declared = tmp_path / "books.toml"
    declared.write_text(text("key"), encoding="utf-8")
    place = ["--workspace", str(tmp_path / "w.sqlite"), "--base-url", "https://books.example.com", "--name", "Books"]
    assert cli.main(["connect", "declared", *place, "--option", f"file={declared}", "--json"]) == cli.DONE
    assert json.loads(capsys.readouterr().out)["provider"] == "declared"
    declared.unlink()
    keys = MemorySecrets()
    with open_desk(str(tmp_path / "w.sqlite"), secrets=keys) as desk:
        with desk.read() as uow:
            connection = uow.connections.get("Books")
        keys.put(connection.secret_name, json.dumps({"key": "k"}))
        assert desk.source(connection).streams == ("rows",)
        assert desk.mapping(connection).version.startswith("books-1@")
        with pytest.raises(UsageError, match="not a ledger"):
            desk.ledger(connection)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("declared",), "--option file=PATH"),
        (("declared", "--option", "file=nowhere.toml"), "nowhere.toml: the declared file cannot be read"),
        (("erpnext",), "--option company="),
    ],
)
def test_connect_says_what_a_declared_connection_lacks(tmp_path, capsys, words, says):
    place = ["--workspace", str(tmp_path / "w.sqlite"), "--base-url", "https://erp.example.com", "--name", "Erp"]
    assert cli.main(["connect", *words, *place]) == cli.USAGE
    assert says in capsys.readouterr().err
    assert not (tmp_path / "w.sqlite").exists()


def test_another_file_is_another_contract():
    """So everything is interpreted anew, and an entry staged under the old one is void."""
    first = Connection("co", "B", DECLARED, "https://books.example.com", "UTC", {"declaration": text("key")})
    other = dataclasses.replace(first, options={"declaration": text("page")})
    assert mapping(first).version != mapping(other).version
    keys = MemorySecrets()
    keys.put(first.secret_name, '{"key": "k"}')
    assert not isinstance(connect(first, keys, SystemClock(), open_guard()), Ledger)
