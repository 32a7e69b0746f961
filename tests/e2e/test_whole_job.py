"""The product's main job against real counterparts: the sandbox over HTTP, and a real Tryton on PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.demo import Systems, fresh, job
from awra_desk.domain.entries import WriteState
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.scoring import combine
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.system.secrets import MemorySecrets
from tests.e2e.tryton_harness import running_tryton

MONEY = ("source_closing", "ledger_closing", "reconciling", "unexplained")


def test_the_demo_speaks_json_and_keeps_its_promise(tmp_path):
    command = [
        sys.executable,
        "-m",
        "awra_desk",
        "demo",
        "--headless",
        "--json",
        "--orders",
        "150",
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert [source["name"] for source in said["sources"]] == ["Stripe", "Bank", "QuickBooks"]
    assert all(source["control_ok"] and source["pulled"] and not source["quarantined"] for source in said["sources"])
    assert [item["name"] for item in said["reconciliations"]] == ["Stripe balance", "Stripe payouts", "Bank statement"]
    assert {item["unexplained"] for item in said["reconciliations"]} == {"0.00"}
    assert all(isinstance(item[key], str) for item in said["reconciliations"] for key in MONEY)
    assert said["writes"]["posted"] == said["writes"]["verified"] > 0
    assert said["writes"]["uncertain"] == said["truth"]["false_confirmations"] == 0
    assert said["truth"]["confirmable_recall"] >= 0.97
    book = openpyxl.load_workbook(said["workbook"], read_only=True)
    assert book.sheetnames[0] == "Cover"


def test_the_steps_work_on_the_workspace_the_demo_leaves(tmp_path):
    run = [sys.executable, "-m", "awra_desk"]
    made = subprocess.run(
        [*run, "demo", "--headless", "--orders", "60", "--out", str(tmp_path)],
        check=False,
        timeout=300,
        capture_output=True,
    )
    assert made.returncode == 0
    workspace = ["--workspace", str(tmp_path / "workspace.sqlite")]

    def step(*words: str) -> tuple[int, str]:
        done = subprocess.run([*run, *words, *workspace], capture_output=True, text=True, check=False, timeout=120)
        return done.returncode, done.stdout

    code, text = step("reconcile", "--period", "2026-10", "--json")
    assert {item["unexplained"] for item in json.loads(text)["reconciliations"]} == {"0.00"}
    assert code == 1
    code, text = step("exceptions", "--json")
    assert (code, bool(json.loads(text)["exceptions"])) == (1, True)
    code, text = step("transactions", "--source", "Bank", "--json")
    first = json.loads(text.splitlines()[0])
    assert (code, first["kind"], first["company"]) == (0, "bank_line", "Kilimani Roasters US Inc.")
    out = tmp_path / "again.xlsx"
    code, text = step("export", "--period", "2026-10", "--out", str(out), "--json")
    assert (code, Path(json.loads(text)["workbook"]).exists()) == (0, True)


@pytest.mark.tryton
def test_the_same_month_against_a_real_tryton(tmp_path, postgres_url):
    """Pull, reconcile, stage, approve, post and read back, with Tryton 8 as the ledger."""
    assert postgres_url
    month = simulate(MonthSpec(seed=2, orders=300))
    eve = month.spec.period.first - timedelta(days=1)
    with running_sandbox(month, providers=("stripe",)) as box, running_tryton(month.books, opening_day=eve) as server:
        ledger = {
            "provider": "tryton",
            "base_url": server.base_url,
            "credentials": {"key": server.key},
            "accounts": server.accounts,
        }
        systems = Systems({**box["stripe"], "provider": "stripe"}, ledger, "Tryton", server.line_ids)
        keys = MemorySecrets()
        with open_desk(
            str(fresh(tmp_path)), company=month.company_name, zone=month.spec.zone, secrets=keys, create=True
        ) as desk:
            result = job(desk, keys, month, systems, out=tmp_path)
            with desk.read() as uow:
                writes = uow.writes.all()
                connection = uow.connections.get("Tryton")
            documents = [desk.ledger(connection).find(write.reference) for write in writes]
    assert [outcome.statement.unexplained for outcome in result.last] == [0, 0, 0]
    assert all(pull.control_ok for pull in result.pulls)
    verdict = combine(result.scores.values())
    assert verdict.false_matches == ()
    assert verdict.confirmable_recall >= Fraction(97, 100)
    assert {write.state for write in writes} == {WriteState.VERIFIED}
    assert writes
    assert [len(found) for found in documents] == [1] * len(writes)
